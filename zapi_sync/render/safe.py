"""Text from outside, made harmless before it meets a terminal, and measured as a terminal shows it."""

from __future__ import annotations

import unicodedata

_BLANK_LETTERS = frozenset(
    "\u115f\u1160\u2800\u3164\uffa0"
)  # printable by their category, and not to be seen
_ZERO_WIDTH_JOINER = "\u200d"  # holds emoji together, and hides nothing


def printable(text: str) -> str:
    """The text with control, bidi, surrogate and invisible characters written out, as in \\u{1b}.

    The result is one line, and holds nothing that a terminal or a CI log acts upon.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def width(text: str) -> int:
    """How many columns a printable text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def pad(text: str, columns: int) -> str:
    """The text with spaces up to that width."""
    return text + " " * (columns - width(text))


def _visible(character: str) -> str:
    if character == _ZERO_WIDTH_JOINER or (character.isprintable() and character not in _BLANK_LETTERS):
        return character
    return f"\\u{{{ord(character):x}}}"


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
