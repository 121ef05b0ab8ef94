"""A text with a name, and the way from an offset in it to a Location that a person can find."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from zapi_sync.errors import Code, Diagnostic, Location

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
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
        """The lines as YAML counts them (YAML 1.1, section 5.4)."""
        return _LINE_BREAK.split(self.text)

    @property
    def beginning(self) -> Location:
        """The Location of the first character, for what concerns the file as a whole."""
        return Location(self.name, 1, 1, text=self.lines[0])

    def location(self, start: Mark | None, end: Mark | None = None) -> Location:
        """The Location of what stands between two marks, of one character, or of the file as a whole."""
        if start is None:
            return Location(self.name)
        on_one_line = end is not None and end.line == start.line
        length = end.column - start.column if end is not None and on_one_line else 1
        text = self.lines[start.line] if start.line < len(self.lines) else ""
        return Location(self.name, start.line + 1, start.column + 1, max(1, length), text)

    def location_of_offset(self, offset: int) -> Location:
        """The Location of the character at `offset` in the text."""
        before = _LINE_BREAK.split(self.text[:offset])
        return self.location(_At(len(before) - 1, len(before[-1])))


@dataclass(frozen=True, slots=True)
class _At:
    line: int
    column: int


def decode(name: str, raw: bytes) -> Source:
    """The text of a config file, which is UTF-8 with or without a byte order mark.

    What is not gets a `problem` instead, with the place of the first byte that is not text.
    """
    if raw.startswith(_UTF16_MARKS) or b"\0" in raw[:4]:
        return _unreadable(
            name, Location(name, 1, 1), "this is UTF-16 or UTF-32 text, not UTF-8", "save the file as UTF-8"
        )
    if b"\0" in raw:
        place = _place_in_bytes(name, raw, raw.index(b"\0"))
        return _unreadable(name, place, "this is a binary file, not YAML", "name a YAML text file")
    try:
        return Source(name, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _unreadable(
            name,
            _place_in_bytes(name, raw, error.start),
            f"byte 0x{raw[error.start]:02x} is not UTF-8 text",
            "save the file as UTF-8 (an editor may have saved it as latin-1 or Windows-1252)",
        )


def _unreadable(name: str, place: Location, message: str, hint: str) -> Source:
    return Source(name, "", Diagnostic(Code.NOT_UTF8, message, hint, place))


def _place_in_bytes(name: str, raw: bytes, offset: int) -> Location:
    before = raw[:offset]
    column = len(before.rpartition(b"\n")[2].decode("utf-8-sig", "replace")) + 1
    return Location(name, before.count(b"\n") + 1, column)
