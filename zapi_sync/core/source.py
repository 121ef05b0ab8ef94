"""A text with a name, and the way from an offset in it to a Location that a person can find."""

from __future__ import annotations

import codecs
import re
from functools import cached_property
from typing import Protocol

from zapi_sync.core.redact import CUT
from zapi_sync.dataclass import dataclass
from zapi_sync.errors import Code, Diagnostic, Location
from zapi_sync.language import Text

_LINE_BREAK = re.compile("\r\n|[\n\r]")
_YAML_BREAK = re.compile("[\x85\u2028\u2029]")  # YAML 1.1, section 5.4, ends a line here, too; editors do not
BOM = "\ufeff"
_EXCERPT = 1000  # bytes, and more than an excerpt ever shows
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Mark(Protocol):
    """A place as the YAML parser tells it: line and column count from 0, in characters."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


@dataclass(frozen=True)
class Source:
    """One input: the name that a person knows it by, and its text, or why it has none."""

    name: str
    text: str
    problem: Diagnostic | None = None

    @cached_property
    def lines(self) -> list[str]:
        """The lines as editors and compilers count them."""
        return _LINE_BREAK.split(self.text)

    @property
    def beginning(self) -> Location:
        """The Location of the first character, for what concerns the file as a whole."""
        return Location(self.name, 1, 1, text=self.lines[0])

    @cached_property
    def _yaml_lines(self) -> list[tuple[int, int]] | None:
        """Where each line of a YAML parser begins; None where it counts as editors do."""
        if not _YAML_BREAK.search(self.text):
            return None
        return [
            (number, start)
            for number, line in enumerate(self.lines)
            for start in (0, *(each.end() for each in _YAML_BREAK.finditer(line)))
        ]

    @cached_property
    def _last(self) -> tuple[int, int]:
        """The place of the last character that is to be seen."""
        return self._of_offset(max(0, len(self.text.rstrip()) - 1))

    def location(self, start: Mark | None, end: Mark | None = None) -> Location:
        """The Location of what stands between two marks, of one character, or of the file as a whole."""
        if start is None:
            return Location(self.name)
        on_one_line = end is not None and end.line == start.line
        length = end.column - start.column if end is not None and on_one_line else 1
        line, column = self._of_mark(start)
        if line >= len(self.lines) or (line == len(self.lines) - 1 and not self.lines[line].strip()):
            line, column = self._last  # a mark of the end: libyaml's may be on a line that is not there
        return self._at(line, column, length)

    def location_of_offset(self, offset: int) -> Location:
        """The Location of the character at `offset` in the text."""
        return self._at(*self._of_offset(offset))

    def is_end(self, mark: Mark) -> bool:
        """Whether nothing is to be seen from this mark on."""
        return self._of_mark(mark) > self._last

    def _of_mark(self, mark: Mark) -> tuple[int, int]:
        line, column = mark.line, mark.column
        if line == 0 and self.text.startswith(BOM):
            column += 1  # a second byte order mark: parsers skip it without counting
        if self._yaml_lines is not None and line < len(self._yaml_lines):
            begin = self._yaml_lines[line]
            return begin[0], begin[1] + column
        return line, column

    def _of_offset(self, offset: int) -> tuple[int, int]:
        before = _LINE_BREAK.split(self.text[:offset])
        return len(before) - 1, len(before[-1])

    def _at(self, line: int, column: int, length: int = 1) -> Location:
        return Location(self.name, line + 1, column + 1, max(1, length), self.lines[line])


def shortened(text: str, most: int = 100) -> str:
    """A text from outside as a message repeats it: so many characters of it. By the mark where it was cut the
    redactor also knows the rest of a secret."""
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def decode(name: str, raw: bytes, kind: str = "YAML") -> Source:
    """The text of a config file of that kind, which is UTF-8 with or without a byte order mark.

    What is not gets a `problem` instead, with the place of the first byte that is not text.
    """
    if raw.startswith(_UTF16_MARKS) or b"\0" in raw[:4]:
        return _unreadable(
            name,
            Location(name, 1, 1),
            Text("this is UTF-16 or UTF-32 text, not UTF-8"),
            Text("save the file as UTF-8"),
        )
    if b"\0" in raw:
        place = _place_in_bytes(name, raw, raw.index(b"\0"))
        return _unreadable(
            name,
            place,
            Text("this is a binary file, not {kind}", kind=kind),
            Text("name a {kind} text file", kind=kind),
        )
    try:
        return Source(name, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:  # its offsets begin after a byte order mark, as does its `object`
        return _unreadable(
            name,
            _place_in_bytes(name, error.object, error.start),
            Text("byte 0x{byte:02x} is not UTF-8 text", byte=error.object[error.start]),
            Text("save the file as UTF-8 (an editor may have saved it as latin-1 or Windows-1252)"),
        )


def _unreadable(name: str, place: Location, message: str, hint: str) -> Source:
    return Source(name, "", Diagnostic(Code.NOT_UTF8, message, hint, place))


def _place_in_bytes(name: str, raw: bytes, offset: int) -> Location:
    before = raw[:offset].decode("utf-8-sig", "replace")
    rest = raw[offset : offset + _EXCERPT].decode("utf-8", "replace")
    return Source(name, before + rest).location_of_offset(len(before))
