"""Groups that exist and that no state knows: which of them can be taken in, under which key, and why not."""

from __future__ import annotations

import math
import re
import unicodedata
from itertools import count
from typing import TYPE_CHECKING

from zapi_sync.core.journal import Adopted
from zapi_sync.core.model import Group, GroupKey, How
from zapi_sync.core.names import MAX_NAME, comparable_name, name_problems
from zapi_sync.core.outcome import Created
from zapi_sync.core.phones import Phone, is_lid, normalise_phone, person, same_person, why_no_phone
from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import Severity
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from zapi_sync.core.known import Known
    from zapi_sync.core.lookup import Details, Member
    from zapi_sync.core.model import GroupId, InstanceName
    from zapi_sync.core.moves import Move

MAX_SLUG = 80
"""Characters of a key that is made from a name: a key has up to 100, and a number may follow."""

NAMELESS = "group"
"""The key of a group whose name has no letter that a key can have."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A group that an instance lists, and what the API tells of it: None where it gave no usable answer, for
    the reason `unseen`, or where the group went meanwhile."""

    instance: InstanceName
    phone: GroupId
    name: str | None
    details: Details | None
    unseen: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """A group that can be taken in: what the config is to say of it, and who in it cannot be written there
    (`others`: who, and why). `is_own`: whether the connected number owns it, None where that is not told."""

    group: Group
    details: Details
    others: tuple[tuple[str, str], ...]
    is_own: bool | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A group that is not taken in, why, and what to do about it."""

    seen: Seen
    reason: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Importing:
    """What became of all that were seen: by instance, the oldest first."""

    imports: tuple[Import, ...]
    left_out: tuple[LeftOut, ...]


def importing(
    seen: Iterable[Seen],
    wanted: Sequence[Group],
    known: Known,
    own_phones: Mapping[InstanceName, str],
    moves: Sequence[Move] = (),
) -> Importing:
    """What can be taken in of the groups that were seen: those that neither the config (`wanted`) nor what is
    known has a say about, under keys that `moves` do not speak of. `own_phones` has the connected number of
    each instance. Of two groups of one name the older one has it, whatever the order of a listing."""
    sorting = _Sorting(wanted, known, moves)
    imports: list[Import] = []
    left_out: list[LeftOut] = []
    for each in sorted(seen, key=_age):
        verdict = sorting.sort(each, own_phones[each.instance])
        if isinstance(verdict, Import):
            imports.append(verdict)
        else:
            left_out.append(verdict)
    return Importing(tuple(imports), tuple(left_out))


def adopted(each: Import, link: str | None, now: datetime) -> Adopted:
    """What makes the group its key's. All who are asked for are in it, as they were read from it."""
    created = Created(each.details.phone, link, ())
    return Adopted(now, each.group, created, each.details.created_at or now, How.IMPORTED)


def slug(name: str) -> str:
    """A key as near to a name as can be: Launch VIP 01 -> launch-vip-01, Formação -> formacao."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    words = re.sub(r"[^a-z0-9]+", "-", bare.lower()).strip("-")
    return words[:MAX_SLUG].rstrip("-") or NAMELESS


def unique(key: str, taken: Collection[str]) -> GroupKey:
    """The key, with the first number behind it that makes it nobody else's."""
    numbered = (key if number == 1 else f"{key}-{number}" for number in count(1))
    return GroupKey(next(each for each in numbered if each not in taken))


