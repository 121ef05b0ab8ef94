"""The state as a JSON document, written, and read with what is wrong and where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from zapi_sync.core.json_text import Repeated, place_of, unique_members
from zapi_sync.core.model import GroupId, GroupKey, How, InstanceName, Record
from zapi_sync.core.moments import moment_of, timestamp
from zapi_sync.core.pacing import RequestLog
from zapi_sync.core.source import shortened
from zapi_sync.core.state import State, two_of_one_group
from zapi_sync.core.verdict import JsonValue, Violation, violations
from zapi_sync.core.wording import found
from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, Location, StateInvalid
from zapi_sync.language import Plural, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zapi_sync.core.positions import Path

VERSION = 2
"""Version 1 had no `requests`; it is read as it is, and written anew as version 2."""
MAX_PLACES = 100

_WANTED = {
    "version": Text("the number {version}", version=VERSION),
    "lineage": Text("a UUID in lower case"),
    "serial": Text("a whole number from 1"),
    "remote": Text("`sandbox` or the address of an API"),
    "instances": Text("a mapping from each instance's name to a digest"),
    "groups": Text("a mapping from each group's key to its record"),
    "recipients": Text("a list of recipients of age"),
    "requests": Text("a mapping from each instance's name to its requests"),
    "madeNothing": Text("a mapping from the id of each attempt to when it was sent"),
    "notBefore": Text("a moment, as in 2026-11-23T10:00:00Z"),
    "rateLimits": Text("a whole number from 1"),
    "instance": Text("the name of an instance"),
    "phone": Text("the id of a group, as in 120363019502650977-group"),
    "invitationLink": Text("a link as https://chat.whatsapp.com/ and a code, or null"),
    "phonesNotAdded": Text("a list of phone numbers"),
    "groupName": Text("a text of at most 500 characters"),
    "autoInvite": Text("true or false"),
    "phonesDigest": Text("`sha256:` and 64 hexadecimal digits"),
    "createdAt": Text("a moment, as in 2026-11-23T10:00:00Z"),
    "how": Text("settled, adopted or imported"),
}
_CAUSES = {  # what CPython's parser says, in our words
    "Expecting value": Text("a value is missing here, or it is not JSON"),
    "Expecting ',' delimiter": Text("a comma is missing here"),
    "Expecting ':' delimiter": Text("a colon is missing here"),
    "Expecting property name enclosed in double quotes": Text(
        "a member's name in double quotes is missing here"
    ),
    "Illegal trailing comma before end of object": Text("nothing follows this comma"),
    "Illegal trailing comma before end of array": Text("nothing follows this comma"),
    "Unterminated string starting at": Text("the text that begins here does not end"),
    "Invalid control character at": Text("a control character stands in a text"),
    "Extra data": Text("something stands after its end"),
}


def state_text(state: State, *, ascii_only: bool = False) -> str:
    """The state as a JSON document: sorted keys, two spaces, the same text for the same state.

    In ASCII alone a terminal takes it as text, whatever is in a name.
    """
    return json.dumps(state_members(state), indent=2, sort_keys=True, ensure_ascii=ascii_only) + "\n"


def state_members(state: State) -> dict[str, object]:
    """The state as schemas/state.schema.json has it."""
    members: dict[str, object] = {
        "version": VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "remote": state.remote,
        "instances": dict(state.instances),
        "groups": {key: record_members(record) for key, record in state.groups.items()},
    }
    if state.requests:
        members["requests"] = {instance: log_members(log) for instance, log in state.requests.items()}
    return members | {"recipients": list(state.recipients)} if state.recipients else members


def parse_state(raw: bytes, schema: Mapping[str, object], file: str) -> State:
    """The state in a file's bytes. Raises StateInvalid, with what is wrong and where."""
    document = _document(raw, file)
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        newer = shortened(str(version))
        raise StateInvalid.of(
            Code.STATE_NEWER,
            Text(
                "this state has version {version}, and this zapi-sync knows versions up to {newest}",
                version=newer,
                newest=VERSION,
            ),
            hint=Text(
                "a newer zapi-sync wrote it: upgrade (pip install --upgrade zapi-sync); nothing was changed"
            ),
            file=file,
        )
    if type(version) is int and version == 1 and "requests" not in document:
        document["version"] = VERSION
    broken = violations(schema, cast(JsonValue, document), most=MAX_PLACES)
    if not broken and not isinstance(document["serial"], int):  # 1.0 is an `integer` of JSON Schema
        broken = [Violation(("serial",), "type", "integer", document["serial"])]
    if broken:
        raise _misshapen(file, raw, broken)
    try:
        state = _state(document)
    except ValueError:
        raise _never_was(file, raw, document) from None
    clash = two_of_one_group(state.groups)
    if clash:
        place = _location(file, raw, ("groups", clash.key, "phone"))
        raise _corrupt(file, str(clash), place)
    return state


