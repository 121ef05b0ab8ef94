"""Complaints as a compiler prints them: the place, the line, a caret, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.redact import CUT, may_hold_credential
from zapi_sync.core.source import shortened
from zapi_sync.errors import Severity
from zapi_sync.language import _
from zapi_sync.render.safe import printable, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zapi_sync.errors import Diagnostic, Location
    from zapi_sync.render.paint import Paint

MAX_SHOWN = 20
_EXCERPT = 100
"""So many characters of a source line are shown around the caret."""


def complaints(diagnostics: Sequence[Diagnostic], paint: Paint) -> str:
    """All complaints, or the first MAX_SHOWN and a count of the rest."""
    blocks = ["\n".join(_lines(diagnostic, paint)) for diagnostic in diagnostics[:MAX_SHOWN]]
    left = len(diagnostics) - MAX_SHOWN
    return "\n".join(
        blocks + ([_("... and {left} more (--format json shows them)", left=left)] if left > 0 else [])
    )


def place(location: Location) -> str:
    """`file:line:column`, as editors and terminals link it; what may be in a file's name is in it still."""
    parts = [location.file, location.line, location.column]
    return ":".join(str(part) for part in parts if part is not None)


def _lines(diagnostic: Diagnostic, paint: Paint) -> Iterator[str]:
    where = printable(f"{place(diagnostic.location)}: ") if diagnostic.location else ""
    tint = paint.red if diagnostic.severity is Severity.ERROR else paint.yellow
    said = _(
        "{bold} {dim}", bold=paint.bold(printable(diagnostic.message)), dim=paint.dim(f"[{diagnostic.code}]")
    )
    yield _("{bold}{tint} {said}", bold=paint.bold(where), tint=tint(diagnostic.severity + ":"), said=said)
    text = diagnostic.location.text if diagnostic.location else None
    if diagnostic.location and text is not None and not may_hold_credential(text):
        yield from _excerpt(diagnostic.location, paint)
    for word, location in diagnostic.also:
        yield f"  {word}: {printable(place(location))}"
    yield _("  {cyan} {hint}", cyan=paint.cyan("hint:"), hint=printable(diagnostic.hint))


def _excerpt(location: Location, paint: Paint) -> Iterator[str]:
    text, column = (location.text or "").replace("\t", " "), (location.column or 1) - 1
    start = max(0, column - _EXCERPT // 2) if len(text) > _EXCERPT else 0
    shown = shortened(text[start:], _EXCERPT)
    if start:
        shown = CUT + shown[len(CUT) :]
    before, marked = shown[: column - start], shown[column - start :][: location.length]
    indent, length = (width(paint.letters(printable(part))) for part in (before, marked))
    number = f"{location.line or 1}"
    carets = "^" * max(1, min(length, _EXCERPT - indent))
    yield _("  {dim} {shown}", dim=paint.dim(number + " |"), shown=printable(shown))
    yield _(
        "  {dim} {value}{red}",
        dim=paint.dim(" " * len(number) + " |"),
        value=" " * indent,
        red=paint.red(carets),
    )
