"""What a person may change in the state by hand, and why some of it is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from zapi_sync.core.forms import GROUP_KEY, MAX_SERIAL
from zapi_sync.core.nearest import nearest
from zapi_sync.core.pacing import DAY, RequestLog
from zapi_sync.core.source import shortened
from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, Diagnostic, Location
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from zapi_sync.core.known import Known
    from zapi_sync.core.model import GroupKey
    from zapi_sync.core.moves import Move
    from zapi_sync.core.state import State

MAX_NAMED = 5


def why_not_known(key: str, known: Known, file: str) -> Diagnostic | None:
    """The complaint about a key that is neither in the state nor in doubt."""
    keys = {*known.groups, *known.open}
    if key in keys:
        return None
    close = nearest(key, keys)
    what: str = Text('the state has no "{key}"', key=shortened(key))
    if close:
        what += Text('; did you mean "{key}"?', key=close)
    return Diagnostic(
        Code.NOT_IN_STATE,
        what,
        Text("zapi-sync state list shows what it has"),
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
                Text('"{key}" cannot be the key of a group', key=shortened(move.target)),
                Text("a key is 1 to 100 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter or digit"),
            )
        ]
    if move.target in known.groups:
        return [
            Diagnostic(
                Code.KEY_IN_STATE,
                Text(
                    '"{key}" is in the state already, as {phone}',
                    key=move.target,
                    phone=known.groups[move.target].phone,
                ),
                Text("nothing was changed; a key stands for one group, for ever"),
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


def with_requests_of(after: State, before: State, now: datetime) -> State:
    """A state that takes the place of another one, and still knows every create request of the last day.

    A group that is forgotten was created all the same: its request counts for pace and budget.
    """
    logs = {**before.requests, **after.requests}
    for instance, log in before.requests.items():
        own = logs[instance]
        fruitless = {**log.fruitless, **own.fruitless}
        later = max((log, own), key=lambda each: each.not_before or datetime.min.replace(tzinfo=UTC))
        logs[instance] = replace(later, fruitless=fruitless)
    kept = {record.phone for record in after.groups.values()}
    for record in before.groups.values():
        if record.phone not in kept:
            log = logs.get(record.instance, RequestLog())
            logs[record.instance] = log.with_fruitless(record.phone, record.created_at)
    return after.with_requests({instance: log.since(now - DAY) for instance, log in logs.items()})


def _unsettled(key: str, known: Known, file: str) -> Diagnostic | None:
    if key not in known.open:
        return None
    return Diagnostic(
        Code.KEY_UNSETTLED,
        Text(
            '"{key}" is unsettled: what became of its creation is not known, and must not be forgotten',
            key=key,
        ),
        Text(
            "settle it first: zapi-sync apply looks again, zapi-sync resolve {key} settles it by hand; "
            "nothing was changed",
            key=key,
        ),
        Location(file),
    )


def _never_pushed(pushed: State, known: Known) -> Iterator[tuple[Code, str, str]]:
    """What would have a second request sent for a creation in doubt, or make the state unreadable."""
    settle = Text("settle it first: zapi-sync apply, or zapi-sync resolve; nothing was changed")
    for key, attempt in known.open.items():
        instance = attempt.intent.group.instance
        if key in pushed.groups:
            yield (
                Code.KEY_UNSETTLED,
                Text('"{key}" is unsettled, and this state has a group for it', key=key),
                settle,
            )
        elif known.state and (pushed.lineage, pushed.remote, pushed.instances.get(instance)) != (
            known.state.lineage,
            known.state.remote,
            known.state.instances.get(instance),
        ):
            what = Text(
                '"{key}" is unsettled, and this state does not speak of the instance that it was sent to',
                key=key,
            )
            yield Code.KEY_UNSETTLED, what, settle
    if pushed.serial >= MAX_SERIAL:
        what = Text("its serial is {serial}, and none comes after it", serial=pushed.serial)
        yield Code.NOT_THE_NEXT_STATE, what, Text("write a smaller one into it; nothing was changed")


def _no_successor(pushed: State, state: State) -> Iterator[tuple[Code, str, str]]:
    code = Code.NOT_THE_NEXT_STATE
    other = Text("is it the state that was meant? --force pushes it all the same; nothing was changed")
    if pushed.lineage != state.lineage:
        yield (
            code,
            Text(
                "its lineage is {lineage}, and that of the state here is {lineage_here}",
                lineage=pushed.lineage,
                lineage_here=state.lineage,
            ),
            other,
        )
    if pushed.remote != state.remote:
        yield (
            code,
            Text(
                "it speaks of groups at {remote}, and the state here of {remote_here}",
                remote=pushed.remote,
                remote_here=state.remote,
            ),
            other,
        )
    for name, digest in state.instances.items():
        if pushed.instances.get(name, digest) != digest:
            yield code, Text('it speaks of another Z-API instance under the name "{name}"', name=name), other
    if pushed.lineage == state.lineage and pushed.serial <= state.serial:
        older = Text(
            "its serial is {serial}, and it is older than the state here, whose serial is {serial_here}",
            serial=pushed.serial,
            serial_here=state.serial,
        )
        other_of_the_same = Text(
            "its serial is {serial}, and it is not the same as the state here, whose serial is {serial_here}",
            serial=pushed.serial,
            serial_here=state.serial,
        )
        yield (
            code,
            older if pushed.serial < state.serial else other_of_the_same,
            Text(
                "pull again, and make the change in that, with the serial raised by one; "
                "--force pushes it all the same; nothing was changed"
            ),
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
            Text("it knows nothing of groups that the state here knows: {keys}", keys=named(lost)),
            Text(
                "where the config wants them they would be created again; state rm and state mv "
                "change one key; --force forgets them; nothing was changed"
            ),
        )


def named(keys: Sequence[GroupKey]) -> str:
    """The first keys, and how many more there are."""
    more = len(keys) - MAX_NAMED
    return ", ".join(keys[:MAX_NAMED]) + (Text(" and {count} more", count=more) if more > 0 else "")
