"""What a person may change in the state by hand, and why some of it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.forms import GROUP_KEY, MAX_SERIAL
from zapi_sync.core.nearest import nearest
from zapi_sync.core.source import shortened
from zapi_sync.errors import Code, Diagnostic, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from zapi_sync.core.known import Known
    from zapi_sync.core.model import GroupKey
    from zapi_sync.core.moves import Move
    from zapi_sync.core.state import State

MAX_NAMED = 5
_LEFT = "nothing was changed"


def why_not_known(key: str, known: Known, file: str) -> Diagnostic | None:
    """The complaint about a key that is neither in the state nor in doubt."""
    keys = {*known.groups, *known.open}
    if key in keys:
        return None
    close = nearest(key, keys)
    near = f'; did you mean "{close}"?' if close else ""
    return Diagnostic(
        Code.NOT_IN_STATE,
        f'the state has no "{shortened(key)}"{near}',
        "zapi-sync state list shows what it has",
        Location(file),
    )


def why_not_forgotten(keys: Iterable[str], known: Known, file: str) -> list[Diagnostic]:
    """Why the state must not forget these keys."""
    found = (why_not_known(key, known, file) or _unsettled(key, known, file) for key in keys)
    return [each for each in found if each]


def why_not_moved(move: Move, known: Known, file: str) -> list[Diagnostic]:
    """Why a key must not be renamed so."""
    if not GROUP_KEY.fullmatch(move.target):
        return [
            Diagnostic(
                Code.IMPOSSIBLE_KEY,
                f'"{shortened(move.target)}" cannot be the key of a group',
                "a key is 1 to 100 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter or digit",
            )
        ]
    if move.target in known.groups:
        return [
            Diagnostic(
                Code.KEY_IN_STATE,
                f'"{move.target}" is in the state already, as {known.groups[move.target].phone}',
                f"{_LEFT}; a key stands for one group, for ever",
                Location(file),
            )
        ]
    in_the_way = _unsettled(move.target, known, file)
    return [in_the_way] if in_the_way else why_not_forgotten([move.source], known, file)


def why_not_pushed(pushed: State, known: Known, file: str, *, force: bool) -> list[Diagnostic]:
    """Why a state must not take the place of what is known; `force` overrides all but a creation in doubt."""
    never = list(_never_pushed(pushed, known))
    state = known.state
    doubtful = (
        [] if never or force or state is None else [*_no_successor(pushed, state), *_forgotten(pushed, state)]
    )
    return [Diagnostic(code, message, hint, Location(file)) for code, message, hint in never or doubtful]


def _unsettled(key: str, known: Known, file: str) -> Diagnostic | None:
    if key not in known.open:
        return None
    return Diagnostic(
        Code.KEY_UNSETTLED,
        f'"{key}" is unsettled: what became of its creation is not known, and must not be forgotten',
        f"settle it first: zapi-sync apply looks again, zapi-sync resolve {key} settles it by hand; {_LEFT}",
        Location(file),
    )


def _never_pushed(pushed: State, known: Known) -> Iterator[tuple[Code, str, str]]:
    """What would have a second request sent for a creation in doubt, or make the state unreadable."""
    settle = f"settle it first: zapi-sync apply, or zapi-sync resolve; {_LEFT}"
    for key, attempt in known.open.items():
        instance = attempt.intent.group.instance
        if key in pushed.groups:
            yield Code.KEY_UNSETTLED, f'"{key}" is unsettled, and this state has a group for it', settle
        elif known.state and (pushed.lineage, pushed.remote, pushed.instances.get(instance)) != (
            known.state.lineage,
            known.state.remote,
            known.state.instances.get(instance),
        ):
            what = f'"{key}" is unsettled, and this state does not speak of the instance that it was sent to'
            yield Code.KEY_UNSETTLED, what, settle
    if pushed.serial >= MAX_SERIAL:
        what = f"its serial is {pushed.serial}, and none comes after it"
        yield Code.NOT_THE_NEXT_STATE, what, f"write a smaller one into it; {_LEFT}"


def _no_successor(pushed: State, state: State) -> Iterator[tuple[Code, str, str]]:
    code = Code.NOT_THE_NEXT_STATE
    other = f"is it the state that was meant? --force pushes it all the same; {_LEFT}"
    if pushed.lineage != state.lineage:
        yield code, f"its lineage is {pushed.lineage}, and that of the state here is {state.lineage}", other
    if pushed.remote != state.remote:
        yield code, f"it speaks of groups at {pushed.remote}, and the state here of {state.remote}", other
    for name, digest in state.instances.items():
        if pushed.instances.get(name, digest) != digest:
            yield code, f'it speaks of another Z-API instance under the name "{name}"', other
    if pushed.lineage == state.lineage and pushed.serial <= state.serial:
        how = "older than" if pushed.serial < state.serial else "not the same as"
        yield (
            code,
            f"its serial is {pushed.serial}, and it is {how} the state here, whose serial is {state.serial}",
            "pull again, and make the change in that, with the serial raised by one; "
            f"--force pushes it all the same; {_LEFT}",
        )


def _forgotten(pushed: State, state: State) -> Iterator[tuple[Code, str, str]]:
    lost = [
        key
        for key, record in state.groups.items()
        if key not in pushed.groups or pushed.groups[key].phone != record.phone
    ]
    if lost:
        yield (
            Code.GROUPS_FORGOTTEN,
            f"it knows nothing of groups that the state here knows: {named(lost)}",
            "where the config wants them they would be created again; state rm and state mv change one key; "
            f"--force forgets them; {_LEFT}",
        )


def named(keys: Sequence[GroupKey]) -> str:
    """The first keys, and how many more there are."""
    more = len(keys) - MAX_NAMED
    return ", ".join(keys[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
