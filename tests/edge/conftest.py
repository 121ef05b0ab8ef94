"""Folders of every kind, and peers on loopback sockets."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from zapi_sync.edge import inputs
from zapi_sync.edge.local_state import LocalState
from zapi_sync.edge.lock import holder_of, locked

from .peer import Act, Peer


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user of this machine may enter (pytest's own are for their owner alone)."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 KiB, mounted for the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"only root may mount a disk here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def local(tmp_path: Path) -> LocalState:
    return LocalState(tmp_path / "groups.state.json", lambda: inputs.schema("state"), locked, holder_of)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections for as long as the test runs: it is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def peer() -> Iterator[Callable[[Act], Peer]]:
    """Starts peers that do with each connection what they are told."""
    with ExitStack() as started:
        yield lambda act: started.enter_context(Peer(act))
