"""What is refused of a state in object storage, in which words, and that none of them is a secret."""

from __future__ import annotations

import threading
from collections.abc import Callable
from unittest import mock

import obstore
import pytest
from werkzeug.wrappers import Response

from tests.contract.objects import KEY_ID, SECRET, Asked, Endpoint, Serve, served
from zapi_sync.cli.sharing import object_backend
from zapi_sync.core.object_sequence import Place, read_place
from zapi_sync.edge import bucket as requests
from zapi_sync.errors import StateInvalid, StateUnwritable, ZapiSyncError
from zapi_sync.object_state import ObjectBackend

from .buckets import backend, bucket, taken, there
from .given import refusal

__all__ = ["backend", "bucket", "there"]  # fixtures

STATE = "team/launch.state.json"
FIRST = f"{STATE}.journal/0000000001"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("s3://acme-infra/whatsapp/launch", Place("s3", "acme-infra", "whatsapp/launch.state.json")),
        ("s3://acme-infra/launch", Place("s3", "acme-infra", "launch.state.json")),
        ("gs://acme-infra", Place("gs", "acme-infra", "groups.state.json")),
        ("az://acme-infra/a/b.c/", Place("az", "acme-infra", "a/b.c/groups.state.json")),
        ("s3://acme-infra/launch.state.json", Place("s3", "acme-infra", "launch.state.json")),
    ],
)
def test_an_address_names_a_bucket_and_a_state(address: str, place: Place) -> None:
    assert read_place(address) == place


@pytest.mark.parametrize(
    "rest",
    ["", "/", "/x", f"{KEY_ID}:{SECRET}@acme/x", f"acme/x?key={SECRET}", "acme//x", "acme/../x", "acme/x y",
     "acme/..", "acme/./x", "acme/x#y", "acme/%2e", "acme/x\n"],
)  # fmt: skip
def test_an_address_of_another_form_is_refused_and_not_shown(rest: str) -> None:
    assert refusal(StateInvalid, lambda: object_backend("s3://" + rest)) == [
        "what follows s3:// is no BUCKET[/PREFIX/]NAME | "
        "write letters, digits and . _ = @ + - between slashes, as in s3://acme-infra/whatsapp/launch; "
        "credentials and endpoints are read from the environment alone"
    ]


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "http://10.0.0.1:9000", "http://127.0.0.1.evil.example", f"http://x:{SECRET}@127.0.0.1"],
)
def test_an_endpoint_is_https_or_on_this_machine(there: Endpoint, url: str) -> None:
    with mock.patch.dict("os.environ", {"AWS_ENDPOINT_URL": url}):
        assert refusal(StateInvalid, lambda: object_backend("s3://acme/x")) == [
            "s3://acme/x: AWS_ENDPOINT_URL is no endpoint that a state can be sent to | "
            "write https://HOST, or http://127.0.0.1:PORT for a service on this machine; or unset it"
        ]


@pytest.mark.parametrize("url", ["https://s3.example.org", "http://localhost:9000", "http://[::1]:9000/"])
def test_these_endpoints_are_taken(there: Endpoint, url: str) -> None:
    with mock.patch.dict("os.environ", {"AWS_ENDPOINT_URL": url}):
        assert object_backend("s3://acme/x").name == "s3://acme/x"


def test_an_environment_that_cannot_be_used_is_told_by_its_variables() -> None:
    unusable = {"AZURE_STORAGE_ACCOUNT_NAME": "acme", "AZURE_STORAGE_ACCOUNT_KEY": f"{SECRET} is no base64"}
    with mock.patch.dict("os.environ", unusable):
        assert refusal(StateInvalid, lambda: object_backend("az://acme/x")) == [
            "az://acme/x: the environment's settings for az:// cannot be used | see to the variables "
            "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY and the like, "
            "which are lacking or cannot be read"
        ]
    with mock.patch.dict("os.environ", {**unusable, "AZURE_STORAGE_ACCOUNT_KEY": "c2Vrcml0"}):
        assert object_backend("az://acme/x").name == "az://acme/x"


def test_no_bucket(there: Endpoint) -> None:
    backend = object_backend("s3://nowhere-to-be-found/x")
    why = "there is no such bucket | see to the address, or make the bucket: zapi-sync makes none"
    assert refusal(StateInvalid, backend.read) == [f"{backend.name}: it cannot be read: {why}"]
    assert refusal(StateUnwritable, lambda: taken(backend)) == [
        f"{backend.name}: it cannot be written: {why}"
    ]


LEAK = f"<Error><Code>X</Code><Message>{KEY_ID} {SECRET} X-Amz-Signature=0badcafe</Message></Error>"
ANSWERS = {
    401: "access was denied",
    403: "access was denied",
    301: "the bucket is in another region",
    400: "it answered with 400",
    429: "it answered with 429",
    500: "it answered with 500",
    503: "it answered with 503",
    501: "this object storage does not honour the conditions of a put (If-None-Match, If-Match)",
}


