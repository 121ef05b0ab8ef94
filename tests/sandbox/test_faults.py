"""Every fault, over a connection and in-process."""

import socket
import time
from typing import cast

import httpx
import pytest

from zapi_sync.sandbox import create_app, known_faults

from .world import (
    CLIENT_TOKEN,
    GROUP_ID,
    PHONE,
    Json,
    World,
    eventually,
    in_process,
    order,
    over_loopback,
    record,
)

KNOWN = known_faults()
LOST = ("reset", "close", "silent")
REFUSED = {
    "429": (429, "Too many requests"),
    "client-token-403": (403, f"Client-Token {CLIENT_TOKEN} not allowed"),
    "not-configured-400": (400, "your client-token is not configured"),
    "subscribe-400": (400, "To continue sending a message, you must subscribe to this instance again"),
    "disconnected-400": (400, "You need to be connected with whatsapp"),
    "disconnected-200": (200, "Whatsapp not connected"),
    "instance-404": (404, "Instance not found"),
    "not-found-200": (200, "NOT_FOUND"),
}
ANSWERED = {
    "302": (302, b"Found"),
    "408": (408, b"Request Timeout"),
    "409": (409, b"Conflict"),
    "500": (500, b"Internal Server Error"),
    "502": (502, b"<!DOCTYPE html>"),
    "503": (503, b"Service Unavailable"),
    "504": (504, b"<!DOCTYPE html>"),
    "garbage": (200, b"\x00\xff"),
    "html": (200, b"<!DOCTYPE html>"),
    "empty-200": (200, b""),
    "oversize": (200, b"        "),
    "error-200": (200, b"Unexpected error"),
    "refused-400": (400, b"Bad Request"),
    "too-many-400": (400, b"too many requests"),
    "overlimit-400": (400, b"rate-overlimit"),
    "overlimit-200": (200, b"rate-overlimit"),
    "no-response-200": (200, b"Whatsapp did not respond"),
    "no-response-400": (400, b"Whatsapp did not respond"),
}
READS = {
    "groups": "groups?page=1&pageSize=9",
    "metadata": "light-group-metadata/{group}",
    "link": "group-invitation-link/{group}",
    "status": "status",
    "me": "me",
    "device": "device",
    "phone-exists": f"phone-exists/{PHONE}",
}
SPECIFIC = {
    "create": ["no-phone", "null-phone", "null-link", "twice", "lag"],
    "groups": ["lag", "repeat-page", "endless", "overlap", "duplicates", "empty", "strings", "old-id"],
    "metadata": ["link-limited", "link-forbidden", "success-false", "lid-only", "few-keys", "404"],
    "link": ["405", "null"],
    "status": ["disconnected", "restore", "phone-offline"],
    "me": [],
    "device": [],
    "phone-exists": [],
}


def test_the_tests_below_know_every_fault() -> None:
    losses = (*LOST, *ANSWERED)
    names = {f"create-{loss}-{when}" for loss in losses for when in ("before", "after")}
    names |= {f"{call}-{loss}" for call in READS for loss in losses}
    names |= {f"{call}-{what}" for call in SPECIFIC for what in ("ok", "slow", "truncated", *REFUSED)}
    names |= {f"{call}-{what}" for call, whats in SPECIFIC.items() for what in whats}
    assert names == set(KNOWN)
    assert all(KNOWN.values())


def options(what: str) -> dict[str, float]:
    return {"seconds": 0} if what in ("silent", "slow") else {}


def expect_lost(world: World, what: str, call: str, body: Json | None = None) -> None:
    """Nothing comes back, and each kind of nothing looks as it does in the field."""
    served = {"reset": httpx.ReadError, "close": httpx.RemoteProtocolError}
    inside = {"reset": ConnectionResetError, "close": ConnectionAbortedError, "silent": TimeoutError}
    error = served.get(what, httpx.RemoteProtocolError) if world.loopback else inside[what]
    with pytest.raises(error) as caught:
        world.http.request("GET" if body is None else "POST", world.url(call), json=body)
    if world.loopback and what == "reset":
        assert "Connection reset" in str(caught.value)
    assert world.ledger()[-1]["status"] is None


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", LOST)
def test_create_without_an_answer(world: World, what: str, when: str) -> None:
    world.fault(f"create-{what}-{when}", **options(what))
    expect_lost(world, what, "create-group", order())
    assert world.names() == (["VIP"] if when == "after" else [])
    assert GROUP_ID.fullmatch(str(world.create("Next")["phone"]))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ANSWERED)
