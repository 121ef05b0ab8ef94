"""A file that was not there before: what is there already is never written over."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from zapi_sync.errors import Code, ScaffoldUnwritable, reason
from zapi_sync.language import Text

if TYPE_CHECKING:
    from pathlib import Path


def check_new(path: Path) -> None:
    """Raises ScaffoldUnwritable where there is a file of this name, or can be none."""
    if not path.name:
        raise _unwritable(path, Text("this names no file"))
    if os.path.lexists(path):
        raise _unwritable(path, Text("there is a file of this name already, and it is left as it is"))
    if not os.path.isdir(path.parent):
        raise _unwritable(path, Text("its folder is not there"))


def write_new(path: Path, text: str) -> None:
    """Write a whole file, or none. Raises ScaffoldUnwritable, also where one came to be there meanwhile."""
    check_new(path)
    try:
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    path.unlink()  # half of a file would be taken for a whole one
                raise
    except OSError as error:
        raise _unwritable(path, Text("it cannot be written: {why}", why=reason(error))) from None


def _unwritable(path: Path, why: str) -> ScaffoldUnwritable:
    return ScaffoldUnwritable.of(
        Code.IMPORT_UNWRITABLE, why, hint=Text("name another file: --out FILE"), file=str(path)
    )
