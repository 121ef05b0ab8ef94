"""Complaints as a compiler prints them: the place, the line, a caret, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zapi_sync.core.redact import may_hold_credential
from zapi_sync.errors import Diagnostic, Location, Severity
from zapi_sync.render.paint import Paint
from zapi_sync.render.safe import printable, width

MAX_SHOWN = 20
_EXCERPT = 100
"""So many characters of a source line are shown around the caret."""


def complaints(diagnostics: Sequence[Diagnostic], paint: Paint) -> str:
    """All complaints, or the first MAX_SHOWN and a count of the rest."""
    blocks = ["\n".join(_lines(diagnostic, paint)) for diagnostic in diagnostics[:MAX_SHOWN]]
    left = len(diagnostics) - MAX_SHOWN
    return "\n".join(blocks + ([f"... and {left} more (--format json has them all)"] if left > 0 else []))


def place(location: Location) -> str:
    """`file:line:column`, as editors and terminals link it."""
    parts = [printable(location.file), location.line, location.column]
    return ":".join(str(part) for part in parts if part is not None)


def _lines(diagnostic: Diagnostic, paint: Paint) -> Iterator[str]:
    where = f"{place(diagnostic.location)}: " if diagnostic.location else ""
    tint = paint.red if diagnostic.severity is Severity.ERROR else paint.yellow
    said = f"{paint.bold(printable(diagnostic.message))} {paint.dim(f'[{diagnostic.code}]')}"
    yield f"{paint.bold(where)}{tint(diagnostic.severity + ':')} {said}"
    text = diagnostic.location.text if diagnostic.location else None
    if diagnostic.location and text is not None and not may_hold_credential(text):
        yield from _excerpt(diagnostic.location, paint)
    for word, location in diagnostic.also:
        yield f"  {word}: {place(location)}"
    yield f"  {paint.cyan('hint:')} {printable(diagnostic.hint)}"


def _excerpt(location: Location, paint: Paint) -> Iterator[str]:
    text, column = (location.text or "").replace("\t", " "), (location.column or 1) - 1
    start = max(0, column - _EXCERPT // 2) if len(text) > _EXCERPT else 0
    shown = text[start : start + _EXCERPT]
    before, marked = text[start:column], text[column : column + min(location.length, _EXCERPT)]
    number = f"{location.line or 1}"
    carets = "^" * max(1, min(width(printable(marked)), _EXCERPT - width(printable(before))))
    yield f"  {paint.dim(number + ' |')} {printable(shown)}"
    indent = " " * width(printable(before))
    yield f"  {paint.dim(' ' * len(number) + ' |')} {indent}{paint.red(carets)}"
