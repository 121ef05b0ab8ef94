"""What became of a create-group call, judged from evidence and failing towards *unknown*.

Two things settle a call: an answer that names the group, and an answer that rules the creation out. All else
leaves the outcome unknown, because create-group has no idempotency key: a second request after a lost answer
would make a second group. docs/decisions/0003-what-an-answer-proves.md gives the reasons.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zapi_sync.core.forms import PARTICIPANT, as_invitation_link, is_group_id
from zapi_sync.core.model import GroupId, credential_variables
from zapi_sync.core.outcome import Cause, Contradictory, Created, Rejected, Unknown
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from zapi_sync.core.model import InstanceName
    from zapi_sync.core.outcome import Answer

MAX_TEXT = 300
"""How much of what the API says is kept, in characters."""

# 405 and 415: Z-API, create-group page. The others are HTTP's own meaning: refused as it stood.
_STATUS_CAUSES = {
    400: Cause.INPUT,
    401: Cause.CREDENTIALS,
    403: Cause.CREDENTIALS,
    404: Cause.NOT_FOUND,
    405: Cause.METHOD,
    413: Cause.INPUT,
    415: Cause.CONTENT_TYPE,
    422: Cause.INPUT,
    429: Cause.RATE_LIMIT,
}

# Field reports (not documented): what `error` says, in lower case, where no group came of a call.
_TEXT_CAUSES = (
    (re.compile("client-token|null not allowed"), Cause.CREDENTIALS),
    (re.compile("must subscribe"), Cause.SUBSCRIPTION),
    (
        re.compile("connected with whatsapp|not connected|restore the session|has been disconnected"),
        Cause.DISCONNECTED,
    ),
    (re.compile("instance not found|instance not initialize|not_found"), Cause.NOT_FOUND),
    (re.compile("phone not exists|phone is wrong|invalid phone"), Cause.INPUT),
)

# Field report: says nothing about the outcome, whatever the status.
# Looked for in the body as it came: what is said is cut and masked.
_AMBIGUOUS = re.compile(rb"did not respond|time(?:d )?out", re.IGNORECASE)

# An answer that speaks of a group in a form that is not the documented one.
_TRACE_OF_A_GROUP = re.compile(rb"[0-9]{8}-group|chat\.whatsapp\.com|@g\.us")
_MEMBERS_OF_A_GROUP = ("phone", "groupId", "id", "value", "invitationLink")


def classify(answer: Answer, mask: Callable[[str], str] = str) -> Created | Rejected | Unknown:
    """What an answer to create-group proves; `mask` takes secrets out of what the API says."""
    if not answer.complete:
        return Unknown(Text("the answer ({status}) broke off", status=answer.status))
    try:
        body = _json_object(answer)
    except Contradictory:
        return Unknown(Text("the API answered {status}, and contradicts itself", status=answer.status))
    phone = body.get("phone") if body else None
    if body and is_group_id(phone) and answer.status in (200, 201):
        return Created(GroupId(str(phone)), as_invitation_link(body.get("invitationLink")), _not_added(body))
    said = _said(body, mask)
    if _speaks_of_a_group(answer, body):
        return Unknown(Text("the API answered {status}, and yet spoke of a group", status=answer.status))
    cause = None if _AMBIGUOUS.search(answer.body) else _cause(answer.status, body)
    if cause is None:
        return Unknown(_why_unknown(answer.status, body, said))
    return Rejected(
        cause, said or Text("status {status}", status=answer.status), _seconds(answer.retry_after)
    )


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


def _cause(status: int, body: dict[str, object] | None) -> Cause | None:
    """Why the call was turned down; None where the answer does not rule the creation out.

    A status that means a refusal does; at 200 it takes an `error` that is known to, and not a mere message.
    """
    given = body.get("error") if body else None
    error = given.lower() if isinstance(given, str) else ""
    by_text = next((cause for text, cause in _TEXT_CAUSES if text.search(error)), None)
    if status in _STATUS_CAUSES:
        return by_text or _STATUS_CAUSES[status]
    return by_text if status in (200, 201) else None


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
