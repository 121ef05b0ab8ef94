"""For a program: documents of a version and a published schema, written field by field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from zapi_sync.core.moments import timestamp
from zapi_sync.core.outcome import Created, Rejected, Unknown, Unsent
from zapi_sync.core.plan import Adopt, Changed, Create, Orphaned, Taken, Unchanged, Unsettled
from zapi_sync.core.progress import Finished, run_again_after
from zapi_sync.core.state_document import state_members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from zapi_sync.core.known import Known, OpenAttempt
    from zapi_sync.core.model import Group, GroupKey, Record
    from zapi_sync.core.moves import Move
    from zapi_sync.core.outcome import Outcome
    from zapi_sync.core.pacing import Forecast
    from zapi_sync.core.plan import Plan, Step
    from zapi_sync.core.progress import Skipped
    from zapi_sync.core.scaffold import Piece
    from zapi_sync.core.state import State
    from zapi_sync.errors import Diagnostic, Location

FORMAT_VERSION = "1.1"
"""Of all documents: the second number grows with a new member, the first when a member changes meaning."""


def plan(
    plan: Plan,
    forecasts: Sequence[Forecast],
    state: State | None,
    warnings: Sequence[Diagnostic],
    drift: Mapping[str, object] | None = None,
) -> str:
    """A plan, as schemas/plan.schema.json has it. It holds no invite link. `drift` are the members of what a
    look at the instances found (render.drift)."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "state": {"lineage": state.lineage, "serial": state.serial} if state else None,
            "summary": plan.counts(),
            "moves": moves(plan.moves),
            "invitationsUpTo": sum(_invitations(step.group) for step in plan.of(Create)),
            "forecast": {
                "creations": sum(forecast.creations for forecast in forecasts),
                "seconds": round(max((forecast.seconds for forecast in forecasts), default=0), 1),
                "leftOver": sum(forecast.left_over for forecast in forecasts),
                "instances": [_course(forecast) for forecast in forecasts],
            },
            "steps": [_step(step) for step in plan.steps],
            **({"drift": drift} if drift else {}),
            "diagnostics": [_diagnostic(warning) for warning in warnings],
        }
    )


def applied(
    ended: Sequence[Finished | Skipped],
    taken: Sequence[Taken],
    unsettled: Sequence[Unsettled],
    diagnostics: Sequence[Diagnostic],
    moved: Sequence[Move] = (),
) -> str:
    """What an apply did, as schemas/apply.schema.json has it."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "groups": [
                *(_finished(each) if isinstance(each, Finished) else _skipped(each) for each in ended),
                *(
                    {**_about(step.group), "outcome": "taken", "ids": list(step.ids), "by": step.by}
                    for step in taken
                ),
                *(_held(step) for step in unsettled),
            ],
            "moves": moves(moved),
            "runAgainAfter": _moment(run_again_after(ended)),
            "diagnostics": [_diagnostic(each) for each in diagnostics],
        }
    )


def moves(moves: Sequence[Move]) -> list[dict[str, object]]:
    """The keys that are renamed."""
    return [{"from": move.source, "to": move.target} for move in moves]


def invites(groups: Mapping[GroupKey, Record]) -> str:
    """The invite links, as schemas/invites.schema.json has them; null where there is none yet."""
    rows = [
        {"key": key, **_record(record), "invitationLink": record.invitation_link}
        for key, record in sorted(groups.items())
    ]
    return document({"format_version": FORMAT_VERSION, "groups": rows})


def known(known: Known) -> str:
    """State and journal, as schemas/show.schema.json has them; the state null where there is none yet."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "state": state_members(known.state) if known.state else None,
            "unsettled": [{"key": key, **_doubt(attempt)} for key, attempt in sorted(known.open.items())],
        }
    )


def errors(diagnostics: Sequence[Diagnostic]) -> str:
    """Why a command came to nothing, as schemas/errors.schema.json has it."""
    return document(
        {"format_version": FORMAT_VERSION, "diagnostics": [_diagnostic(each) for each in diagnostics]}
    )


def valid(groups: int, warnings: Sequence[Diagnostic]) -> str:
    """That a config is valid, in the same form as the errors of one that is not."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "groups": groups,
            "diagnostics": [_diagnostic(each) for each in warnings],
        }
    )


def scaffold(pieces: Sequence[Piece], warnings: Sequence[Diagnostic], *, dry_run: bool) -> str:
    """What init wrote, as schemas/init.schema.json has it."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "dryRun": dry_run,
            "files": [{"path": each.path, "fate": each.fate, "text": each.text} for each in pieces],
            "diagnostics": [_diagnostic(each) for each in warnings],
        }
    )


