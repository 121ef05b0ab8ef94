"""Values that the tests of effects need, and a complaint as one line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from zapi_sync.core.journal import Concluded, Event, Intent, Sending
from zapi_sync.core.model import Group, GroupId, GroupKey, InstanceName
from zapi_sync.core.outcome import Created, Outcome
from zapi_sync.core.phones import Phone
from zapi_sync.core.state import State
from zapi_sync.errors import ZapiSyncError

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LINEAGE = "3f1c2a56-7b8d-4e9f-a0b1-c2d3e4f5a6b7"
STATE = State(LINEAGE, 1, "sandbox")
MADE = Created(
    GroupId("120363019502650977-group"),
    "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
    ("5544777777777",),
)
OTHER = Created(GroupId("120363019502650978-group"), None)


def group(key: str = "vip-01") -> Group:
    phones = (Phone("5544999999999"), Phone("5544888888888"))
    return Group(GroupKey(key), InstanceName("default"), f"Ação {key} 😀", False, phones)


def attempt(key: str, outcome: Outcome | None = None) -> list[Event]:
    """The events of one attempt that was sent, and concluded where there is an outcome."""
    events: list[Event] = [Intent(AT, f"a-{key}", group(key)), Sending(AT, f"a-{key}")]
    return events + ([Concluded(AT, f"a-{key}", outcome)] if outcome else [])


def refusal(kind: type[ZapiSyncError], call: Callable[[], object]) -> list[str]:
    """The complaints with which a call is refused, each as `file: message | hint`."""
    with pytest.raises(kind) as refused:
        call()
    assert type(refused.value) is kind
    return [
        (f"{each.location.file}: " if each.location else "") + f"{each.message} | {each.hint}"
        for each in refused.value.diagnostics
    ]


@contextlib.contextmanager
def permissions_count(folder: Path, mode: int = 0o555) -> Iterator[None]:
    """A folder of that mode, for a process that permissions hold: root becomes `nobody` meanwhile."""
    folder.chmod(mode)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)
        folder.chmod(0o755)


def fill(folder: Path) -> None:
    """Takes all the room of a disk; what is left is for names."""
    with (folder / "full").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
