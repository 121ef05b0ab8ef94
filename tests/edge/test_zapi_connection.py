"""What fails before the request leaves was certainly not sent; over TLS as over plain TCP."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from zapi_sync.core.outcome import Outcome, Unknown, Unsent

from .calls import create
from .given import MADE
from .peer import CREATED, Act, Line, Peer, answering, http

Start = Callable[[Act], Peer]


def attempt(url: str, timeout: float = 5.0) -> tuple[Outcome, list[str]]:
    """The outcome, and how often the request was about to be sent."""
    told: list[str] = []
    return create(url, timeout=timeout, sending=lambda: told.append("sending")), told


def test_a_refused_connection_was_not_sent(closed_port: int) -> None:
    host = f"127.0.0.1:{closed_port}"
    assert attempt(f"http://{host}") == (Unsent(f"{host} refuses connections"), [])


def test_a_name_that_does_not_resolve_was_not_sent() -> None:
    assert attempt("https://does-not-exist.invalid") == (
        Unsent("the name does-not-exist.invalid does not resolve"),
        [],
    )


@pytest.mark.parametrize("url", ["http://a b/", "http://127.0.0.1:0", "http://256.256.256.256.invalid"])
def test_an_address_that_leads_nowhere_was_not_sent(url: str) -> None:
    outcome, told = attempt(url)
    assert isinstance(outcome, Unsent)
    assert told == []


def test_tls_against_a_plain_port_was_not_sent(peer: Start) -> None:
    def plain(line: Line) -> None:
        line.received += line.socket.recv(65536)
        line.send(http("400 Bad Request", b"{}"))

    api = peer(plain)
    host = f"127.0.0.1:{api.port}"
    assert attempt(f"https://{host}") == (Unsent(f"no TLS connection to {host} came about"), [])
    assert b"SECRET" not in b"".join(api.received)


def test_a_connection_that_ends_within_the_handshake_was_not_sent(peer: Start) -> None:
    def hang_up(line: Line) -> None:
        line.received += line.socket.recv(1)

    api = peer(hang_up)
    outcome, told = attempt(f"https://127.0.0.1:{api.port}")
    assert isinstance(outcome, Unsent)
    assert told == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, and its key, in one file."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl command to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj"
        " /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -out both.pem -keyout key.pem && cat key.pem >>"
        " both.pem"
    )
    subprocess.run(command, shell=True, cwd=file.parent, check=True, capture_output=True)  # noqa: S602
    return file


def over_tls(certificate: Path, act: Act) -> Act:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def encrypted(line: Line) -> None:
        with context.wrap_socket(line.socket, server_side=True) as line.socket:
            act(line)

    return encrypted


def test_a_certificate_that_nobody_vouches_for_is_not_trusted_with_a_secret(
    peer: Start, certificate: Path
) -> None:
    api = peer(over_tls(certificate, answering(CREATED)))
    host = f"127.0.0.1:{api.port}"
    assert attempt(f"https://{host}") == (Unsent(f"{host} did not prove who it is (TLS certificate)"), [])
    assert api.received == [b""]


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same certificate, known to this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def test_over_tls_a_group_is_created_as_over_tcp(peer: Start, trusted: Path) -> None:
    api = peer(over_tls(trusted, answering(CREATED)))
    assert attempt(f"https://127.0.0.1:{api.port}") == (MADE, ["sending"])
    assert [raw.count(b"POST ") for raw in api.received] == [1]


def test_a_certificate_for_another_name_is_not_trusted_either(peer: Start, trusted: Path) -> None:
    api = peer(over_tls(trusted, answering(CREATED)))
    host = f"localhost:{api.port}"
    assert attempt(f"https://{host}") == (Unsent(f"{host} did not prove who it is (TLS certificate)"), [])


def test_over_tls_the_time_is_up_too_for_an_answer_that_drips(peer: Start, trusted: Path) -> None:
    peers: list[Peer] = []

    def drip(line: Line) -> None:
        line.read_request()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        while not peers[0].ended.wait(0.05):
            line.send(b" ")

    peers.append(peer(over_tls(trusted, drip)))
    assert attempt(f"https://127.0.0.1:{peers[0].port}", 0.4) == (
        Unknown("no whole answer came within 0.4 s"), ["sending"],
    )  # fmt: skip


def test_over_tls_an_end_without_a_goodbye_proves_nothing(peer: Start, trusted: Path) -> None:
    def cut(line: Line) -> None:
        line.read_request()
        line.send(CREATED[:-1])
        line.reset()

    outcome, told = attempt(f"https://127.0.0.1:{peer(over_tls(trusted, cut)).port}")
    assert isinstance(outcome, Unknown)
    assert told == ["sending"]