def _misshapen(file: str, raw: bytes, broken: Sequence[Violation]) -> StateInvalid:
    first = broken[0]
    why = _what_is_wrong(first)
    if (more := len(broken) - 1) > 0:
        why += Plural(" (and {number} more places)", " (and {number} more places)", more)
    place = first.path[:-1] if first.keyword == "required" else first.path
    return _corrupt(file, why, _location(file, raw, place))


def _what_is_wrong(violation: Violation) -> str:
    *above, member = [shortened(str(step)) for step in violation.path] or [Text("its outermost value")]
    whose = Text(' of "{member}"', member=above[-1]) if above else ""
    match violation.keyword:
        case "required":
            return Text('"{member}"{whose} is missing', member=member, whose=whose)
        case "additionalProperties":
            return Text('"{member}"{whose} is unknown', member=member, whose=whose)
        case "propertyNames":
            return Text('"{member}" can be no name in "{mapping}"', member=member, mapping=above[-1])
    value = "null" if violation.found is None else found(violation.found)
    return Text(
        '"{member}"{whose} must be {expected}, and this is {found}',
        member=member,
        whose=whose,
        expected=_wanted(violation.path),
        found=value,
    )


def _wanted(path: Path) -> str:
    match path:
        case ("instances", _):
            return _WANTED["phonesDigest"]
        case ("requests", _):
            return Text("the requests of an instance")
        case ("requests", _, "madeNothing", _):
            return _WANTED["createdAt"]
        case ("groups", _):
            return Text("a record")
        case ("recipients", int()):
            return Text("a recipient of age")
        case (*_, int()):
            return Text("a phone number")
        case (*_, member):
            return _WANTED[str(member)]
    return Text("an object")


def _never_was(file: str, raw: bytes, document: Mapping[str, object]) -> StateInvalid:
    """The complaint about the first moment that is none."""
    for path, moment in _moments(document):
        try:
            moment_of(moment)
        except ValueError:
            *_, key, member = map(str, path)
            what = Text('"{member}" of "{key}" is no moment in time', member=member, key=key)
            return _corrupt(file, what, _location(file, raw, path))
    raise AssertionError("unreachable")


