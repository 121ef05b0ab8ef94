"""Text from outside, made harmless before it meets a terminal, and measured as a terminal shows it."""

from __future__ import annotations

import re
import unicodedata

from zapi_sync.core.names import BLANK_LETTERS

_ZERO_WIDTH_JOINER = "\u200d"  # holds emoji together, and hides nothing

_CI_COMMAND = re.compile(r"^\s*::|##(?=\w*\[)")
"""What CI runners obey in a log: `::add-mask::` where a line begins, `##[group]` and `##vso[` anywhere."""

_PHONE = re.compile(r"(?<!\d)\+?\d(?:[^\w\n,]{0,3}\d){7,}(?!\d|-group|@g\.us)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2})?")
_INVITE_LINK = re.compile(r"https?://chat\.whatsapp\.com/\S*", re.IGNORECASE)


def printable(text: str) -> str:
    """The text with control, bidi, surrogate and invisible characters written out, as in \\u{1b}.

    The result is one line, and holds nothing that a terminal or a CI log acts upon.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_visible, text))
    return _CI_COMMAND.sub(_disarmed, text) if "::" in text or "##" in text else text


def without_phones(text: str) -> str:
    """The text for a pull request: of a phone number stay four digits, of an invite link that it was one."""
    return _PHONE.sub(_last_digits, _INVITE_LINK.sub("(invite link)", text))


def width(text: str) -> int:
    """How many columns a printable text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def pad(text: str, columns: int) -> str:
    """The text with spaces up to that width."""
    return text + " " * (columns - width(text))


def _visible(character: str) -> str:
    if character == _ZERO_WIDTH_JOINER or (character.isprintable() and character not in BLANK_LETTERS):
        return character
    return _written_out(character)


def _disarmed(command: re.Match[str]) -> str:
    """The command with its last character written out."""
    return command[0][:-1] + _written_out(command[0][-1])


def _last_digits(found: re.Match[str]) -> str:
    return found[0] if _DATE.fullmatch(found[0]) else f"...{''.join(filter(str.isdigit, found[0]))[-4:]}"


def _written_out(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
