"""The journal as text: JSON Lines, each with its number and a checksum."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, assert_never

from zapi_sync.core import forms
from zapi_sync.core.journal import Adopted, Begin, Concluded, Intent, LinkFound, Sending
from zapi_sync.core.json_text import unique_members
from zapi_sync.core.model import Group, GroupId, GroupKey, How, InstanceName
from zapi_sync.core.moments import moment_of, timestamp
from zapi_sync.core.outcome import Absent, Cause, Created, Rejected, Unknown, Unsent
from zapi_sync.core.phones import Phone
from zapi_sync.dataclass import dataclass
from zapi_sync.errors import Code, Location, StateInvalid
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zapi_sync.core.journal import Event
    from zapi_sync.core.outcome import Outcome
    from zapi_sync.core.sealing import Keyring, Seal
    from zapi_sync.core.state import State

VERSION = 2
"""Version 1 knew no refusals that prove nothing, and no rate limits; it is still read."""
MAX_TEXT = 2000
"""Characters of a text that has no form of its own."""

_FORMS = {
    "key": forms.GROUP_KEY,
    "instance": forms.INSTANCE_NAME,
    "lineage": forms.LINEAGE,
    "attempt": re.compile("[0-9A-Za-z@._-]{1,128}"),
    "phone": forms.GROUP_ID,
    "sameName": forms.GROUP_ID,
    "phones": re.compile("[0-9]{8,15}"),
    "phonesNotAdded": forms.PARTICIPANT,
    "invitationLink": forms.INVITATION_LINK,
    "groupName": re.compile(f"(?s:.{{1,{forms.MAX_NAME}}})"),
}
_RESTORE = Text(
    "restore state and journal together from a backup; "
    "nothing was sent, because what this line says is needed to not create a group twice"
)
_OTHERWISE = re.compile(f"(?s:.{{0,{MAX_TEXT}}})")


def line_of(number: int, event: Event, seal: Seal | None = None) -> bytes:
    """An event as a line: one JSON object with its number and the CRC-32 of everything before the CRC.

    With `seal` the object is kept encrypted, as base64 in the member `sealed` of a line like any other; its
    number stands in both, so that no line can be put in the place of another.
    """
    body = json.dumps({"n": number, **_members(event)}, separators=(",", ":"))[:-1]
    if seal:
        sealed = b64encode(seal(f"{body}}}".encode())).decode()
        body = json.dumps({"n": number, "sealed": sealed}, separators=(",", ":"))[:-1]
    return f'{body},"crc":"{zlib.crc32(body.encode()):08x}"}}\n'.encode()


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as read: its events, and how many bytes of the file they take (a torn last line left out)."""

    events: Sequence[Event]
    length: int


def parse_journal(raw: bytes, file: str, keyring: Keyring | None = None) -> Journal:
    """The events in a journal's bytes; its lines may be encrypted, each by itself, which takes a keyring.

    The last line may be torn: it was never acknowledged, so it is dropped. Raises StateInvalid for anything
    else that is not as it was written, or cannot be decrypted.
    """
    *lines, torn = raw.split(b"\n")
    events: list[Event] = []
    attempts: set[str] = set()
    for number, line in enumerate(lines, start=1):
        event = _event(number, line, file, keyring)
        if isinstance(event, Begin) != (number == 1):
            raise _broken(file, number, Text("its first line and no other says where it begins"))
        if isinstance(event, Intent):
            attempts.add(event.attempt)
        elif isinstance(event, (Sending, Concluded)) and event.attempt not in attempts:
            raise _broken(file, number, Text("it speaks of an attempt that no earlier line announces"))
        events.append(event)
    return Journal(events, len(raw) - len(torn))


