"""Every way in which a call can end once it has left: created, rejected or unknown, and never sent again."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zapi_sync.core.outcome import Cause, Created, Outcome, RateLimit, Rejected, Unknown
from zapi_sync.edge.zapi import MAX_ANSWER_BYTES

from .calls import create
from .given import MADE
from .peer import BODY, Act, Line, Peer, answering, http

Start = Callable[[Act], Peer]
CUT = Unknown("the connection ended before a whole, well-formed answer")
BROKE = Unknown("the connection broke before an answer came")
LATE = Unknown("no whole answer came within 0.4 s")


def chunked(*chunks: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        (http("200 OK", BODY), MADE),
        (http("201 Created", BODY), MADE),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + http("200 OK", BODY), MADE),
        (b"HTTP/1.0 200 OK\r\n\r\n" + BODY, Unknown("the answer (200) broke off")),
        (chunked(b"%x\r\n" % len(BODY), BODY, b"\r\n0\r\n\r\n"), MADE),
        (http("200 OK", BODY.ljust(MAX_ANSWER_BYTES)), MADE),
        (
            http("400 Bad Request", b'{"error": "Phone not exists"}'),
            Rejected(Cause.INPUT, "Phone not exists"),
        ),
        (
            http("403 Forbidden", b'{"error": "null not allowed"}'),
            Rejected(Cause.CREDENTIALS, "null not allowed"),
        ),
        (
            http("404 Not Found", b'{"error": "Instance not found"}'),
            Rejected(Cause.NOT_FOUND, "Instance not found"),
        ),
        (http("401 Unauthorized", b""), Unknown("the API answered 401 with nothing usable", refused=True)),
        (http("404 Not Found", b"<html>"), Unknown("the API answered 404 with nothing usable", refused=True)),
        (http("405 Method Not Allowed", b"{}"), Rejected(Cause.METHOD, "status 405")),
        (http("415 Unsupported Media Type", b"{}"), Rejected(Cause.CONTENT_TYPE, "status 415")),
        (
            http("429 Too Many Requests", b"{}", "Retry-After: 120"),
            Unknown("the API answered 429 with no explanation", refused=True, rate_limit=RateLimit(120)),
        ),
        (
            b"HTTP/1.1 429 Slow\r\nContent-Length: 100\r\nRetry-After: 3600\r\n\r\n{",
            Unknown("the connection ended before a whole, well-formed answer", rate_limit=RateLimit(3600)),
        ),
        (
            http("200 OK", b'{"error": "Whatsapp not connected"}'),
            Rejected(Cause.DISCONNECTED, "Whatsapp not connected"),
        ),
        (http("200 OK", b"{}"), Unknown("the API answered 200 without the id of a group")),
        (http("200 OK", b"<html>hello"), Unknown("the API answered 200 with nothing usable")),
        (http("204 No Content", b""), Unknown("the API answered 204 with nothing usable")),
        (
            http("301 Moved", b"{}", "Location: /elsewhere"),
            Unknown("the API answered 301 with no explanation"),
        ),
        (
            http("307 Temporary Redirect", BODY, "Location: /"),
            Unknown("the API answered 307, and yet spoke of a group"),
        ),
        (
            http("308 Permanent Redirect", b"", "Location: http://127.0.0.1:1/"),
            Unknown("the API answered 308 with nothing usable"),
        ),
        (http("408 Request Timeout", b"{}"), Unknown("the API answered 408 with no explanation")),
        (http("409 Conflict", b'{"error": "x"}'), Unknown("the API answered 409: x", refused=True)),
        (
            http("400 Bad Request", b'{"error": "rate-overlimit"}', "Retry-After: 7"),
            Unknown("the API answered 400: rate-overlimit", refused=True, rate_limit=RateLimit(7)),
        ),
        (
            http("500 Error", b'{"error": "rate-overlimit"}'),
            Unknown("the API answered 500: rate-overlimit", refused=True, rate_limit=RateLimit()),
        ),
        (
            http("500 Error", b'{"error": "Whatsapp did not respond"}'),
            Unknown("the API answered 500: Whatsapp did not respond"),
        ),
        (http("502 Bad Gateway", b"<html>"), Unknown("the API answered 502 with nothing usable")),
        (
            http("503 Unavailable", b"{}", "Retry-After: 1"),
            Unknown("the API answered 503 with no explanation"),
        ),
        (
            http("200 OK", gzip.compress(BODY), "Content-Encoding: gzip"),
            Unknown("the API answered 200 with nothing usable"),
        ),
        (http("200 OK", BODY.ljust(MAX_ANSWER_BYTES + 1)), Unknown("the answer (200) broke off")),
        (http("403 Forbidden", b"x" * (MAX_ANSWER_BYTES + 1)), Unknown("the answer (403) broke off")),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_000 + BODY, Unknown("the answer (200) broke off")),
        (http("200 OK", BODY)[:-1], CUT),
        (http("403 Forbidden", b"{}")[:-1], CUT),
        (http("200 OK", BODY)[:40], CUT),
        (b"", CUT),
        (b"\r\n", CUT),
        (b"SSH-2.0-OpenSSH_9.6\r\n", CUT),
        (b"HTTP/1.1 OK\r\n\r\n", CUT),
        (b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}", CUT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + BODY, CUT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + BODY, CUT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY, CUT),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Pad: x\r\n" * 100_000 + b"\r\n" + BODY, CUT),
        (chunked(b"%x\r\n" % len(BODY), BODY, b"\r\n"), CUT),
        (chunked(b"zz\r\n", BODY), CUT),
        (chunked(b"5\r\nabc"), CUT),
        (b"\x15\x03\x01\x00\x02\x02\x46", CUT),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else type(value).__name__,
)
def test_an_answer_is_judged_by_what_came_whole(peer: Start, raw: bytes, outcome: Outcome) -> None:
    api = peer(answering(raw))
    assert create(api.url) == outcome
    assert [each.count(b"POST ") for each in api.received] == [1]


def reset_unread(line: Line) -> None:
    line.socket.recv(1)
    line.reset()


def reset_after(line: Line) -> None:
    line.read_request()
    line.reset()


def reset_within(line: Line) -> None:
    line.read_request()
    line.send(http("200 OK", BODY)[:60])
    line.reset()


@pytest.mark.parametrize("act", [reset_unread, reset_after, reset_within])
def test_a_connection_that_breaks_once_it_was_used_proves_nothing(peer: Start, act: Act) -> None:
    api = peer(act)
    assert create(api.url) in (BROKE, CUT)
    assert len(api.received) == 1


def silent(line: Line) -> None:
    line.read_to_end()


def deaf(line: Line) -> None:
    line.read_request()
    line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    line.read_to_end()


def dripping(raw: bytes, peers: list[Peer]) -> Act:
    """Gives an answer byte by byte, each soon enough for itself, and never comes to the end."""

    def act(line: Line) -> None:
        line.read_request()
        line.send(raw)
        while not peers[0].ended.wait(0.05):
            line.send(b" ")

    return act


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"


@pytest.mark.parametrize("act", [silent, deaf])
def test_silence_ends_when_the_time_is_up(peer: Start, act: Act) -> None:
    began = time.monotonic()
    assert create(peer(act).url, timeout=0.4) == LATE
    assert 0.4 <= time.monotonic() - began < 3


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 200 OK\r\nX-Slow:", HEAD, HEAD + BODY], ids=["head", "body", "id"]
)
def test_an_answer_that_drips_ends_when_the_time_is_up(peer: Start, raw: bytes) -> None:
    peers: list[Peer] = []
    peers.append(peer(dripping(raw, peers)))
    began = time.monotonic()
    assert create(peers[0].url, timeout=0.4) == LATE
    assert 0.4 <= time.monotonic() - began < 3


@pytest.mark.parametrize("status", [b"400 Bad Request", b"200 OK"])
def test_an_answer_without_a_length_that_drips_is_not_taken_for_whole(peer: Start, status: bytes) -> None:
    peers: list[Peer] = []
    peers.append(peer(dripping(b"HTTP/1.1 " + status + b'\r\n\r\n{"error": "Whatsapp ', peers)))
    assert create(peers[0].url, timeout=0.4) in (
        LATE,
        Unknown(f"the answer ({status[:3].decode()}) broke off"),
    )


def test_a_slow_answer_that_comes_in_time_is_an_answer(peer: Start) -> None:
    peers: list[Peer] = []

    def act(line: Line) -> None:
        line.read_request()
        for byte in http("200 OK", BODY):
            line.send(bytes([byte]))

    peers.append(peer(act))
    assert create(peers[0].url) == MADE


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.binary(max_size=200)
    | st.binary(max_size=80).map(lambda body: b"HTTP/1.1 200 OK\r\n" + body)
    | st.binary(max_size=80).map(lambda body: http("200 OK", body))
)
def test_whatever_comes_back_nothing_is_raised_and_nothing_is_made_up(peer: Start, raw: bytes) -> None:
    api = peer(answering(raw))
    outcome = create(api.url, timeout=2)
    assert not isinstance(outcome, Created)
    assert len(api.received) == 1


@pytest.mark.parametrize("cut", range(0, len(http("200 OK", BODY)), 9))
def test_an_answer_that_ends_anywhere_before_its_end_proves_nothing(peer: Start, cut: int) -> None:
    assert create(peer(answering(http("200 OK", BODY)[:cut])).url) == CUT
