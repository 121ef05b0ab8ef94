"""JSON texts that people may have had their hands in: no member twice, and where a member stands."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from zapi_sync.core.source import shortened

if TYPE_CHECKING:
    from zapi_sync.core.positions import Path

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODE = json.JSONDecoder().raw_decode


class Repeated(ValueError):
    """A member stands twice in an object; its name is the text."""


def unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object that a JSON parser found. Raises Repeated where a member stands twice in it."""
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise Repeated(shortened(next(name for name, number in counts.items() if number > 1)))
    return members


def place_of(text: str, path: Path) -> tuple[int, int]:
    """The offsets of the beginning and the end of the value at `path`, as far as the path leads.

    The text is JSON (json.loads takes it), and no member stands twice in it.
    """
    start = _past_blanks(text, 0)
    for step in path:
        inner = _inside(text, start, step)
        if inner is None:
            break
        start = inner
    return start, _end(text, start)


def _inside(text: str, start: int, step: str | int) -> int | None:
    """Where the value of a member or an entry begins; None where there is no such one."""
    if text[start] not in "{[":
        return None
    at, index = _past_blanks(text, start + 1), 0
    while text[at] not in "}]":
        name: str | int = index
        if text[start] == "{":
            name, at = _DECODE(text, at)
            at = _past_blanks(text, _past_blanks(text, at) + 1)
        if name == step:
            return at
        at, index = _past_blanks(text, _end(text, at)), index + 1
        if text[at] == ",":
            at = _past_blanks(text, at + 1)
    return None


def _end(text: str, start: int) -> int:
    return _DECODE(text, start)[1]


def _past_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
