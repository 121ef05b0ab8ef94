"""A journal that is being written to: line by line, each durable before the next, whatever keeps them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from zapi_sync.core.journal_lines import line_of
from zapi_sync.errors import StateUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable

    from zapi_sync.core.journal import Event
    from zapi_sync.core.sealing import Seal


class JournalWriter:
    """See state.store.OpenJournal.

    `write` keeps a line under its number, and returns once it is durable; `lines` are there already.
    """

    def __init__(
        self,
        write: Callable[[int, bytes], None],
        close: Callable[[], None] = lambda: None,
        *,
        lines: int,
        seal: Seal | None,
    ) -> None:
        self._write = write
        self.close = close
        self._lines = lines
        self._seal = seal
        self._broken: StateUnwritable | None = None
        self._turn = threading.Lock()

    def append(self, event: Event) -> None:
        """Returns once the event is durable.

        After a failure every call fails: what is kept then is not known, and an fsync that failed once
        must not be believed the next time. Several threads may call it.
        """
        with self._turn:
            if self._broken:
                raise self._broken
            try:
                self._write(self._lines + 1, line_of(self._lines + 1, event, self._seal))
            except StateUnwritable as broken:
                self._broken = broken
                raise
            self._lines += 1
