"""Where each value of a YAML text stands: a tree of marks, made only where there is a complaint."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from zapi_sync.core.parsers import MERGE
from zapi_sync.core.source import Mark
from zapi_sync.dataclass import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yaml.events import Event

Path: TypeAlias = tuple[str | int, ...]
Span: TypeAlias = tuple[Mark | None, Mark | None]


@dataclass(slots=True)
class _Node:
    """A value: its own span, and for a collection what it holds, a repeated key each time it occurs."""

    span: Span
    keyed: bool = False
    text: str = ""
    children: list[tuple[Span, str, _Node]] = field(default_factory=list)
    key: tuple[Span, str] | None = None
    _index: dict[str, list[tuple[Span, _Node]]] | None = None

    def named(self, step: str | int) -> list[tuple[Span, _Node]]:
        """The children of that name, its own before those that it merges in."""
        own = self._own(step)
        return own if own or step == MERGE or not self.keyed else self._merged(step)

    def _merged(self, step: str | int) -> list[tuple[Span, _Node]]:
        pending = self._sources()  # through aliases they reach deeper than Python can call itself
        seen: set[int] = set()
        while pending:
            node = pending.pop()
            if id(node) not in seen:
                seen.add(id(node))
                if found := node._own(step):
                    return found
                pending += node._sources()
        return []

    def _sources(self) -> list[_Node]:
        """The mappings that this one merges in, the first of them last."""
        if not self.keyed:
            return []
        sources = [each for _, merged in self._own(MERGE) for each in merged._mappings()]
        return sources[::-1]

    def _own(self, step: str | int) -> list[tuple[Span, _Node]]:
        if isinstance(step, int) or not self.keyed:
            here = self.children[step : step + 1] if isinstance(step, int) else []
            return [(span, child) for span, _, child in here]
        if self._index is None:
            self._index = {}
            for span, name, child in self.children:
                self._index.setdefault(name, []).append((span, child))
        return self._index.get(step, [])

    def _mappings(self) -> list[_Node]:
        return [self] if self.keyed else [child for _, _, child in self.children]


def _place(mark: Mark | None) -> tuple[int, int]:
    return (mark.line, mark.column) if mark else (-1, -1)


class Positions:
    """The spans of a parsed text, by path."""

    def __init__(self, root: _Node | None, mappings: dict[tuple[int, int], _Node]) -> None:
        self._root = root
        self._mappings = mappings

    @classmethod
    def of(cls, events: Iterable[Event]) -> Positions:
        """The positions in a text that may be incomplete or wrong from some point on."""
        tree = _Tree()
        try:
            for event in events:
                if isinstance(event, DocumentEndEvent):
                    break
                tree.take(event)
        except yaml.YAMLError:
            pass  # what came before the mistake still has its place
        return cls(tree.root, tree.mappings)

    def value(self, path: Path) -> Span | None:
        """The span of the value at `path`; that of its nearest parent where it has none of its own."""
        node = self._root
        for step in path:
            found = node.named(step) if node else []
            if not found:
                break
            node = found[0][1]
        return node.span if node else None

    def keys(self, path: Path) -> list[Span]:
        """The spans of the key that `path` ends with, one for each time it was written."""
        node = self._root
        for step in path[:-1]:
            found = node.named(step) if node else []
            if not found:
                return []
            node = found[0][1]
        return [span for span, _ in node.named(path[-1])] if node else []

    def first_key(self, mapping: Mark | None, key: str) -> Span | None:
        """The span of a key where it was first written in the mapping that begins at a mark."""
        node = self._mappings.get(_place(mapping))
        return next((span for span, _ in node.named(key)), None) if node else None


class _Tree:
    """Takes events and holds the tree of nodes."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self.mappings: dict[tuple[int, int], _Node] = {}
        self._stack: list[_Node] = []
        self._anchors: dict[str, _Node] = {}

    def take(self, event: Event) -> None:
        if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            node = self._anchored(event)
            if node.keyed:
                self.mappings[_place(event.start_mark)] = node
            self._stack.append(node)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            node = self._stack.pop()
            self._put(node, node.span)
        elif isinstance(event, ScalarEvent):
            node = self._anchored(event)
            node.text = event.value
            self._put(node, node.span)
        elif isinstance(event, AliasEvent):
            span = event.start_mark, event.end_mark
            self._put(self._anchors.get(event.anchor or "") or _Node(span), span)

    def _anchored(self, event: MappingStartEvent | SequenceStartEvent | ScalarEvent) -> _Node:
        node = _Node((event.start_mark, event.end_mark), isinstance(event, MappingStartEvent))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _put(self, node: _Node, span: Span) -> None:
        """A value goes into the innermost open collection; `span` is where it, or an alias of it, stands."""
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        if not parent.keyed:
            parent.children.append((span, "", node))
        elif parent.key is None:
            parent.key = (span, node.text)
        else:
            parent.children.append((*parent.key, node))
            parent.key = None
