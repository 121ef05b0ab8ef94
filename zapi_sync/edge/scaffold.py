"""New files in a repository: what is there already is never written over."""

from __future__ import annotations

from contextlib import suppress
from importlib import resources
from typing import TYPE_CHECKING

from zapi_sync import __version__
from zapi_sync.core.scaffold import GITIGNORE, Fate, Piece, additions
from zapi_sync.errors import Code, ScaffoldUnwritable, reason
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def template(name: str) -> str:
    """A packaged template, for this version of zapi-sync."""
    text = resources.files("zapi_sync").joinpath("templates", name).read_text("utf-8")
    return text.replace("@VERSION@", __version__)


def lay_out(folder: Path, texts: Mapping[str, str], *, dry_run: bool) -> list[Piece]:
    """Create each file that is missing; a .gitignore gets what it lacks. Raises ScaffoldUnwritable."""
    if folder.exists() and not folder.is_dir():
        raise _unwritable(folder, Text("this is no folder"))
    return [_lay(folder, path, text, dry_run=dry_run) for path, text in texts.items()]


def _lay(folder: Path, path: str, text: str, *, dry_run: bool) -> Piece:
    file = folder / path
    try:
        if not file.is_symlink() and not file.exists():
            if not dry_run:
                _create(file, text)
            return Piece(path, Fate.CREATED, text)
        lacking = additions(file.read_text("utf-8", "surrogateescape"), text) if path == GITIGNORE else ""
        if lacking and not dry_run:
            with file.open("a", encoding="utf-8") as stream:
                stream.write(lacking)
        return Piece(path, Fate.EXTENDED if lacking else Fate.LEFT, lacking)
    except OSError as error:
        raise _unwritable(file, Text("this cannot be written: {why}", why=reason(error))) from None


def _unwritable(file: Path, why: str) -> ScaffoldUnwritable:
    return ScaffoldUnwritable.of(
        Code.SCAFFOLD_UNWRITABLE,
        why,
        hint=Text("name a folder that this user may write in: zapi-sync init FOLDER"),
        file=str(file),
    )


def _create(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise
    except OSError:
        with suppress(OSError):
            file.unlink()  # half of a file would be taken for one that somebody wrote
        raise
