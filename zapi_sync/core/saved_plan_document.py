"""A saved plan as a JSON document, written, and read with what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from zapi_sync.core.journal import Intent
from zapi_sync.core.journal_lines import group_members, group_of
from zapi_sync.core.json_text import Repeated, unique_members
from zapi_sync.core.known import OpenAttempt
from zapi_sync.core.model import GroupId, GroupKey, InstanceName, sha256_of
from zapi_sync.core.moments import moment_of, timestamp
from zapi_sync.core.moves import Move
from zapi_sync.core.pacing import Pacing, Pacings
from zapi_sync.core.plan import (
    Adopt,
    Changed,
    Create,
    Difference,
    Orphaned,
    Plan,
    Taken,
    Unchanged,
    Unsettled,
)
from zapi_sync.core.saved_plan import SavedPlan
from zapi_sync.core.source import shortened
from zapi_sync.core.state_document import log_members, logs_from, record_from, record_members
from zapi_sync.core.verdict import JsonValue, violations
from zapi_sync.errors import Code, SavedPlanInvalid
from zapi_sync.language import Text

if TYPE_CHECKING:
    from zapi_sync.core.plan import Step

KIND = b"zapi-sync plan".decode()  # in every language
FORMAT_VERSION, ENCRYPTING_VERSION, PACED_VERSION = "1.0", "1.1", "1.2"
"""The second number grows with a new member, the first when a member changes meaning; a plan is of the first
that could say all that is in it: without `recipients`, without `requests` and `refusedAt`."""

_Members = Mapping[str, object]


def saved_text(saved: SavedPlan) -> str:
    return json.dumps(saved_members(saved), indent=2) + "\n"


def saved_members(saved: SavedPlan) -> dict[str, object]:
    """The plan as schemas/saved-plan.schema.json has it, with a digest of all that is in it."""
    own = {instance: _pacing_members(pacing) for instance, pacing in saved.pacings.of_instances.items()}
    members: dict[str, object] = {
        "kind": KIND,
        "format_version": _version_of(saved),
        "createdAt": timestamp(saved.created_at),
        "files": list(saved.files),
        "state": {"path": saved.state, "lineage": saved.lineage, "serial": saved.serial},
        "remote": saved.remote,
        "instances": dict(saved.instances),
        "pacing": {**_pacing_members(saved.pacings.usual), "instances": own},
        "targets": None if saved.targets is None else list(saved.targets),
        "moves": [{"from": move.source, "to": move.target} for move in saved.plan.moves],
        "summary": saved.plan.counts(),
        "steps": [_step_members(step) for step in saved.plan.steps],
    }
    if saved.recipients is not None:
        members["recipients"] = list(saved.recipients)
    if saved.plan.requests:
        members["requests"] = {name: log_members(log) for name, log in saved.plan.requests.items()}
    return {**members, "digest": _digest(members)}


def _version_of(saved: SavedPlan) -> str:
    if saved.plan.requests or any(step.attempt.refused_at for step in saved.plan.of(Unsettled)):
        return PACED_VERSION
    return FORMAT_VERSION if saved.recipients is None else ENCRYPTING_VERSION


def is_saved_plan(beginning: bytes) -> bool:
    """Whether a file that begins so is a saved plan, and may be written over by another one."""
    return beginning.startswith(f'{{\n  "kind": "{KIND}"'.encode())


def parse_saved(raw: bytes, schema: Mapping[str, object], file: str) -> SavedPlan:
    """The plan in a file's bytes. Raises SavedPlanInvalid, also where somebody changed it by hand."""
    document = _document(raw, file)
    version = document.get("format_version")
    if (
        document.get("kind") == KIND
        and isinstance(version, str)
        and version not in (FORMAT_VERSION, ENCRYPTING_VERSION, PACED_VERSION)
    ):
        raise SavedPlanInvalid.of(
            Code.PLAN_NEWER,
            Text(
                "this plan has version {version}, and this zapi-sync knows versions up to {newest}",
                version=shortened(version),
                newest=PACED_VERSION,
            ),
            hint=Text("a newer zapi-sync wrote it: upgrade, or make a plan with this one; nothing was sent"),
            file=file,
        )
    if document.get("kind") != KIND:
        raise _corrupt(file, Text("it was not written by zapi-sync plan --out"))
    broken = violations(schema, cast(JsonValue, document), most=1)
    if broken:
        place = ".".join(shortened(str(step)) for step in broken[0].path) or Text("its outermost value")
        raise _corrupt(file, Text("{place} is not as zapi-sync writes it", place=place))
    if document.pop("digest") != _digest(document):
        raise _corrupt(file, Text("it was changed after it was written"))
    try:
        return _saved(document)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise _corrupt(file, Text("a value in it cannot be")) from None


def _no_number(constant: str) -> float:
    raise ValueError(constant)


def _document(raw: bytes, file: str) -> dict[str, object]:
    try:
        document = json.loads(raw.decode(), object_pairs_hook=unique_members, parse_constant=_no_number)
    except Repeated as error:
        raise _corrupt(file, Text('"{member}" stands twice in one object', member=str(error))) from None
    except (ValueError, RecursionError):
        raise _corrupt(file, Text("it is not JSON")) from None
    if not isinstance(document, dict):
        raise _corrupt(file, Text("its outermost value is not an object"))
    return document


