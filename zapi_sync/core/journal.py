"""The journal: what was attempted since the state was last written, a line an event, each durable by itself.

An attempt is an intent, then `sending` just before the first byte of the request, then its outcome. An intent
without `sending` was never sent; `sending` without an outcome, or with an unknown one, is in doubt.
"""

from __future__ import annotations

from datetime import MINYEAR, UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.core.known import Known, OpenAttempt
from zapi_sync.core.model import (
    Record,
    digest_of_phones,
)
from zapi_sync.core.outcome import Absent, Created, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import DAY, RequestLog
from zapi_sync.dataclass import dataclass, field, replace
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zapi_sync.core.model import (
        Group,
        GroupId,
        GroupKey,
        How,
        InstanceName,
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
    not_before: datetime | None = None
    """Until then no further request leaves on the instance: the answer asked to slow down."""


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
    run = _Replay(dict(state.groups), dict(state.requests))
    for event in events:
        run.take(event)
    still_open = {key: attempt for key, attempt in run.open.items() if key not in run.groups}
    after = state.with_requests(run.recent_requests())
    is_same = (run.groups, after.requests) == (state.groups, state.requests)
    return Known(state if is_same else after.with_groups(run.groups), still_open)


@dataclass(slots=True)
class _Replay:
    groups: dict[GroupKey, Record]
    requests: dict[InstanceName, RequestLog]
    intents: dict[str, Intent] = field(default_factory=dict)
    sent: dict[str, datetime] = field(default_factory=dict)
    latest: datetime = datetime.min.replace(tzinfo=UTC)
    open: dict[GroupKey, OpenAttempt] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        if not isinstance(event, Begin):
            self.latest = max(self.latest, event.at)
        match event:
            case Begin():
                pass
            case Intent():
                self.intents[event.attempt] = event
            case Sending():
                self.sent.setdefault(event.attempt, event.at)
                reason = Text("the run ended before the answer was written down")
                self._doubt(event.attempt, event.at, reason)
            case Concluded():
                self._conclude(event)
            case Adopted(group=group):
                self._count_if_another(event, self.open.pop(group.key, None))
                record = record_of(group, event.created, event.created_at)
                self.groups[group.key] = replace(record, how=event.how)
            case LinkFound(key=key) if key in self.groups:
                self.groups[key] = replace(self.groups[key], invitation_link=event.link)

    def _conclude(self, event: Concluded) -> None:
        group = self.intents[event.attempt].group
        log = self.requests.get(group.instance, RequestLog())
        match event.outcome:
            case Unknown(reason, refused):
                self._doubt(event.attempt, event.at, reason, refused=refused)
            case Created() as created:
                self.open.pop(group.key, None)
                self.groups[group.key] = record_of(group, created, event.at)
                log = log.after_creation()
            case Rejected() | Absent():
                self.open.pop(group.key, None)
                log = log.with_fruitless(event.attempt, self.sent.get(event.attempt, event.at))
            case Unsent():
                self.open.pop(group.key, None)
        self.requests[group.instance] = log.limited(event.not_before) if event.not_before else log

    def _count_if_another(self, event: Adopted, attempt: OpenAttempt | None) -> None:
        """A key whose unsettled request is settled with a group that it did not make: the request counts."""
        if attempt and abs(event.created_at - attempt.sent_at) > timedelta(hours=1):
            instance = attempt.intent.group.instance
            log = self.requests.get(instance, RequestLog())
            self.requests[instance] = log.with_fruitless(attempt.intent.attempt, attempt.sent_at)

    def recent_requests(self) -> dict[InstanceName, RequestLog]:
        """The logs without what is a day older than the newest event."""
        since = self.latest - DAY if self.latest.year > MINYEAR else self.latest
        return {instance: log.since(since) for instance, log in self.requests.items()}

    def _doubt(self, attempt: str, at: datetime, reason: str, *, refused: bool = False) -> None:
        """In doubt since it was first sent, for the reason last told."""
        intent = self.intents[attempt]
        before = self.open.get(intent.group.key)
        sent_at = before.sent_at if before else at
        self.open[intent.group.key] = OpenAttempt(intent, sent_at, reason, at if refused else None)


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
            Concluded(
                each.refused_at or each.sent_at,
                each.intent.attempt,
                Unknown(each.reason, refused=each.refused_at is not None),
            ),
        ]
    return events
