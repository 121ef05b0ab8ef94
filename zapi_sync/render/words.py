"""Lengths of time and tables, as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.language import _
from zapi_sync.render.safe import pad, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.render.paint import Paint


def seconds(duration: float) -> str:
    """A length of time as one says it: 40 s, 12 min, 3 h 20 min, 5 days."""
    if duration < 90:
        return f"{duration:.0f} s"
    minutes = round(duration / 60)
    if minutes < 90:
        return _("{minutes} min", minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours >= 72:
        return _("{count} days", count=round(hours / 24))
    if minutes:
        return _("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return f"{hours} h"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], paint: Paint) -> list[str]:
    """A line a row, the columns under each other; the last one is as wide as it is."""
    widths = [max(width(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    return [paint.bold(_row(head, widths)), *(_row(row, widths) for row in rows)]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [pad(cell, columns) for cell, columns in zip(cells, widths, strict=False)]
    return "  ".join([*padded, cells[-1]])
