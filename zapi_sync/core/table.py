"""CSV text -> the phones of a column, each with its place (RFC 4180, with `,` or `;`)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.core.document import MAX_CELLS
from zapi_sync.core.nearest import nearest
from zapi_sync.core.source import shortened
from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import Code, Diagnostic, Location
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zapi_sync.core.places import Place
    from zapi_sync.core.source import Source

DEFAULT_COLUMN = "phone"
_DELIMITERS = ",;"
_MOST_COLUMNS = 1000
"""So many columns are looked at for being the one that was meant."""
_SHOWN = 10
"""So many columns are named where the one that is wanted is not there."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a cell of a CSV file stands: its line, counted from 0, and the name of its column."""

    table: Table
    line: int
    column: str
    used: Place

    @property
    def location(self) -> Location:
        return self.table.where(self.line, self.column)

    @property
    def uses(self) -> Iterator[Location]:
        """Where it stands, then what names its file, and under which key."""
        yield self.location
        yield self.used.location
        yield self.used.document.where_key(self.used.path[:2])


Cells: TypeAlias = "list[tuple[int, str]]"
"""Those of a column that are not empty: the line that each stands in, and its text."""


@dataclass(frozen=True)
class Table:
    """A CSV file as it was read; `columns` are those that were looked at."""

    source: Source
    columns: dict[str, Cells | Diagnostic] = field(default_factory=dict)

    def column(self, name: str) -> Cells | Diagnostic:
        """The cells of a column, at most one more than MAX_CELLS; or why there are none.

        The complaint about a file that could not be opened has no place.
        """
        if name not in self.columns:
            self.columns[name] = self._read(name)
        return self.columns[name]

    def _read(self, name: str) -> Cells | Diagnostic:
        if self.source.problem:
            return self.source.problem
        header = self.header
        if not header:
            return self._complaint(
                Code.NO_CSV,
                Text("there is no header in this CSV file"),
                Text("begin it with the names of its columns"),
            )
        if header.count(name) != 1:
            return self._no_column(name, header)
        return self._cells(header.index(name))

    def where(self, line: int, column: str) -> Location:
        """The place of a cell, that of its first line if it is on several."""
        text = self.source.lines[line]
        start, end = _span(text, self.delimiter, self.header.index(column))
        return Location(self.source.name, line + 1, start + 1, max(1, end - start), text)

    @property
    def delimiter(self) -> str:
        """What keeps its cells apart."""
        return self._head[0]

    @property
    def header(self) -> list[str]:
        """The names of its columns, less blanks around them; none where it has none."""
        return self._head[1]

    @cached_property
    def _head(self) -> tuple[str, list[str]]:
        """The delimiter by which the first row has most cells, and those."""
        heads = [(delimiter, _first_row(self.source.lines, delimiter)) for delimiter in _DELIMITERS]
        return max(heads, key=lambda head: len(head[1]))

    def _cells(self, column: int) -> Cells | Diagnostic:
        import csv

        rows = csv.reader((f"{line}\n" for line in self.source.lines), delimiter=self.delimiter, strict=True)
        found: Cells = []
        begin = 0
        try:
            for row in rows:
                text = row[column].strip() if column < len(row) else ""
                if begin and text:
                    found.append((begin, text))
                    if len(found) > MAX_CELLS:
                        break
                begin = rows.line_num
        except csv.Error as error:
            return self._complaint(*_broken(str(error)), line=begin)
        return found

    def _no_column(self, column: str, header: Sequence[str]) -> Diagnostic:
        if column in header:
            return self._complaint(
                Code.NO_SUCH_COLUMN,
                Text('two columns of this CSV file are called "{column}"', column=shortened(column)),
                Text("give one of the two another name"),
            )
        names = [shortened(name, 40) for name in header[:_MOST_COLUMNS] if name]
        close = nearest(column.lower(), {name.lower(): name for name in names})
        meant = next((name for name in names if close and name.lower() == close), None)
        known = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        return self._complaint(
            Code.NO_SUCH_COLUMN,
            Text('this CSV file has no column "{column}"', column=shortened(column)),
            Text("did you mean `column: {meant}`?", meant=meant)
            if meant
            else Text("say `column:`, one of {columns}", columns=known),
        )

    def _complaint(self, code: Code, message: str, hint: str, *, line: int = 0) -> Diagnostic:
        text = self.source.lines[line]
        length = max(1, len(text)) if line == 0 else 1
        return Diagnostic(code, message, hint, Location(self.source.name, line + 1, 1, length, text))


def _first_row(lines: Sequence[str], delimiter: str) -> list[str]:
    import csv

    try:
        row = next(csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    names = [name.strip() for name in row]
    return names if any(names) else []


def _span(text: str, delimiter: str, column: int) -> tuple[int, int]:
    """Where a cell begins and ends in the line of its row; a quoted one may go on beyond the line."""
    start = 0
    for number in range(column + 1):
        end = _end_of_quotes(text, start) if text.startswith('"', start) else start
        end = text.find(delimiter, end)
        end = len(text) if end < 0 else end
        if number == column or end == len(text):
            break
        start = end + 1
    return start, end


def _end_of_quotes(text: str, start: int) -> int:
    """The place after the quote that ends a quoted cell: one that is not doubled."""
    position = start + 1
    while (found := text.find('"', position)) >= 0:
        if text[found + 1 : found + 2] != '"':
            return found + 1
        position = found + 2
    return len(text)


def _broken(reason: str) -> tuple[Code, str, str]:
    """What the csv module found, in words."""
    if "field larger" in reason:
        return (
            Code.NO_CSV,
            Text("a cell is longer than any text"),
            Text("is this a CSV file? Is a quote not closed?"),
        )
    return (
        Code.NO_CSV,
        Text("from this row on, this is no CSV: a quote is not closed, or text stands after one"),
        Text('close it, and write a quote within a quoted cell twice: ""'),
    )