@dataclass(slots=True)
class _Sorting:
    """Remembers which keys, names and ids are taken."""

    wanted: Sequence[Group]
    known: Known
    moves: Sequence[Move]
    _keys: set[str] = field(init=False)
    _names: dict[tuple[InstanceName, str], str] = field(default_factory=dict)
    _ids: dict[GroupId, InstanceName] = field(default_factory=dict)
    _wanted: dict[tuple[InstanceName, str], GroupKey] = field(init=False)
    _open: dict[tuple[InstanceName, str], GroupKey] = field(init=False)

    def __post_init__(self) -> None:
        self._keys = {group.key for group in self.wanted} | {*self.known.groups, *self.known.open}
        self._keys |= {move.source for move in self.moves}
        self._wanted = {_place(group): group.key for group in self.wanted}
        self._open = {_place(each.intent.group): key for key, each in self.known.open.items()}

    def sort(self, seen: Seen, own_phone: str) -> Import | LeftOut:
        """Takes the key, the name and the id of what can be taken in."""
        details, name = seen.details, seen.details.subject if seen.details else None
        if details is None:
            return LeftOut(seen, seen.unseen or Text("it is gone meanwhile"))
        if name is None:
            return LeftOut(seen, Text("it has no name, and a group is known by nothing else"))
        place = (seen.instance, comparable_name(name))
        for left_out in (self._claimed(seen, place), self._told_before(seen, place), _unusable(seen, name)):
            if left_out:
                return left_out
        phones, others = _participants(details.members or (), own_phone)
        if not phones:
            return LeftOut(seen, Text("nobody in it but the connected number is known by a phone number"))
        key = unique(slug(name), self._keys)
        self._keys.add(key)
        self._names[place] = key
        self._ids[seen.phone] = seen.instance
        is_own = same_person(details.owner, own_phone) if details.owner else None
        return Import(Group(key, seen.instance, name, False, phones), details, others, is_own)

    def _claimed(self, seen: Seen, place: tuple[InstanceName, str]) -> LeftOut | None:
        """By a key of the config or of the journal."""
        if key := self._open.get(place):
            reason = Text('it may be what became of "{key}", whose creation is in doubt', key=key)
            hint = Text("zapi-sync resolve {key} --adopt {phone}", key=key, phone=seen.phone)
            return LeftOut(seen, reason, hint)
        key = self._wanted.get(place)
        if key in self.known.groups:
            return LeftOut(seen, Text('its name is that of "{key}", which has another group', key=key))
        if key:
            return LeftOut(
                seen,
                Text('the config wants it as "{key}"', key=key),
                Text("zapi-sync import {key} {phone}", key=key, phone=seen.phone),
            )
        return None

    def _told_before(self, seen: Seen, place: tuple[InstanceName, str]) -> LeftOut | None:
        """Another group of this run has its name or, on another instance, its id."""
        if other := self._ids.get(seen.phone):
            reason = Text('it is taken in on the instance "{instance}", which lists it, too', instance=other)
            return LeftOut(seen, reason)
        if key := self._names.get(place):
            reason = Text(
                'its name is that of "{key}", and a name stands for one group of an instance', key=key
            )
            return LeftOut(seen, reason, Text("rename one of the two on the phone, then run this again"))
        return None


def _age(seen: Seen) -> tuple[InstanceName, float, GroupId]:
    created_at = seen.details.created_at if seen.details else None
    return (seen.instance, created_at.timestamp() if created_at else math.inf, seen.phone)


def _place(group: Group) -> tuple[InstanceName, str]:
    return (group.instance, comparable_name(group.group_name))


def _unusable(seen: Seen, name: str) -> LeftOut | None:
    """A name that no config may have."""
    hint = Text("rename it on the phone, then run this again")
    if len(name) > MAX_NAME:
        return LeftOut(seen, Text("its name is longer than {most} characters", most=MAX_NAME), hint)
    if any("\ud800" <= character <= "\udfff" for character in name):
        return LeftOut(seen, Text("its name holds half of a character"), hint)
    problems = (each.message for each in name_problems(name) if each.severity is Severity.ERROR)
    if problem := next(problems, None):
        return LeftOut(seen, problem, hint)
    return None


def _participants(
    members: Iterable[Member], own_phone: str
) -> tuple[tuple[Phone, ...], tuple[tuple[str, str], ...]]:
    """Who can be written into a config, and who cannot, and why; the connected number is neither."""
    phones: dict[str, Phone] = {}
    others: list[tuple[str, str]] = []
    for who in _told(members, others.append):
        phone = Phone(normalise_phone(who))
        if is_lid(who):
            others.append((who, Text("a private @lid, which create-group leaves out")))
        elif problem := why_no_phone(who):
            others.append((who, problem[0]))
        elif same_person(phone, own_phone):
            continue
        elif (first := phones.setdefault(person(phone), phone)) != phone:
            others.append((who, Text("the same person as {phone}", phone=first)))
    return tuple(phones.values()), tuple(others)


def _told(members: Iterable[Member], untold: Callable[[tuple[str, str]], None]) -> Iterator[str]:
    for member in members:
        if member.who is None:
            untold((Text("somebody"), Text("neither a phone number nor an @lid is told")))
        else:
            yield member.who
