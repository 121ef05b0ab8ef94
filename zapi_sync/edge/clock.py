"""The time, the wait for it, and the word to stop."""

from __future__ import annotations

import threading
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, whose waits end at once when somebody asks to stop."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, seconds: float) -> None:
        self._stop.wait(seconds)
