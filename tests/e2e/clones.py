"""A bare git repository of groups, and fresh clones of it as the folders of further runs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import ZapiSync

STATE = "groups.state.json"


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder, as somebody who may commit."""
    named = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org")
    subprocess.run(["git", "-C", str(folder), *named, *arguments], check=True, capture_output=True)


@dataclass
class Clones:
    """The folder of `zapi_sync` is a clone of the remote, with the config in it."""

    zapi_sync: ZapiSync
    remote: Path
    number: int = 0

    def begin(self) -> None:
        """Make the remote, from the config in the folder."""
        git(self.remote.parent, "init", "-q", "--bare", "-b", "main", str(self.remote))
        git(self.zapi_sync.folder, "init", "-q", "-b", "main")
        git(self.zapi_sync.folder, "remote", "add", "origin", str(self.remote))
        self.push("groups.yaml")

    def push(self, *files: str) -> None:
        """Commit these files to the remote."""
        if files:
            git(self.zapi_sync.folder, "add", "--all", "--", *files)
        git(self.zapi_sync.folder, "commit", "-q", "--allow-empty", "-m", "Change")
        git(self.zapi_sync.folder, "push", "-q", "origin", "HEAD:main")

    def move_on(self) -> None:
        """Commit the state with its journal, and go on in a fresh clone."""
        kept = [STATE, f"{STATE}.journal"]
        git(self.zapi_sync.folder, "rm", "-q", "--cached", "--ignore-unmatch", "--", *kept)
        self.push(*(name for name in kept if (self.zapi_sync.folder / name).exists()))
        self.number += 1
        self.zapi_sync.folder = self.remote.parent / f"clone-{self.number}"
        git(self.remote.parent, "clone", "-q", str(self.remote), str(self.zapi_sync.folder))


@pytest.fixture
def clones(online: ZapiSync, tmp_path: Path) -> Clones:
    """The clones of a repository that `begin` makes."""
    return Clones(online, tmp_path / "remote.git")
