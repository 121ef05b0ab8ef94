"""Files that hold secrets: for their owner alone, whole or not at all, and none through a link."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from zapi_sync.errors import Code, OutputLost, reason
from zapi_sync.language import Text

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Put a file (mode 0600) where there is none, or in place of another one.

    Raises OutputLost, and then what was there is as it was.
    """
    try:
        if not path.name:
            raise _unwritable(path, Text("this names no file"))
        if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
            raise _unwritable(path, Text("there is something of this name already, and it is no file"))
        _write(path, content)
    except (OSError, ValueError) as error:
        raise _unwritable(path, Text("it cannot be written: {why}", why=reason(error))) from None


def make_private_folder(path: Path) -> None:
    """A folder (mode 0700), unless there is one. Raises OutputLost."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _unwritable(path, Text("this cannot be a folder: {reason}", reason=reason(error))) from None


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
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


def _unwritable(path: Path, why: str) -> OutputLost:
    return OutputLost.of(Code.OUTPUT_LOST, why, hint=Text("name another place: --out PATH"), file=str(path))
