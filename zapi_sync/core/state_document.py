"""The state as a JSON document, written, and read with what is wrong and where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from zapi_sync.core.json_text import Repeated, place_of, unique_members
from zapi_sync.core.model import GroupId, GroupKey, How, InstanceName, Record
from zapi_sync.core.moments import moment_of, timestamp
from zapi_sync.core.source import shortened
from zapi_sync.core.state import State, two_of_one_group
from zapi_sync.core.verdict import JsonValue, Violation, violations
from zapi_sync.core.wording import found
from zapi_sync.errors import Code, Location, StateInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.core.positions import Path

VERSION = 1
MAX_PLACES = 100

_WANTED = {
    "version": f"the number {VERSION}",
    "lineage": "a UUID in lower case",
    "serial": "a whole number from 1",
    "remote": "`sandbox` or the address of an API",
    "instances": "a mapping from each instance's name to a digest",
    "groups": "a mapping from each group's key to its record",
    "recipients": "a list of recipients of age",
    "instance": "the name of an instance",
    "phone": "the id of a group, as in 120363019502650977-group",
    "invitationLink": "a link as https://chat.whatsapp.com/ and a code, or null",
    "phonesNotAdded": "a list of phone numbers",
    "groupName": "a text of at most 500 characters",
    "autoInvite": "true or false",
    "phonesDigest": "`sha256:` and 64 hexadecimal digits",
    "createdAt": "a moment, as in 2026-11-23T10:00:00Z",
    "how": "settled, adopted or imported",
}
_CAUSES = {  # what CPython's parser says, in our words
    "Expecting value": "a value is missing here, or it is not JSON",
    "Expecting ',' delimiter": "a comma is missing here",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting property name enclosed in double quotes": "a member's name in double quotes is missing here",
    "Illegal trailing comma before end of object": "nothing follows this comma",
    "Illegal trailing comma before end of array": "nothing follows this comma",
    "Unterminated string starting at": "the text that begins here does not end",
    "Invalid control character at": "a control character stands in a text",
    "Extra data": "something stands after its end",
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
    return members | {"recipients": list(state.recipients)} if state.recipients else members


def parse_state(raw: bytes, schema: Mapping[str, object], file: str) -> State:
    """The state in a file's bytes. Raises StateInvalid, with what is wrong and where."""
    document = _document(raw, file)
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        newer = shortened(str(version))
        raise StateInvalid.of(
            Code.STATE_NEWER,
            f"this state has version {newer}, and this zapi-sync knows versions up to {VERSION}",
            hint="a newer zapi-sync wrote it: upgrade (pip install --upgrade zapi-sync); nothing was changed",
            file=file,
        )
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
    more = f" (and {len(broken) - 1} more places)" if len(broken) > 1 else ""
    place = first.path[:-1] if first.keyword == "required" else first.path
    return _corrupt(file, f"{_what_is_wrong(first)}{more}", _location(file, raw, place))


def _what_is_wrong(violation: Violation) -> str:
    *above, member = [shortened(str(step)) for step in violation.path or ("its outermost value",)]
    whose = f' of "{above[-1]}"' if above else ""
    match violation.keyword:
        case "required":
            return f'"{member}"{whose} is missing'
        case "additionalProperties":
            return f'"{member}"{whose} is unknown'
        case "propertyNames":
            return f'"{member}" can be no name in {whose.removeprefix(" of ")}'
    value = "null" if violation.found is None else found(violation.found)
    return f'"{member}"{whose} must be {_wanted(violation.path)}, and this is {value}'


def _wanted(path: Path) -> str:
    match path:
        case ("instances", _):
            return _WANTED["phonesDigest"]
        case ("groups", _):
            return "a record"
        case ("recipients", int()):
            return "a recipient of age"
        case (*_, int()):
            return "a phone number"
        case (*_, member):
            return _WANTED[str(member)]
    return "an object"


def _never_was(file: str, raw: bytes, document: Mapping[str, object]) -> StateInvalid:
    """The complaint about the first moment that is none."""
    for key, members in cast(Mapping[str, Mapping[str, object]], document["groups"]).items():
        try:
            moment_of(str(members["createdAt"]))
        except ValueError:
            place = _location(file, raw, ("groups", key, "createdAt"))
            return _corrupt(file, f'"createdAt" of "{key}" is no moment in time', place)
    raise AssertionError("unreachable")


def _location(file: str, raw: bytes, path: Path) -> Location:
    text = raw.decode()
    start, end = place_of(text, path)
    begin = text.rfind("\n", 0, start) + 1
    line, _, _ = text[begin:].partition("\n")
    length = min(end - start, len(line) - (start - begin))
    return Location(file, text.count("\n", 0, start) + 1, start - begin + 1, length, line)


def _document(raw: bytes, file: str) -> dict[str, object]:
    if not raw:
        raise _corrupt(file, "the file is empty, and an empty state is not the same as none")
    try:
        document = json.loads(raw.decode(), object_pairs_hook=unique_members)
    except json.JSONDecodeError as error:
        line = error.doc.split("\n")[error.lineno - 1]
        why = _CAUSES.get(error.msg, "it is not JSON")
        if "<<<<<<< " in error.doc:
            why = "a merge conflict stands in it"
        raise _corrupt(file, why, Location(file, error.lineno, error.colno, text=line)) from None
    except Repeated as error:
        raise _corrupt(file, f'"{error}" stands twice in one object') from None
    except UnicodeDecodeError:
        raise _corrupt(file, "it is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise _corrupt(file, "a number in it is far too long, or its brackets are far too deep") from None
    if not isinstance(document, dict):
        raise _corrupt(file, "its outermost value is not an object")
    if b"\\ud" in raw.lower() and not _is_text(document):
        raise _corrupt(file, "half a character (a lone surrogate) is in it")
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
        f"this state cannot be used: {why}",
        hint="restore it from git or a backup; nothing was created or overwritten",
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
    )


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
