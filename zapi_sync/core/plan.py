"""What is wanted against what is known: a plan of steps, each of them data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeVar

from zapi_sync.core.model import digest_of_phones
from zapi_sync.core.moves import due, moved
from zapi_sync.core.names import comparable_name
from zapi_sync.core.pacing import History, RequestLog
from zapi_sync.dataclass import dataclass, field, replace
from zapi_sync.language import Plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from zapi_sync.core.known import Known, OpenAttempt
    from zapi_sync.core.model import (
        Group,
        GroupId,
        GroupKey,
        InstanceName,
        Record,
    )
    from zapi_sync.core.moves import Move


@dataclass(frozen=True, slots=True)
class Create:
    """Missing: apply creates it. `same_name` are the groups on the instance that bear its name already."""

    action: ClassVar[str] = "create"
    group: Group
    same_name: tuple[GroupId, ...] = ()

    @property
    def key(self) -> GroupKey:
        return self.group.key


@dataclass(frozen=True, slots=True)
class Taken:
    """Missing, and not created, because its name is taken on the instance: by groups that no state knows, or
    by the group or the open attempt of another key, `by`."""

    action: ClassVar[str] = "taken"
    group: Group
    ids: tuple[GroupId, ...] = ()
    by: GroupKey | None = None

    @property
    def key(self) -> GroupKey:
        return self.group.key


@dataclass(frozen=True, slots=True)
class Adopt:
    """Missing, and the one group of this name on the instance is to be taken for it (--existing adopt)."""

    action: ClassVar[str] = "adopt"
    group: Group
    id: GroupId

    @property
    def key(self) -> GroupKey:
        return self.group.key


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Created, and wanted as it was created."""

    action: ClassVar[str] = "unchanged"
    key: GroupKey
    record: Record


@dataclass(frozen=True, slots=True)
class Difference:
    """An attribute that is no longer wanted as it was created; None where only a digest is known."""

    attribute: str
    created: str | None
    wanted: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Created, and wanted otherwise now: shown, never applied."""

    action: ClassVar[str] = "changed"
    key: GroupKey
    record: Record
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Orphaned:
    """Created, and no longer in the config: shown, never touched."""

    action: ClassVar[str] = "orphaned"
    key: GroupKey
    record: Record


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Sent once, with an outcome that nobody knows: no second request while that is so."""

    action: ClassVar[str] = "unsettled"
    key: GroupKey
    attempt: OpenAttempt


Step: TypeAlias = Create | Taken | Adopt | Unchanged | Changed | Orphaned | Unsettled
_Kind = TypeVar("_Kind", bound=Step)

ACTIONS = tuple(step.action for step in (Create, Adopt, Taken, Changed, Orphaned, Unsettled, Unchanged))


@dataclass(frozen=True, slots=True)
class Plan:
    """Every group of config, state and journal once: the config's in its order, then the others by key.

    `moves` come first: the steps are those of what is known once these keys are renamed.
    """

    steps: tuple[Step, ...]
    moves: tuple[Move, ...] = ()
    requests: Mapping[InstanceName, RequestLog] = field(default_factory=dict)
    """What the state keeps of each instance's requests besides its groups."""

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        """The steps of one kind, in order."""
        return [step for step in self.steps if isinstance(step, kind)]

    def only(self, keys: Collection[GroupKey] | None) -> Plan:
        """The plan with nothing missing but these keys; None stands for all."""
        if keys is None:
            return self
        missing = (Create, Taken, Adopt)
        kept = (step for step in self.steps if step.key in keys or not isinstance(step, missing))
        return replace(self, steps=tuple(kept))

    def histories(self) -> Mapping[InstanceName, History]:
        """When create requests left on each instance, and until when rate limits stop it."""
        moments = {instance: list(log.fruitless.values()) for instance, log in self.requests.items()}
        for step in self.steps:
            if isinstance(step, (Unchanged, Changed, Orphaned)):
                moments.setdefault(step.record.instance, []).append(step.record.created_at)
            elif isinstance(step, Unsettled):
                instance = step.attempt.intent.group.instance
                moments.setdefault(instance, []).append(step.attempt.sent_at)
        return {
            instance: History(sorted(each), self.requests.get(instance, RequestLog()).not_before)
            for instance, each in moments.items()
        }

    def counts(self) -> dict[str, int]:
        """How many steps there are of each action, none left out."""
        counted = Counter(step.action for step in self.steps)
        return {action: counted[action] for action in ACTIONS}


def make_plan(wanted: Sequence[Group], known: Known, moves: Sequence[Move] = ()) -> Plan:
    """The plan that makes `wanted` true, as far as creating goes, after what the config's `moves` come to."""
    now_due = due(moves, known)
    requests = known.state.requests if known.state else {}
    return Plan(tuple(_steps(wanted, moved(known, now_due))), now_due, requests)


def name_on_instance(group: Group | Record) -> tuple[InstanceName, str]:
    """What tells groups apart on the remote side."""
    return (group.instance, comparable_name(group.group_name))


def _steps(wanted: Sequence[Group], known: Known) -> Iterator[Step]:
    records = known.groups
    keys = {group.key for group in wanted}
    taken: dict[tuple[InstanceName, str], tuple[GroupKey, tuple[GroupId, ...]]] = {
        **{name_on_instance(record): (key, (record.phone,)) for key, record in records.items()},
        **{name_on_instance(attempt.intent.group): (key, ()) for key, attempt in known.open.items()},
    }
    for group in wanted:
        if group.key in records:
            yield _compare(group, records[group.key])
        elif group.key in known.open:
            yield Unsettled(group.key, known.open[group.key])
        elif name_on_instance(group) in taken:
            by, ids = taken[name_on_instance(group)]
            yield Taken(group, ids, by)
        else:
            yield Create(group)
    yield from (Orphaned(key, records[key]) for key in sorted(records) if key not in keys)
    yield from (Unsettled(key, known.open[key]) for key in sorted(known.open) if key not in keys)


def _compare(group: Group, record: Record) -> Unchanged | Changed:
    differences = tuple(_differences(group, record))
    return Changed(group.key, record, differences) if differences else Unchanged(group.key, record)


def _differences(group: Group, record: Record) -> Iterator[Difference]:
    if group.instance != record.instance:
        yield Difference("instance", record.instance, group.instance)
    if group.group_name != record.group_name:
        yield Difference("groupName", record.group_name, group.group_name)
    if group.auto_invite != record.auto_invite:
        yield Difference("autoInvite", _word(record.auto_invite), _word(group.auto_invite))
    if digest_of_phones(group.phones) != record.phones_digest:
        number = len(group.phones)
        phones = Plural("{count} phones", "{count} phones", number, count=number)
        yield Difference("phones", None, phones)


def _word(value: bool) -> str:
    return "true" if value else "false"
