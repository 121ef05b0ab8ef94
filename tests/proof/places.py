"""Where a shared state is, for processes that know it by their environment."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import obstore
from obstore.store import S3Store
from psycopg.sql import SQL, Identifier

from tests.contract.objects import endpoint
from tests.contract.postgres import Server, server, shared_server

LEASE = "5"
TABLES = ("states", "groups", "journal")
KINDS = ("git", "objects", "postgresql")


@dataclass
class Place:
    """An address, what else a process must know, and what a machine's folder must be."""

    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] = lambda _: None
    secret: str = ""
    server: Server | None = None
    everything: Callable[[], bytes] = bytes
    """All that is kept there, former states included."""

    def known(self) -> dict[str, str]:
        return {"ZAPI_SYNC_STATE": self.address, "ZAPI_SYNC_LEASE": LEASE, **self.environment}


def postgresql(folder: Path) -> Place:
    running = shared_server()
    database = running.create_database()

    def everything() -> bytes:
        with running.connected(database) as connection:
            if connection.execute("select to_regclass('zapi_sync.states')").fetchone() == (None,):
                return b""  # no state was ever written
            tables = [
                connection.execute(SQL("select * from zapi_sync.{}").format(Identifier(name)))
                for name in TABLES
            ]
            return b"".join(_bytes(value) for table in tables for row in table for value in row)

    return Place(running.address(database), secret=running.password, everything=everything)


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

    def everything() -> bytes:
        listed = subprocess.run(
            ["git", "-C", remote, "cat-file", "--batch-all-objects", "--batch", "--unordered"],
            check=True,
            capture_output=True,
        )
        return listed.stdout

    return Place("git:zapi-state", prepare=prepare, everything=everything)


def objects(folder: Path) -> Place:
    there = endpoint()
    bucket = there.new_bucket()
    return Place(
        f"s3://{bucket}/team/launch",
        there.environment,
        secret=there.environment["AWS_SECRET_ACCESS_KEY"],
        everything=lambda: b"".join(_object(there.open(bucket), path) for path in there.paths(bucket)),
    )


def _object(bucket: S3Store, path: str) -> bytes:
    return bytes(obstore.get(bucket, path).bytes())


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


MAKE: Mapping[str, Callable[[Path], Place]] = {"git": git, "objects": objects, "postgresql": postgresql}
