"""What became of an attempt in doubt: look at all groups of the instance, and take nothing for granted.

None of that name is no proof of absence, because listings lag; several of that name are no proof of anything.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from zapi_sync.core.evidence import (
    Found,
    NotThere,
    StillOpen,
    another_keys,
    candidates,
    contradictions,
    not_added,
)
from zapi_sync.core.journal import Adopted, Concluded
from zapi_sync.core.known import REFUSED_ABSENT_AFTER
from zapi_sync.core.lookup import Listed
from zapi_sync.core.model import How
from zapi_sync.core.outcome import Absent, Created
from zapi_sync.dataclass import dataclass, replace
from zapi_sync.errors import Code, RemoteUnavailable
from zapi_sync.language import Joined, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from zapi_sync.core.evidence import Settlement
    from zapi_sync.core.known import Known, OpenAttempt
    from zapi_sync.core.lookup import Metadata
    from zapi_sync.core.model import Group, GroupId, InstanceName
    from zapi_sync.ports import Clock, GroupDirectory
    from zapi_sync.state.store import Journal

MAX_PAGES = 1000
MAX_GROUPS = 100_000
"""Assumption: no number is in so many groups. A listing of more is a fault, and would fill the memory."""
MAX_PASSES = 5
LONGEST_LISTING = timedelta(minutes=10)
"""A listing that takes longer is given up: each look-up has a deadline, and a listing may take thousands."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
_AND = Text(" and ")


def complete_listing(directory: GroupDirectory, owned: Collection[GroupId], clock: Clock) -> list[Listed]:
    """Every group of an instance, each with its name.

    Pages are taken until one brings no new id; where there was more than one, again from the first until a
    whole pass brings none, because an entry may have moved between pages meanwhile. Raises RemoteUnavailable,
    also for an empty listing of an instance that is known to have groups: that is a fault, and no absence.
    """
    listed: dict[GroupId, Listed] = {}
    in_time = _in_time(clock)
    for _ in range(MAX_PASSES):
        known = len(listed)
        pages = _one_pass(directory, listed, in_time)
        if pages <= 1 or len(listed) == known:
            break
    else:
        raise RemoteUnavailable.of(
            Code.LISTING_INCOMPLETE,
            Text("the listing of groups still grew after {count} passes", count=MAX_PASSES),
            hint=Text("run this again"),
        )
    if owned and not listed:
        raise RemoteUnavailable.of(
            Code.LISTING_INCOMPLETE,
            Text("the instance lists no groups at all, and the state knows of some"),
            hint=Text("see whether the instance is connected, then run this again"),
        )
    groups = [each for each in listed.values() if each.is_group]
    return [each if each.name else _named(directory, each, in_time) for each in groups]


def lister(
    directories: Callable[[InstanceName], GroupDirectory], known: Known, clock: Clock
) -> Callable[[InstanceName], list[Listed]]:
    """What gives the complete listing of an instance."""

    def listing(instance: InstanceName) -> list[Listed]:
        return complete_listing(directories(instance), known.owned(instance), clock)

    return listing


def _in_time(clock: Clock) -> Callable[[], None]:
    """What raises RemoteUnavailable once a listing that begins now has taken too long."""
    until = clock.now() + LONGEST_LISTING

    def check() -> None:
        if clock.now() > until:
            raise RemoteUnavailable.of(
                Code.LISTING_INCOMPLETE,
                Text(
                    "the listing of groups took more than {minutes:.0f} minutes",
                    minutes=LONGEST_LISTING.total_seconds() / 60,
                ),
                hint=Text("see whether Z-API is well and answers at its usual pace, then run this again"),
            )

    return check


def _one_pass(directory: GroupDirectory, listed: dict[GroupId, Listed], in_time: Callable[[], None]) -> int:
    """Adds what is listed; returns how many pages it took, a last empty one not counted: a page that only
    repeats what the pass has seen may have come in place of another."""
    seen: set[GroupId] = set()
    for page in range(1, MAX_PAGES + 1):
        in_time()
        entries = directory.groups_page(page)
        if seen.issuperset(entry.phone for entry in entries):
            return page if entries else page - 1
        for entry in entries:
            seen.add(entry.phone)
            if entry.phone not in listed or not listed[entry.phone].name:
                listed[entry.phone] = entry
        if len(listed) > MAX_GROUPS:
            raise RemoteUnavailable.of(
                Code.LISTING_INCOMPLETE,
                Text("the listing of groups has no end (more than {count} groups)", count=MAX_GROUPS),
                hint=Text("report this to Z-API, then run this again"),
            )
    raise RemoteUnavailable.of(
        Code.LISTING_INCOMPLETE,
        Text("the listing of groups has no end ({count} pages)", count=MAX_PAGES),
        hint=Text("report this to Z-API, then run this again"),
    )


