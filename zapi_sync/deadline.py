"""A bound for everything that one call over a connection takes: who waits is woken by its end."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from typing import Protocol, Self, cast

from zapi_sync.dataclass import dataclass


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


class Deadline:
    """Ends the connection under whoever reads from it; httpx bounds each read, but not all of them."""

    def __init__(self, seconds: float, line: Line | None = None) -> None:
        self.seconds = seconds
        self.passed = False
        self.ends_at = math.inf
        self._line = line or Line()

    @property
    def left(self) -> float:
        return self.ends_at - time.monotonic()

    def start(self) -> None:
        self.ends_at = time.monotonic() + self.seconds
        _watch.add(self)

    def end(self) -> None:
        """From here on the connection is left alone: it may serve the next look-up."""
        _watch.remove(self)

    def trace(self, event: str, info: dict[str, object]) -> None:
        self._line.trace(event, info)
        if self.passed:  # it did while there was no connection yet
            self._line.end()

    def pass_by(self) -> None:
        """The time is over."""
        self.passed = True
        self._line.end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class _Watch:
    """One thread for all deadlines: to start one for each creation would take as long as to write it down."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: set[Deadline] = set()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._changed:
            self._deadlines.add(deadline)
            if self._thread is None:
                thread = threading.Thread(target=self._look, name="deadlines", daemon=True)
                thread.start()
                self._thread = thread
            elif deadline.ends_at < self._wakes_at:
                self._changed.notify()

    def remove(self, deadline: Deadline) -> None:
        """Once this returns, the deadline passes no more."""
        with self._changed:
            self._deadlines.discard(deadline)

    def _look(self) -> None:
        with self._changed:
            while True:
                for due in [each for each in self._deadlines if each.left <= 0]:
                    self._deadlines.discard(due)
                    due.pass_by()
                self._wakes_at = min((each.ends_at for each in self._deadlines), default=math.inf)
                left = self._wakes_at - time.monotonic()
                self._changed.wait(None if left == math.inf else left)


_watch = _Watch()


class Stream(Protocol):
    """The part of httpcore's NetworkStream that is used here."""

    def get_extra_info(self, name: str) -> object: ...
