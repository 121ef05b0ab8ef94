"""What libyaml and PyYAML's own parser do unlike each other, and unlike what a reader of events wants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml
from yaml.events import ScalarEvent
from yaml.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.events import Event

MERGE = "<<"
"""The key that brings what other mappings hold (YAML merge key)."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BAD_ESCAPE = "found invalid Unicode character escape code"

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def events(text: str) -> Iterator[Event]:
    """The events of a text, by libyaml where PyYAML was built with it. Raises yaml.YAMLError on the way."""
    parsed = _parsed(text)
    return _as_libyaml(parsed) if issubclass(_LOADER, Reader) else parsed


def _parsed(text: str) -> Iterator[Event]:
    """As yaml.parse does, which asks before each event whether there is one."""
    loader = _LOADER(text)
    try:
        yield from iter(loader.get_event, None)
    finally:
        loader.dispose()


def _as_libyaml(parsed: Iterator[Event]) -> Iterator[Event]:
    """PyYAML's own parser takes half characters written as escapes, and falls over numbers out of range."""
    end = None
    try:
        for event in parsed:
            end = event.end_mark
            if isinstance(event, ScalarEvent) and _SURROGATE.search(event.value):
                raise yaml.MarkedYAMLError(problem=_BAD_ESCAPE, problem_mark=_mark(event.start_mark))
            yield event
    except (ValueError, OverflowError):
        raise yaml.MarkedYAMLError(problem=_BAD_ESCAPE, problem_mark=_mark(end)) from None


def _mark(mark: object) -> yaml.Mark | None:
    return mark if isinstance(mark, yaml.Mark) else None


def is_too_deep(error: yaml.YAMLError) -> bool:
    """Whether libyaml met its own bound (since 0.2.6: 1,000 levels), which it does while it reads ahead."""
    return getattr(error, "problem", None) == "exceeded maximum nesting depth"


def first_unprintable(text: str) -> int:
    """The offset of what a YAML reader refuses: libyaml tells it in bytes, PyYAML in characters."""
    found = Reader.NON_PRINTABLE.search(text)
    return found.start() if found else 0
