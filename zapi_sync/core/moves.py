"""Keys that are renamed: what is known under the old key goes to the new one, and nothing is created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.known import Known
from zapi_sync.dataclass import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zapi_sync.core.known import OpenAttempt
    from zapi_sync.core.model import GroupKey


@dataclass(frozen=True, slots=True)
class Move:
    """What was known as `source` is `target` from now on."""

    source: GroupKey
    target: GroupKey


def due(declared: Iterable[Move], known: Known) -> tuple[Move, ...]:
    """What is to be moved, from the key that it is known under to the last of its line.

    A line (a -> b, b -> c) ends at c, and what is known under the key nearest to its end goes there; nothing
    does, where the end is known itself. So no key that is known is ever overwritten.
    """
    moves = []
    for end, before in _lines(declared):
        known_before = [key for key in before if _knows(known, key)]
        if known_before and not _knows(known, end):
            moves.append(Move(known_before[0], end))
    return tuple(moves)


def held_back(declared: Iterable[Move], known: Known) -> list[Move]:
    """What is known under an old key and stays there, as another record or attempt is the new key's."""
    declared = tuple(declared)
    going = {move.source for move in due(declared, known)}
    return [
        Move(key, end)
        for end, before in _lines(declared)
        for key in before
        if _knows(known, key) and key not in going
    ]


def moved(known: Known, moves: Sequence[Move]) -> Known:
    """What is known once these moves are made: records and open attempts, each under its new key.

    It can be written state first, journal second: a crash in between leaves attempts under their old keys,
    for the next run to move.
    """
    if not moves or known.state is None:
        return known
    names = {move.source: move.target for move in moves}
    groups = {names.get(key, key): record for key, record in known.groups.items()}
    state = known.state if groups.keys() == known.groups.keys() else known.state.with_groups(groups)
    return Known(state, dict(_renamed(names, key, attempt) for key, attempt in known.open.items()))


def _renamed(
    names: Mapping[GroupKey, GroupKey], key: GroupKey, attempt: OpenAttempt
) -> tuple[GroupKey, OpenAttempt]:
    if key not in names:
        return key, attempt
    group = replace(attempt.intent.group, key=names[key])
    return names[key], replace(attempt, intent=replace(attempt.intent, group=group))


def _knows(known: Known, key: GroupKey) -> bool:
    return key in known.groups or key in known.open


def _lines(declared: Iterable[Move]) -> Iterator[tuple[GroupKey, list[GroupKey]]]:
    """Each key that is not moved on, and the keys that lead to it, the nearest first.

    Circles, and keys that are moved twice, are refused with the config (core/declared_moves.py).
    """
    source_of = {move.target: move.source for move in declared}
    sources = set(source_of.values())
    for end in [target for target in source_of if target not in sources]:
        before = [source_of[end]]
        while before[-1] in source_of:
            before.append(source_of[before[-1]])
        yield end, before