def check_belongs(journal: Journal, state: State, file: str) -> None:
    """Raises StateInvalid where a journal goes on from another state than this one, or from a later one."""
    begin = journal.events[0] if journal.events else None
    if not isinstance(begin, Begin):
        return
    if begin.lineage != state.lineage:
        why = Text(
            "it goes on from another state (lineage {lineage}, and the state's is {lineage_of_state})",
            lineage=begin.lineage,
            lineage_of_state=state.lineage,
        )
    elif begin.serial > state.serial:
        why = Text(
            "it goes on from serial {serial}, and the state beside it is at serial {serial_of_state}",
            serial=begin.serial,
            serial_of_state=state.serial,
        )
    else:
        return
    raise StateInvalid.of(
        Code.JOURNAL_OF_ANOTHER_STATE,
        Text("the journal does not fit the state: {why}", why=why),
        hint=Text("put back the state that belongs to it (the two files are one thing); nothing was sent"),
        file=file,
    )


def _event(number: int, line: bytes, file: str, keyring: Keyring | None) -> Event:
    body, separator, crc = line.rpartition(b',"crc":"')
    if not separator or crc != f'{zlib.crc32(body):08x}"}}'.encode():
        raise _broken(file, number, Text("its checksum does not match"))
    try:
        members = json.loads(body + b"}", object_pairs_hook=unique_members)
        if keyring and members.keys() == {"n", "sealed"} and _number(members, "n") == number:
            sealed = b64decode(members["sealed"], validate=True)
            members = json.loads(keyring.opened(sealed, file, number), object_pairs_hook=unique_members)
        if _number(members, "n") != number:
            raise _broken(file, number, Text("it is numbered {number}", number=members["n"]))
        return _event_of(members)
    except (ValueError, KeyError, TypeError, RecursionError):
        why = Text("it is of no known form; a newer zapi-sync may have written it")
        raise _broken(file, number, why) from None


def _broken(file: str, number: int, why: str) -> StateInvalid:
    return StateInvalid.at(
        Code.JOURNAL_BROKEN,
        Location(file, number, 1),
        Text(
            "the journal cannot be used: line {number} is not as it was written ({why})",
            number=number,
            why=why,
        ),
        hint=_RESTORE,
    )


def unusable(file: str, why: str) -> StateInvalid:
    """The complaint about a journal whose lines are well, and yet cannot be true."""
    return StateInvalid.of(
        Code.JOURNAL_BROKEN, Text("the journal cannot be used: {why}", why=why), hint=_RESTORE, file=file
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
                **group_members(group),
                "sameName": list(event.same_name),
            }
        case Sending():
            return {"event": "sending", "at": timestamp(event.at), "attempt": event.attempt}
        case Concluded(outcome=outcome):
            members = {"at": timestamp(event.at), "attempt": event.attempt, **_outcome_members(outcome)}
            return members | ({"notBefore": timestamp(event.not_before)} if event.not_before else {})
        case Adopted():
            return {
                "event": "adopted",
                "at": timestamp(event.at),
                "how": event.how,
                "createdAt": timestamp(event.created_at),
                **group_members(event.group),
                **_created_members(event.created),
            }
        case LinkFound():
            return {
                "event": "link",
                "at": timestamp(event.at),
                "key": event.key,
                "invitationLink": event.link,
            }
        case _:
            assert_never(event)


def group_members(group: Group) -> dict[str, object]:
    """A wanted group as members of a JSON object."""
    return {
        "key": group.key,
        "instance": group.instance,
        "groupName": group.group_name,
        "autoInvite": group.auto_invite,
        "phones": list(group.phones),
    }


def _created_members(created: Created) -> dict[str, object]:
    return {
        "phone": created.phone,
        "invitationLink": created.invitation_link,
        "phonesNotAdded": list(created.phones_not_added),
    }


