"""What is known to have been created: a value, and its form as a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from zapi_sync.core.model import GroupId, GroupKey, How, InstanceName, Record, credential_variables
from zapi_sync.core.parsers import events
from zapi_sync.core.positions import Path, Positions
from zapi_sync.core.source import Source, shortened
from zapi_sync.core.verdict import JsonValue, Violation, violations
from zapi_sync.errors import Code, Location, StateInvalid

VERSION = 1
MAX_PLACES = 100


@dataclass(frozen=True, slots=True)
class State:
    """The groups created so far, and the remote that they live behind.

    `remote` is the origin of the API's base URL, or `sandbox`; `instances` has a digest of each id.
    """

    lineage: str
    serial: int
    remote: str
    instances: Mapping[InstanceName, str] = field(default_factory=dict)
    groups: Mapping[GroupKey, Record] = field(default_factory=dict)

    def with_instances(self, instances: Mapping[InstanceName, str]) -> State:
        """The state once it also speaks of these instances (name -> digest); itself where it did already."""
        together = {**self.instances, **instances}
        if together == self.instances:
            return self
        return replace(self, serial=self.serial + 1, instances=together)

    def with_groups(self, groups: Mapping[GroupKey, Record]) -> State:
        """The next version of this state."""
        return replace(self, serial=self.serial + 1, groups=groups)


def timestamp(moment: datetime) -> str:
    """A moment as it stands in state and journal: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(timestamp: str) -> datetime:
    """The moment that a timestamp of state or journal names. Raises ValueError."""
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("before all time") from None


def state_text(state: State) -> str:
    """The state as a JSON document: sorted keys, two spaces, the same text for the same state."""
    document = {
        "version": VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "remote": state.remote,
        "instances": dict(state.instances),
        "groups": {key: _record_json(record) for key, record in state.groups.items()},
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def parse_state(raw: bytes, schema: Mapping[str, object], file: str) -> State:
    """The state in a file's bytes. Raises StateInvalid, with what is wrong and where."""
    document = _document(raw, file)
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise StateInvalid.of(
            Code.STATE_NEWER,
            f"this state has version {version}, and this zapi-sync knows versions up to {VERSION}",
            hint="a newer zapi-sync wrote it: upgrade (pip install --upgrade zapi-sync); nothing was changed",
            file=file,
        )
    broken = violations(schema, cast(JsonValue, document), most=MAX_PLACES)
    if broken:
        raise _misshapen(file, raw, broken)
    try:
        state = _state(document)
    except ValueError:
        raise _corrupt(file, "a `createdAt` is no moment in time") from None
    _check_ids(state, raw, file)
    return state


def _misshapen(file: str, raw: bytes, broken: Sequence[Violation]) -> StateInvalid:
    first = broken[0]
    *above, member = map(str, first.path or ("its outermost value",))
    whose = f' of "{above[-1]}"' if above else ""
    told = {"required": "is missing", "additionalProperties": "is unknown"}
    what = told.get(first.keyword, "is not of its form")
    more = f" (and {len(broken) - 1} more places)" if len(broken) > 1 else ""
    place = first.path[:-1] if first.keyword == "required" else first.path
    return _corrupt(file, f'"{member}"{whose} {what}{more}', _location(file, raw, place))


def _check_ids(state: State, raw: bytes, file: str) -> None:
    """Raises StateInvalid where two keys stand for one group, as after a record was copied by hand."""
    first: dict[GroupId, GroupKey] = {}
    for key, record in state.groups.items():
        other = first.setdefault(record.phone, key)
        if other != key:
            place = _location(file, raw, ("groups", key, "phone"))
            raise _corrupt(file, f'"{other}" and "{key}" stand for one group, {record.phone}', place)


def _location(file: str, raw: bytes, path: Path) -> Location:
    """Where a member stands; JSON is YAML, as far as that goes."""
    source = Source(file, raw.decode())
    span = Positions.of(events(source.text)).value(path)
    return source.location(*span) if span else Location(file)


def check_remote(state: State, origin: str, instances: Mapping[InstanceName, str], file: str) -> None:
    """Raises StateInvalid where the state speaks of another API, or of another number behind a name.

    `instances` maps the names in use to digests of their ids.
    """
    if state.remote != origin:
        raise StateInvalid.of(
            Code.STATE_OF_ANOTHER_REMOTE,
            f"this state speaks of groups at {state.remote}, and this run would talk to {origin}",
            hint="use the state that belongs there (--state), or correct --sandbox or ZAPI_BASE_URL; "
            "nothing was sent",
            file=file,
        )
    for name, digest in instances.items():
        if state.instances.get(name, digest) != digest:
            raise StateInvalid.of(
                Code.STATE_OF_ANOTHER_INSTANCE,
                f'this state speaks of another Z-API instance under the name "{name}"',
                hint=f"set {credential_variables(name)[0]} to the instance that created these groups, "
                "or give the new one a name of its own; nothing was sent",
                file=file,
            )
        elsewhere = [other for other, known in state.instances.items() if known == digest and other != name]
        if elsewhere:
            raise StateInvalid.of(
                Code.STATE_OF_ANOTHER_INSTANCE,
                f'the instance "{name}" is the one that this state knows as "{elsewhere[0]}"',
                hint=f"correct {credential_variables(name)[0]}, or use one name for both; nothing was sent",
                file=file,
            )


def _document(raw: bytes, file: str) -> dict[str, object]:
    if not raw:
        raise _corrupt(file, "the file is empty, and an empty state is not the same as none")
    try:
        document = json.loads(raw.decode(), object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        line = error.doc.split("\n")[error.lineno - 1]
        why = "a merge conflict stands in it" if "<<<<<<< " in error.doc else f"not JSON: {error.msg}"
        raise _corrupt(file, why, Location(file, error.lineno, error.colno, text=line)) from None
    except _Repeated as error:
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


class _Repeated(ValueError):
    pass


def _is_text(document: object) -> bool:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise _Repeated(shortened(next(name for name, number in counts.items() if number > 1)))
    return members


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
        groups={GroupKey(key): _record(record) for key, record in groups.items()},
    )


def _record(members: Mapping[str, object]) -> Record:
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


def _record_json(record: Record) -> dict[str, object]:
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
