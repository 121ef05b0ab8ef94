"""The request of create-group: what leaves, on which connection, and when."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable

import pytest

from zapi_sync import __version__
from zapi_sync.core.outcome import Unsent
from zapi_sync.errors import Code, StateUnwritable

from .calls import GROUP, client, create
from .given import MADE
from .peer import CREATED, PATIENCE, Act, Line, Peer, answering, http

Start = Callable[[Act], Peer]


def test_the_request_is_what_the_create_group_page_asks_for(peer: Start) -> None:
    api = peer(answering(CREATED))
    assert create(f"{api.url}/base") == MADE
    (raw,) = api.received
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
    assert first == "POST /base/instances/ID%2FSECRET%201/token/TOKEN-SECRET%3F2/create-group HTTP/1.1"
    assert len(headers) == len(rest)
    assert headers == {
        "host": f"127.0.0.1:{api.port}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": headers["connection"],
        "user-agent": f"zapi-sync/{__version__}",
        "client-token": "CLIENT-SECRET-3",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    assert json.loads(body) == {
        "autoInvite": True, "groupName": 'Ação "VIP" 😀', "phones": ["5544999999999", "5544888888888"],
    }  # fmt: skip
    assert (
        body.decode("utf-8")
        == '{"autoInvite":true,"groupName":"Ação \\"VIP\\" 😀","phones":["5544999999999","5544888888888"]}'
    )


def test_each_creation_has_a_connection_of_its_own(peer: Start) -> None:
    def keep_alive(line: Line) -> None:
        line.read_request()
        line.send(CREATED)
        line.read_to_end()

    api = peer(keep_alive)
    one = client(api.url)
    assert [one.create_group(GROUP, lambda: None) for _ in range(3)] == [MADE] * 3
    assert [raw.count(b"POST ") for raw in api.received] == [1, 1, 1]


def test_sending_is_told_once_after_the_connection_and_before_the_first_byte(peer: Start) -> None:
    accepted, go_on = threading.Event(), threading.Event()

    def act(line: Line) -> None:
        accepted.set()
        assert go_on.wait(PATIENCE)
        line.read_request()
        line.send(CREATED)

    api = peer(act)
    arrived: list[bytes] = []

    def sending() -> None:
        assert accepted.wait(PATIENCE)
        arrived.append(what_is_there(api.lines[0].socket))
        go_on.set()

    assert create(api.url, sending=sending) == MADE
    assert arrived == [b""]


def what_is_there(line: socket.socket) -> bytes:
    line.setblocking(False)
    try:
        return line.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return b""
    finally:
        line.settimeout(PATIENCE)


def test_what_sending_raises_comes_out_and_no_byte_has_left(peer: Start) -> None:
    api = peer(Line.read_to_end)
    broken = StateUnwritable.of(
        Code.STATE_UNWRITABLE, "it cannot be written: no space left on device", hint="make room"
    )

    def sending() -> None:
        raise broken

    with pytest.raises(StateUnwritable) as raised:
        create(api.url, sending=sending)
    assert raised.value is broken
    assert api.received == [b""]


def test_an_interruption_while_sending_is_written_down_comes_out_and_no_byte_has_left(peer: Start) -> None:
    api = peer(Line.read_to_end)

    def sending() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create(api.url, sending=sending)
    assert api.received == [b""]


def test_whatever_sending_raises_comes_out(peer: Start) -> None:
    api = peer(Line.read_to_end)

    def sending() -> None:
        raise RuntimeError("a bug of the journal's")

    with pytest.raises(RuntimeError, match="a bug of the journal's"):
        create(api.url, sending=sending)
    assert api.received == [b""]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{closed}", "https://127.0.0.1:{closed}", "http://does-not-exist.invalid"]
)
def test_without_a_connection_nothing_is_told_to_be_sending(url: str, closed_port: int) -> None:
    told: list[str] = []
    outcome = create(url.format(closed=closed_port), sending=lambda: told.append("sending"))
    assert isinstance(outcome, Unsent)
    assert told == []


def test_the_environment_has_no_say_in_the_way_of_a_secret(
    peer: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, api = peer(answering(http("200 OK", b"{}"))), peer(answering(CREATED))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    assert create(api.url) == MADE
    assert proxy.received == []
