"""The journal: what was attempted since the state was last written, a line an event, each durable by itself.

An attempt is an intent, then `sending` just before the first byte of the request, then its outcome. An intent
without `sending` was never sent; `sending` without an outcome, or with an unknown one, is in doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.core.known import Known, OpenAttempt
from zapi_sync.core.model import (
    Record,
    digest_of_phones,
)
from zapi_sync.core.outcome import Absent, Created, Rejected, Unknown, Unsent
from zapi_sync.dataclass import dataclass, field, replace
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from zapi_sync.core.model import (
        Group,
        GroupId,
        GroupKey,
        How,
    )
    from zapi_sync.core.outcome import Outcome
    from zapi_sync.core.state import State


@dataclass(frozen=True, slots=True)
class Begin:
    """The first line: which state this journal goes on from."""

    lineage: str
    serial: int


@dataclass(frozen=True, slots=True)
class Intent:
    """A group is about to be created: the whole request, under the attempt's own id."""

    at: datetime
    attempt: str
    group: Group
    same_name: tuple[GroupId, ...] = ()
    """The groups that already bore this name on the instance: none of them can come of this attempt."""


@dataclass(frozen=True, slots=True)
class Sending:
    """The connection stands, and the first byte of the request is about to leave."""

    at: datetime
    attempt: str


@dataclass(frozen=True, slots=True)
class Concluded:
    """What became of the attempt."""

    at: datetime
    attempt: str
    outcome: Outcome | Absent


@dataclass(frozen=True, slots=True)
class Adopted:
    """A group that exists is the key's from now on; an attempt of the key in doubt is settled by this."""

    at: datetime
    group: Group
    created: Created
    created_at: datetime
    how: How


@dataclass(frozen=True, slots=True)
class LinkFound:
    """The invite link of a group whose creation gave none."""

    at: datetime
    key: GroupKey
    link: str


Event: TypeAlias = Begin | Intent | Sending | Concluded | Adopted | LinkFound


def replay(state: State, events: Iterable[Event]) -> Known:
    """The state with a journal's events on top; replaying them a second time changes nothing."""
    run = _Replay(dict(state.groups))
    for event in events:
        run.take(event)
    still_open = {key: attempt for key, attempt in run.open.items() if key not in run.groups}
    return Known(state if run.groups == state.groups else state.with_groups(run.groups), still_open)


@dataclass(slots=True)
class _Replay:
    groups: dict[GroupKey, Record]
    intents: dict[str, Intent] = field(default_factory=dict)
    open: dict[GroupKey, OpenAttempt] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        match event:
            case Begin():
                pass
            case Intent():
                self.intents[event.attempt] = event
            case Sending():
                reason = Text("the run ended before the answer was written down")
                self._doubt(event.attempt, event.at, reason)
            case Concluded():
                self._conclude(event)
            case Adopted(group=group):
                self.open.pop(group.key, None)
                record = record_of(group, event.created, event.created_at)
                self.groups[group.key] = replace(record, how=event.how)
            case LinkFound(key=key) if key in self.groups:
                self.groups[key] = replace(self.groups[key], invitation_link=event.link)

    def _conclude(self, event: Concluded) -> None:
        group = self.intents[event.attempt].group
        match event.outcome:
            case Unknown(reason):
                self._doubt(event.attempt, event.at, reason)
            case Created() as created:
                self.open.pop(group.key, None)
                self.groups[group.key] = record_of(group, created, event.at)
            case Rejected() | Unsent() | Absent():
                self.open.pop(group.key, None)

    def _doubt(self, attempt: str, at: datetime, reason: str) -> None:
        """In doubt since it was first sent, for the reason last told."""
        intent = self.intents[attempt]
        before = self.open.get(intent.group.key)
        self.open[intent.group.key] = OpenAttempt(intent, before.sent_at if before else at, reason)


def record_of(group: Group, created: Created, at: datetime) -> Record:
    """The record of a group that was just created."""
    return Record(
        instance=group.instance,
        phone=created.phone,
        invitation_link=created.invitation_link,
        phones_not_added=created.phones_not_added,
        group_name=group.group_name,
        auto_invite=group.auto_invite,
        phones_digest=digest_of_phones(group.phones),
        created_at=at,
    )


def reopened(state: State, open_attempts: Iterable[OpenAttempt]) -> list[Event]:
    """The events of a fresh journal that holds nothing but what is still in doubt."""
    events: list[Event] = [Begin(state.lineage, state.serial)]
    for each in open_attempts:
        events += [
            each.intent,
            Sending(each.sent_at, each.intent.attempt),
            Concluded(each.sent_at, each.intent.attempt, Unknown(each.reason)),
        ]
    return events
