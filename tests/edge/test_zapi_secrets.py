"""No secret leaves but in the request: not in an outcome, in anybody's log line, or in an exception."""

from __future__ import annotations

import json
import logging
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from urllib.parse import quote

import pytest

from zapi_sync.core.credentials import Credentials
from zapi_sync.core.outcome import Outcome, Rejected, Unknown
from zapi_sync.errors import Code, RemoteUnavailable, StateUnwritable
from zapi_sync.zapi.outcomes import MAX_TEXT

from .calls import GROUP, SECRETS, client, create
from .given import MADE
from .peer import Act, Line, Peer, answering, http

Start = Callable[[Act], Peer]
PLAIN = (SECRETS.instance_id, SECRETS.token, SECRETS.client_token)
FORMS = {*PLAIN, *(quote(secret, safe="") for secret in PLAIN)}


def leaks(text: str) -> set[str]:
    return {form for form in FORMS if form in text}


def echo(status: str, text: str) -> bytes:
    return http(status, json.dumps({"error": text}).encode())


def reset(line: Line) -> None:
    line.read_request()
    line.reset()


ACTS: dict[str, Act] = {
    "an echo of the Client-Token": answering(
        echo("403 Forbidden", f"Client-Token {SECRETS.client_token} not allowed")
    ),
    "an echo of the token": answering(echo("404 Not Found", f"no {SECRETS.token} for {SECRETS.instance_id}")),
    "an echo of the URL": answering(
        echo(
            "400 Bad Request", f"POST /instances/{quote(PLAIN[0], safe='')}/token/{quote(PLAIN[1], safe='')}"
        )
    ),
    "an echo in an unknown outcome": answering(
        echo("500 Error", f"failed for {SECRETS.token} {SECRETS.client_token}")
    ),
    "an echo at 200": answering(echo("200 OK", f"odd {SECRETS.token}")),
    "an echo in a header": answering(
        http("302 Found", b"{}", f"Location: /token/{quote(PLAIN[1], safe='')}/x")
    ),
    "an echo in what is no HTTP": answering(f"{SECRETS.token}\r\n\r\n".encode()),
    "a creation": answering(http("200 OK", b'{"phone": "120363019502650977-group"}')),
    "a reset": reset,
    "silence": Line.read_to_end,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_no_outcome_holds_a_secret(peer: Start, act: Act) -> None:
    outcome = create(peer(act).url, timeout=0.4)
    assert leaks(repr(outcome)) == set()


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_no_line_of_our_own_log_holds_a_secret(
    peer: Start, act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="zapi_sync"):
        create(peer(act).url, timeout=0.4)
    assert [record.name for record in caplog.records] == ["zapi_sync.zapi"]
    assert "POST" in caplog.text
    assert leaks(caplog.text) == set()


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_no_line_of_anybodys_log_holds_a_secret(
    peer: Start, act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        create(peer(act).url, timeout=0.4)
    assert leaks(caplog.text) == set()


def test_what_was_echoed_is_told_with_stars_in_its_place(peer: Start) -> None:
    outcome = create(peer(ACTS["an echo of the Client-Token"]).url)
    assert isinstance(outcome, Rejected)
    assert outcome.said == "Client-Token *** not allowed"


@pytest.mark.parametrize("kept", [1, 8, len(SECRETS.client_token) - 1])
def test_a_secret_that_the_cut_goes_through_does_not_show(peer: Start, kept: int) -> None:
    text = "x" * (MAX_TEXT - kept - 1) + " " + SECRETS.client_token
    rejected = create(peer(answering(echo("405 Method Not Allowed", text))).url)
    assert isinstance(rejected, Rejected)
    assert not rejected.said.endswith(SECRETS.client_token[:kept])
    unknown = create(peer(answering(echo("403 Forbidden", text))).url)
    assert isinstance(unknown, Unknown)
    assert not unknown.reason.endswith(SECRETS.client_token[:kept])


def test_an_exception_on_the_way_out_holds_no_secret_all_its_causes_included(peer: Start) -> None:
    def sending() -> None:
        raise StateUnwritable.of(Code.STATE_UNWRITABLE, "it cannot be written", hint="make room")

    with pytest.raises(StateUnwritable) as raised:
        create(peer(Line.read_to_end).url, sending=sending)
    assert leaks("".join(traceback.format_exception(raised.value))) == set()


def test_neither_the_client_nor_its_credentials_show_themselves() -> None:
    one = client("https://api.z-api.io")
    assert leaks(repr(one) + str(one) + repr(SECRETS)) == set()


def echoes(secret: str) -> Sequence[str]:
    raw = secret.encode()
    return (
        secret,
        secret.lower(),
        quote(secret, safe=""),
        quote(quote(secret, safe=""), safe=""),
        json.dumps(json.dumps(secret)).replace("/", "\\/"),
        b64encode(raw).decode(),
        urlsafe_b64encode(b"::" + raw + b"!").decode().rstrip("="),
    )


@pytest.mark.parametrize("text", [each for secret in PLAIN for each in echoes(secret)])
def test_no_look_up_gives_a_secret_back(peer: Start, text: str) -> None:
    link = "https://chat.whatsapp.com/" + text
    entry = {"phone": MADE.phone, "name": text, "subject": f"VIP {text}", "owner": text}
    whole = {**entry, "invitationLink": link, "participants": [{"phone": text}]}
    pages: Iterator[object] = iter([[entry], whole] * 2)

    def act(line: Line) -> None:
        line.read_request()
        line.send(http("200 OK", json.dumps(next(pages)).encode(), "Connection: close"))

    with closing(client(peer(act).url)) as api:
        found = repr([api.groups_page(1), api.metadata(MADE.phone), api.groups_page(1)])
        found += repr(api.invitation_link(MADE.phone))
    assert "***" in found
    assert text not in found


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "500 Error"])
@pytest.mark.parametrize("text", [each for secret in PLAIN for each in echoes(secret)])
def test_no_reason_holds_a_secret(peer: Start, status: str, text: str) -> None:
    raw = http(status, json.dumps({"error": f"odd: {text}", "message": text}).encode())
    assert text not in repr(create(peer(answering(raw)).url))
    with (
        closing(client(peer(answering(raw)).url, timeout=0.4)) as api,
        pytest.raises(RemoteUnavailable) as given_up,
    ):
        api.groups_page(1)
    assert text not in str(given_up.value)


@pytest.mark.parametrize("status", ["200 OK", "500 Error"])
def test_an_echo_in_place_of_an_id_is_no_id(peer: Start, status: str) -> None:
    credentials = Credentials("12345-ID-SECRET", "67890-TOKEN-SECRET", "CLIENT-SECRET")
    api = peer(answering(http(status, b'{"phone": "67890-TOKEN-SECRET"}')))
    outcome: Outcome = client(api.url, credentials=credentials).create_group(GROUP, lambda: None)
    assert isinstance(outcome, Unknown)
    assert "SECRET" not in repr(outcome)


def test_a_short_secret_takes_nothing_from_a_name_or_an_id(peer: Start) -> None:
    credentials = Credentials("1", "abc", "VIP")
    page = json.dumps([{"phone": MADE.phone, "name": "VIP 01 abc"}]).encode()
    with closing(client(peer(answering(http("200 OK", page))).url, credentials=credentials)) as api:
        assert api.groups_page(1)[0].name == "VIP 01 abc"
