"""No secret leaves but in the request: not in an outcome, in anybody's log line, or in an exception."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from urllib.parse import quote

import pytest

from zapi_sync.core.model import Credentials
from zapi_sync.core.outcome import MAX_TEXT, Created, Outcome, Rejected
from zapi_sync.errors import Code, StateUnwritable

from .calls import GROUP, SECRETS, client, create
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
    outcome = create(peer(answering(echo("403 Forbidden", text))).url)
    assert isinstance(outcome, Rejected)
    assert not outcome.said.endswith(SECRETS.client_token[:kept])


@pytest.mark.parametrize("status", ["200 OK", "500 Error"])
def test_an_echo_in_place_of_an_id_does_not_show(peer: Start, status: str) -> None:
    credentials = Credentials("12345-ID-SECRET", "67890-TOKEN-SECRET", "CLIENT-SECRET")
    api = peer(answering(http(status, b'{"phone": "67890-TOKEN-SECRET"}')))
    outcome: Outcome = client(api.url, credentials=credentials).create_group(GROUP, lambda: None)
    if not isinstance(outcome, Created):
        assert "SECRET" not in repr(outcome)


def test_an_exception_on_the_way_out_holds_no_secret_all_its_causes_included(peer: Start) -> None:
    def sending() -> None:
        raise StateUnwritable.of(Code.STATE_UNWRITABLE, "it cannot be written", hint="make room")

    with pytest.raises(StateUnwritable) as raised:
        create(peer(Line.read_to_end).url, sending=sending)
    assert leaks("".join(traceback.format_exception(raised.value))) == set()


def test_neither_the_client_nor_its_credentials_show_themselves() -> None:
    one = client("https://api.z-api.io")
    assert leaks(repr(one) + str(one) + repr(SECRETS)) == set()
