"""YAML text -> plain data: mappings, lists, and every scalar as the text that was written.

The data is built from the parser's events in one pass, for three reasons: an unquoted phone, `No` or `12:30`
stay what the person wrote; nesting and aliases are bounded before anything can blow up (libyaml's composer
overflows the C stack, PyYAML's merge keys grow without end); and it is faster than PyYAML's constructor.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from zapi_sync.core.complaints import MAX_COMPLAINTS
from zapi_sync.core.parsers import MERGE, events, is_too_deep
from zapi_sync.core.source import shortened
from zapi_sync.dataclass import dataclass, field, replace
from zapi_sync.errors import Code, Diagnostic
from zapi_sync.language import Amount, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from yaml.events import Event

    from zapi_sync.core.positions import Path, Positions
    from zapi_sync.core.source import Mark, Source
    from zapi_sync.errors import Location

Value: TypeAlias = "str | bool | int | list[Value] | dict[str, Value]"

MAX_DEPTH = 50
MAX_VALUES = 10_000_000
"""How many keys and values one file may hold."""

MAX_EXPANDED = 1_000_000
"""How many values aliases may stand for in all files: 1,000 groups can share one list of 1,000 phones."""
MAX_EXPANDED_TEXT = 32 * MAX_EXPANDED
"""And of how many characters: a text is copied wherever it is looked at."""
MAX_CELLS = 10_000
"""How many phones a list, or a column of a CSV file, may hold."""
SPLIT_ALIASES = Text("write the values out, or split them over several runs: `-f` names the files of one")
_MAX_PROBLEMS = MAX_COMPLAINTS + 1  # the one more is what there being more is known by

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_MERGE = "\0" + MERGE  # an unquoted `<<` as a key; no YAML text can hold this one
_PLAIN_TAGS = {None, "!"} | {f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq")}


@dataclass(frozen=True, slots=True)
class Aliased:
    """What aliases stand for: so many values, of so many characters."""

    values: int = 0
    text: int = 0

    def __add__(self, other: Aliased) -> Aliased:
        return Aliased(self.values + other.values, self.text + other.text)

    @property
    def excess(self) -> str | None:
        """The bound that this is beyond, in words."""
        if self.values > MAX_EXPANDED:
            return Text("{number} values", number=Amount(MAX_EXPANDED))
        if self.text > MAX_EXPANDED_TEXT:
            return Text("{number} characters", number=Amount(MAX_EXPANDED_TEXT))
        return None


@dataclass(frozen=True)
class Document:
    """One parsed file: its data, what was already wrong with it, and where each value stands.

    The data is None where the text could not be read to its end. `tables` are the CSV files that it names.
    """

    source: Source
    data: Value | None
    problems: tuple[Diagnostic, ...] = ()
    aliased: Aliased = field(default_factory=Aliased)
    tables: Mapping[str, Source] = field(default_factory=dict)

    def first_key(self, mapping: Mark | None, key: str) -> Location | None:
        """Where a key was first written in the mapping that begins at a mark."""
        span = self._positions.first_key(mapping, key)
        return self.source.location(*span) if span else None

    @cached_property
    def _positions(self) -> Positions:
        from zapi_sync.core.positions import Positions

        return Positions.of(events(self.source.text))

    def where(self, path: Path) -> Location:
        """The place of the value at `path` (mapping keys and list indices from the root)."""
        span = self._positions.value(path)
        return self.source.location(*span) if span else self.source.beginning

    def where_keys(self, path: Path) -> list[Location]:
        """The places of the mapping key that `path` ends with, one for each time it was written."""
        return [self.source.location(*span) for span in self._positions.keys(path)]

    def where_key(self, path: Path) -> Location:
        """The place of the mapping key that `path` ends with, or of the value itself."""
        places = self.where_keys(path) if path else []
        return places[0] if places else self.where(path)


def parse(source: Source, *, typed_keys: frozenset[str]) -> Document:
    """Parse one YAML document.

    Plain scalars under `typed_keys` become booleans and integers by YAML 1.2's core schema; all else is text.
    What is wrong comes back in `problems`: a text that is not YAML or goes beyond the bounds above without
    data; a duplicate key or a tag with the rest of the data, to be told with the config's other mistakes.
    """
    if source.problem:
        return Document(source, None, (source.problem,))
    builder = _Builder(source, typed_keys)
    try:
        builder.take_all(events(source.text))
    except yaml.YAMLError as error:
        if is_too_deep(error):  # the builder knows where, but libyaml, which reads ahead, gave up first
            mark = getattr(error, "problem_mark", None)
            cut = replace(source, text=source.text[: mark.index if mark else 0])
            return replace(parse(cut, typed_keys=typed_keys), source=source)
        from zapi_sync.core.syntax import syntax_error

        return Document(source, None, (*builder.complaints, syntax_error(source, error)))
    except _Unreadable as refusal:
        return Document(source, None, (*builder.complaints, refusal.complaint))
    document = Document(source, builder.root, aliased=builder.aliased)
    repeated = (_repeated_key(document, *each) for each in builder.repeated)
    return replace(document, problems=(*builder.complaints, *repeated))


class _Unreadable(Exception):
    """Nothing after this can be read."""

    def __init__(self, complaint: Diagnostic) -> None:
        super().__init__(complaint.message)
        self.complaint = complaint


@dataclass(slots=True)
class _Frame:
    """A collection that is still open."""

    container: list[Value] | dict[str, Value]
    start: MappingStartEvent | SequenceStartEvent
    values_before: int
    text_before: int
    height: int = 0
    key: str | None = None
    key_event: Event | None = None
    merged: list[dict[str, Value]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: Value
    plain: bool
    size: int
    text: int
    height: int = 0


class _Builder:
    """Takes events one by one and holds the data that they make up."""

    def __init__(self, source: Source, typed_keys: frozenset[str]) -> None:
        self.root: Value = ""
        self.complaints: list[Diagnostic] = []
        self.repeated: list[tuple[Mark | None, str, Location]] = []
        self._source = source
        self._typed_keys = typed_keys
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._values = 0
        self._text = 0  # what aliases brought; what is written out is as long as it is written
        self._expanded = 0
        self._expanded_text = 0
        self._documents = 0

    @property
    def aliased(self) -> Aliased:
        return Aliased(self._expanded, self._expanded_text)

    def take_all(self, events: Iterable[Event]) -> None:
        """Takes the events up to the end, or to a second document."""
        takers: dict[type[Event], Callable[..., None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._open_mapping,
            SequenceStartEvent: self._open_sequence,
            MappingEndEvent: self._close,
            SequenceEndEvent: self._close,
            AliasEvent: self._alias,
        }
        for event in events:
            take = takers.get(type(event))
            if take:
                take(event)
            elif type(event) is DocumentStartEvent and self._is_second(event):
                return

    def _is_second(self, event: Event) -> bool:
        """Whether one document began before already; then that is told."""
        self._documents += 1
        if self._documents > 1:
            self._complain(
                Code.SEVERAL_DOCUMENTS,
                event,
                Text("a second YAML document begins here, and a groups file holds one"),
                Text("give it a file of its own, and name both files with -f"),
            )
        return self._documents > 1

    def _open_mapping(self, event: MappingStartEvent) -> None:
        self._open(event, {})

    def _open_sequence(self, event: SequenceStartEvent) -> None:
        self._open(event, [])

    def _scalar(self, event: ScalarEvent) -> None:
        self._count(event)
        plain = event.implicit[0]
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(event.value, plain, 1, len(event.value))
        self._put(event.value, plain, event)

    def _open(
        self, event: MappingStartEvent | SequenceStartEvent, container: list[Value] | dict[str, Value]
    ) -> None:
        self._count(event)
        self._check_depth(event, 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Frame(container, event, self._values, self._text))

    def _close(self, end: MappingEndEvent | SequenceEndEvent) -> None:
        frame = self._stack.pop()
        container = frame.container
        if frame.merged and isinstance(container, dict):
            for mapping in frame.merged:
                for key, value in mapping.items():
                    container.setdefault(key, value)
        anchor = frame.start.anchor
        if anchor is not None:
            size = self._values - frame.values_before + 1
            written = (
                (end.end_mark.index - frame.start.start_mark.index)
                if end.end_mark and frame.start.start_mark
                else 0
            )
            text = written + self._text - frame.text_before
            self._anchors[anchor] = _Anchored(container, False, size, text, frame.height + 1)
        self._put(container, False, frame.start, frame.height + 1)

    def _alias(self, event: AliasEvent) -> None:
        name = event.anchor
        if name not in self._anchors:
            self._fail(
                Code.ALIAS_OF_NOTHING,
                event,
                Text("nothing above carries the anchor &{anchor}", anchor=shortened(name or "")),
                Text("write the anchor above its first use, or quote the text if it is no alias"),
            )
        anchored = self._anchors[name]
        if anchored is None:
            self._fail(
                Code.ALIAS_OF_NOTHING,
                event,
                Text("*{anchor} stands inside the value that it names", anchor=shortened(name or "")),
                Text("write the value out"),
            )
        self._values += anchored.size
        self._text += anchored.text
        self._expanded += anchored.size
        self._expanded_text += anchored.text
        self._check_depth(event, anchored.height)
        if self._expanded > MAX_EXPANDED or self._expanded_text > MAX_EXPANDED_TEXT:
            self._fail(
                Code.BEYOND_BOUNDS,
                event,
                Text("the aliases of this file stand for more than {excess}", excess=self.aliased.excess),
                SPLIT_ALIASES,
            )
        self._put(anchored.value, anchored.plain, event, anchored.height)

    def _check_depth(self, event: Event, more: int) -> None:
        if len(self._stack) + more > MAX_DEPTH:
            self._fail(
                Code.BEYOND_BOUNDS,
                event,
                Text("more than {most} levels of nesting", most=MAX_DEPTH),
                Text("a groups file needs four: is this one?"),
            )

    def _put(self, value: Value, plain: bool, event: Event, height: int = 0) -> None:
        """A value is complete: it goes into the innermost open collection, as key, value or item."""
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        container = frame.container
        if height and height > frame.height:
            frame.height = height - (frame.key == _MERGE)  # what is merged does not stand a level lower
        if isinstance(container, list):
            container.append(value)
        elif frame.key is None:
            if not isinstance(value, str):
                self._fail(
                    Code.KEY_NOT_TEXT,
                    event,
                    Text("a key is expected here, not a collection"),
                    Text("keys are text: `key: value`"),
                )
            frame.key, frame.key_event = _MERGE if plain and value == MERGE else value, event
        else:
            key, frame.key = frame.key, None
            if key == _MERGE:
                frame.merged += self._mappings(value, event)
            elif key in container:
                self._repeat(frame, key)
            else:
                container[key] = _typed(value) if plain and key in self._typed_keys else value

    def _repeat(self, frame: _Frame, key: str) -> None:
        place = frame.key_event
        if place is not None and len(self.repeated) < _MAX_PROBLEMS:
            location = self._source.location(place.start_mark, place.end_mark)
            self.repeated.append((frame.start.start_mark, key, location))

    def _mappings(self, value: Value, event: Event) -> list[dict[str, Value]]:
        """What a merge key brings: one mapping, or a list of them, the first one winning (YAML merge key)."""
        merged = value if isinstance(value, list) else [value]
        mappings = [each for each in merged if isinstance(each, dict)]
        if len(mappings) < len(merged):
            self._complain(
                Code.MERGE_OF_NO_MAPPING,
                event,
                Text("`<<` merges mappings, and this is none"),
                Text("write `<<: *anchor-of-a-mapping`"),
            )
        return mappings

    def _count(self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            self._fail(
                Code.BEYOND_BOUNDS,
                event,
                Text("more than {most} keys and values in one file", most=Amount(MAX_VALUES)),
                Text("split the file: -f takes a folder, or several files"),
            )
        if event.tag is not None:
            self._check_tag(event)

    def _check_tag(self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent) -> None:
        if event.tag not in _PLAIN_TAGS:
            tag = (event.tag or "").replace("tag:yaml.org,2002:", "!!")
            self._complain(
                Code.TAG,
                event,
                Text("the tag {tag} has no meaning here", tag=shortened(tag)),
                Text("remove it, or put a text that begins with ! in quotes"),
            )

    def _complain(self, code: Code, event: Event, message: str, hint: str) -> None:
        if len(self.complaints) < _MAX_PROBLEMS:
            self.complaints.append(self._told(code, event, message, hint))

    def _fail(self, code: Code, event: Event, message: str, hint: str) -> NoReturn:
        """Nothing after this can be read: say this, and what was found before it."""
        raise _Unreadable(self._told(code, event, message, hint))

    def _told(self, code: Code, event: Event, message: str, hint: str) -> Diagnostic:
        return Diagnostic(code, message, hint, self._source.location(event.start_mark, event.end_mark))


def _typed(value: Value) -> Value:
    """What a plain scalar means by the YAML 1.2 core schema, as far as booleans and integers go."""
    if not isinstance(value, str):
        return value
    if _INTEGER.fullmatch(value):
        return int(value)
    return _BOOLEANS.get(value, value)


def _repeated_key(document: Document, mapping: Mark | None, key: str, place: Location) -> Diagnostic:
    first = document.first_key(mapping, key)
    return Diagnostic(
        Code.REPEATED_KEY,
        Text(
            'the key "{key}" is written twice here, and YAML would keep only one of the two',
            key=shortened(key),
        ),
        Text("rename one of them, or remove it"),
        place,
        also=((Text("first written here"), first),) if first else (),
    )
