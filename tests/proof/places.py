"""Where a shared state is, for processes that know it by their environment."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.contract.objects import endpoint
from tests.contract.postgres import Server, server, shared_server

LEASE = "5"
KINDS = ("git", "objects", "postgresql")


@dataclass
class Place:
    """An address, what else a process must know, and what a machine's folder must be."""

    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] = lambda _: None
    secret: str = ""
    server: Server | None = None

    def known(self) -> dict[str, str]:
        return {"ZAPI_SYNC_STATE": self.address, "ZAPI_SYNC_LEASE": LEASE, **self.environment}


def postgresql(folder: Path) -> Place:
    running = shared_server()
    return Place(running.address(running.create_database()), secret=running.password)


@contextmanager
def postgresql_that_dies() -> Iterator[Place]:
    with server() as started:
        yield Place(started.address(started.create_database()), secret=started.password, server=started)


def git(folder: Path) -> Place:
    remote = folder / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)

    def prepare(machine: Path) -> None:
        subprocess.run(["git", "init", "--quiet", machine], check=True)
        subprocess.run(["git", "-C", machine, "remote", "add", "origin", remote], check=True)

    return Place("git:zapi-state", prepare=prepare)


def objects(folder: Path) -> Place:
    there = endpoint()
    return Place(
        f"s3://{there.new_bucket()}/team/launch",
        there.environment,
        secret=there.environment["AWS_SECRET_ACCESS_KEY"],
    )


MAKE: Mapping[str, Callable[[Path], Place]] = {"git": git, "objects": objects, "postgresql": postgresql}
