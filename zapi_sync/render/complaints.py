"""Complaints as a compiler prints them: the place, the line, a caret, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.redact import CUT, may_hold_credential
from zapi_sync.core.source import shortened
from zapi_sync.errors import Severity
from zapi_sync.language import Text, _, told
from zapi_sync.render.safe import printable, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zapi_sync.errors import Diagnostic, Location
    from zapi_sync.render.paint import Paint

SEVERITIES: Mapping[Severity, Text] = {Severity.ERROR: Text("error"), Severity.WARNING: Text("warning")}
HINT = Text("hint:")
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
    said = f"{paint.bold(printable(diagnostic.message))} {paint.dim(f'[{diagnostic.code}]')}"
    yield f"{paint.bold(where)}{tint(told(SEVERITIES[diagnostic.severity]) + ':')} {said}"
    text = diagnostic.location.text if diagnostic.location else None
    if diagnostic.location and text is not None and not may_hold_credential(text):
        yield from _excerpt(diagnostic.location, paint)
    for word, location in diagnostic.also:
        yield f"  {told(word)}: {printable(place(location))}"
    yield f"  {paint.cyan(told(HINT))} {printable(diagnostic.hint)}"


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
    yield f"  {paint.dim(number + ' |')} {printable(shown)}"
    yield f"  {paint.dim(' ' * len(number) + ' |')} {' ' * indent}{paint.red(carets)}"
