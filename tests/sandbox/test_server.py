"""The sandbox over loopback: keep-alive, quiet, and in nobody's way."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from zapi_sync.sandbox import create_app, serve

from .world import TOKEN, World, order, over_loopback


@pytest.fixture
def served() -> Iterator[World]:
    with over_loopback(create_app(":memory:")) as world:
        yield world


@contextmanager
def connected(world: World) -> Iterator[socket.socket]:
    address = (world.http.base_url.host, world.http.base_url.port or 0)
    with socket.create_connection(address, timeout=20) as raw:
        yield raw


def test_one_connection_serves_many_requests(served: World) -> None:
    opened: list[str] = []

    def note(name: str, _info: object) -> None:
        if name.endswith("connect_tcp.started"):
            opened.append(name)

    trace = {"trace": note}
    for _ in range(5):
        url = served.url("create-group")
        assert served.http.post(url, json=order(), extensions=trace).status_code == 200
        assert served.http.delete("/sandbox/requests", extensions=trace).status_code == 204
        assert served.http.get("/nowhere", extensions=trace).status_code == 404
        assert served.http.head("/", extensions=trace).content == b""
        # The body of a refused request is read too, or it would be taken for the next request.
        assert served.http.put("/nowhere", content=b"x" * 100_000, extensions=trace).status_code == 404
    assert len(opened) == 1


def test_a_chunked_body_is_read(served: World) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"autoInvite": false, "groupName": "In '
        yield b'parts", "phones": ["5544999999999"]}'

    headers = {"Content-Type": "application/json"}
    assert served.http.post(served.url("create-group"), content=parts(), headers=headers).status_code == 200
    assert served.names() == ["In parts"]


def test_a_client_that_asks_to_close_is_closed(served: World) -> None:
    with connected(served) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Server:" not in answer


def test_a_client_that_leaves_in_the_middle_of_its_body_creates_nothing(
    served: World, capfd: pytest.CaptureFixture[str]
) -> None:
    head = f"POST {served.url('create-group')} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\n"
    with connected(served) as raw:
        raw.sendall(head.encode() + b'{"autoInvite"')
        raw.shutdown(socket.SHUT_WR)
        assert raw.recv(1) == b""
    assert served.names() == []
    assert served.ledger()[0]["call"] == "groups"
    assert capfd.readouterr().err == ""


def test_nothing_is_printed_or_logged(
    served: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "werkzeug")
    served.create()
    served.get("no-such-call")
    served.fault("status-reset")
    with pytest.raises(httpx.ReadError):
        served.get("status")
    with connected(served) as raw:
        raw.sendall(f"GET /token/{TOKEN}\x00 no such thing HTTP/9\r\n\r\n".encode())
        while raw.recv(4096):
            pass
    said = capfd.readouterr()
    assert said.out + said.err == ""
    # The client of these tests does log, under its own name.
    assert [one for one in caplog.records if not one.name.startswith("http")] == []


def test_a_taken_port_is_an_oserror_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    app = create_app(":memory:")
    first = serve(app)
    try:
        with pytest.raises(OSError, match="in use"):
            serve(app, port=first.server_port)
    finally:
        first.server_close()
    second = serve(app, port=first.server_port)
    second.server_close()
    assert second.server_address == first.server_address
    said = capfd.readouterr()
    assert said.out + said.err == ""


def test_it_listens_on_loopback_alone_unless_told(served: World) -> None:
    server = serve(create_app(":memory:"))
    try:
        assert server.server_address[0] == "127.0.0.1"
        assert server.server_port == server.port > 0
    finally:
        server.server_close()


def test_it_serves_ipv6_too() -> None:
    try:
        server = serve(create_app(":memory:"), "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        assert httpx.get(f"http://[::1]:{server.server_port}/", trust_env=False).status_code == 200
    finally:
        server.shutdown()
        thread.join()
