"""Where a command's words go: results to stdout, talk to stderr."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO, assert_never

import click

from zapi_sync.render import json, markdown, sarif
from zapi_sync.render.complaints import complaints
from zapi_sync.render.paint import Paint
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.errors import Diagnostic


class Format(StrEnum):
    """The forms of a result (--format)."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Console:
    """The two streams of a command, and the format of its result."""

    format: Format
    colorful: bool

    @property
    def json(self) -> bool:
        return self.format is Format.JSON

    def result(self, text: str) -> None:
        """Raises OutputLost where nobody can take it; BrokenPipeError where nobody wants any more."""
        click.echo(text, sys.stdout, color=True)

    def talk(self, text: str) -> None:
        click.echo(text, sys.stderr, color=True)

    def complain(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Warnings and errors, for whoever reads along; for a pull request they are in the result."""
        if diagnostics and self.format not in (Format.MARKDOWN, Format.SARIF):
            self.talk(complaints(diagnostics, self.talk_paint))

    def fail(self, diagnostics: Sequence[Diagnostic]) -> None:
        """The command came to nothing: its complaints are the result."""
        self.complain(diagnostics)
        match self.format:
            case Format.TEXT | Format.CSV:
                pass
            case Format.JSON:
                self.result(json.errors(diagnostics))
            case Format.MARKDOWN:
                self.result(markdown.complaints(diagnostics))
            case Format.SARIF:
                self.result(sarif.log(diagnostics))
            case _:
                assert_never(self.format)

    @property
    def paint(self) -> Paint:
        """For results."""
        return self._paint(sys.stdout)

    @property
    def talk_paint(self) -> Paint:
        return self._paint(sys.stderr)

    def _paint(self, stream: TextIO) -> Paint:
        return Paint(self.colorful and _wants_color(stream), stream.encoding or "utf-8")


def start_logging(verbosity: int) -> None:
    """Our own log lines to stderr at -v and -vv. Those of httpx, which hold URLs, are never on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("%(levelname)s %(message)s"))
    log = logging.getLogger("zapi_sync")
    log.handlers = [handler]
    log.propagate = False
    log.setLevel({0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))


class _OneLine(logging.Formatter):
    """A log line, whatever is in it: paths and keys come from outside."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def _wants_color(stream: TextIO) -> bool:
    """NO_COLOR rules (https://no-color.org), then FORCE_COLOR (https://force-color.org) and CLICOLOR_FORCE;
    else a terminal has colours unless it is a dumb one."""
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
