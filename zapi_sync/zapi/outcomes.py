"""What became of a create-group call, judged from evidence and failing towards *unknown*.

Two things settle a call: an answer that names the group, and an answer that rules the creation out. All else
leaves the outcome unknown, because create-group has no idempotency key: a second request after a lost answer
would make a second group. docs/decisions/0019-a-refusal-is-not-proof.md gives the reasons.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zapi_sync.core.forms import PARTICIPANT, as_invitation_link, is_group_id
from zapi_sync.core.model import GroupId, credential_variables
from zapi_sync.core.outcome import Cause, Contradictory, Created, RateLimit, Rejected, Unknown
from zapi_sync.language import Text
from zapi_sync.zapi.refusals import (
    PROVEN_STATUSES,
    RATE_LIMIT_STATUS,
    STATUSES_OF_TEXTS,
    asks_to_slow_down,
    is_ambiguous,
    proven_cause,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from zapi_sync.core.model import InstanceName
    from zapi_sync.core.outcome import Answer

MAX_TEXT = 300
"""How much of what the API says is kept, in characters."""

_NO_ANSWER_OF_THE_CALL = (408, 499)
"""4xx that a gateway gives while the call may still be under way: they refuse nothing."""

# An answer that speaks of a group in a form that is not the documented one.
_TRACE_OF_A_GROUP = re.compile(rb"[0-9]{8}-group|chat\.whatsapp\.com|@g\.us")
_MEMBERS_OF_A_GROUP = ("phone", "groupId", "id", "value", "invitationLink")


def classify(answer: Answer, mask: Callable[[str], str] = str) -> Created | Rejected | Unknown:
    """What an answer to create-group proves; `mask` takes secrets out of what the API says."""
    status, texts = answer.status, answer.texts()
    why: str
    slow_down = asks_to_slow_down(texts)
    limit = rate_limit_of(RATE_LIMIT_STATUS if slow_down else status, answer.retry_after)
    if not answer.complete:
        return Unknown(Text("the answer ({status}) broke off", status=status), rate_limit=limit)
    try:
        body = _json_object(answer)
    except Contradictory:
        why = Text("the API answered {status}, and contradicts itself", status=status)
        return Unknown(why, rate_limit=limit)
    phone = body.get("phone") if body else None
    if body and is_group_id(phone) and status in (200, 201):
        link = as_invitation_link(body.get("invitationLink"))
        return Created(GroupId(str(phone)), link, _not_added(body), limit)
    if _speaks_of_a_group(answer, body):
        why = Text("the API answered {status}, and yet spoke of a group", status=status)
        return Unknown(why, rate_limit=limit)
    said = _said(body, mask)
    why = _why_unknown(status, body, said)
    if is_ambiguous(texts):
        return Unknown(why, rate_limit=limit)
    cause = None if slow_down else _proven_cause(status, body)
    if cause:
        return Rejected(cause, said or Text("status {status}", status=status), limit)
    return Unknown(why, refused=_refuses(status, body), rate_limit=limit)


def rate_limit_of(status: int, retry_after: str | None) -> RateLimit | None:
    """The rate limit that the head of an answer speaks of."""
    return RateLimit(_seconds(retry_after)) if status == RATE_LIMIT_STATUS else None


def remedy(cause: Cause, instance: InstanceName) -> str:
    """What a person can do about a call that was turned down."""
    instance_id, token, client_token = credential_variables(instance)
    return {
        Cause.CREDENTIALS: Text(
            "check {client_token}, {token} and {instance_id}, and whether Z-API restricts callers "
            "by IP address (Z-API panel, Security)",
            client_token=client_token,
            token=token,
            instance_id=instance_id,
        ),
        Cause.SUBSCRIPTION: Text("renew the instance's subscription in the Z-API panel, then apply again"),
        Cause.DISCONNECTED: Text(
            "connect the number again: read the QR code in the Z-API panel, then apply again"
        ),
        Cause.INPUT: Text("correct the group in the config, then apply again"),
        Cause.OWN_NUMBER: Text(
            "remove the connected number from the group's phones: it is in every group that it creates"
        ),
        Cause.NOT_FOUND: Text(
            "check {instance_id} and {token}, and ZAPI_BASE_URL if it is set",
            instance_id=instance_id,
            token=token,
        ),
        Cause.METHOD: Text(
            "something between here and Z-API changes requests: check ZAPI_BASE_URL and proxies"
        ),
        Cause.CONTENT_TYPE: Text(
            "something between here and Z-API drops headers: check ZAPI_BASE_URL and proxies"
        ),
        Cause.RATE_LIMIT: Text(
            "wait hours rather than minutes, then apply again; slower `pacing` prevents this"
        ),
    }[cause]


def _speaks_of_a_group(answer: Answer, body: dict[str, object] | None) -> bool:
    named = [body.get(name) for name in _MEMBERS_OF_A_GROUP] if body else []
    ascii_alone = answer.body.replace(b"\0", b"")  # as in UTF-16
    return any(named) or _TRACE_OF_A_GROUP.search(ascii_alone) is not None


def _proven_cause(status: int, body: dict[str, object] | None) -> Cause | None:
    """Why the call was refused before anything was done; None where nothing proves that (zapi/refusals.py).

    It takes an `error`, and not a mere `message`.
    """
    error, message = (body.get("error"), body.get("message")) if body else (None, None)
    cause = None
    if isinstance(error, str) and status in STATUSES_OF_TEXTS:
        cause = proven_cause(error, message if isinstance(message, str) else "")
    return cause or PROVEN_STATUSES.get(status)


def _refuses(status: int, body: dict[str, object] | None) -> bool:
    """Whether a complete answer says no: a 4xx, or a 200 with an error, as failures come with 200 as well.

    At any other status it takes an `error` that is a rate limit, and not a gateway's page that asks to try
    again later.
    """
    members = body or {}
    error = members.get("error")
    if status not in (200, 201):
        is_told = isinstance(error, str) and asks_to_slow_down([error])
        return is_told or (400 <= status < 500 and status not in _NO_ANSWER_OF_THE_CALL)
    says_no = members.get("value") is False or members.get("success") is False
    return bool(isinstance(error, str) and error) or says_no


def _why_unknown(status: int, body: dict[str, object] | None, said: str) -> str:
    if said:
        return Text("the API answered {status}: {said}", status=status, said=said)
    if status in (200, 201) and body is not None:
        return Text("the API answered {status} without the id of a group", status=status)
    if body is None:
        return Text("the API answered {status} with nothing usable", status=status)
    return Text("the API answered {status} with no explanation", status=status)


def _json_object(answer: Answer) -> dict[str, object] | None:
    try:
        value = answer.json()
    except Contradictory:
        raise
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _said(body: dict[str, object] | None, mask: Callable[[str], str]) -> str:
    """What the answer gives as its reason, on one line; masked before it is cut, so that no part stays."""
    parts = [body.get(name) for name in ("error", "message")] if body else []
    texts = [" ".join(part.split()) for part in parts if isinstance(part, str) and part.strip()]
    return mask(": ".join(dict.fromkeys(texts)))[:MAX_TEXT]


def _not_added(body: dict[str, object]) -> tuple[str, ...]:
    listed = body.get("phonesNotAdded")
    items = listed if isinstance(listed, list) else []
    return tuple(item for item in items if isinstance(item, str) and PARTICIPANT.fullmatch(item))


def _seconds(retry_after: str | None) -> int | None:
    """Retry-After where it counts seconds (RFC 9110, 10.2.3); its form as a date is not used by Z-API."""
    text = (retry_after or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else None
