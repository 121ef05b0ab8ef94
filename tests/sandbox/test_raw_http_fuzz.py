"""Odd bytes over a connection: what comes back is whole HTTP with JSON, and nothing is repeated."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zapi_sync.sandbox import create_app

from .fuzzed import CLIENT_TOKEN, TOKEN, no_hang, strict_json
from .world import World, over_loopback

Figure = Callable[[object], None]

_HEAD = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [ -~]+\r\n((?:[!-9;-~]+: [ -~]*\r\n)*)\r\n")
_LENGTH = re.compile(rb"^Content-Length: ([0-9]+)\r$", re.MULTILINE)
ME = f"/instances/i/token/{TOKEN}/me".encode()
CREATE = f"/instances/i/token/{TOKEN}/create-group".encode()
GROUPS = f"/instances/i/token/{TOKEN}/groups".encode()
DOOR = f"Host: 127.0.0.1\r\nClient-Token: {CLIENT_TOKEN}\r\n".encode()

NOT_HTTP = {
    "words": (b"GET %s and more HTTP/1.1\r\n\r\n" % ME, 400),
    "no path": (b"GET HTTP/1.1\r\n\r\n", 400),
    "version": (b"GET %s HTTP/x\r\n\r\n" % ME, 400),
    "version of tomorrow": (b"GET %s HTTP/2.0\r\n\r\n" % ME, 505),
    "no version": (b"POST %s\r\n\r\n" % CREATE, 400),
    "long line": (b"GET %s?%s HTTP/1.1\r\n\r\n" % (ME, b"x" * 70_000), 414),
    "long header": (b"GET %s HTTP/1.1\r\nX: %s\r\n\r\n" % (ME, b"x" * 70_000), 431),
    "many headers": (b"GET %s HTTP/1.1\r\n%s\r\n" % (ME, b"X: y\r\n" * 200), 431),
    "host": (b"GET http://[x%s HTTP/1.1\r\n\r\n" % ME, 400),
    "length": (b"POST %s HTTP/1.1\r\nContent-Length: x\r\n\r\n" % CREATE, 400),
    "negative length": (b"POST %s HTTP/1.1\r\nContent-Length: -1\r\n\r\n" % CREATE, 400),
    "two lengths": (b"POST %s HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nabcde" % CREATE, 400),
    "chunk": (b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n" % CREATE, 400),
    "negative chunk": (b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n" % CREATE, 400),
    "chunk without end": (b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz" % CREATE, 400),
}


@pytest.fixture(scope="module")
def served() -> Iterator[World]:
    with over_loopback(create_app(":memory:")) as world:
        yield world


@pytest.mark.parametrize("name", NOT_HTTP)
def test_what_is_not_http_is_refused(served: World, capfd: pytest.CaptureFixture[str], name: str) -> None:
    sent, status = NOT_HTTP[name]
    assert [code for code, _ in answers(served, sent)] == [status]
    assert served.names() == []
    said = capfd.readouterr()
    assert said.out + said.err == ""


def test_some_odd_bytes(served: World, figure: Figure, capfd: pytest.CaptureFixture[str]) -> None:
    with no_hang(120):
        figure(fuzz(served, 300, capfd))


def test_a_target_without_a_path_is_not_sent_back_with_its_token(served: World) -> None:
    head = "HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    sent = f"GET ?/instances/i/token/{TOKEN}/me {head}".encode()
    assert [code for code, _ in answers(served, sent)] == [200]  # the sandbox's own page


@pytest.mark.slow
def test_many_odd_bytes(served: World, figure: Figure, capfd: pytest.CaptureFixture[str]) -> None:
    with no_hang(900):
        figure(fuzz(served, 5000, capfd))


_PIECES = [
    *(b"GET ", b"POST ", b"PUT ", b"get ", b"\x00 ", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    *(ME, CREATE, GROUPS, b"/sandbox/requests", b"/openapi.json", b"*", b"http://[", b"//x//", b"/%00%2e%zz"),
    *(b"?page=1&pageSize=1", b"?\xff", b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b" HTTP/1.1\n", b" HTTP/0.9\r\n"),
    *(b"\r\n", b"\r\n\r\n", b"\n", b" ", b"\t", b":", b"\x00", b"\xff", b"\x85", b"X: y\r\n", b" folded\r\n"),
    *(b"Content-Length: 0\r\n", b"Content-Length: 3\r\n\r\nabc", b"Content-Length: 99999999999\r\n", DOOR),
    *(b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"Expect: 100-continue\r\n"),
    *(b"Host: x\r\n", b"Host: [\r\n", b"Origin: null\r\n", b"Accept: text/html\r\n"),
    *(b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Content-Type: application/json\r\n"),
]
_GOOD = st.sampled_from([ME, CREATE, GROUPS + b"?page=1&pageSize=1"]).map(
    lambda path: b"GET %s HTTP/1.1\r\n%s\r\n" % (path, DOOR)
)
_MADE_UP = st.lists(st.sampled_from(_PIECES) | st.binary(max_size=6), max_size=12).map(b"".join)


@st.composite
def _cut(draw: st.DrawFn) -> bytes:
    """A good request with something odd in the middle of it."""
    good, odd = draw(_GOOD), draw(_MADE_UP)
    at = draw(st.integers(0, len(good)))
    return good[:at] + odd + good[at + draw(st.integers(0, 3)) :]


def fuzz(served: World, examples: int, capfd: pytest.CaptureFixture[str]) -> str:
    tally: Counter[int] = Counter()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_MADE_UP | _cut() | st.tuples(_GOOD, _MADE_UP).map(b"".join))
    def check(sent: bytes) -> None:
        tally.update(code for code, _ in answers(served, sent) or [(0, b"")])
        said = capfd.readouterr()
        assert said.out + said.err == ""

    check()
    assert served.names() == []
    statuses = ", ".join(f"{code or 'none'}: {count}" for code, count in sorted(tally.items()))
    return f"{examples} connections; answers {statuses}"


def answers(served: World, sent: bytes) -> list[tuple[int, bytes]]:
    """Send bytes, say no more, and take what comes back apart into whole answers."""
    got = b""
    address = (served.http.base_url.host, served.http.base_url.port or 0)
    with socket.create_connection(address, timeout=20) as raw:
        # A refusal may come before all is sent, and end the connection.
        with suppress(ConnectionError):
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while data := raw.recv(65536):
                got += data
    return list(_apart(got))


def _apart(got: bytes) -> Iterator[tuple[int, bytes]]:
    got = got.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    while got:
        head = _HEAD.match(got)
        assert head, got[:500]
        assert TOKEN.encode() not in head[0]
        length = _LENGTH.search(head[0])
        assert length, head[0]
        code, size = int(head[1]), int(length[1])
        body, got = got[head.end() : head.end() + size], got[head.end() + size :]
        assert len(body) == size
        assert code < 500 or code == 505, body
        if not re.search(rb"Content-Type: text/(plain|html)", head[0]):
            told = strict_json(body)
            assert TOKEN.encode() not in body or (isinstance(told, dict) and told.get("name") == "Sandbox")
        yield code, body
