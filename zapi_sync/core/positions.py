"""Where each value of a YAML text stands: a tree of marks, made only where there is a complaint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from zapi_sync.core.source import Mark

Path: TypeAlias = tuple[str | int, ...]
Span: TypeAlias = tuple[Mark | None, Mark | None]

MERGE = "<<"

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def events(text: str) -> Iterator[Event]:
    """The events of a text, by libyaml where PyYAML was built with it."""
    return yaml.parse(text, Loader=_LOADER)


@dataclass(slots=True)
class _Node:
    """A value: its own span, and for a collection what it holds, a repeated key each time it occurs."""

    span: Span
    keyed: bool = False
    children: list[tuple[Span, str | int, _Node]] = field(default_factory=list)
    key: tuple[Span, str] | None = None

    def named(self, step: str | int) -> list[tuple[Span, _Node]]:
        """The children of that name, its own before those that it merges in."""
        own = [(span, child) for span, name, child in self.children if name == step]
        if own or step == MERGE:
            return own
        for _, merged in self.named(MERGE):
            for source in [merged] if merged.keyed else [child for _, _, child in merged.children]:
                if found := source.named(step):
                    return found
        return []


class Positions:
    """The spans of a parsed text, by path."""

    def __init__(self, root: _Node | None) -> None:
        self._root = root

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
        return cls(tree.root)

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


class _Tree:
    """Takes events and holds the tree of nodes."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self._stack: list[_Node] = []
        self._anchors: dict[str, _Node] = {}

    def take(self, event: Event) -> None:
        if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._stack.append(self._anchored(event))
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._put(self._stack.pop(), "")
        elif isinstance(event, ScalarEvent):
            self._put(self._anchored(event), event.value)
        elif isinstance(event, AliasEvent):
            node = self._anchors.get(event.anchor or "") or _Node((event.start_mark, event.end_mark))
            self._put(node, "")

    def _anchored(self, event: MappingStartEvent | SequenceStartEvent | ScalarEvent) -> _Node:
        node = _Node((event.start_mark, event.end_mark), isinstance(event, MappingStartEvent))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _put(self, node: _Node, text: str) -> None:
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        if not parent.keyed:
            parent.children.append((node.span, len(parent.children), node))
        elif parent.key is None:
            parent.key = (node.span, text)
        else:
            span, name = parent.key
            parent.children.append((span, name, node))
            parent.key = None
