"""What was asked of the emulated API: the last requests, in memory, without their secrets."""

import itertools
import threading
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


class Ledger:
    """The requests in the order of their arrival."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def received(self, entry: Entry) -> int:
        """Note a request that has just come in; the number is for `answered`."""
        with self._lock:
            number = next(self._numbers)
            self._entries[number] = entry
            if len(self._entries) > _LIMIT:
                self._entries.popitem(last=False)
        return number

    def answered(self, number: int, status: int) -> None:
        """Note what it was answered, unless it has been forgotten since."""
        with self._lock:
            if number in self._entries:
                self._entries[number] = replace(self._entries[number], status=status)

    def entries(self) -> list[Entry]:
        """Return what is remembered, oldest first."""
        with self._lock:
            return list(self._entries.values())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
