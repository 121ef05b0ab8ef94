"""Group names: when two are one, and what is wrong with one.

WhatsApp documents none of its rules for names. What is assumed of them stands here, and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from zapi_sync.dataclass import dataclass
from zapi_sync.errors import Code, Severity
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NAME = 100
"""Assumption: WhatsApp takes names of up to 100 characters (seen in use; Z-API documents no limit)."""

# Patterns as texts: `re` compiles each where it is first looked for, and most names are plain.
STRAY_JOINER = "(?<![^\0-\u036f\u200c\u200d])[\u200c\u200d]"
"""What holds emoji and Persian words together, where it does not: after a Latin letter, say."""

_MARKS = "\u200e\u200f\u061c"  # right-to-left text may need them between numbers and brackets
_VARIATIONS = "\ufe00-\ufe0f"  # say whether a sign is an emoji or text
IDEOGRAPH_VARIATIONS = "\U000e0100-\U000e01ef"  # say in which form a Chinese character is meant
_FLAG = "(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)"  # of a region, which tags spell
_TAGS = "\U000e0000-\U000e007f"
BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters by their category, and nothing to see

_UNSEEN_CHARACTERS = (
    "\u00ad\u034f\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
    f"{BLANK_LETTERS}{IDEOGRAPH_VARIATIONS}{_TAGS}"
)
_UNSEEN = f"{_FLAG}|[{_UNSEEN_CHARACTERS}]|{STRAY_JOINER}"
_NOT_COMPARED = f"{_FLAG}|[{_UNSEEN_CHARACTERS}{_MARKS}{_VARIATIONS}]"
_BIDI_CONTROL = "[\u202a-\u202e\u2066-\u2069]"
_BREAK = "[\x00-\x1f\x7f-\x9f\u2028\u2029]"
_ODD_BLANK = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_EMOJI = "[\U0001f000-\U0001fbff]"  # among them those of a later Unicode than Python's
_LONGEST = 1000  # to put the marks of a longer text in order could take for ever


def comparable_name(group_name: str) -> str:
    """The form in which two group names are one, here and on the instance: Unicode NFC, white space as one
    blank, none around, and without what nobody sees. docs/groups-file.md tells it."""
    if group_name.isascii():
        return " ".join(group_name.split())
    if len(group_name) > _LONGEST:
        return group_name  # no group's
    seen = re.sub(_NOT_COMPARED, r"\1", unicodedata.normalize("NFC", group_name))
    return " ".join(unicodedata.normalize("NFC", re.sub(STRAY_JOINER, "", seen)).split())


@dataclass(frozen=True, slots=True)
class NameProblem:
    """What is wrong with a name, and what to do about it."""

    code: Code
    severity: Severity
    message: str
    hint: str


def name_problems(name: str) -> Iterator[NameProblem]:
    """All that is wrong with a group's name, or questionable; nothing where there is nothing."""
    if name.isascii() and name.isprintable() and len(name) <= MAX_NAME and name == name.strip() and name:
        return
    if not any(map(_is_seen, name)):
        yield _error(
            Code.NAME_UNUSABLE,
            Text("this groupName is blank"),
            Text("write a name with something to see in it"),
        )
        return
    if found := re.search(_BREAK, name):
        what = Text(
            "this groupName holds {character}: WhatsApp shows a name on one line", character=_named(found[0])
        )
        yield _error(Code.NAME_UNUSABLE, what, Text("write the name on one line, without control characters"))
    if found := re.search(_BIDI_CONTROL, name):
        what = Text(
            "this groupName holds {character}, which makes people read another name than this",
            character=_named(found[0]),
        )
        hint = Text("remove it: right-to-left names are shown rightly without")
        yield _error(Code.NAME_DISGUISED, what, hint)
    units = len(name.encode("utf-16-le", "surrogatepass")) // 2
    if len(name) <= MAX_NAME < units:
        what = Text(
            "this groupName is {number} characters long, which make {units} where emoji count twice, and "
            "{most} is the most that WhatsApp is known to take",
            number=len(name),
            units=units,
            most=MAX_NAME,
        )
        yield _warning(Code.NAME_TOO_LONG, what, Text("shorten it, lest WhatsApp refuse or cut it"))
    if name != name.strip():
        what = (
            Text("this groupName begins with a blank, which WhatsApp may drop")
            if name != name.lstrip()
            else Text("this groupName ends with a blank, which WhatsApp may drop")
        )
        yield _warning(
            Code.NAME_WITH_BORDERS, what, Text("remove it, unless it is meant: it is sent as it stands")
        )
    unseen = next((found[0] for found in re.finditer(_UNSEEN, name) if not found[1]), None)
    if odd := unseen or "".join(re.findall(_ODD_BLANK, name.strip())[:1]):
        what = Text(
            "this groupName holds {character}, which nobody can tell from the name without it",
            character=_named(odd),
        )
        hint = Text("write the name again by hand (pasted text brings such characters along)")
        yield _warning(Code.NAME_WITH_INVISIBLES, what, hint)


def _is_seen(character: str) -> bool:
    """Whether a character shows something by itself: a mark, a blank, or one without a meaning does not."""
    if unicodedata.category(character)[0] in "MZC":
        return re.match(_EMOJI, character) is not None
    return character not in BLANK_LETTERS


def _named(character: str) -> str:
    """A character that cannot be shown: U+202E (right-to-left override)."""
    code = f"U+{ord(character):04X}"
    if character in "\n\r\x85":
        return Text("{code} (a line break)", code=code)
    name = unicodedata.name(character, "").lower()
    return f"{code} ({name})" if name else Text("{code} (a control character)", code=code)


def _error(code: Code, message: str, hint: str) -> NameProblem:
    return NameProblem(code, Severity.ERROR, message, hint)


def _warning(code: Code, message: str, hint: str) -> NameProblem:
    return NameProblem(code, Severity.WARNING, message, hint)
