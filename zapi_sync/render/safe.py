"""Text from outside, made harmless before it meets a terminal, and measured as a terminal shows it."""

from __future__ import annotations

import re
import unicodedata

from zapi_sync.core.names import BLANK_LETTERS, IDEOGRAPH_VARIATIONS, STRAY_JOINER
from zapi_sync.core.phones import EXAMPLES
from zapi_sync.core.redact import CUT
from zapi_sync.core.source import shortened
from zapi_sync.language import told

MAX_SHOWN = 2000
"""So much of a text is shown: none that means something is longer."""

_ZERO_WIDTH_JOINER = "\u200d"  # holds emoji together, and hides nothing there
_HIDDEN = f"[{BLANK_LETTERS}{IDEOGRAPH_VARIATIONS}]|{STRAY_JOINER}"

_CI_COMMAND = r"^\s*::|##(?=\w*\[)"
"""What CI runners obey in a log: `::add-mask::` where a line begins, `##[group]` and `##vso[` anywhere."""

_DIGITS = r"\+?\d(?:(?!, )(?:_|[^\w\n]){0,3}\d)*"
"""Digits that may be one number, whatever keeps them apart: a mask, any dash, a blank of any width."""

_FEWEST_DIGITS = 8
_NO_PHONE = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}(?::[0-9]{2}){0,2}(?:\.[0-9]+)?)?"  # a date and a time
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])"  # a date in a file's name
    r"|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:\.000)+"  # a count; a round one with dots, too
)
_GROUP_SUFFIX = ("-group", "@g.us")
_INVITE_LINK = r"(?i:(?:https?:/*)?chat\.whatsapp\.com\S*)"


def printable(text: str) -> str:
    """The text in the language of this run, with control, bidi, surrogate and invisible characters written
    out, as in \\u{1b}.

    The result is one line, not without an end, and holds nothing that a terminal or a CI log acts upon.
    """
    text = shortened(told(text), MAX_SHOWN)
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_visible, re.sub(_HIDDEN, lambda found: _written_out(found[0]), text)))
    return re.sub(_CI_COMMAND, _disarmed, text) if "::" in text or "##" in text else text


def without_phones(text: str) -> str:
    """The text for a pull request: of a phone number stay four digits, of an invite link that it was one."""
    return re.sub(_DIGITS, _without_phone, re.sub(_INVITE_LINK, "(invite link)", text))


def width(text: str) -> int:
    """How many columns a printable text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def pad(text: str, columns: int) -> str:
    """The text with spaces up to that width."""
    return text + " " * (columns - width(text))


def _visible(character: str) -> str:
    return (
        character if character.isprintable() or character == _ZERO_WIDTH_JOINER else _written_out(character)
    )


def _disarmed(command: re.Match[str]) -> str:
    """The command with its last character written out."""
    return command[0][:-1] + _written_out(command[0][-1])


def _without_phone(found: re.Match[str]) -> str:
    """The digits, or the last four of what may be a phone number. A group's id is none, but one of before
    2021 begins with its creator's."""
    text, group_id = found[0], ""
    if found.string.startswith(_GROUP_SUFFIX, found.end()):
        group_id = re.split(r"\D", text)[-1]
        text = text.removesuffix(group_id)
    digits = re.sub(r"\D", "", text)
    if len(digits) < _FEWEST_DIGITS or text in EXAMPLES or re.fullmatch(_NO_PHONE, text):
        return found[0]
    return f"{CUT}{digits[-4:]}{'-' if group_id else ''}{group_id}"


def _written_out(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
