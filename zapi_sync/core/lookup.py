"""What Z-API's look-ups answer, taken in tolerantly: numbers come as strings, and members may be missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from zapi_sync.core.forms import MAX_NAME, PARTICIPANT, as_invitation_link, is_group_id
from zapi_sync.core.model import GroupId
from zapi_sync.dataclass import dataclass
from zapi_sync.language import Text

if TYPE_CHECKING:
    from zapi_sync.core.outcome import Answer

MAX_DIGITS = 20

# Assumption: so an answer says that a group does not exist (Z-API documents none; WhatsApp's own word is
# item-not-found). What says less, or speaks of the instance, proves nothing.
_NO_SUCH_GROUP = re.compile(r"\b(group|chat)\b.*\bnot (found|exists?)\b|\bitem-not-found\b", re.IGNORECASE)
_REFUSALS = (400, 404, 410)
_PAYMENT = re.compile(r"[A-Za-z_]{1,20}")  # too short, and too plain, for the token that stands beside it


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of `GET groups` (Z-API, get-groups page). No name: the entry had none, or repeated the id."""

    phone: GroupId
    name: str | None
    is_group: bool = True


@dataclass(frozen=True, slots=True)
class Metadata:
    """What `GET light-group-metadata/{phone}` says of a group (Z-API, light-metadata-group page).

    `participants` are phone numbers; None where there were none to be read, or one came as an @lid alone.
    """

    phone: GroupId
    subject: str | None
    owner: str | None
    created_at: datetime | None
    participants: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Member:
    """A participant: a phone number, or an @lid; None where neither is told. `is_admin` is None likewise."""

    who: str | None
    is_admin: bool | None


@dataclass(frozen=True, slots=True)
class Details:
    """What `GET group-metadata/{phone}` says of a group (Z-API, metadata-group page), each member by itself:
    None where it is not told, or not to be read."""

    phone: GroupId
    subject: str | None
    owner: str | None
    link: str | None
    members: tuple[Member, ...] | None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What `GET me` says of an instance (Z-API, me page), less its token: when its subscription ends, and the
    word for how its payment stands, whose values are not documented."""

    due: datetime | None
    payment: str | None = None


class NotUnderstood(ValueError):
    """An answer that is not what the look-up gives; its text says what it is instead."""


def read_groups(answer: Answer) -> list[Listed]:
    """The entries of one page. Raises NotUnderstood, also where one entry cannot be read: a listing that
    leaves something out is not complete."""
    page = _json(answer)
    if not isinstance(page, list):
        raise NotUnderstood(_what_else(answer, page))
    return [_listed(entry) for entry in page]


def read_metadata(answer: Answer) -> Metadata:
    """A group's metadata. Raises NotUnderstood."""
    body = _object(answer)
    if not is_group_id(body.get("phone")):
        raise NotUnderstood(_what_else(answer, body))
    return Metadata(
        phone=GroupId(str(body["phone"])),
        subject=_text(body.get("subject")),
        owner=_digits(body.get("owner")),
        created_at=_moment(body.get("creation")),
        participants=_participants(body.get("participants")),
    )


def read_details(answer: Answer) -> Details:
    """A group's metadata with its link and who is in it. Raises NotUnderstood."""
    body = _object(answer)
    if not is_group_id(body.get("phone")):
        raise NotUnderstood(_what_else(answer, body))
    participants = body.get("participants")
    return Details(
        phone=GroupId(str(body["phone"])),
        subject=_text(body.get("subject")),
        owner=_digits(body.get("owner")),
        link=as_invitation_link(body.get("invitationLink")),
        members=tuple(map(_member, participants))
        if isinstance(participants, list) and participants
        else None,
        created_at=_moment(body.get("creation")),
    )


def is_no_such_group(answer: Answer) -> bool:
    """Whether the API says, in a whole answer, that a group does not exist. All else leaves that open."""
    if answer.status not in _REFUSALS or not answer.complete:
        return False
    try:
        body = answer.json()
    except ValueError:
        return False
    said = [body.get(name) for name in ("error", "message")] if isinstance(body, dict) else []
    text = " ".join(each for each in said if isinstance(each, str))
    return _NO_SUCH_GROUP.search(text) is not None and "instance" not in text.lower()


