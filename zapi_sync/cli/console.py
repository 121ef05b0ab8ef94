"""Where a command's words go: results to stdout, talk to stderr."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO, assert_never

from zapi_sync.dataclass import dataclass
from zapi_sync.errors import OutputLost, ZapiSyncError
from zapi_sync.render.paint import Paint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zapi_sync.errors import Diagnostic


class Format(StrEnum):
    """The forms of a result (--format)."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    CSV = "csv"
    HTML = "html"
    SVG = "svg"
    PNG = "png"


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
        _write(text, sys.stdout)

    def talk(self, text: str) -> None:
        _write(text, sys.stderr)

    def complain(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Warnings and errors, for whoever reads along; for a pull request they are in the result."""
        if diagnostics and self.format not in (Format.MARKDOWN, Format.SARIF):
            from zapi_sync.render.complaints import complaints

            self.talk(complaints(diagnostics, self.talk_paint))

    def fail(self, diagnostics: Sequence[Diagnostic]) -> None:
        """The command came to nothing: its complaints are the result."""
        self.complain(diagnostics)
        match self.format:
            case Format.TEXT | Format.CSV | Format.SVG | Format.PNG:
                pass
            case Format.JSON:
                from zapi_sync.render import json

                self.result(json.errors(diagnostics))
            case Format.MARKDOWN:
                from zapi_sync.render import markdown

                self.result(markdown.complaints(diagnostics))
            case Format.HTML:
                from zapi_sync.render import html

                self.result(html.complaints(diagnostics))
            case Format.SARIF:
                from zapi_sync.render import sarif

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


def carried_out(console: Console, command: Callable[[], int]) -> int:
    """The exit code of a command, which is one of its own or that of the error that ended it."""
    try:
        return command()
    except ZapiSyncError as error:
        with suppress(OutputLost):  # said on stderr all the same
            console.fail(error.diagnostics)
        return error.exit_code


def _write(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")  # in one piece: what guards the stream looks at whole documents
    stream.flush()


def _wants_color(stream: TextIO) -> bool:
    """NO_COLOR rules (https://no-color.org), then FORCE_COLOR (https://force-color.org) and CLICOLOR_FORCE;
    else a terminal has colours unless it is a dumb one."""
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
