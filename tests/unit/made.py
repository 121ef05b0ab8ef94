"""Values that many tests need, and a complaint as one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import pytest

from zapi_sync.core.config import TYPED_KEYS
from zapi_sync.core.csv_files import tables_wanted
from zapi_sync.core.document import Document, parse
from zapi_sync.core.journal import Intent
from zapi_sync.core.known import OpenAttempt
from zapi_sync.core.model import Group, GroupId, GroupKey, InstanceName, Record, digest_of_phones
from zapi_sync.core.phones import Phone
from zapi_sync.core.source import Source
from zapi_sync.core.state import State
from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, ConfigInvalid, Diagnostic, ZapiSyncError

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LINEAGE = "3f1c2a56-7b8d-4e9f-a0b1-c2d3e4f5a6b7"
FILE = "groups.yaml"


def document(text: str, name: str = FILE) -> Document:
    """The document of a text. Raises ConfigInvalid where it cannot be read to its end."""
    parsed = parse(Source(name, text), typed_keys=TYPED_KEYS)
    if parsed.data is None:
        raise ConfigInvalid(parsed.problems)
    return parsed


def with_tables(of: Document, texts: Mapping[str, str]) -> Document:
    """The document with the CSV files that it names; the others of them are not there."""
    missing = Diagnostic(Code.CSV_UNREADABLE, "this CSV file cannot be read: it is not there", "write it")
    return replace(
        of,
        tables={
            name: Source(name, texts[name]) if name in texts else Source(name, "", missing)
            for name in tables_wanted(of)
        },
    )


def told(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Each complaint as `file:line:column+length severity: message | hint`, what is not there left out."""
    return [_line(each) for each in diagnostics]


def _line(diagnostic: Diagnostic) -> str:
    where = diagnostic.location
    place = "" if where is None else where.file
    if where and where.line is not None:
        place += f":{where.line}:{where.column}+{where.length}"
    return f"{place} {diagnostic.severity}: {diagnostic.message} | {diagnostic.hint}".lstrip()


def refusal(kind: type[ZapiSyncError], call: Callable[[], object]) -> list[str]:
    """The complaints with which a call is refused."""
    with pytest.raises(kind) as refused:
        call()
    assert type(refused.value) is kind
    return told(refused.value.diagnostics)


def group(
    key: str = "vip-01",
    *,
    instance: str = "default",
    name: str = "VIP 01",
    auto_invite: bool = False,
    phones: Iterable[str] = ("5544999999999",),
) -> Group:
    return Group(GroupKey(key), InstanceName(instance), name, auto_invite, tuple(map(Phone, phones)))


def record(of: Group | None = None, *, at: datetime = AT, phone: str = "120363019502650977-group") -> Record:
    """The record of a group that was created as it is wanted."""
    made = of or group()
    return Record(
        instance=made.instance,
        phone=GroupId(phone),
        invitation_link="https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
        phones_not_added=("5544777777777",),
        group_name=made.group_name,
        auto_invite=made.auto_invite,
        phones_digest=digest_of_phones(made.phones),
        created_at=at,
    )


def state(
    records: Mapping[str, Record] | None = None,
    *,
    serial: int = 1,
    remote: str = "sandbox",
    instances: Mapping[str, str] | None = None,
) -> State:
    return State(
        LINEAGE,
        serial,
        remote,
        {InstanceName(name): digest for name, digest in (instances or {}).items()},
        {GroupKey(key): each for key, each in (records or {}).items()},
    )


def open_attempt(of: Group | None = None, attempt: str = "a-1", reason: str = "lost") -> OpenAttempt:
    return OpenAttempt(Intent(AT, attempt, of or group()), AT, reason)
