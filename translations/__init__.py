"""What there is to translate, asked of the code and of click; and the catalogues, brought up to date."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from zapi_sync.cli.commands import COMMANDS, paragraphs, root

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[1] / "zapi_sync"
CATALOGUES = PACKAGE / "locale"
KEYWORDS = {"_": 1, "Text": 1, "ngettext": 2, "Plural": 2}
"""What marks a text for translators, and how many of its arguments are texts."""
_NO_DATE = datetime(2026, 11, 28, tzinfo=UTC)  # git knows better when it changed
_NO_LINE = 0
"""Line numbers would change with every edit; the file is enough to find a text."""
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
    """The marked texts of a folder's modules and templates, each with its file."""
    for path in sorted(folder.rglob("*.py")):
        yield from ((str(path.relative_to(folder)), message) for message in _marked(path))
    for path in sorted(folder.rglob("*.html")):
        with path.open("rb") as file:
            for _line, function, message, _comments in babel_extract(file, list(KEYWORDS), (), {}):
                texts = (message,) if isinstance(message, str) else tuple(filter(None, message or ()))
                yield str(path.relative_to(folder)), texts[0] if KEYWORDS[function] == 1 else texts[:2]


def _marked(path: Path) -> Iterator[str | tuple[str, ...]]:
    """By the syntax tree: Babel's own extractor sees no call within a call's values, nor in an f-string."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and (count := KEYWORDS.get(ast.unparse(node.func))):
            texts = [each.value for each in node.args[:count] if isinstance(each, ast.Constant)]
            if len(texts) == count and all(isinstance(text, str) for text in texts):
                yield str(texts[0]) if count == 1 else tuple(map(str, texts))


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
