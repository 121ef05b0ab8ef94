"""The time, the wait for it, and the word to stop."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from queue import Empty, SimpleQueue


class SystemClock:
    """The machine's clock, whose waits end at once when somebody asks to stop.

    A signal's handler may ask, in the middle of a wait of its own thread: a SimpleQueue is made for that, and
    a lock is not.
    """

    def __init__(self) -> None:
        self._stop = False
        self._stops: SimpleQueue[None] = SimpleQueue()

    @property
    def stopping(self) -> bool:
        return self._stop

    def stop(self) -> None:
        self._stop = True
        self._stops.put(None)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, seconds: float) -> None:
        with suppress(Empty):
            self._stops.put(self._stops.get(timeout=max(0.0, seconds)))  # for whoever else waits
