"""A text with a name, and the way from an offset in it to a Location that a person can find."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from zapi_sync.errors import ConfigInvalid, Location

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
    """One input: the name that a person knows it by, and its text."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines as YAML counts them (YAML 1.1, section 5.4)."""
        return _LINE_BREAK.split(self.text)

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

    Raises ConfigInvalid with the line of the first byte that is not text.
    """
    if raw.startswith(_UTF16_MARKS) or b"\0" in raw[:4]:
        raise ConfigInvalid.of(
            "this is UTF-16 or UTF-32 text, not UTF-8", help="save the file as UTF-8", file=name
        )
    if b"\0" in raw:
        raise ConfigInvalid.of("this is a binary file, not YAML", help="name a YAML text file", file=name)
    try:
        return Source(name, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        location = Location(
            name, before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        )
        raise ConfigInvalid.at(
            location,
            f"byte 0x{raw[error.start]:02x} is not UTF-8 text",
            help="save the file as UTF-8 (an editor may have saved it as latin-1 or Windows-1252)",
        ) from None
