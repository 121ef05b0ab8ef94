"""A repository with a remote, for the tests of the state on a branch."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from zapi_sync.core.holding import Holder
from zapi_sync.core.moments import timestamp
from zapi_sync.edge import inputs
from zapi_sync.edge.git_state import GitBackend
from zapi_sync.shared_state import SharedState

from .given import AT

GIT = shutil.which("git") or "git"
NAME = "git:origin/zapi-state#groups"


def git(folder: Path, *arguments: str) -> str:
    ran = subprocess.run([GIT, "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository with a commit on its main branch."""
    seed, bare = tmp_path / "seed", tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(seed))
    (seed / "groups.yaml").write_text("groups: {}\n")
    git(seed, "add", ".")
    git(seed, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "first")
    git(tmp_path, "clone", "--quiet", "--bare", str(seed), str(bare))
    return bare


@pytest.fixture
def clone(remote: Path) -> Path:
    return cloned(remote)


def cloned(remote: Path, name: str = "clone") -> Path:
    git(remote.parent, "clone", "--quiet", str(remote), name)
    return remote.parent / name


def store_in(clone: Path, address: str = "git:zapi-state", margin: float = 0) -> SharedState:
    return SharedState(GitBackend(address, clone, margin), lambda: inputs.schema("state"), me)


def me(id: str = "1") -> Holder:
    return Holder(id, "ana", "laptop", 7, timestamp(AT))


def hook(remote: Path, name: str, script: str) -> None:
    path = remote / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def wrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a script in git's place, in which $GIT is the real one; returns the file that lists its runs."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")

    def put(script: str) -> Path:
        wrapper, calls = tmp_path / "bin" / "git", tmp_path / "calls"
        wrapper.write_text(f'#!/bin/sh\nGIT={GIT}\necho "$*" >> {calls}\n{script}\n')
        wrapper.chmod(0o755)
        return calls

    return put
