"""The stores that the contract is tried on: each opens one state as several machines would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from zapi_sync.cli.wiring import open_state
from zapi_sync.state.store import StateStore

from .gitted import git
from .objects import objects
from .postgres import postgresql

Open = Callable[[], StateStore]
"""One more machine with the same state."""


@contextmanager
def local(folder: Path) -> Iterator[Open]:
    yield lambda: open_state(str(folder / "groups.state.json"))


KINDS: dict[str, Callable[[Path], AbstractContextManager[Open]]] = {
    "local": local,
    "git": git,
    "objects": objects,
    "postgresql": postgresql,
}
SHARED: set[str] = set(KINDS) - {"local"}
"""Those whose lock can be lost: a kernel's ends with its process."""
