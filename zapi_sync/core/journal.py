"""The journal: what was attempted since the state was last written, a line an event, each durable by itself.

An attempt is an intent, then `sending` just before the first byte of the request, then its outcome. An intent
without `sending` was never sent; `sending` without an outcome, or with an unknown one, is in doubt.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, assert_never, cast

from zapi_sync.core.model import (
    Group,
    GroupId,
    GroupKey,
    InstanceName,
    Phone,
    Record,
    digest_of_phones,
)
from zapi_sync.core.outcome import Cause, Created, Outcome, Rejected, Unknown, Unsent
from zapi_sync.core.state import State, moment_of, timestamp
from zapi_sync.errors import Location, StateInvalid

VERSION = 1


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
    outcome: Outcome


Event: TypeAlias = Begin | Intent | Sending | Concluded


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that was sent and whose outcome nobody knows: no second request while it is open."""

    intent: Intent
    sent_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """State and journal together: what was created, and what is in doubt; no state where nothing ever was."""

    state: State | None = None
    open: Mapping[GroupKey, OpenAttempt] = field(default_factory=dict)

    @property
    def groups(self) -> Mapping[GroupKey, Record]:
        return self.state.groups if self.state else {}

    def creations(self, instance: InstanceName) -> list[datetime]:
        """When groups were created, or may have been, on an instance; sorted."""
        created = [record.created_at for record in self.groups.values() if record.instance == instance]
        sent = [each.sent_at for each in self.open.values() if each.intent.group.instance == instance]
        return sorted(created + sent)


def replay(state: State, events: Iterable[Event]) -> Known:
    """The state with a journal's events on top; replaying them a second time changes nothing."""
    groups = dict(state.groups)
    intents: dict[str, Intent] = {}
    open_attempts: dict[GroupKey, OpenAttempt] = {}
    for event in events:
        match event:
            case Begin():
                pass
            case Intent():
                intents[event.attempt] = event
            case Sending():
                intent = intents[event.attempt]
                reason = "the run ended before the answer was written down"
                open_attempts[intent.group.key] = OpenAttempt(intent, event.at, reason)
            case Concluded(outcome=Unknown(reason)):
                intent = intents[event.attempt]
                opened = open_attempts.get(intent.group.key)
                sent_at = opened.sent_at if opened else event.at
                open_attempts[intent.group.key] = OpenAttempt(intent, sent_at, reason)
            case Concluded():
                key = intents[event.attempt].group.key
                open_attempts.pop(key, None)
                if isinstance(event.outcome, Created):
                    groups[key] = record_of(intents[event.attempt].group, event.outcome, event.at)
            case _:
                assert_never(event)
    still_open = {key: attempt for key, attempt in open_attempts.items() if key not in groups}
    if groups != state.groups:
        state = state.with_groups(groups)
    return Known(state, still_open)


def check_belongs(journal: Journal, state: State, file: str) -> None:
    """Raises StateInvalid where a journal goes on from another state than this one, or from a later one."""
    begin = journal.events[0] if journal.events else None
    if not isinstance(begin, Begin):
        return
    if begin.lineage != state.lineage:
        why = f"it goes on from another state (lineage {begin.lineage}, and the state's is {state.lineage})"
    elif begin.serial > state.serial:
        why = f"it goes on from serial {begin.serial}, and the state beside it is at serial {state.serial}"
    else:
        return
    raise StateInvalid.of(
        f"the journal does not fit the state: {why}",
        help="put back the state that belongs to it (the two files are one thing); nothing was sent",
        file=file,
    )


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


