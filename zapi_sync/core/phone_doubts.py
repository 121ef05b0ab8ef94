"""What is odd about the phones of groups that are about to be created."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from zapi_sync.core.config import MAX_COMPLAINTS, Config
from zapi_sync.core.document import Place
from zapi_sync.core.model import GroupKey
from zapi_sync.core.phones import (
    is_assigned,
    is_lid,
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
    odd: dict[str, tuple[Code, str, str] | None] = {}
    told: list[Diagnostic] = []
    seen: set[int] = set()
    for group in config.groups:
        if group.key not in keys:
            continue
        place = config.places[group.key]
        written = _written(place)
        if id(written) in seen:  # a list that groups share is told of once
            continue
        seen.add(id(written))
        for index, text in enumerate(written):
            if is_lid(text):
                continue
            phone = normalise_phone(text)
            if phone not in odd:
                odd[phone] = None if is_assigned(phone) else _oddity(phone)
            oddity = odd[phone]
            if oddity:
                code, message, hint = oddity
                where = Place(place.document, (*place.path, "phones", index)).location
                told.append(Diagnostic(code, message, hint, where, Severity.WARNING))
                if len(told) >= MAX_COMPLAINTS:
                    return told
    return told


def _oddity(phone: str) -> tuple[Code, str, str]:
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


def _written(group: Place) -> list[str]:
    """The phones of a group as they stand in its document."""
    data = cast(dict[str, dict[str, dict[str, list[str]]]], group.document.data)
    return data["groups"][str(group.path[-1])]["phones"]