def test_create_with_an_answer_that_tells_nothing(world: World, what: str, when: str) -> None:
    world.fault(f"create-{what}-{when}")
    answer = world.post(order())
    status, begin = ANSWERED[what]
    assert answer.status_code == world.ledger()[0]["status"] == status
    assert begin in answer.content
    assert world.names() == (["VIP"] if when == "after" else [])


@pytest.mark.parametrize("what", REFUSED)
def test_create_refused(world: World, what: str) -> None:
    world.fault(f"create-{what}")
    answer = world.post(order())
    assert (answer.status_code, answer.json()["error"]) == REFUSED[what]
    assert world.names() == []


@pytest.mark.parametrize("call", READS)
def test_look_ups_lose_their_answer_once(world: World, call: str) -> None:
    path = READS[call].format(group=world.create()["phone"])
    for what in LOST:
        world.fault(f"{call}-{what}", **options(what))
        expect_lost(world, what, path)
        assert world.get(path).status_code == 200


@pytest.mark.parametrize("call", READS)
def test_look_ups_are_answered_wrongly_once(world: World, call: str) -> None:
    path = READS[call].format(group=world.create()["phone"])
    normal = world.get(path)
    for what, (status, _) in {**ANSWERED, **REFUSED}.items():
        world.fault(f"{call}-{what}")
        answer = world.get(path)
        assert (what, answer.status_code) == (what, status)
        assert answer.content != normal.content
        assert world.get(path).status_code == 200


@pytest.mark.parametrize("call", READS)
def test_look_ups_that_are_slow_or_cut_short(world: World, call: str) -> None:
    path = READS[call].format(group=world.create()["phone"])
    world.fault(f"{call}-ok")
    world.fault(f"{call}-slow", seconds=0)
    world.fault(f"{call}-truncated")
    assert world.get(path).status_code == 200
    normal = world.get(path).content
    expect_truncated(world, "GET", path, len(normal))


def test_create_truncated(world: World) -> None:
    world.fault("create-truncated")
    expect_truncated(world, "POST", "create-group", 0)
    assert world.names() == ["VIP"]


def expect_truncated(world: World, method: str, call: str, whole: int) -> None:
    body = order() if method == "POST" else None
    if world.loopback:
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            world.http.request(method, world.url(call), json=body)
        return
    answer = world.http.request(method, world.url(call), json=body)
    assert int(answer.headers["Content-Length"]) > len(answer.content)
    assert len(answer.content) >= whole // 2 - 8


def test_a_rate_limit_says_when_to_come_back(world: World) -> None:
    world.fault("create-429", seconds=7)
    assert world.post(order()).headers["Retry-After"] == "7"
    world.fault("create-429")
    assert world.post(order()).headers["Retry-After"] == "60"


def test_a_redirect_points_elsewhere(world: World) -> None:
    world.fault("create-302-before")
    assert world.post(order()).headers["Location"] == "/"


def test_a_rate_limit_after_so_many_creates(world: World) -> None:
    world.fault("create-ok", times=3)
    world.fault("create-429", times=2)
    assert [world.post(order()).status_code for _ in range(6)] == [200, 200, 200, 429, 429, 200]


def test_create_answers_without_its_parts(world: World) -> None:
    for what in ("no-phone", "null-phone", "null-link"):
        world.fault(f"create-{what}")
    no_phone, null_phone, null_link = (world.create() for _ in range(3))
    assert set(no_phone) == {"phonesNotAdded", "invitationLink"}
    assert null_phone["phone"] is None
    assert null_link["invitationLink"] is None
    assert len(world.names()) == 3


def test_an_altered_answer_stays_an_error_where_it_was_one(world: World) -> None:
    world.fault("create-null-phone")
    assert world.post({}).status_code == 400
    world.fault("create-lag")
    assert world.post({}).status_code == 400
    world.fault("groups-duplicates")
    assert world.get("groups").status_code == 400


def test_create_twice(world: World) -> None:
    world.fault("create-twice")
    created = world.create()
    listing = world.listing()
    assert [group["name"] for group in listing] == ["VIP", "VIP"]
    assert created["phone"] == listing[0]["phone"] != listing[1]["phone"]


def test_create_lag_hides_the_group_from_listings_alone(world: World) -> None:
    world.fault("create-lag", seconds=300)
    hidden = world.create("Hidden")
    assert world.names() == []
    assert world.get(f"group-metadata/{hidden['phone']}").status_code == 200
    world.fault("create-lag", seconds=0.05)
    world.create("Soon")
    assert eventually(world, "Soon")
    assert "Hidden" not in world.names()


