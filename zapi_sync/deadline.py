"""A bound for everything that one call over a connection takes: who waits is woken by its end."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from typing import Protocol, Self, cast

from zapi_sync.dataclass import dataclass, field


@dataclass(slots=True)
class Line:
    """The connection that a client is on, for as long as it has one at a time."""

    socket: socket.socket | None = None

    def trace(self, event: str, info: dict[str, object]) -> None:
        """httpx's trace extension: called at each step of a connection; what it raises stops the call."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            stream = cast("Stream", info["return_value"])
            self.socket = cast("socket.socket | None", stream.get_extra_info("socket"))

    def end(self) -> None:
        if self.socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


@dataclass(slots=True)
class Deadline:
    """Ends the connection under whoever reads from it; httpx bounds each read, but not all of them."""

    seconds: float
    line: Line = field(default_factory=Line)
    passed: bool = False
    _ends_at: float = math.inf
    _ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _timer: threading.Timer | None = None

    @property
    def left(self) -> float:
        return self._ends_at - time.monotonic()

    def start(self) -> None:
        self._ends_at = time.monotonic() + self.seconds
        self._timer = threading.Timer(self.seconds, self._pass)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """From here on the connection is left alone: it may serve the next look-up."""
        if self._timer:
            self._timer.cancel()
        with self._lock:
            self._ended = True

    def trace(self, event: str, info: dict[str, object]) -> None:
        self.line.trace(event, info)
        if self.passed:  # it did while there was no connection yet
            self.line.end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _pass(self) -> None:
        with self._lock:
            if not self._ended:
                self.passed = True
                self.line.end()


class Stream(Protocol):
    """The part of httpcore's NetworkStream that is used here."""

    def get_extra_info(self, name: str) -> object: ...
