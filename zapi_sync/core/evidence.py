"""Whether a group that was found is the one that an attempt may have made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.core.names import comparable_name
from zapi_sync.core.phones import person, same_person
from zapi_sync.dataclass import dataclass
from zapi_sync.language import Plural, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from zapi_sync.core.known import OpenAttempt
    from zapi_sync.core.lookup import Listed, Metadata
    from zapi_sync.core.model import Group, GroupId
    from zapi_sync.core.outcome import Created

CLOCK_SKEW = timedelta(hours=1)
"""So far may this machine's clock and WhatsApp's be apart."""


@dataclass(frozen=True, slots=True)
class Found:
    """The attempt made this group."""

    created: Created


@dataclass(frozen=True, slots=True)
class NotThere:
    """No group can be the attempt's, and absence was declared to be proof (--absent-after)."""

    reason: str


@dataclass(frozen=True, slots=True)
class StillOpen:
    """The look settles nothing; `candidates` are groups that a person may know to be it."""

    reason: str
    candidates: tuple[GroupId, ...] = ()


Settlement: TypeAlias = Found | NotThere | StillOpen


def another_keys(found: Found) -> StillOpen:
    """What was found, where another key has that group: an instance lists those of others that it is in."""
    phone = found.created.phone
    return StillOpen(Text("{phone} has that name, but is the group of another key", phone=phone), (phone,))


def bearers(listing: Iterable[Listed], group_name: str) -> list[GroupId]:
    """The ids of the groups that bear a name."""
    wanted = comparable_name(group_name)
    return [each.phone for each in listing if each.name and comparable_name(each.name) == wanted]


def candidates(attempt: OpenAttempt, listing: Iterable[Listed], taken: Collection[GroupId]) -> list[GroupId]:
    """The groups of that name, less those that bore it before, less those that are any key's."""
    before = attempt.intent.same_name
    ids = bearers(listing, attempt.intent.group.group_name)
    return [phone for phone in ids if phone not in before and phone not in taken]


def contradictions(attempt: OpenAttempt, metadata: Metadata, own_phone: str | None) -> Iterator[str]:
    """What speaks against a candidate being the attempt's group; what cannot be compared does not."""
    group = attempt.intent.group
    if metadata.subject and comparable_name(metadata.subject) != comparable_name(group.group_name):
        yield Text("its name is another by now")
    if own_phone and metadata.owner and not same_person(metadata.owner, own_phone):
        yield Text("another number owns it")
    if metadata.created_at and metadata.created_at < attempt.sent_at - CLOCK_SKEW:
        yield Text("it is older than the request")
    expected = {person(phone) for phone in (*group.phones, own_phone or "")}
    strangers = [phone for phone in metadata.participants or () if person(phone) not in expected]
    if own_phone and strangers:
        yield Plural(
            "{number} of its participants were not asked for",
            "{number} of its participants were not asked for",
            len(strangers),
        )


def not_added(group: Group, metadata: Metadata) -> tuple[str, ...]:
    """Who was asked for and is not in the group, as far as its participants can be told."""
    if metadata.participants is None:
        return ()
    present = {person(phone) for phone in metadata.participants}
    return tuple(phone for phone in group.phones if person(phone) not in present)