def _moments(document: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    """Every moment in a document that fits the schema, with its place."""
    for key, record in cast(Mapping[str, Mapping[str, str]], document["groups"]).items():
        yield ("groups", key, "createdAt"), record["createdAt"]
    for instance, log in cast(Mapping[str, Mapping[str, object]], document.get("requests", {})).items():
        for attempt, moment in cast(Mapping[str, str], log.get("madeNothing", {})).items():
            yield ("requests", instance, "madeNothing", attempt), moment
        if "notBefore" in log:
            yield ("requests", instance, "notBefore"), str(log["notBefore"])


def _location(file: str, raw: bytes, path: Path) -> Location:
    text = raw.decode()
    start, end = place_of(text, path)
    begin = text.rfind("\n", 0, start) + 1
    line, _, _ = text[begin:].partition("\n")
    length = min(end - start, len(line) - (start - begin))
    return Location(file, text.count("\n", 0, start) + 1, start - begin + 1, length, line)


def _document(raw: bytes, file: str) -> dict[str, object]:
    if not raw:
        raise _corrupt(file, Text("the file is empty, and an empty state is not the same as none"))
    try:
        document = json.loads(raw.decode(), object_pairs_hook=unique_members)
    except json.JSONDecodeError as error:
        line = error.doc.split("\n")[error.lineno - 1]
        why = _CAUSES.get(error.msg, Text("it is not JSON"))
        if "<<<<<<< " in error.doc:
            why = Text("a merge conflict stands in it")
        raise _corrupt(file, why, Location(file, error.lineno, error.colno, text=line)) from None
    except Repeated as error:
        raise _corrupt(file, Text('"{member}" stands twice in one object', member=str(error))) from None
    except UnicodeDecodeError:
        raise _corrupt(file, Text("it is not UTF-8 text")) from None
    except (ValueError, RecursionError):
        why = Text("a number in it is far too long, or its brackets are far too deep")
        raise _corrupt(file, why) from None
    if not isinstance(document, dict):
        raise _corrupt(file, Text("its outermost value is not an object"))
    if b"\\ud" in raw.lower() and not _is_text(document):
        raise _corrupt(file, Text("half a character (a lone surrogate) is in it"))
    return document


def _is_text(document: object) -> bool:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _corrupt(file: str, why: str, location: Location | None = None) -> StateInvalid:
    return StateInvalid.at(
        Code.STATE_CORRUPT,
        location or Location(file),
        Text("this state cannot be used: {why}", why=why),
        hint=Text("restore it from git or a backup; nothing was created or overwritten"),
    )


def _state(document: Mapping[str, object]) -> State:
    groups = cast(Mapping[str, Mapping[str, object]], document["groups"])
    return State(
        lineage=str(document["lineage"]),
        serial=cast(int, document["serial"]),
        remote=str(document["remote"]),
        instances=cast(Mapping[InstanceName, str], document["instances"]),
        groups={GroupKey(key): record_from(record) for key, record in groups.items()},
        recipients=tuple(sorted(set(cast("list[str]", document.get("recipients", []))))),
    ).with_requests(logs_from(cast("Mapping[str, Mapping[str, object]]", document.get("requests", {}))))


def logs_from(instances: Mapping[str, Mapping[str, object]]) -> dict[InstanceName, RequestLog]:
    """The logs of members that fit the schema. Raises ValueError for a moment that cannot be."""
    logs = {}
    for name, members in instances.items():
        fruitless = cast("Mapping[str, str]", members.get("madeNothing", {}))
        log = RequestLog({attempt: moment_of(moment) for attempt, moment in fruitless.items()})
        if "notBefore" in members:
            limits = int(cast(int, members.get("rateLimits", 1)))
            log = replace(log, rate_limits=limits, not_before=moment_of(str(members["notBefore"])))
        logs[InstanceName(name)] = log
    return logs


def log_members(log: RequestLog) -> dict[str, object]:
    """A log as members of a JSON object."""
    members: dict[str, object] = {}
    if log.fruitless:
        members["madeNothing"] = {attempt: timestamp(at) for attempt, at in log.fruitless.items()}
    if log.not_before:
        members |= {"notBefore": timestamp(log.not_before), "rateLimits": log.rate_limits}
    return members


def record_from(members: Mapping[str, object]) -> Record:
    """The record of members that fit the schema. Raises ValueError for a moment that cannot be."""
    return Record(
        instance=InstanceName(str(members["instance"])),
        phone=GroupId(str(members["phone"])),
        invitation_link=cast("str | None", members["invitationLink"]),
        phones_not_added=tuple(cast(list[str], members["phonesNotAdded"])),
        group_name=str(members["groupName"]),
        auto_invite=bool(members["autoInvite"]),
        phones_digest=str(members["phonesDigest"]),
        created_at=moment_of(str(members["createdAt"])),
        how=How(str(members["how"])) if "how" in members else None,
    )


def record_members(record: Record) -> dict[str, object]:
    """A record as members of a JSON object."""
    members: dict[str, object] = {
        "instance": record.instance,
        "phone": record.phone,
        "invitationLink": record.invitation_link,
        "phonesNotAdded": list(record.phones_not_added),
        "groupName": record.group_name,
        "autoInvite": record.auto_invite,
        "phonesDigest": record.phones_digest,
        "createdAt": timestamp(record.created_at),
    }
    return members | {"how": record.how} if record.how else members
