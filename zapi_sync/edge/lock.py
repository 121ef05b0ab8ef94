"""One writer at a time: a kernel lock beside the state, which ends with the process that holds it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import getpass
import json
import os
import socket
import stat
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from zapi_sync.core.moments import timestamp
from zapi_sync.core.source import shortened
from zapi_sync.errors import Code, StateLocked, StateUnwritable, reason
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RETRY_SECONDS = 0.1


@contextlib.contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock at `path`, waiting for it at most `timeout` seconds.

    The file stays when the lock is given back: the kernel's lock counts, and not that the file is there.
    Raises StateLocked with who holds it, StateUnwritable where the file cannot be made or locked.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if path.is_symlink():
            raise _not_a_lock(path, Text("this is a symbolic link")) from None
        raise _no_place(path, error) from None
    try:
        _refuse_what_is_no_lock(descriptor, path)
        _acquire(descriptor, path, timeout)
        with contextlib.suppress(OSError):  # who holds it is for the message alone
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(_myself()).encode(), 0)
        yield
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder_of(path: Path) -> str | None:
    """Who holds the lock at `path`; None where it is free. Nothing is written, and no file made.

    Raises StateUnwritable for what is no lock, and where there can be none.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if os.path.islink(path):
            raise _not_a_lock(path, Text("this is a symbolic link")) from None
        raise _no_place(path, error) from None
    try:
        _refuse_what_is_no_lock(descriptor, path)
        _acquire(descriptor, path, 0)
    except StateLocked:
        return _holder(descriptor)
    finally:
        os.close(descriptor)
    return None


def _refuse_what_is_no_lock(descriptor: int, path: Path) -> None:
    """What is written into a lock would otherwise be lost to the file that it really is."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise _not_a_lock(path, Text("this is not a regular file"))
    if status.st_nlink > 1:
        raise _not_a_lock(path, Text("this is another name of a file that has two (a hard link)"))


def _not_a_lock(path: Path, why: str) -> StateUnwritable:
    hint = Text("see what it is and remove it; zapi-sync makes a file of its own here")
    return _not_made(path, why, hint)


def _no_place(path: Path, error: OSError) -> StateUnwritable:
    hint = Text("see to it that the folder is there and this user may write in it, or use --state")
    return _not_made(path, reason(error), hint)


def _not_made(path: Path, why: str, hint: str) -> StateUnwritable:
    message = Text("the lock cannot be made: {why}", why=why)
    return StateUnwritable.of(Code.STATE_UNWRITABLE, message, hint=hint, file=str(path))


def _acquire(descriptor: int, path: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise StateUnwritable.of(
                    Code.NO_LOCKS,
                    Text("this filesystem takes no locks ({why})", why=reason(error)),
                    hint=Text("put the state on a local disk, with --state"),
                    file=str(path),
                ) from None
            if time.monotonic() >= deadline:
                raise StateLocked.of(
                    Code.STATE_LOCKED,
                    Text("another zapi-sync is at work on this state: {holder}", holder=_holder(descriptor)),
                    hint=Text("let it finish, or wait for it with --lock-timeout SECONDS"),
                    file=str(path),
                ) from None
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _myself() -> dict[str, object]:
    return {
        "who": user(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": timestamp(datetime.now(UTC)),
    }


def user() -> str:
    """Who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        who, host, process, since = (shortened(str(holder[name])) for name in ("who", "host", "pid", "since"))
        return Text(
            "{who} on {host}, process {process}, since {since}",
            who=who,
            host=host,
            process=process,
            since=since,
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # it is just being written
        return Text("who it is, is not written down yet")