def _corrupt(file: str, why: str) -> SavedPlanInvalid:
    return SavedPlanInvalid.of(
        Code.PLAN_CORRUPT,
        Text("this is no plan that can be carried out: {why}", why=why),
        hint=Text("make a new one, and review it: zapi-sync plan --out FILE; nothing was sent"),
        file=file,
    )


def _digest(members: _Members) -> str:
    return sha256_of(json.dumps(members, sort_keys=True, separators=(",", ":")))


def _pacing_members(pacing: Pacing) -> dict[str, object]:
    return {"every": pacing.every, "perDay": pacing.per_day}


def _step_members(step: Step) -> dict[str, object]:
    match step:
        case Create(group=group):
            return {"action": step.action, "group": group_members(group)}
        case Taken(group, ids, by):
            return {"action": step.action, "group": group_members(group), "ids": list(ids), "by": by}
        case Adopt(group, phone):
            return {"action": step.action, "group": group_members(group), "phone": phone}
        case Unsettled(key, attempt):
            return {"action": step.action, "key": key, "attempt": _attempt_members(attempt)}
        case Changed():
            differences = [
                {"attribute": each.attribute, "created": each.created, "wanted": each.wanted}
                for each in step.differences
            ]
            record = record_members(step.record)
            return {"action": step.action, "key": step.key, "record": record, "differences": differences}
        case Unchanged(key, record) | Orphaned(key, record):
            return {"action": step.action, "key": key, "record": record_members(record)}


def _attempt_members(attempt: OpenAttempt) -> dict[str, object]:
    intent = attempt.intent
    refused = {"refusedAt": timestamp(attempt.refused_at)} if attempt.refused_at else {}
    return {
        "at": timestamp(intent.at),
        "id": intent.attempt,
        "group": group_members(intent.group),
        "sameName": list(intent.same_name),
        "sentAt": timestamp(attempt.sent_at),
        "reason": attempt.reason,
        **refused,
    }


def _saved(document: _Members) -> SavedPlan:
    state, pacing = cast(_Members, document["state"]), cast(_Members, document["pacing"])
    own = cast(Mapping[InstanceName, _Members], pacing["instances"])
    targets = cast("list[GroupKey] | None", document["targets"])
    recipients = cast("list[str] | None", document.get("recipients"))
    plan = _plan(document)
    if document["summary"] != plan.counts() or len({step.key for step in plan.steps}) < len(plan.steps):
        raise ValueError("summary")
    return SavedPlan(
        created_at=moment_of(str(document["createdAt"])),
        files=tuple(_path(each) for each in cast(list[str], document["files"])),
        state=_path(str(state["path"])),
        lineage=cast("str | None", state["lineage"]),
        serial=cast("int | None", state["serial"]),
        remote=str(document["remote"]),
        instances=cast(Mapping[InstanceName, str | None], document["instances"]),
        pacings=Pacings(_pacing(pacing), {instance: _pacing(members) for instance, members in own.items()}),
        targets=None if targets is None else tuple(targets),
        plan=plan,
        recipients=None if recipients is None else tuple(recipients),
    )


def _plan(document: _Members) -> Plan:
    moves = cast(list[dict[str, str]], document["moves"])
    return Plan(
        tuple(_step(members) for members in cast(Sequence[_Members], document["steps"])),
        tuple(Move(GroupKey(each["from"]), GroupKey(each["to"])) for each in moves),
        logs_from(cast("Mapping[str, _Members]", document.get("requests", {}))),
    )


def _path(text: str) -> str:
    """A path that can be one. Raises ValueError."""
    text.encode("utf-8", "surrogateescape")  # a ValueError for half a character that is no byte of a name
    if "\0" in text:
        raise ValueError("path")
    return text


def _pacing(members: _Members) -> Pacing:
    per_day = members["perDay"]
    if not isinstance(per_day, int | None):  # 1.0 is an `integer` of JSON Schema
        raise TypeError("perDay")
    return Pacing(float(cast(float, members["every"])), per_day)


def _step(members: _Members) -> Step:
    """The step of its members. Raises ValueError, TypeError or KeyError where they make none."""
    action = members["action"]
    if action in (Create.action, Taken.action, Adopt.action):
        group = group_of(cast(_Members, members["group"]))
        if action == Create.action:
            return Create(group)
        if action == Adopt.action:
            return Adopt(group, GroupId(str(members["phone"])))
        ids = tuple(GroupId(each) for each in cast(list[str], members["ids"]))
        return Taken(group, ids, cast("GroupKey | None", members["by"]))
    key = GroupKey(str(members["key"]))
    if action == Unsettled.action:
        return Unsettled(key, _attempt(cast(_Members, members["attempt"])))
    record = record_from(cast(_Members, members["record"]))
    if action == Unchanged.action:
        return Unchanged(key, record)
    if action == Orphaned.action:
        return Orphaned(key, record)
    differences = cast(list[dict[str, str | None]], members["differences"])
    return Changed(
        key,
        record,
        tuple(Difference(str(each["attribute"]), each["created"], each["wanted"]) for each in differences),
    )


def _attempt(members: _Members) -> OpenAttempt:
    intent = Intent(
        moment_of(str(members["at"])),
        str(members["id"]),
        group_of(cast(_Members, members["group"])),
        tuple(GroupId(each) for each in cast(list[str], members["sameName"])),
    )
    refused_at = moment_of(str(members["refusedAt"])) if "refusedAt" in members else None
    return OpenAttempt(intent, moment_of(str(members["sentAt"])), Text(str(members["reason"])), refused_at)
