"""The state by key, for a person and for a program. What is shown of one key holds its invite link."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.core.known import OpenAttempt
from zapi_sync.core.model import Record
from zapi_sync.core.moments import timestamp
from zapi_sync.language import _
from zapi_sync.render import json
from zapi_sync.render.safe import printable
from zapi_sync.render.words import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zapi_sync.core.model import GroupKey
    from zapi_sync.core.moves import Move
    from zapi_sync.core.state import State
    from zapi_sync.errors import Diagnostic
    from zapi_sync.render.paint import Paint

Entry: TypeAlias = Record | OpenAttempt
"""What is known under a key: the group that was created, or the attempt whose outcome is not known."""


def listing(entries: Mapping[GroupKey, Entry], paint: Paint) -> str:
    """The table of keys."""
    if not entries:
        return _("Nothing is in the state.")
    rows = [_row(key, entry) for key, entry in sorted(entries.items())]
    head = (_("KEY"), _("INSTANCE"), "ID", _("CREATED"))
    return "\n".join(table(head, rows, paint))


def listing_json(entries: Mapping[GroupKey, Entry]) -> str:
    """The same, as schemas/state-list.schema.json has it."""
    groups = [{"key": key, **_summary(entry)} for key, entry in sorted(entries.items())]
    return json.document({"format_version": json.FORMAT_VERSION, "groups": groups})


def entry(key: GroupKey, entry: Entry, paint: Paint) -> str:
    """All that is known under a key."""
    note = "  " + paint.dim(_("unsettled")) if isinstance(entry, OpenAttempt) else ""
    members = _attempt(entry) if isinstance(entry, OpenAttempt) else _record(entry)
    wide = max(map(len, members))
    lines = [f"    {name:<{wide}}  {_words(value)}" for name, value in members.items()]
    return "\n".join([f"{paint.bold(printable(key))}{note}", *lines])


def entry_json(key: GroupKey, entry: Entry) -> str:
    """The same, as schemas/state-show.schema.json has it."""
    return json.document(
        {
            "format_version": json.FORMAT_VERSION,
            "key": key,
            "status": _status(entry),
            "record": None if isinstance(entry, OpenAttempt) else _record(entry),
            "attempt": _attempt(entry) if isinstance(entry, OpenAttempt) else None,
        }
    )


def change_json(
    state: State,
    backup: str | None,
    diagnostics: Sequence[Diagnostic],
    *,
    removed: Sequence[GroupKey] = (),
    moves: Sequence[Move] = (),
) -> str:
    """What was changed in the state, as schemas/state-change.schema.json has it."""
    return json.document(
        {
            "format_version": json.FORMAT_VERSION,
            "state": {"lineage": state.lineage, "serial": state.serial},
            "removed": list(removed),
            "moves": json.moves(moves),
            "backup": backup,
            "diagnostics": json.diagnostics_of(diagnostics),
        }
    )


def _row(key: GroupKey, entry: Entry) -> tuple[str, str, str, str]:
    if isinstance(entry, OpenAttempt):
        sent = _("sent {time}", time=timestamp(entry.sent_at))
        return printable(key), entry.intent.group.instance, _("(unsettled)"), sent
    return printable(key), entry.instance, entry.phone, timestamp(entry.created_at)


def _status(entry: Entry) -> str:
    return "unsettled" if isinstance(entry, OpenAttempt) else "created"


def _summary(entry: Entry) -> dict[str, object]:
    of = entry.intent.group if isinstance(entry, OpenAttempt) else entry
    return {
        "status": _status(entry),
        "instance": of.instance,
        "groupName": of.group_name,
        "phone": None if isinstance(entry, OpenAttempt) else entry.phone,
        "createdAt": None if isinstance(entry, OpenAttempt) else timestamp(entry.created_at),
        "sentAt": timestamp(entry.sent_at) if isinstance(entry, OpenAttempt) else None,
    }


def _record(record: Record) -> dict[str, object]:
    return {
        "groupName": record.group_name,
        "instance": record.instance,
        "phone": record.phone,
        "invitationLink": record.invitation_link,
        "phonesNotAdded": list(record.phones_not_added),
        "autoInvite": record.auto_invite,
        "phonesDigest": record.phones_digest,
        "createdAt": timestamp(record.created_at),
        "how": record.how,
    }


def _attempt(attempt: OpenAttempt) -> dict[str, object]:
    group = attempt.intent.group
    return {
        "groupName": group.group_name,
        "instance": group.instance,
        "autoInvite": group.auto_invite,
        "phones": list(group.phones),
        "sentAt": timestamp(attempt.sent_at),
        "reason": attempt.reason,
    }


def _words(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("(none)")
    return _("(none)") if value is None else printable(value if isinstance(value, str) else str(value))