def line_of(number: int, event: Event) -> bytes:
    """An event as a line: one JSON object with its number and the CRC-32 of everything before the CRC."""
    body = json.dumps({"n": number, **_members(event)}, separators=(",", ":"))[:-1]
    return f'{body},"crc":"{zlib.crc32(body.encode()):08x}"}}\n'.encode()


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as read: its events, and how many bytes of the file they take (a torn last line left out)."""

    events: Sequence[Event]
    length: int


def parse_journal(raw: bytes, file: str) -> Journal:
    """The events in a journal's bytes.

    The last line may be torn: it was never acknowledged, so it is dropped. Raises StateInvalid for anything
    else that is not as it was written.
    """
    *lines, torn = raw.split(b"\n")
    events: list[Event] = []
    attempts: set[str] = set()
    for number, line in enumerate(lines, start=1):
        event = _event(number, line, file)
        if isinstance(event, Begin) != (number == 1):
            raise _broken(file, number, "its first line and no other says where it begins")
        if isinstance(event, Intent):
            attempts.add(event.attempt)
        elif not isinstance(event, Begin) and event.attempt not in attempts:
            raise _broken(file, number, "it speaks of an attempt that no earlier line announces")
        events.append(event)
    return Journal(events, len(raw) - len(torn))


def _event(number: int, line: bytes, file: str) -> Event:
    body, separator, crc = line.rpartition(b',"crc":"')
    if not separator or crc != f'{zlib.crc32(body):08x}"}}'.encode():
        raise _broken(file, number, "its checksum does not match")
    try:
        members = json.loads(body + b"}")
        if members["n"] != number:
            raise _broken(file, number, f"it is numbered {members['n']}")
        return _event_of(members)
    except (ValueError, KeyError, TypeError):
        raise _broken(file, number, "it is of no known form; a newer zapi-sync may have written it") from None


def _broken(file: str, number: int, why: str) -> StateInvalid:
    return StateInvalid.at(
        Location(file, number, 1),
        f"the journal cannot be used: line {number} is not as it was written ({why})",
        help="restore state and journal together from a backup; "
        "nothing was sent, because what this line says is needed to not create a group twice",
    )


def _members(event: Event) -> dict[str, object]:
    match event:
        case Begin():
            return {"event": "begin", "version": VERSION, "lineage": event.lineage, "serial": event.serial}
        case Intent(group=group):
            return {
                "event": "intent",
                "at": timestamp(event.at),
                "attempt": event.attempt,
                "key": group.key,
                "instance": group.instance,
                "groupName": group.group_name,
                "autoInvite": group.auto_invite,
                "phones": list(group.phones),
            }
        case Sending():
            return {"event": "sending", "at": timestamp(event.at), "attempt": event.attempt}
        case Concluded(outcome=outcome):
            return {"at": timestamp(event.at), "attempt": event.attempt, **_outcome_members(outcome)}
        case _:
            assert_never(event)


def _outcome_members(outcome: Outcome) -> dict[str, object]:
    match outcome:
        case Created():
            return {
                "event": "created",
                "phone": outcome.phone,
                "invitationLink": outcome.invitation_link,
                "phonesNotAdded": list(outcome.phones_not_added),
            }
        case Rejected():
            return {"event": "rejected", "cause": outcome.cause, "said": outcome.said}
        case Unsent(reason):
            return {"event": "unsent", "reason": reason}
        case Unknown(reason):
            return {"event": "unknown", "reason": reason}
        case _:
            assert_never(outcome)


def _event_of(members: Mapping[str, object]) -> Event:
    """The event of a line's members. Raises KeyError, ValueError or TypeError where they make none."""
    kind = members["event"]
    if kind == "begin":
        if members["version"] != VERSION:
            raise ValueError("version")
        return Begin(str(members["lineage"]), cast(int, members["serial"]))
    at, attempt = moment_of(str(members["at"])), str(members["attempt"])
    if kind == "intent":
        group = Group(
            key=GroupKey(str(members["key"])),
            instance=InstanceName(str(members["instance"])),
            group_name=str(members["groupName"]),
            auto_invite=bool(members["autoInvite"]),
            phones=tuple(Phone(str(phone)) for phone in cast(list[str], members["phones"])),
        )
        return Intent(at, attempt, group)
    if kind == "sending":
        return Sending(at, attempt)
    return Concluded(at, attempt, _outcome_of(str(kind), members))


def _outcome_of(kind: str, members: Mapping[str, object]) -> Outcome:
    if kind == "created":
        return Created(
            phone=GroupId(str(members["phone"])),
            invitation_link=cast("str | None", members["invitationLink"]),
            phones_not_added=tuple(str(phone) for phone in cast(list[str], members["phonesNotAdded"])),
        )
    if kind == "rejected":
        return Rejected(Cause(str(members["cause"])), str(members["said"]))
    if kind == "unsent":
        return Unsent(str(members["reason"]))
    if kind == "unknown":
        return Unknown(str(members["reason"]))
    raise ValueError(kind)
