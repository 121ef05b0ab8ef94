"""A file that was not there before: what is there already is never written over."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from zapi_sync.errors import Code, OutputLost


def write_new(path: Path, text: str) -> None:
    """Create a file with this text, for its owner alone. Raises OutputLost, leaving no half of it."""
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        raise _unwritable(path, "there is a file of this name already") from None
    except (OSError, ValueError) as error:
        raise _unwritable(path, f"it cannot be written: {_reason(error)}") from None
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise _unwritable(path, f"it cannot be written: {_reason(error)}") from None


def _unwritable(path: Path, why: str) -> OutputLost:
    return OutputLost.of(Code.OUT_UNWRITABLE, why, hint="name another file: --out FILE", file=str(path))


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
