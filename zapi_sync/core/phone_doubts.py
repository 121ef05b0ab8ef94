"""What is odd about the phones of groups that are about to be created."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from zapi_sync.core.config import MAX_COMPLAINTS, Config
from zapi_sync.core.document import Place
from zapi_sync.core.model import GroupKey
from zapi_sync.core.phones import (
    Phone,
    is_assigned,
    normalise_phone,
    probably_meant,
    why_unassigned,
    with_ninth_digit,
)
from zapi_sync.errors import Code, Diagnostic, Severity


def phone_doubts(config: Config, keys: Collection[GroupKey]) -> list[Diagnostic]:
    """What is odd about the phones of these groups, such as a number that no country has.

    It is asked of groups that are about to be created alone: those that exist would not be the better for it.
    """
    odd: dict[Phone, tuple[Code, str, str]] = {}
    fine: set[Phone] = set()
    told: dict[Diagnostic, None] = {}  # a list that groups share is told of once
    for group in config.groups:
        if group.key not in keys or len(told) >= MAX_COMPLAINTS:
            continue
        for phone in group.phones:
            if phone not in fine and phone not in odd:
                if is_assigned(phone):
                    fine.add(phone)
                else:
                    odd[phone] = _oddity(phone)
            if phone in odd:
                code, message, hint = odd[phone]
                place = _place_of(phone, config.places[group.key])
                told[Diagnostic(code, message, hint, place.location, Severity.WARNING)] = None
    return list(told)


def _oddity(phone: Phone) -> tuple[Code, str, str]:
    """The code, message and hint about a number that no country has."""
    longer = with_ninth_digit(phone)
    if longer:
        return (
            Code.NINTH_DIGIT,
            f"{phone} is a Brazilian mobile number without its ninth digit",
            f"did you mean {longer}? (some old accounts have the short form, so it is sent as it stands)",
        )
    meant = probably_meant(phone)
    return (
        Code.PHONE_IMPOSSIBLE,
        f"{phone} {why_unassigned(phone)}",
        f"did you mean {meant}?" if meant else "write country, area and number, as in 5544999999999",
    )


def _place_of(phone: Phone, group: Place) -> Place:
    """Where a phone stands among those of its group."""
    data = cast(dict[str, dict[str, dict[str, list[str]]]], group.document.data)
    written = data["groups"][str(group.path[-1])]["phones"]
    index = next(index for index, text in enumerate(written) if normalise_phone(text) == phone)
    return Place(group.document, (*group.path, "phones", index))