def diagnostics_of(diagnostics: Sequence[Diagnostic]) -> list[dict[str, object]]:
    """Complaints, as every document holds them."""
    return [_diagnostic(each) for each in diagnostics]


def document(members: object) -> str:
    """JSON in ASCII alone: whatever is in a name, a terminal or a CI log takes it as text."""
    return json.dumps(members, indent=2).replace("##", "#\\u0023")


def _course(forecast: Forecast) -> dict[str, object]:
    return {
        "instance": forecast.instance,
        "creations": forecast.creations,
        "seconds": round(forecast.seconds, 1),
        "room": forecast.room,
        "leftOver": forecast.left_over,
        "againIn": None if forecast.again is None else round(forecast.again, 1),
        "finishedIn": None if forecast.finished is None else round(forecast.finished, 1),
        "notBefore": _moment(forecast.not_before),
    }


def _step(step: Step) -> dict[str, object]:
    members: dict[str, object] = {"action": step.action, "key": step.key}
    match step:
        case Create(group):
            members |= _group(group)
        case Unchanged(record=record) | Orphaned(record=record):
            members |= _record(record)
        case Changed(record=record):
            members |= _record(record)
            members["differences"] = [
                {"attribute": each.attribute, "created": each.created, "wanted": each.wanted}
                for each in step.differences
            ]
        case Taken(group, ids, by):
            members |= _group(group) | {"ids": list(ids), "by": by}
        case Adopt(group, phone):
            members |= _group(group) | {"phone": phone}
        case Unsettled(attempt=attempt):
            members |= _doubt(attempt)
    return members


def _doubt(attempt: OpenAttempt) -> dict[str, object]:
    return _group(attempt.intent.group) | {
        "sentAt": timestamp(attempt.sent_at),
        "reason": attempt.reason,
        "settlesAt": _moment(attempt.settles_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None


def _group(group: Group) -> dict[str, object]:
    return {
        "instance": group.instance,
        "groupName": group.group_name,
        "autoInvite": group.auto_invite,
        "phones": list(group.phones),
    }


def _record(record: Record) -> dict[str, object]:
    return {"instance": record.instance, "groupName": record.group_name, "phone": record.phone}


def _invitations(group: Group) -> int:
    return len(group.phones) if group.auto_invite else 0


def _finished(finished: Finished) -> dict[str, object]:
    members = {**_about(finished.group), **_outcome(finished.outcome)}
    if isinstance(finished.outcome, Unknown):
        members["settlesAt"] = _moment(finished.settles_at)
    if finished.not_before:
        members["notBefore"] = timestamp(finished.not_before)
    return members | {"how": finished.how} if finished.how else members


def _about(group: Group) -> dict[str, object]:
    return {"key": group.key, "instance": group.instance, "groupName": group.group_name}


def _outcome(outcome: Outcome) -> dict[str, object]:
    match outcome:
        case Created():
            return {
                "outcome": "created",
                "phone": outcome.phone,
                "invitationLink": outcome.invitation_link,
                "phonesNotAdded": list(outcome.phones_not_added),
            }
        case Rejected():
            return {"outcome": "rejected", "cause": outcome.cause, "reason": outcome.said}
        case Unsent(reason):
            return {"outcome": "unsent", "reason": reason}
        case Unknown(reason):
            return {"outcome": "unknown", "reason": reason}


def _skipped(skipped: Skipped) -> dict[str, object]:
    return {
        **_about(skipped.group),
        "outcome": "skipped",
        "reason": skipped.reason,
        "until": _moment(skipped.until),
    }


def _held(step: Unsettled) -> dict[str, object]:
    about = _about(step.attempt.intent.group)
    settles_at = _moment(step.attempt.settles_at)
    return {**about, "outcome": "unknown", "reason": step.attempt.reason, "settlesAt": settles_at}


def _diagnostic(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        **_location(diagnostic.location),
        "also": [{"message": word, **_location(location)} for word, location in diagnostic.also],
    }


def _location(location: Location | None) -> dict[str, object]:
    if location is None:
        return {"file": None, "line": None, "column": None}
    return {"file": location.file, "line": location.line, "column": location.column}
