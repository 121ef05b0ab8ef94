"""What there is to translate, asked of the code and of click; and the catalogues, brought up to date."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from zapi_sync.cli.commands import COMMANDS, paragraphs, root

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[1] / "zapi_sync"
CATALOGUES = PACKAGE / "locale"
KEYWORDS = {"_": None, "Text": None, "ngettext": (1, 2), "Plural": (1, 2)}
_NO_DATE = datetime(2026, 11, 28, tzinfo=UTC)  # git knows better when it changed
_NO_LINE = 0
"""Line numbers would change with every edit; the file is enough to find a text."""
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
_CLICK = (
    "core.py",
    "decorators.py",
    "exceptions.py",
    "formatting.py",
    "parser.py",
    "shell_completion.py",
    "types.py",
)


def extracted() -> Catalog:
    """All that there is to translate: our texts, the help of each command, and what click says itself."""
    catalogue = Catalog(charset="utf-8", header_comment="# What zapi-sync says in another language.")
    for file, message in (*_of(PACKAGE), *_help()):
        catalogue.add(message, locations=[(file, _NO_LINE)])
    for file, message in _of(Path(click.__file__).parent):
        if file in _CLICK and message not in catalogue:
            catalogue.add(message, locations=[(f"click/{file}", _NO_LINE)])
    return catalogue


def paths() -> list[Path]:
    """The catalogue of each language."""
    return sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=path.parts[-3])


def update(path: Path) -> Catalog:
    """Write a catalogue anew: what is to be translated now, with the translations that there are."""
    catalogue = read(path)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    catalogue.last_translator = catalogue.msgid_bugs_address = "zapi-sync maintainers"
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_output=True, include_lineno=False)
    return catalogue


def _of(folder: Path) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for file, _line, message, _comments, _context in extract_from_dir(folder, METHODS, keywords=KEYWORDS):
        yield file, message


def _help() -> Iterator[tuple[str, str]]:
    """What --help shows, which stands in the code as click wants it: in docstrings and options."""
    yield from (("cli/commands.py", does) for does in COMMANDS.values())
    context = click.Context(root)
    yield from _help_of(root)
    for name in COMMANDS:
        command = root.get_command(context, name)
        yield from _help_of(command) if command else ()


def _help_of(command: click.Command) -> Iterator[tuple[str, str]]:
    texts = [text for _unwrapped, text in paragraphs(command)]
    texts += [param.help for param in command.params if isinstance(param, click.Option) and param.help]
    yield from (("cli", text) for text in texts if text)
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        yield from _help_of(each)