def _outcome_members(outcome: Outcome | Absent) -> dict[str, object]:
    match outcome:
        case Created():
            return {"event": "created", **_created_members(outcome)}
        case Rejected():
            return {"event": "rejected", "cause": outcome.cause, "said": outcome.said}
        case Unsent(reason):
            return {"event": "unsent", "reason": reason}
        case Unknown(reason, refused):
            return {"event": "unknown", "reason": reason} | ({"refused": True} if refused else {})
        case Absent(reason):
            return {"event": "absent", "reason": reason}
        case _:
            assert_never(outcome)


def _event_of(members: Mapping[str, object]) -> Event:
    """The event of a line's members. Raises KeyError, ValueError or TypeError where they make none."""
    kind = members["event"]
    if kind == "begin":
        if _number(members, "version") > VERSION:
            raise ValueError("version")
        return Begin(_text(members, "lineage"), _number(members, "serial"))
    at = moment_of(_text(members, "at"))
    match kind:
        case "adopted":
            created_at = moment_of(_text(members, "createdAt"))
            how = How(_text(members, "how"))
            return Adopted(at, group_of(members), _created_of(members), created_at, how)
        case "link":
            return LinkFound(at, GroupKey(_text(members, "key")), _text(members, "invitationLink"))
    attempt = _text(members, "attempt")
    match kind:
        case "intent":
            same_name = tuple(GroupId(each) for each in _texts(members, "sameName"))
            return Intent(at, attempt, group_of(members), same_name)
        case "sending":
            return Sending(at, attempt)
        case _:
            limit = members.get("notBefore")
            not_before = None if limit is None else moment_of(_text(members, "notBefore"))
            return Concluded(at, attempt, _outcome_of(str(kind), members), not_before)


def group_of(members: Mapping[str, object]) -> Group:
    """The group of such members. Raises KeyError, ValueError or TypeError where they make none."""
    return Group(
        key=GroupKey(_text(members, "key")),
        instance=InstanceName(_text(members, "instance")),
        group_name=_text(members, "groupName"),
        auto_invite=_flag(members, "autoInvite"),
        phones=tuple(Phone(phone) for phone in _texts(members, "phones")),
    )


def _created_of(members: Mapping[str, object]) -> Created:
    return Created(
        phone=GroupId(_text(members, "phone")),
        invitation_link=None if members["invitationLink"] is None else _text(members, "invitationLink"),
        phones_not_added=_texts(members, "phonesNotAdded"),
    )


def _outcome_of(kind: str, members: Mapping[str, object]) -> Outcome | Absent:
    match kind:
        case "created":
            return _created_of(members)
        case "rejected":
            return Rejected(Cause(_text(members, "cause")), _text(members, "said"))
        case "unsent":
            return Unsent(Text(_text(members, "reason")))
        case "unknown":
            refused = "refused" in members and _flag(members, "refused")
            return Unknown(Text(_text(members, "reason")), refused)
        case "absent":
            return Absent(Text(_text(members, "reason")))
        case _:
            raise ValueError(kind)


def _text(members: Mapping[str, object], name: str) -> str:
    return _of_form(name, members[name])


def _texts(members: Mapping[str, object], name: str) -> tuple[str, ...]:
    listed = members[name]
    if not isinstance(listed, list):
        raise TypeError(name)
    return tuple(_of_form(name, each) for each in listed)


def _of_form(name: str, value: object) -> str:
    """The text of a member: whoever wrote it, it goes into the state, onto terminals and into requests."""
    if not isinstance(value, str):
        raise TypeError(name)
    if not _FORMS.get(name, _OTHERWISE).fullmatch(value):
        raise ValueError(name)
    value.encode()  # a lone surrogate is a ValueError here, and would be one when the state is written
    return value


def _flag(members: Mapping[str, object], name: str) -> bool:
    value = members[name]
    if not isinstance(value, bool):
        raise TypeError(name)
    return value


def _number(members: Mapping[str, object], name: str) -> int:
    value = members[name]
    if type(value) is not int:
        raise TypeError(name)
    if not 1 <= value <= forms.MAX_SERIAL:
        raise ValueError(name)
    return value