@pytest.mark.parametrize("status", ANSWERS)
def test_an_answer_is_told_in_our_own_words(
    there: Endpoint, backend: ObjectBackend, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    there.act = lambda *_: Response(LEAK, status)
    with mock.patch.object(requests, "_LOOKS_AGAIN", 0):
        backend = object_backend(backend.name)
    calls: list[Callable[[], object]] = [lambda: taken(backend), backend.read, backend.holder]
    calls.append(lambda: backend.take_away("one"))
    for call in calls:
        with pytest.raises(ZapiSyncError, match=r"it cannot be (read|written): ") as refused:
            call()
        assert ANSWERS[status] in str(refused.value)
        assert not any(
            secret in repr(refused.value.diagnostics) for secret in (KEY_ID, SECRET, "Signature", "http")
        )
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("status", "puts"), [(403, 1), (503, 3)])
def test_an_append_that_is_refused_is_not_believed(
    there: Endpoint, backend: ObjectBackend, status: int, puts: int
) -> None:
    grip = taken(backend)
    asked_before = len(there.asked)
    there.act = lambda asked, serve: Response(LEAK, status) if asked.method == "PUT" else serve()
    told = refusal(StateUnwritable, lambda: grip.append(1, b"first\n"))
    assert ANSWERS[status] in told[0]
    assert sum(request.startswith("PUT") for request in there.requests[asked_before:]) == puts
    there.act = served
    grip.give_back()
    assert backend.read().journal == b""


def test_unreachable(closed_port: int, there: Endpoint) -> None:
    with mock.patch.dict("os.environ", {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}"}):
        backend = object_backend("s3://acme/x")
    assert refusal(StateUnwritable, lambda: taken(backend)) == [
        "s3://acme/x: it cannot be written: it cannot be reached | "
        "see to the network, a proxy or the endpoint, then run this again"
    ]


def test_no_answer(there: Endpoint, bucket: str) -> None:
    done = threading.Event()

    def act(asked: Asked, serve: Serve) -> Response | None:
        assert done.wait(10)
        return None

    there.act = act
    with mock.patch.object(requests, "ANSWER_SECONDS", 1):
        backend = object_backend(f"s3://{bucket}/x")
    try:
        assert refusal(StateUnwritable, lambda: taken(backend)) == [
            f"{backend.name}: it cannot be written: it gave no answer in time | "
            "see to the network or the service, then run this again"
        ]
    finally:
        done.set()


@pytest.mark.parametrize(
    "ignored", [("HTTP_IF_MATCH",), ("HTTP_IF_NONE_MATCH",), ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")]
)
def test_an_endpoint_that_ignores_conditions_is_refused_before_anything_is_written(
    there: Endpoint, bucket: str, backend: ObjectBackend, ignored: tuple[str, ...]
) -> None:
    def act(asked: Asked, serve: Serve) -> Response | None:
        for each in ignored:
            asked.environ.pop(each, None)
        return serve()

    there.act = act
    assert refusal(StateUnwritable, lambda: taken(backend)) == [
        f"{backend.name}: it cannot be written: "
        "this object storage does not honour the conditions of a put (If-None-Match, If-Match) | "
        "keep the state where it does, or in git or PostgreSQL: without them there is no lock"
    ]
    assert there.paths(bucket) == []


def test_what_was_removed_by_hand_is_not_taken_for_nothing(
    there: Endpoint, bucket: str, backend: ObjectBackend
) -> None:
    """Where nothing is known, all groups would be created again."""
    grip = taken(backend)
    grip.replace(b"{}", b"", None)
    grip.append(1, b"first\n")
    grip.append(2, b"second\n")
    for removed, told in ((2, 2), (1, 2), (3, 1)):
        obstore.delete(there.open(bucket), f"{STATE}.journal/{removed:010}")
        assert refusal(StateInvalid, object_backend(backend.name).read) == [
            f"{backend.name}: number {told:010} of its journal is gone, "
            "and what belongs to it is still there | restore it, from the bucket's versions or a backup; "
            "without it groups would be created again"
        ]


@pytest.mark.parametrize(
    "text",
    [b"", b"[]\n", b"{}\nx", b'{"kind": "line"}\nx', b'{"kind": "new", "fence": 1}\nx', b"\xff",
     b'{"kind": "checkpoint", "fence": 1, "sizes": [9, 0, null]}\nx'],
)  # fmt: skip
def test_an_entry_of_another_form_is_refused(
    there: Endpoint, bucket: str, backend: ObjectBackend, text: bytes
) -> None:
    obstore.put(there.open(bucket), FIRST, text)
    assert refusal(StateInvalid, backend.read) == [
        f"{backend.name}: number 0000000001 of its journal is not as this zapi-sync writes it | "
        "a newer zapi-sync may have written it: update this one; else restore it from the bucket's versions"
    ]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"fence": 1, "holder": {}, "settled": true}'])
def test_a_lock_of_another_form_is_refused(
    there: Endpoint, bucket: str, backend: ObjectBackend, text: bytes
) -> None:
    obstore.put(there.open(bucket), f"{STATE}.lock", text)
    told = [
        f"{backend.name}: its lock is not as this zapi-sync writes it | see what the object that ends in "
        ".state.json.lock is; remove it while no zapi-sync is at work"
    ]
    assert refusal(StateUnwritable, backend.holder) == told
    assert refusal(StateUnwritable, lambda: taken(backend)) == told
