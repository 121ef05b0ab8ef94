"""What create-group accepts, and every assumption this emulator makes.

The rules come from Z-API's create-group page unless a line says "Assumption:", which marks what neither that
page nor Z-API's other pages settle. Where the answer of a call rests on an assumption, it is written here:

- Any instance id and any token are accepted; each instance id is a world of its own with its own groups.
- Checks come in the order: path (404), method (405), Client-Token (403), content type (415), body (400).
- A missing or empty Client-Token answers 403 (the text is documented, the status is not); any other is
  accepted but the one that is refused for show.
- A body that holds NaN, a number like 1e999, or more than 100 levels of nesting is no JSON: 400.
- A body that breaks off before its announced length answers 400, whatever the call.
- Unknown attributes in a body are ignored; a phone that is given twice counts once.
- A groupName of white space only, or of more than 100 characters, answers 400.
- A mask, a `+` or anything else that is neither digits nor digits with `@lid` answers 400.
- `@lid` entries alone are no contact at all: 400.
- A number that has no WhatsApp (here: not 8 to 15 digits long) is not added, like one that cannot be.
- The group is created even where nobody at all could be added: the creator is alone in it.
- Groups are listed newest first; `page` and `pageSize` are positive numbers of at most nine digits.
- A group that the instance does not have answers 404.
- phone-exists answers an array of one, with a JSON boolean, and 400 where the phone is not digits.
- `due` in the answer of `me` is in milliseconds, like `creation` in the metadata.
- Reported errors without a reported status: "Instance not found" comes as 404, "Whatsapp did not respond"
  as 200 or as 400 (two faults).
- group-invitation-link answers POST as well as GET: it was POST until 2026-02.
"""

import re
from dataclasses import dataclass

CONNECTED_NUMBER = "5511900000000"
"""The number that is connected to every instance, and so the creator and owner of every group."""

NOT_ADDABLE_SUFFIX = "7777"
"""Numbers that end so cannot be added directly, as if their owner's privacy settings forbade it."""

REFUSED_CLIENT_TOKEN = "WRONG-CLIENT-TOKEN"  # noqa: S105 - the name of a value that is never accepted
"""The one Client-Token that is refused, so that the refusal can be tried out."""

GROUP_NAME_LIMIT = 100

_DIGITS = re.compile(r"[0-9]+")
_LID = re.compile(r"[0-9]+@lid")
# What any dialect of regular expressions takes for white space, as the document's pattern is read by others.
_VISIBLE = re.compile(r"[^\s\x1c-\x1f\x85\ufeff]")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that is answered with an error, `{"error": …}`, and changes nothing."""

    status: int
    error: str


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """A create-group body that passed every rule: who is added, who is not, and who of those is invited."""

    name: str
    added: tuple[str, ...]
    not_added: tuple[str, ...]
    invited: tuple[str, ...]


def refuse_client_token(value: str | None) -> Refusal | None:
    """Judge the Client-Token header. The refusal of a wrong one echoes it, as reported from the field."""
    if not value:
        return Refusal(403, "null not allowed")
    if value == REFUSED_CLIENT_TOKEN:
        return Refusal(403, f"Client-Token {value} not allowed")
    return None


def judge_create(body: object) -> GroupOrder | Refusal:
    """Hold a create-group body against the rules (Z-API, create-group page)."""
    if not isinstance(body, dict):
        return Refusal(400, "The body must be a JSON object")
    auto_invite, name, phones = body.get("autoInvite"), body.get("groupName"), body.get("phones")
    if not isinstance(auto_invite, bool):
        return Refusal(400, "autoInvite is required and must be a boolean")
    if not isinstance(name, str):
        return Refusal(400, "groupName is required and must be a string")
    if not isinstance(phones, list) or not all(isinstance(phone, str) for phone in phones):
        return Refusal(400, "phones is required and must be an array of strings")
    error = _error_in_name(name) or _error_in_phones(phones)
    if error:
        return Refusal(400, error)
    return _order(name, phones, auto_invite=auto_invite)


def _error_in_name(name: str) -> str | None:
    if not _VISIBLE.search(name):
        return "groupName must not be empty"
    if len(name) > GROUP_NAME_LIMIT:
        return f"groupName must not be longer than {GROUP_NAME_LIMIT} characters"
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "groupName must be text"  # half a surrogate pair: JSON can spell it, nothing can store it
    return None


def _error_in_phones(phones: list[str]) -> str | None:
    if any(not is_phone(phone) and not _LID.fullmatch(phone) for phone in phones):
        return "Invalid phone"
    if CONNECTED_NUMBER in phones:
        return "The connected phone must not be among the phones"
    if not any(is_phone(phone) for phone in phones):
        return "phones must hold at least one contact"
    return None


def _order(name: str, phones: list[str], *, auto_invite: bool) -> GroupOrder:
    once = tuple(dict.fromkeys(phones))
    added = tuple(phone for phone in once if has_whatsapp(phone) and not phone.endswith(NOT_ADDABLE_SUFFIX))
    not_added = tuple(phone for phone in once if phone not in added)
    # A private invite goes to a number that is on WhatsApp but cannot be added directly.
    invited = tuple(phone for phone in not_added if auto_invite and has_whatsapp(phone))
    return GroupOrder(name, added, not_added, invited)


def has_whatsapp(phone: str) -> bool:
    """Tell whether a number is on WhatsApp. Assumption: every number of a possible length is."""
    return is_phone(phone) and 8 <= len(phone) <= 15


def is_phone(phone: str) -> bool:
    """Tell whether a text is a phone as Z-API takes it: digits only, no mask, no plus sign."""
    return _DIGITS.fullmatch(phone) is not None


def positive(text: str | None) -> int | None:
    """Read a paging parameter; None where it is missing or not a positive number."""
    return int(text) if text is not None and _COUNT.fullmatch(text) else None
