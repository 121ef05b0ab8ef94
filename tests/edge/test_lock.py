"""One writer at a time, over real processes: the kernel gives the lock, and takes it back from the dead."""

from __future__ import annotations

import getpass
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from zapi_sync.edge.lock import locked
from zapi_sync.errors import StateLocked, StateUnwritable

from .given import fill, refusal

HOLDING = """
import sys
from pathlib import Path
from zapi_sync.edge.lock import locked
with locked(Path(sys.argv[1]), timeout=0):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path: Path, code: str = HOLDING) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input ends."""
    process = subprocess.Popen([sys.executable, "-c", code, path], stdin=-1, stdout=-1, text=True)
    assert process.stdin
    assert process.stdout
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "groups.state.json.lock"


def taking(path: Path, timeout: float = 0) -> list[str]:
    def take() -> None:
        with locked(path, timeout=timeout):
            pass

    return refusal(StateLocked, take)


def test_who_holds_it_since_when_stands_in_the_file_as_long_as_it_is_held(path: Path) -> None:
    with locked(path, timeout=0):
        told = json.loads(path.read_text())
        assert (told["who"], told["host"], told["pid"]) == (
            getpass.getuser(),
            socket.gethostname(),
            os.getpid(),
        )
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["since"])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b""


def test_a_second_process_is_told_who_holds_it(path: Path) -> None:
    with holder(path) as other:
        since = json.loads(path.read_text())["since"]
        assert taking(path) == [
            f"{path}: another zapi-sync is at work on this state: "
            f"{getpass.getuser()} on {socket.gethostname()}, process {other.pid}, since {since} | "
            "let it finish, or wait for it with --lock-timeout SECONDS"
        ]
        assert json.loads(path.read_text())["pid"] == other.pid, "whoever asks in vain changes nothing"


def test_the_same_process_does_not_get_it_twice_either(path: Path) -> None:
    with locked(path, timeout=0):
        (line,) = taking(path)
        assert f"process {os.getpid()}," in line


def test_once_it_is_given_back_the_next_one_has_it(path: Path) -> None:
    with holder(path):
        pass
    with locked(path, timeout=0):
        pass


def test_an_error_in_between_gives_it_back_too(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(path, timeout=0):
        _ = 1 / 0
    with locked(path, timeout=0):
        pass


def test_the_kernel_takes_it_back_from_a_process_that_is_killed(path: Path) -> None:
    with holder(path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert json.loads(path.read_text())["pid"] == other.pid, "what stands in the file is no lock"
        with locked(path, timeout=0):
            assert json.loads(path.read_text())["pid"] == os.getpid()


def test_whoever_waits_gets_it_once_it_is_free(path: Path) -> None:
    got = threading.Event()

    def wait() -> None:
        with locked(path, timeout=30):
            got.set()

    with holder(path):
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert not got.is_set()
    waiter.join()
    assert got.is_set()


def test_whoever_waits_in_vain_waits_as_long_as_they_said(path: Path) -> None:
    with holder(path):
        began = time.monotonic()
        taking(path, timeout=0.3)
        assert 0.3 <= time.monotonic() - began < 5


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b"12"])
def test_a_holder_that_cannot_be_read_is_told_as_that(path: Path, content: bytes) -> None:
    raw_lock = (
        "import fcntl, sys\nfile = open(sys.argv[1], 'wb')\nfcntl.flock(file, fcntl.LOCK_EX)\n"
        f"file.write({content!r})\nfile.flush()\nprint('held', flush=True)\nsys.stdin.read()\n"
    )
    with holder(path, raw_lock):
        assert taking(path) == [
            f"{path}: another zapi-sync is at work on this state: who it is, is not written down yet | "
            "let it finish, or wait for it with --lock-timeout SECONDS"
        ]


@pytest.mark.parametrize(
    ("where", "reason"), [("none/x.lock", "no such file or directory"), ("", "is a directory")]
)
def test_a_lock_that_cannot_be_made_is_refused(tmp_path: Path, where: str, reason: str) -> None:
    path = tmp_path / where

    def take() -> None:
        with locked(path, timeout=0):
            pytest.fail("there is no lock")

    assert refusal(StateUnwritable, take) == [
        f"{path}: the lock cannot be made: {reason} | "
        "see to it that the folder is there and this user may write in it, or use --state"
    ]


def test_a_lock_is_never_made_behind_a_links_back(path: Path, tmp_path: Path) -> None:
    path.symlink_to("elsewhere")

    def take() -> None:
        with locked(path, timeout=0):
            pytest.fail("there is no lock")

    (line,) = refusal(StateUnwritable, take)
    assert line.startswith(
        f"{path}: the lock cannot be made: this is a symbolic link | see what it is and remove it"
    )
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_keeps_nobody_from_the_lock_which_is_the_kernels(small_disk: Path) -> None:
    path = small_disk / "x.lock"
    path.touch()
    fill(small_disk)
    with locked(path, timeout=0):
        (line,) = taking(path)
        assert "who it is, is not written down yet" in line


@pytest.mark.parametrize("kind", ["a hard link", "a FIFO"])
def test_what_is_no_lock_is_neither_locked_nor_cut_off(path: Path, tmp_path: Path, kind: str) -> None:
    if kind == "a FIFO":
        os.mkfifo(path)
    else:
        (tmp_path / "precious").write_text("precious")
        path.hardlink_to(tmp_path / "precious")

    def take() -> None:
        with locked(path, timeout=0):
            pytest.fail("there is no lock")

    (line,) = refusal(StateUnwritable, take)
    what = "not a regular file" if kind == "a FIFO" else "another name of a file that has two (a hard link)"
    assert line == (
        f"{path}: the lock cannot be made: this is {what} | "
        "see what it is and remove it; zapi-sync makes a file of its own here"
    )
    assert kind == "a FIFO" or (tmp_path / "precious").read_text() == "precious"
