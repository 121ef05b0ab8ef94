"""A PostgreSQL server of the tests' own, in a temporary folder, as a user that may not do much."""

from __future__ import annotations

import functools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from zapi_sync.cli.wiring import open_state
from zapi_sync.state.store import StateStore

ROLE = "zapi"
_GUARDS: list[subprocess.Popen[bytes]] = []
MISSING = "PostgreSQL's server is not here: apt-get install postgresql"


class Server:
    """A server that asks for its owner's password on a loopback port, and for none on its socket."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._folder = folder
        self._binaries = binaries
        self._data = folder / "data"
        self._log = folder / "log"
        self._running: subprocess.Popen[bytes] | None = None
        self.password = secrets.token_hex(8)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        secret = folder / "password"
        secret.write_text(self.password)
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            folder.chmod(0o755)
            shutil.chown(folder, "nobody", pwd.getpwnam("nobody").pw_gid)
        made = self._spawn(
            "initdb", "--pgdata", self._data, "--username", ROLE, "--encoding=UTF8", "--locale=C",
            "--no-sync", "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile", secret,
        )  # fmt: skip
        assert made.wait() == 0, self._log.read_text()

    def address(self, database: str = "postgres", *, user: str | None = None) -> str:
        """As its owner reaches a database, or another user that needs no password (on the socket)."""
        if user:
            return f"postgresql:///{database}?host={self._folder}&port={self.port}&user={user}"
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def connected(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """To see or do what no state would."""
        with closing(psycopg.connect(self.address(database), autocommit=True)) as connection:
            yield connection

    def create_database(self) -> str:
        name = f"db_{secrets.token_hex(6)}"
        with self.connected() as connection:
            connection.execute(SQL("create database {}").format(Identifier(name)))
        return name

    def start(self) -> None:
        """Returns once it answers. It is tried again while the last moments of a killed one go on."""
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
            "port": self.port,
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        question = [str(self._binaries / "pg_isready"), "-q", "-h", str(self._folder), "-p", str(self.port)]
        while True:
            self._running = self._spawn("postgres", "-D", self._data, *settings)
            while self._running.poll() is None:
                if subprocess.run(question, check=False).returncode == 0:
                    return
            said = self._log.read_text()
            assert "shared memory block" in "".join(said.splitlines()[-2:]), said

    def kill9(self) -> None:
        """All of its processes at once, as on a machine that loses its power."""
        assert self._running
        self._running.send_signal(signal.SIGSTOP)  # it starts none meanwhile
        for pid in (self._running.pid, *self._children()):
            os.kill(pid, signal.SIGKILL)
        self._running.wait()

    def stop(self) -> None:
        if self._running and self._running.poll() is None:
            self._running.send_signal(signal.SIGQUIT)
            self._running.wait()

    def _children(self) -> list[int]:
        assert self._running
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
        pairs = [line.split() for line in listed.stdout.splitlines()]
        return [int(pid) for pid, parent in pairs if int(parent) == self._running.pid]

    def _spawn(self, program: str, *arguments: object) -> subprocess.Popen[bytes]:
        """As the folder's owner."""
        owner, root = self._folder.stat(), os.getuid() == 0
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._binaries / program, *map(str, arguments)], stdout=log, stderr=log, cwd=self._folder,
                user=owner.st_uid if root else None, group=owner.st_gid if root else None,
                extra_groups=[] if root else None,
            )  # fmt: skip


@contextmanager
def server() -> Iterator[Server]:
    """One that a test may kill."""
    binaries = _binaries()
    with tempfile.TemporaryDirectory(prefix="zapi-pg-") as folder:
        started = Server(Path(folder), binaries)
        started.start()
        try:
            yield started
        finally:
            started.stop()


@functools.cache
def shared_server() -> Server:
    """One for all tests of this process; it ends when the process does, however that comes about."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="zapi-pg-"))
    # The shell reads until this process is gone, and with it the other end of the pipe.
    script = 'cat; kill -QUIT "$(head -1 "$0/data/postmaster.pid")"; rm -rf "$0"'
    null = subprocess.DEVNULL
    guard = subprocess.Popen(
        ["sh", "-c", script, folder], stdin=subprocess.PIPE, stdout=null, stderr=null, start_new_session=True
    )
    _GUARDS.append(guard)
    started = Server(folder, binaries)
    started.start()
    return started


@contextmanager
def postgresql(folder: Path) -> Iterator[Callable[[], StateStore]]:
    """A state in a fresh database."""
    running = shared_server()
    address = running.address(running.create_database())
    yield lambda: open_state(address)


def _binaries() -> Path:
    """The folder of the server's programs; skips the test where there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if all((folder / program).exists() for program in ("initdb", "postgres", "pg_isready")):
            return folder
    pytest.skip(MISSING)
