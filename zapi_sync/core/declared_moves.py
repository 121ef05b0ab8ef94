"""`moved` in the config: what it declares, and every reason why that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.model import GroupKey
from zapi_sync.core.moves import Move, held_back
from zapi_sync.core.nearest import nearest
from zapi_sync.core.places import Place
from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import Code, Diagnostic, Severity
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from zapi_sync.core.document import Document
    from zapi_sync.core.known import Known

MAX_NAMED = 5
_MANY_PAIRS = 100_000
"""With more pairs of a move and a key than that, none is looked at for being the other's misspelling."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a declared move, and where; its Locations cost a second parse."""

    code: Code
    place: Place
    message: str
    hint: str
    also: tuple[str, Place] | None = None


@dataclass(slots=True)
class DeclaredMoves:
    """The moves of all files of a run, each with where its two keys stand."""

    moves: list[Move] = field(default_factory=list)
    _places: list[tuple[Place, Place]] = field(default_factory=list)

    def read(self, document: Document, entries: Mapping[int, Mapping[str, object]]) -> None:
        """Take the entries of one document, by their positions in its list."""
        for index, entry in entries.items():
            self.moves.append(Move(GroupKey(str(entry["from"])), GroupKey(str(entry["to"]))))
            source, target = (Place(document, ("moved", index, end)) for end in ("from", "to"))
            self._places.append((source, target))

    @property
    def places(self) -> dict[GroupKey, Place]:
        """Where each old key stands."""
        return {move.source: place for move, (place, _) in zip(self.moves, self._places, strict=True)}

    def complaints(self, groups: Mapping[GroupKey, Place]) -> Iterator[Complaint]:
        """What is wrong with them, given where each key of `groups` stands."""
        circles = _circles(self.moves)
        sources: dict[GroupKey, Place] = {}
        targets: dict[GroupKey, Place] = {}
        proposable = groups if len(groups) * len(self.moves) <= _MANY_PAIRS else ()
        all_sources = {move.source for move in self.moves}
        for move, (source, target) in zip(self.moves, self._places, strict=True):
            first_source = sources.setdefault(move.source, source)
            first_target = targets.setdefault(move.target, target)
            if move.source == move.target:
                yield _to_itself(move, target)
            elif first_source is not source:
                what = Text('the key "{key}" is moved twice, and one group has one key', key=move.source)
                yield _twice(what, source, first_source)
            elif first_target is not target:
                what = Text('two keys are moved to "{key}", and one group has one key', key=move.target)
                yield _twice(what, target, first_target)
            elif move.source in circles:
                if circles[move.source][0] == move.source:
                    yield _circle(circles[move.source], source)
            elif move.source in groups:
                yield _still_wanted(move, source, groups[move.source])
            elif move.target not in groups and move.target not in all_sources:
                yield _to_nothing(move, target, proposable)


def blocked(moves: Sequence[Move], places: Mapping[GroupKey, Place], known: Known) -> Iterator[Diagnostic]:
    """The warnings about keys that stay what they are, as the new key has a group of its own."""
    for move in held_back(moves, known):
        yield Diagnostic(
            Code.MOVE_BLOCKED,
            Text(
                '"{old}" is not moved: "{new}" {what_new_is}, and "{old}" {what_old_is}',
                old=move.source,
                new=move.target,
                what_new_is=_standing(known, move.target),
                what_old_is=_standing(known, move.source),
            ),
            Text(
                "if they are one group, have the state forget one of the two (zapi-sync state rm); "
                "if not, remove this move"
            ),
            places[move.source].location if move.source in places else None,
            Severity.WARNING,
        )


def _standing(known: Known, key: GroupKey) -> Text:
    """What a key stands for by now, as the end of a sentence that begins with the key."""
    if key in known.groups:
        return Text("is the group {group}", group=known.groups[key].phone)
    return Text("is unsettled") if key in known.open else Text("is what another key becomes")


def _circles(moves: Sequence[Move]) -> dict[GroupKey, list[GroupKey]]:
    """Each key of a circle with all of its keys, beginning with the one that was written first."""
    target_of = {move.source: move.target for move in reversed(moves)}
    circles: dict[GroupKey, list[GroupKey]] = {}
    done: set[GroupKey] = set()
    for start in [move.source for move in moves]:
        way: dict[GroupKey, None] = {}
        key = start
        while key in target_of and key not in way and key not in done:
            way[key] = None
            key = target_of[key]
        if key in way:
            keys = list(way)
            circle = keys[keys.index(key) :]
            circles.update(dict.fromkeys(circle, circle))
        done |= way.keys()
    return circles


def _to_itself(move: Move, place: Place) -> Complaint:
    return Complaint(
        Code.MOVED_TO_ITSELF,
        place,
        Text('the key "{key}" is moved to itself', key=move.source),
        Text("write the new key here, as it stands in `groups`"),
    )


def _twice(what: str, place: Place, first: Place) -> Complaint:
    return Complaint(
        Code.MOVED_TWICE,
        place,
        what,
        Text("remove one of the two moves"),
        (Text("first written here"), first),
    )


def _circle(keys: Sequence[GroupKey], place: Place) -> Complaint:
    named = [*keys[:MAX_NAMED], *(["..."] if len(keys) > MAX_NAMED else []), keys[0]]
    return Complaint(
        Code.MOVED_IN_A_CIRCLE,
        place,
        Text("these keys are moved in a circle: {keys}", keys=" -> ".join(named)),
        Text("remove the move away from the key that stands in `groups`"),
    )


def _still_wanted(move: Move, place: Place, group: Place) -> Complaint:
    return Complaint(
        Code.MOVED_AND_WANTED,
        place,
        Text(
            'the key "{old}" is moved to "{new}", and still stands in `groups`',
            old=move.source,
            new=move.target,
        ),
        Text('write the group there as "{new}", or remove this move', new=move.target),
        (Text("it stands here"), group),
    )


def _to_nothing(move: Move, place: Place, keys: Collection[GroupKey]) -> Complaint:
    close = nearest(move.target, keys)
    return Complaint(
        Code.MOVED_TO_NOTHING,
        place,
        Text(
            'the key "{old}" is moved to "{new}", which is no key in `groups`',
            old=move.source,
            new=move.target,
        ),
        Text(
            'did you mean "{meant}"? If not, write the group under that key, or remove this move',
            meant=close,
        )
        if close
        else Text("write the group under that key, or remove this move"),
    )
