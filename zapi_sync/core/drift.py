"""What a group of the state has become on the instance: findings, each on evidence and none by guess."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.core.lookup import Details
from zapi_sync.core.model import How
from zapi_sync.core.names import comparable_name
from zapi_sync.core.phones import person, same_person
from zapi_sync.dataclass import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zapi_sync.core.model import GroupKey, InstanceName, Record


class Kind(StrEnum):
    """What can be found of a group. The first seven are drift: the instance has something else than the
    state says. The others are told, and are none."""

    GONE = "gone"
    RENAMED = "renamed"
    LINK_CHANGED = "link_changed"
    LINK_FOUND = "link_found"
    JOINED = "joined"
    ADMIN_LOST = "admin_lost"
    LEFT = "left"
    STILL_NOT_IN = "still_not_in"
    LINK_UNKNOWN = "link_unknown"
    MEMBERS_UNKNOWN = "members_unknown"

    @property
    def is_drift(self) -> bool:
        return self not in (Kind.STILL_NOT_IN, Kind.LINK_UNKNOWN, Kind.MEMBERS_UNKNOWN)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a group. `name` is the one that it bears now (RENAMED); `phones` are those of
    phonesNotAdded that it is about (JOINED, STILL_NOT_IN)."""

    kind: Kind
    name: str | None = None
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """A complete listing lacks the group, and the API says that there is none of its id."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """The group could not be looked at, which says nothing about it."""

    reason: str


Sight: TypeAlias = Details | Gone | Unseen


@dataclass(frozen=True, slots=True)
class Looked:
    """A group of the state, what was seen of it, and what that means."""

    key: GroupKey
    record: Record
    sight: Sight
    findings: tuple[Finding, ...]

    @property
    def drifted(self) -> bool:
        return any(finding.kind.is_drift for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Drift:
    """The groups that were to be looked at, by key."""

    groups: tuple[Looked, ...]

    @property
    def drifted(self) -> list[Looked]:
        return [each for each in self.groups if each.drifted]

    @property
    def unseen(self) -> list[Looked]:
        return [each for each in self.groups if isinstance(each.sight, Unseen)]

    def counts(self) -> dict[str, int]:
        """How many groups each kind was found of, none left out."""
        kinds = [finding.kind for each in self.groups for finding in each.findings]
        return {kind.value: kinds.count(kind) for kind in Kind}


def drift_of(
    records: Mapping[GroupKey, Record],
    sights: Mapping[GroupKey, Sight],
    own_phones: Mapping[InstanceName, str | None],
) -> Drift:
    """What the sights mean, record by record; `own_phones` has the connected number of each instance."""
    return Drift(
        tuple(
            Looked(key, record, sights[key], findings(record, sights[key], own_phones.get(record.instance)))
            for key, record in sorted(records.items())
        )
    )


def findings(record: Record, sight: Sight, own_phone: str | None) -> tuple[Finding, ...]:
    """All that a sight says about a record, in the order of the kinds; `own_phone` is the connected number,
    None where it is not known."""
    match sight:
        case Gone():
            return (Finding(Kind.GONE),)
        case Unseen():
            return ()
        case Details():
            found = [
                *_of_name(record, sight),
                *_of_link(record, sight),
                *_of_members(record, sight, own_phone),
            ]
            order = list(Kind)
            return tuple(sorted(found, key=lambda finding: order.index(finding.kind)))


def refreshed(record: Record, details: Details) -> Record:
    """The record with the link that the group has now, and without those of phonesNotAdded who are in by now.
    What the group was created with (groupName, phones, autoInvite) stays."""
    joined = _joined(record, details)
    return replace(
        record,
        invitation_link=details.link or record.invitation_link,
        phones_not_added=tuple(phone for phone in record.phones_not_added if phone not in joined),
    )


def current_links(drift: Drift) -> dict[GroupKey, Record]:
    """The records with the links that the groups have now, by key, less those that are gone; a link that
    cannot be had is the one that it was."""
    return {
        each.key: replace(each.record, invitation_link=each.sight.link or each.record.invitation_link)
        if isinstance(each.sight, Details)
        else each.record
        for each in drift.groups
        if not isinstance(each.sight, Gone)
    }


def refreshments(drift: Drift) -> dict[GroupKey, Record]:
    """The records that a refresh would write: those that are not as they were, by key."""
    seen = {each.key: (each.record, each.sight) for each in drift.groups}
    fresh = {
        key: refreshed(record, sight) for key, (record, sight) in seen.items() if isinstance(sight, Details)
    }
    return {key: record for key, record in fresh.items() if record != seen[key][0]}


def _of_name(record: Record, details: Details) -> Iterator[Finding]:
    name = details.subject
    if name and comparable_name(name) != comparable_name(record.group_name):
        yield Finding(Kind.RENAMED, name=name)


def _of_link(record: Record, details: Details) -> Iterator[Finding]:
    if details.link is None:
        yield Finding(Kind.LINK_UNKNOWN)
    elif record.invitation_link is None:
        yield Finding(Kind.LINK_FOUND)
    elif details.link != record.invitation_link:
        yield Finding(Kind.LINK_CHANGED)


def _of_members(record: Record, details: Details, own_phone: str | None) -> Iterator[Finding]:
    joined = _joined(record, details)
    missing = tuple(phone for phone in record.phones_not_added if phone not in joined)
    all_told = _all_are_phones(details)
    if joined:
        yield Finding(Kind.JOINED, phones=joined)
    if missing and all_told:
        yield Finding(Kind.STILL_NOT_IN, phones=missing)
    yield from _of_own_number(record, details, own_phone, all_told=all_told)
    own_is_told = own_phone is not None and (all_told or _is_admin(details, own_phone) is not None)
    if not own_is_told or (missing and not all_told):
        yield Finding(Kind.MEMBERS_UNKNOWN)


def _of_own_number(
    record: Record, details: Details, own_phone: str | None, *, all_told: bool
) -> Iterator[Finding]:
    """Whether the connected number is still in the group, and still leads it where it did."""
    if own_phone is None:
        return
    if all_told and not any(
        member.who and same_person(member.who, own_phone) for member in details.members or ()
    ):
        yield Finding(Kind.LEFT)
    elif _led_it(record, details, own_phone) and _is_admin(details, own_phone) is False:
        yield Finding(Kind.ADMIN_LOST)


def _led_it(record: Record, details: Details, own_phone: str) -> bool:
    """Who creates a group leads it; of one that was taken in, its owner is known to."""
    if record.how in (None, How.SETTLED):
        return True
    return details.owner is not None and same_person(details.owner, own_phone)


def _is_admin(details: Details, own_phone: str) -> bool | None:
    """Whether the connected number is an administrator; None where it is not seen, or that is not told."""
    told = [
        member.is_admin
        for member in details.members or ()
        if member.who and same_person(member.who, own_phone)
    ]
    return told[0] if told else None


def _joined(record: Record, details: Details) -> tuple[str, ...]:
    """Those of phonesNotAdded who are surely in."""
    present = {person(member.who) for member in details.members or () if member.who}
    return tuple(phone for phone in record.phones_not_added if person(phone) in present)


def _all_are_phones(details: Details) -> bool:
    """Whether absence can be told: an @lid may stand for anybody."""
    members = details.members
    return members is not None and all(member.who and member.who.isdecimal() for member in members)