def test_create_slow_gives_the_client_time_to_leave() -> None:
    with over_loopback(create_app(":memory:"), timeout=0.05) as world:
        world.fault("create-slow", seconds=0.3)
        with pytest.raises(httpx.ReadTimeout):
            world.post(order())
        world.http.timeout = httpx.Timeout(20)
        assert eventually(world, "VIP")


def test_slow_takes_its_time_in_process() -> None:
    with in_process(create_app(":memory:")) as world:
        world.fault("status-slow", seconds=0.05)
        begin = time.monotonic()
        world.get("status")
        assert time.monotonic() - begin >= 0.05


def test_silence_lasts_until_the_client_leaves() -> None:
    with over_loopback(create_app(":memory:"), timeout=0.05) as world:
        world.fault("create-silent-after")
        with pytest.raises(httpx.ReadTimeout):
            world.post(order())
        world.http.timeout = httpx.Timeout(20)
        assert world.names() == ["VIP"]


def test_groups_lag(world: World) -> None:
    world.create("Before")
    world.fault("groups-lag", times=2)
    world.create("After")
    assert world.names() == ["Before"]
    assert world.names() == ["Before"]
    assert world.names() == ["After", "Before"]


def test_pages_that_repeat(world: World) -> None:
    for name in ("A", "B", "C", "D", "E", "F"):
        world.create(name)
    world.fault("groups-repeat-page", times=2)
    assert [world.names(page, 2) for page in (1, 3)] == [["F", "E"], ["D", "C"]]
    world.fault("groups-endless", times=50)
    assert all(world.names(page, 2) == ["F", "E"] for page in range(1, 51))
    world.fault("groups-overlap", times=2)
    assert [world.names(page, 2) for page in (1, 2)] == [["F", "E"], ["E", "D", "C"]]
    world.fault("groups-duplicates")
    assert world.names(1, 2) == ["F", "E", "F", "E"]
    world.fault("groups-empty")
    assert world.names() == []


def test_groups_with_odd_entries(world: World) -> None:
    world.create()
    world.fault("groups-strings")
    assert world.listing()[0]["isGroup"] == "true"
    world.fault("groups-old-id")
    old = world.listing()[0]
    assert old["name"] == "Old group"
    assert "-group" not in str(old["phone"])
    assert record(world.get(f"group-metadata/{old['phone']}"))["subject"] == "Old group"


def test_metadata_faults_hit_the_light_one_too(world: World) -> None:
    group = world.create()["phone"]
    for call in ("group-metadata", "light-group-metadata"):
        for what in SPECIFIC["metadata"]:
            world.fault(f"metadata-{what}")
        limited, forbidden, unsuccessful, lids, few, gone = (
            world.get(f"{call}/{group}") for _ in SPECIFIC["metadata"]
        )
        assert record(limited)["invitationLinkError"] == "too many requests"
        assert record(limited)["invitationLink"] is None
        assert record(forbidden)["invitationLinkError"] == "forbidden"
        assert record(unsuccessful) == {"success": False}
        participants = cast(list[Json], record(lids)["participants"])
        assert len(participants) == 2
        assert all(str(one["phone"]).endswith("@lid") for one in participants)
        assert set(record(few)) == {"phone", "subject", "creation", "participants"}
        assert gone.status_code == 404


def test_link_faults_spare_the_post(world: World) -> None:
    created = world.create()
    call = f"group-invitation-link/{created['phone']}"
    world.fault("link-405")
    world.fault("link-null")
    assert record(world.http.post(world.url(call)))["invitationLink"] == created["invitationLink"]
    assert world.get(call).status_code == 405
    assert record(world.get(call))["invitationLink"] is None


def test_status_faults(world: World) -> None:
    for what in SPECIFIC["status"]:
        world.fault(f"status-{what}")
    disconnected, restore, offline = (record(world.get("status")) for _ in SPECIFIC["status"])
    assert (disconnected["connected"], disconnected["error"]) == (False, "You are not connected.")
    assert (restore["connected"], restore["error"]) == (False, "You need to restore the session.")
    assert (offline["connected"], offline["smartphoneConnected"]) == (True, False)


def test_a_reset_is_a_reset_on_the_wire() -> None:
    """With no HTTP client between: the kernel itself reports the RST."""
    with over_loopback(create_app(":memory:", faults=["status-reset"])) as world:
        address = (world.http.base_url.host, world.http.base_url.port or 0)
        with socket.create_connection(address, timeout=20) as raw:
            head = f"GET {world.url('status')} HTTP/1.1\r\nHost: 127.0.0.1\r\nClient-Token: t\r\n\r\n"
            raw.sendall(head.encode())
            with pytest.raises(ConnectionResetError):
                raw.recv(1)
