"""The other side of a connection, by script: raw bytes on a loopback socket, in a thread."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias

from .given import MADE

PATIENCE = 10.0
"""No peer waits for longer than that: a test that hangs fails."""


@dataclass(slots=True)
class Line:
    """One connection, as the peer has it."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)

    def read_request(self) -> None:
        """Reads a whole request, as its Content-Length has it."""
        while b"\r\n\r\n" not in self.received and self._read_more():
            pass
        head, _, body = bytes(self.received).partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        missing = int(lengths[0].partition(b":")[2]) - len(body) if lengths else 0
        while missing > 0:
            missing -= self._read_more()

    def read_to_end(self) -> None:
        while self._read_more():
            pass

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def has_ended(self) -> bool:
        """Whether the other side has closed, which a sender with a full window would not notice."""
        readable, _, _ = select.select([self.socket], [], [], 0)
        return bool(readable) and not self.socket.recv(1, socket.MSG_PEEK)

    def reset(self) -> None:
        """Ends the connection with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _read_more(self) -> int:
        chunk = self.socket.recv(65536)
        self.received += chunk
        return len(chunk)


Act: TypeAlias = Callable[[Line], None]


class Peer:
    """Accepts connections and does with each what `act` says; what came in stays in `lines`."""

    def __init__(self, act: Act) -> None:
        self.lines: list[Line] = []
        self.ended = threading.Event()
        self._act = act
        self._last: object = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def received(self) -> list[bytes]:
        """What came in on each connection; complete, because the peer is done by then."""
        self.close()
        return [bytes(line.received) for line in self.lines]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Takes the connections that are there, then no more, and waits for the one at hand to end."""
        if self.ended.is_set():
            return
        with socket.socket() as last:
            last.bind(("127.0.0.1", 0))
            self._last = last.getsockname()
            self.ended.set()
            last.connect(("127.0.0.1", self.port))
            self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the peer hangs"
        self._listener.close()

    def _serve(self) -> None:
        while True:
            accepted, address = self._listener.accept()
            with accepted:
                if address == self._last:
                    return
                accepted.settimeout(PATIENCE)
                line = Line(accepted)
                self.lines.append(line)
                with contextlib.suppress(OSError):
                    self._act(line)
                line.socket.close()


def answering(raw: bytes) -> Act:
    """Takes a request, gives these bytes, and closes."""

    def act(line: Line) -> None:
        line.read_request()
        line.send(raw)

    return act


def http(status: str, body: bytes, *headers: str) -> bytes:
    """A well-formed answer."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


BODY = json.dumps(
    {"phone": MADE.phone, "invitationLink": MADE.invitation_link, "phonesNotAdded": MADE.phones_not_added}
).encode()
CREATED = http("200 OK", BODY)


def flooding(head: bytes, piece: bytes, pause: float = 0.0) -> Act:
    """Takes a request, gives the head, then the piece again and again until the other side has gone."""

    def act(line: Line) -> None:
        line.read_request()
        line.send(head)
        line.socket.settimeout(0.05)
        until, rest = time.monotonic() + PATIENCE, piece
        while time.monotonic() < until and not line.has_ended():
            with contextlib.suppress(TimeoutError):
                rest = rest[line.socket.send(rest) :] or piece
            time.sleep(pause)

    return act