def read_link(answer: Answer) -> str | None:
    """A group's invite link, None where the API has none to give now. Raises NotUnderstood."""
    return as_invitation_link(_object(answer).get("invitationLink"))


def read_connected(answer: Answer) -> bool:
    """Whether the instance is connected: `connected` decides, `error` is set even when all is well."""
    return _is(True, _object(answer).get("connected"))


def read_own_phone(answer: Answer) -> str | None:
    """The connected number (Z-API, device page), None where it is not told."""
    return _digits(_object(answer).get("phone"))


def read_account(answer: Answer) -> Account:
    """The instance's subscription; `due` is in milliseconds. Raises NotUnderstood."""
    body = _object(answer)
    payment = body.get("paymentStatus")
    word = _PAYMENT.fullmatch(payment) if isinstance(payment, str) else None
    return Account(_moment(body.get("due")), word[0] if word else None)


def is_wrong_method(answer: Answer) -> bool:
    """Whether the call wants another HTTP method: group-invitation-link was POST until 2026-02."""
    return answer.status == 405 or b"NOT_FOUND" in answer.body[:1000]


def _json(answer: Answer) -> object:
    if answer.status != 200 or not answer.complete:
        raise NotUnderstood(_what_else(answer, None))
    try:
        return answer.json()
    except ValueError:
        raise NotUnderstood(_what_else(answer, None)) from None


def _object(answer: Answer) -> Mapping[str, object]:
    body = _json(answer)
    if not isinstance(body, dict) or (isinstance(body.get("error"), str) and "connected" not in body):
        raise NotUnderstood(_what_else(answer, body))
    return cast(Mapping[str, object], body)


def _what_else(answer: Answer, body: object) -> str:
    if not answer.complete:
        return Text("an answer ({status}) that broke off or is far too long", status=answer.status)
    said = body.get("error") if isinstance(body, dict) else None
    if said is None and answer.status != 200:
        said = _error_of(answer)
    status = Text("status {status}", status=answer.status)
    if isinstance(said, str):
        return status + f": {' '.join(said.split())}"
    return Text("not what is documented") if answer.status == 200 else status


def _error_of(answer: Answer) -> object:
    try:
        value = answer.json()
    except ValueError:
        return None
    return value.get("error") if isinstance(value, dict) else None


def _listed(entry: object) -> Listed:
    if not isinstance(entry, dict) or not is_group_id(entry.get("phone")):
        raise NotUnderstood(Text("an entry of the listing has no id that can be read"))
    name = _text(entry.get("name"))
    is_group = not _is(False, entry.get("isGroup"))
    return Listed(GroupId(entry["phone"]), None if name == entry["phone"] else name, is_group)


def _is(wanted: bool, value: object) -> bool:
    return value is wanted or (isinstance(value, str) and value.lower() == str(wanted).lower())


def _text(value: object) -> str | None:
    """A name, as far as one can go."""
    return value[:MAX_NAME] if isinstance(value, str) and value.strip() else None


def _digits(value: object) -> str | None:
    """A number; None for an @lid, or whatever else is no phone's and no moment's."""
    text = str(value) if isinstance(value, (str, int)) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else None


def _moment(value: object) -> datetime | None:
    """`creation` in milliseconds (Z-API, metadata page); as a string or in seconds it is understood too."""
    digits = _digits(value)
    if digits is None or len(digits) > 14:
        return None
    number = int(digits)
    try:
        return datetime.fromtimestamp(number / 1000 if number > 10**11 else number, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _member(entry: object) -> Member:
    if not isinstance(entry, dict):
        return Member(None, None)
    phone = entry.get("phone")
    who = str(phone) if isinstance(phone, (str, int)) else ""
    leads = [entry.get("isAdmin"), entry.get("isSuperAdmin")]
    if any(_is(True, each) for each in leads):
        is_admin: bool | None = True
    else:
        is_admin = False if _is(False, leads[0]) else None
    return Member(who if PARTICIPANT.fullmatch(who) else None, is_admin)


def _participants(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    phones = [_digits(entry.get("phone")) if isinstance(entry, dict) else None for entry in value]
    known = [phone for phone in phones if phone is not None]
    return tuple(known) if known and len(known) == len(phones) else None
