"""What was asked of the emulated API: the last requests, in memory, without their secrets."""

import itertools
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request; `status` is None as long as it has no answer, and for ever where the answer was lost."""

    method: str
    instance: str
    call: str
    query: str
    headers: dict[str, str]
    json: object
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A request as the page shows it: which one it is, when it came, and the fault that struck it."""

    number: int
    at_ms: int
    entry: Entry
    fault: str | None = None


class Ledger:
    """The requests in the order of their arrival."""

    def __init__(self) -> None:
        self._lines: OrderedDict[int, Line] = OrderedDict()
        self._changes = 0
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def received(self, entry: Entry) -> int:
        """Note a request that has just come in; the number is for `answered`."""
        with self._lock:
            number = next(self._numbers)
            self._lines[number] = Line(number, time.time_ns() // 1_000_000, entry)
            self._changes += 1
            if len(self._lines) > _LIMIT:
                self._lines.popitem(last=False)
        return number

    def struck(self, number: int, fault: str) -> None:
        """Note the fault that a request met, unless it has been forgotten since."""
        with self._lock:
            if number in self._lines:
                self._lines[number] = replace(self._lines[number], fault=fault)
                self._changes += 1

    def answered(self, number: int, status: int) -> None:
        """Note what it was answered, unless it has been forgotten since."""
        with self._lock:
            if number in self._lines:
                line = self._lines[number]
                self._lines[number] = replace(line, entry=replace(line.entry, status=status))
                self._changes += 1

    def entries(self) -> list[Entry]:
        """Return what is remembered, oldest first."""
        with self._lock:
            return [line.entry for line in self._lines.values()]

    def newest(self, limit: int) -> tuple[list[Line], int]:
        """Return the newest requests, newest first, and how many are remembered in all."""
        with self._lock:
            return list(itertools.islice(reversed(self._lines.values()), limit)), len(self._lines)

    def changes(self) -> int:
        """Return a number that grows with whatever changes here."""
        return self._changes

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._lines.clear()
            self._changes += 1
