"""What is wanted against what is known: a plan of steps, each of them data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias, TypeVar

from zapi_sync.core.journal import Known, OpenAttempt
from zapi_sync.core.model import Group, GroupKey, Record, digest_of_phones


@dataclass(frozen=True, slots=True)
class Create:
    """Missing: apply creates it. `namesake` is a key no longer in the config whose group bears this name."""

    action: ClassVar[str] = "create"
    group: Group
    namesake: GroupKey | None = None

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


Step: TypeAlias = Create | Unchanged | Changed | Orphaned | Unsettled
_Kind = TypeVar("_Kind", bound=Step)

ACTIONS = tuple(step.action for step in (Create, Changed, Orphaned, Unsettled, Unchanged))


@dataclass(frozen=True, slots=True)
class Plan:
    """Every group of config, state and journal once: the config's in its order, then the others by key."""

    steps: tuple[Step, ...]

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        """The steps of one kind, in order."""
        return [step for step in self.steps if isinstance(step, kind)]

    def counts(self) -> dict[str, int]:
        """How many steps there are of each action, none left out."""
        counted = Counter(step.action for step in self.steps)
        return {action: counted[action] for action in ACTIONS}


def make_plan(wanted: Sequence[Group], known: Known) -> Plan:
    """The plan that makes `wanted` true, as far as creating goes."""
    return Plan(tuple(_steps(wanted, known)))


def _steps(wanted: Sequence[Group], known: Known) -> Iterator[Step]:
    records = known.groups
    keys = {group.key for group in wanted}
    orphans = {key: record for key, record in sorted(records.items()) if key not in keys}
    names = {(record.instance, record.group_name): key for key, record in orphans.items()}
    for group in wanted:
        if group.key in records:
            yield _compare(group, records[group.key])
        elif group.key in known.open:
            yield Unsettled(group.key, known.open[group.key])
        else:
            yield Create(group, names.get((group.instance, group.group_name)))
    for key, record in orphans.items():
        yield Orphaned(key, record)
    for key, attempt in sorted(known.open.items()):
        if key not in keys:
            yield Unsettled(key, attempt)


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
        yield Difference("phones", None, f"{len(group.phones)} phones")


def _word(value: bool) -> str:
    return "true" if value else "false"