def _named(directory: GroupDirectory, entry: Listed, in_time: Callable[[], None]) -> Listed:
    in_time()
    return Listed(entry.phone, directory.metadata(entry.phone).subject)


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles attempts by looking; `patience` (seconds) bounds the waiting for a listing that lags.

    `absent_after` (seconds) says how long after a request, or after its refusal, a listing without the group
    proves that none was made. None: REFUSED_ABSENT_AFTER after a refusal, and never where no answer said no.
    """

    directories: Callable[[InstanceName], GroupDirectory]
    clock: Clock
    patience: float
    absent_after: float | None = None

    def settle(
        self,
        attempt: OpenAttempt,
        owned: Collection[GroupId],
        taken: Collection[GroupId],
        *,
        since: datetime | None = None,
    ) -> Settlement:
        """Looks until something is found or patience ends, counted from `since`, else from the sending.

        `owned` are the ids that the state has on the instance, `taken` those of any key: an instance lists
        the groups of others that it is in. What cannot be had settles nothing. A refusal of an earlier run is
        looked into once: time settles it, and not a second look.
        """
        patience = self.patience if since or not attempt.refused_at else 0.0
        until = (since or attempt.sent_at) + timedelta(seconds=patience)
        pause = FIRST_PAUSE
        while True:
            settlement = self._look(attempt, owned, taken)
            left = (until - self.clock.now()).total_seconds()
            if (
                not isinstance(settlement, StillOpen)
                or settlement.candidates
                or left <= 0
                or self.clock.stopping
            ):
                return settlement
            self.clock.wait(min(pause, left))
            pause = min(pause * 2, LONGEST_PAUSE)

    def _look(
        self, attempt: OpenAttempt, owned: Collection[GroupId], taken: Collection[GroupId]
    ) -> Settlement:
        directory = self.directories(attempt.intent.group.instance)
        begun_at = self.clock.now()
        try:
            found = candidates(attempt, complete_listing(directory, owned, self.clock), taken)
            if not found:
                return self._none_found(attempt, directory, begun_at)
            if len(found) > 1:
                ids = ", ".join(found)
                why = Text("{count} groups of that name are there: {ids}", count=len(found), ids=ids)
                return StillOpen(why, tuple(found))
            return self._confirm(attempt, directory, found[0])
        except RemoteUnavailable as unavailable:
            return StillOpen(unavailable.diagnostics[0].message)

    def _none_found(self, attempt: OpenAttempt, directory: GroupDirectory, begun_at: datetime) -> Settlement:
        """What it means that a listing which began then lacks the group."""
        age = begun_at - (attempt.refused_at or attempt.sent_at)
        enough = REFUSED_ABSENT_AFTER if attempt.refused_at else None
        if self.absent_after is not None:
            enough = timedelta(seconds=self.absent_after)
        if enough is None or age < enough:
            return StillOpen(Text("no group of that name is listed, which is no proof that none was made"))
        if not directory.is_connected():
            return StillOpen(Text("no group of that name is listed, and the instance is not connected"))
        seconds = age.total_seconds()
        if attempt.refused_at:
            why = Text(
                "the API refused it, and no group of that name was listed {seconds:.0f} s later",
                seconds=seconds,
            )
            return NotThere(why)
        return NotThere(
            Text(
                "no group of that name was listed {seconds:.0f} s after the request (--absent-after)",
                seconds=seconds,
            )
        )

    def _confirm(self, attempt: OpenAttempt, directory: GroupDirectory, phone: GroupId) -> Settlement:
        metadata = directory.metadata(phone)
        against = list(contradictions(attempt, metadata, directory.own_phone()))
        if against:
            why = Text("{id} has that name, but {why}", id=phone, why=Joined(_AND, against))
            return StillOpen(why, (phone,))
        return Found(_described(directory, attempt.intent.group, metadata))


def settle_all(known: Known, settler: Settler, journal: Journal) -> Iterator[tuple[OpenAttempt, Settlement]]:
    """Settles what is in doubt, each settlement written down before the next look.

    Raises StateUnwritable; nothing was sent, so nothing is lost by it.
    """
    others = {record.phone for record in known.groups.values()}
    for attempt in known.open.values():
        group = attempt.intent.group
        settlement = settler.settle(attempt, known.owned(group.instance), others)
        if isinstance(settlement, Found) and settlement.created.phone in others:
            settlement = another_keys(settlement)
        now = settler.clock.now()
        match settlement:
            case Found(created):
                others.add(created.phone)
                journal.append(Adopted(now, group, created, attempt.sent_at, How.SETTLED))
            case NotThere(reason):
                journal.append(Concluded(now, attempt.intent.attempt, Absent(reason)))
            case StillOpen():
                pass
        yield attempt, settlement


def adopt(group: Group, phone: GroupId, directory: GroupDirectory, now: datetime, how: How) -> Adopted:
    """What makes an existing group the key's, under the name that it bears. Raises RemoteUnavailable."""
    metadata = directory.metadata(phone)
    named = replace(group, group_name=metadata.subject or group.group_name)
    return Adopted(now, named, _described(directory, group, metadata), metadata.created_at or now, how)


def _described(directory: GroupDirectory, group: Group, metadata: Metadata) -> Created:
    """What the answer to its creation would have said of a group that exists."""
    return Created(metadata.phone, link_of(directory, metadata.phone), not_added(group, metadata))


def link_of(directory: GroupDirectory, phone: GroupId) -> str | None:
    """A group's invite link; None where it cannot be had now, for a later run to fetch."""
    try:
        return directory.invitation_link(phone)
    except RemoteUnavailable:
        return None
