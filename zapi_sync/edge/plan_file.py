"""A saved plan's file: written whole or not at all, for its owner alone."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from zapi_sync.errors import Code, SavedPlanInvalid, reason
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024
"""So large may a saved plan be: that of 100,000 groups takes about 60 MiB."""


def read_plan(path: Path) -> bytes:
    """A saved plan's bytes. Raises SavedPlanInvalid."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _unreadable(path, Text("this is no regular file"))
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(path, Text("it cannot be read: {why}", why=reason(error))) from None
    if len(raw) > MAX_BYTES:
        raise _unreadable(
            path,
            Text("this is more than {limit} MiB, and no plan grows so large", limit=MAX_BYTES // 2**20),
        )
    return raw


def write_plan(path: Path, content: bytes, is_plan: Callable[[bytes], bool]) -> None:
    """Put a plan where there is no file, or another plan (`is_plan`, by its bytes); mode 0600.

    Raises SavedPlanInvalid, and then what was there is as it was.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp") if path.name else path
    try:
        if not path.name:
            raise _unwritable(path, Text("this names no file"))
        if os.path.lexists(path) and not _is_replaceable(path, is_plan):
            raise _unwritable(path, Text("there is a file of this name, and it is no plan"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except (OSError, ValueError) as error:
        raise _unwritable(path, Text("it cannot be written: {why}", why=reason(error))) from None


def _is_replaceable(path: Path, is_plan: Callable[[bytes], bool]) -> bool:
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return False
    with open(path, "rb") as file:
        return is_plan(file.read(MAX_BYTES))


def _open_at_once(file: str, flags: int) -> int:
    return os.open(file, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # else a pipe is waited for


def _unreadable(path: Path, why: str) -> SavedPlanInvalid:
    return SavedPlanInvalid.of(
        Code.PLAN_UNREADABLE, why, hint=Text("name a file that zapi-sync plan --out wrote"), file=str(path)
    )


def _unwritable(path: Path, why: str) -> SavedPlanInvalid:
    return SavedPlanInvalid.of(
        Code.PLAN_UNWRITABLE, why, hint=Text("name another file: --out FILE"), file=str(path)
    )
