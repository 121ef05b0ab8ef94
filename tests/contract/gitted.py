"""A state on a branch of a real repository, which each machine has a clone of."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zapi_sync.cli.sharing import _myself
from zapi_sync.cli.wiring import keyring
from zapi_sync.edge import inputs
from zapi_sync.edge.git_state import GitBackend
from zapi_sync.shared_state import LEASE_SECONDS, SharedState

if TYPE_CHECKING:
    from .stores import Open

MARGIN = 0.5
"""All these machines have one clock."""


@contextmanager
def git(folder: Path) -> Iterator[Open]:
    remote = folder / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    numbers = itertools.count()

    def opened() -> SharedState:
        clone = folder / f"machine-{next(numbers)}"
        subprocess.run(["git", "clone", "--quiet", remote, clone], check=True, capture_output=True)
        backend = GitBackend("git:zapi-state", clone, MARGIN)
        return SharedState(backend, lambda: inputs.schema("state"), _myself, LEASE_SECONDS, keyring())

    yield opened
