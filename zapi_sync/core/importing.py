"""Groups that exist and that no state knows: as what they would stand in a config, or why they cannot."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import yaml

from zapi_sync.core.lookup import Details
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, GroupId, GroupKey, InstanceName
from zapi_sync.core.names import comparable_name, name_problems
from zapi_sync.core.phones import Phone, is_lid, person, why_no_phone
from zapi_sync.errors import Severity

MAX_SLUG = 80
"""Characters of a key that is made of a name; a number may follow."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A group of an instance that no state knows; `details` are None where the API says there is none."""

    instance: InstanceName
    phone: GroupId
    details: Details | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A group as it would stand in the config; `lids` are participants whose numbers are not told."""

    group: Group
    phone: GroupId
    invitation_link: str | None
    created_at: datetime | None
    lids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A group that cannot be written into the config, and why."""

    stranger: Stranger
    reason: str

    @property
    def group_name(self) -> str | None:
        return self.stranger.details.subject if self.stranger.details else None


def proposals(
    strangers: Iterable[Stranger],
    own_phones: Mapping[InstanceName, str | None],
    wanted: Sequence[Group],
    known: Iterable[GroupKey],
) -> Iterator[Proposal | LeftOut]:
    """What becomes of each of them. `wanted` are the config's groups and `known` the state's keys: neither a
    key nor, on one instance, a name is given twice."""
    keys: set[str] = {*known, *(group.key for group in wanted)}
    named = {(group.instance, comparable_name(group.group_name)): group.key for group in wanted}
    for stranger in strangers:
        details = stranger.details
        reason = _unfit(stranger, named)
        if reason or details is None or details.subject is None:
            yield LeftOut(stranger, reason or "it has no name that can be read")
            continue
        phones, lids = _participants(details, own_phones.get(stranger.instance))
        if not phones:
            yield LeftOut(stranger, "no phone number of a participant is told, and the config wants one")
            continue
        key = _free(_slug(details.subject, stranger.phone), keys)
        keys.add(key)
        named[stranger.instance, comparable_name(details.subject)] = key
        group = Group(key, stranger.instance, details.subject, auto_invite=False, phones=phones)
        yield Proposal(group, stranger.phone, details.link, details.created_at, lids)


def config_text(found: Sequence[Proposal | LeftOut]) -> str:
    """The groups as a config, and in comments those that cannot stand in it."""
    made = [each for each in found if isinstance(each, Proposal)]
    lines = [
        "# Groups that existed already (zapi-sync import --all). A key is for ever: choose before --write.",
        "version: 1",
        "groups:" if made else "groups: {}",
        *(line for each in made for line in _entry(each)),
        *(_comment(each) for each in found if isinstance(each, LeftOut)),
    ]
    return "\n".join(lines) + "\n"


def _unfit(stranger: Stranger, named: Mapping[tuple[InstanceName, str], GroupKey]) -> str | None:
    """Why a group's name keeps it out, if it does."""
    if stranger.details is None:
        return "it is listed, and the API says that there is none of its id"
    name = stranger.details.subject
    if name is None:
        return None
    problem = next((each for each in name_problems(name) if each.severity is Severity.ERROR), None)
    if problem:
        return problem.message
    other = named.get((stranger.instance, comparable_name(name)))
    if other is None:
        return None
    return f"its name is that of {other}; if it is the same group: zapi-sync import {other} {stranger.phone}"


def _participants(details: Details, own_phone: str | None) -> tuple[tuple[Phone, ...], tuple[str, ...]]:
    """The phones that a config would list, each person once, and the @lid entries that it would not."""
    seen: dict[str, Phone] = {}
    lids: list[str] = []
    for member in details.members or ():
        if member.who is None:
            continue
        if is_lid(member.who):
            lids.append(member.who)
        elif person(member.who) != person(own_phone or "") and not why_no_phone(member.who):
            seen.setdefault(person(member.who), Phone(member.who))
    return tuple(seen.values()), tuple(lids)


def _slug(name: str, phone: GroupId) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG].strip("-")
    return slug or f"group-{phone.partition('-')[0][-6:]}"


def _free(slug: str, keys: set[str]) -> GroupKey:
    key, number = slug, 1
    while key in keys:
        number += 1
        key = f"{slug}-{number}"
    return GroupKey(key)


def _entry(proposal: Proposal) -> Iterator[str]:
    group = proposal.group
    yield f"  {group.key}:  # {proposal.phone}"
    if group.instance != DEFAULT_INSTANCE:
        yield f"    instance: {group.instance}"
    yield f"    groupName: {_quoted(group.group_name)}"
    yield "    phones:"
    yield from (f'      - "{phone}"' for phone in group.phones)
    yield from (f"      # not a phone number: {lid}" for lid in proposal.lids)


def _comment(left: LeftOut) -> str:
    name = f" {_quoted(left.group_name)}" if left.group_name else ""
    return f"# left out: {left.stranger.phone}{name} on {left.stranger.instance}: {_quoted(left.reason)}"


def _quoted(text: str) -> str:
    """A text as YAML in one line, whatever is in it."""
    written = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**9)
    return str(written).removesuffix("\n")
