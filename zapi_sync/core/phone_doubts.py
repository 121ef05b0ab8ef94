"""What is odd about the phones of groups that are about to be created."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from zapi_sync.core.complaints import Complaints
from zapi_sync.core.phones import (
    country_code,
    is_assigned,
    is_lid,
    is_plain_mobile,
    normalise_phone,
    probably_meant,
    same_person,
    why_unassigned,
    with_brazils_code,
    with_ninth_digit,
)
from zapi_sync.core.places import Place
from zapi_sync.core.source import shortened
from zapi_sync.errors import Code, Diagnostic, Severity
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from zapi_sync.core.config import Config
    from zapi_sync.core.model import GroupKey, InstanceName
    from zapi_sync.core.participants import Entry
    from zapi_sync.core.places import Spot
    from zapi_sync.errors import Location


def phone_doubts(config: Config, keys: Collection[GroupKey]) -> list[Diagnostic]:
    """What is odd about the phones of these groups, such as a number that no country has.

    It is asked of groups that are about to be created alone: those that exist would not be the better for it.
    """
    odd: dict[str, tuple[Code, str, str] | None] = {}
    told = Complaints()
    for texts, spot in _written(config, keys):
        for index, text in enumerate(texts):
            if is_plain_mobile(text):
                continue
            phone = normalise_phone(text)
            if phone not in odd:
                odd[phone] = None if is_lid(text) or is_assigned(phone) else _oddity(phone)
            oddity = odd[phone] or _abroad(phone, text)
            if oddity is None:
                continue
            if not told.has_room(Severity.WARNING):
                return told.in_order(config.files)
            told.add(Diagnostic(*oddity, spot(index).location, Severity.WARNING))
    return told.in_order(config.files)


def own_number_errors(
    config: Config, keys: Collection[GroupKey], own_phones: Mapping[InstanceName, str | None]
) -> list[Diagnostic]:
    """Return an error for each place of these groups' phones that holds the connected number of an instance.

    create-group refuses such a list (Z-API, create-group page). A number that several groups share through a
    team, an anchor or a CSV file is one error.
    """
    holding: dict[tuple[Location, str, InstanceName], list[GroupKey]] = {}
    for group in (group for group in config.groups if group.key in keys):
        own = own_phones.get(group.instance)
        if own is None or not any(same_person(phone, own) for phone in group.phones):
            continue
        for texts, spot in _written(config, {group.key}):
            for index, text in enumerate(texts):
                if same_person(normalise_phone(text), own):
                    place = (spot(index).location, normalise_phone(text), group.instance)
                    holding.setdefault(place, []).append(group.key)
    told = Complaints()
    for (location, phone, instance), groups in holding.items():
        what = Text(
            '{phone} is the connected number of the instance "{instance}", and among the phones of {keys}',
            phone=phone,
            instance=instance,
            keys=shortened(", ".join(groups)),
        )
        hint = Text("remove it from the phones: the number that creates a group is in it anyway")
        if told.has_room(Severity.ERROR):
            told.add(Diagnostic(Code.OWN_NUMBER, what, hint, location))
    return told.in_order(config.files)


def _abroad(phone: str, written: str) -> tuple[Code, str, str] | None:
    """The code, message and hint about another country's number that is written as one of Brazil."""
    meant = with_brazils_code(written)
    if meant is None:
        return None
    return (
        Code.AREA_FOR_COUNTRY,
        Text(
            "{phone} is a number of +{country}, and is written as one within Brazil",
            phone=phone,
            country=country_code(phone),
        ),
        Text("did you mean {meant}? If not, write +{phone}", meant=meant, phone=phone),
    )


def _oddity(phone: str) -> tuple[Code, str, str]:
    """The code, message and hint about a number that no country has."""
    longer = with_ninth_digit(phone)
    if longer:
        return (
            Code.NINTH_DIGIT,
            Text("{phone} is a Brazilian mobile number without its ninth digit", phone=phone),
            Text(
                "did you mean {meant}? (some old accounts have the short form, so it is sent as it stands)",
                meant=longer,
            ),
        )
    meant = probably_meant(phone)
    return (
        Code.PHONE_IMPOSSIBLE,
        f"{phone} " + why_unassigned(phone),
        Text("did you mean {meant}?", meant=meant)
        if meant
        else Text("write country, area and number, as in 5544999999999"),
    )


def _written(
    config: Config, keys: Collection[GroupKey]
) -> Iterator[tuple[Sequence[str], Callable[[int], Spot]]]:
    """The phones of each of these groups as they are written, and where each of them is; a list that groups
    share comes once."""
    seen: set[int] = set()
    for group in (group for group in config.groups if group.key in keys):
        place = config.places[group.key]
        data = cast(dict[str, dict[str | int, dict[str, list[str]]]], place.document.data)
        phones = data["groups"][place.path[1]]["phones"]
        if id(phones) in seen:
            continue
        seen.add(id(phones))
        entries = config.expanded.get(group.key)
        if entries is not None:
            yield [entry.text for entry in entries], partial(_origin, entries)
        else:
            yield phones, partial(_entry, place)


def _origin(entries: Sequence[Entry], index: int) -> Spot:
    return entries[index].origin


def _entry(place: Place, index: int) -> Spot:
    return Place(place.document, (*place.path, "phones", index))
