"""One sandbox and one forge of processes for all proofs of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .world import Forge, Remote, World, worlds


@pytest.fixture(scope="session")
def shared_remote() -> Iterator[Remote]:
    remote = Remote()
    yield remote
    remote.close()


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    forge = Forge()
    yield forge
    forge.close()


@pytest.fixture
def remote(shared_remote: Remote) -> Remote:
    """The sandbox, without faults."""
    shared_remote.heal()
    shared_remote.forget()
    return shared_remote


@pytest.fixture
def new_world(remote: Remote, forge: Forge, tmp_path: Path) -> Iterator[Callable[[], World]]:
    with worlds(remote, forge, tmp_path / "worlds") as make:
        yield make


@pytest.fixture
def world(new_world: Callable[[], World]) -> World:
    return new_world()
