"""State and journal of version 1, which knew neither refusals that prove nothing nor rate limits."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from .clones import STATE
from .conftest import later

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")


def make_state_old(path: Path) -> None:
    """Rewrite a state as version 1 has it."""
    document = json.loads(path.read_text())
    assert document["version"] == 2
    document["version"] = 1
    document.pop("requests", None)
    path.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def make_journal_old(path: Path) -> None:
    """Rewrite a journal as version 1 has it."""
    lines = []
    for line in path.read_bytes().splitlines():
        body, _, _ = line.rpartition(b',"crc":"')
        old = body.replace(b'"version":2', b'"version":1').replace(b',"refused":true', b"")
        lines.append(old + b',"crc":"%08x"}\n' % zlib.crc32(old))
    assert b'"version":1' in lines[0]
    path.write_bytes(b"".join(lines))


def version_of_journal(path: Path) -> int:
    return int(json.loads(path.read_text().splitlines()[0])["version"])


@pytest.fixture
def old(online: Any) -> Any:
    """A folder with a state of version 1 that has one group."""
    online.groups("a")
    assert online(*APPLY).code == 0
    make_state_old(online.folder / STATE)
    return online


def test_state_of_version_1_is_read_and_left_as_it_is(old: Any) -> None:
    before = (old.folder / STATE).read_bytes()
    old.groups("a", "b")
    assert "Plan: 1 to create; 1 unchanged." in old("plan").out
    assert old("invites").code == 0
    assert old("show").code == 0
    assert old("doctor").code == 0
    old.groups("a")
    assert old(*APPLY).code == 0
    assert (old.folder / STATE).read_bytes() == before


def test_state_of_version_1_becomes_version_2_when_written(old: Any, served: Any, fits: Any) -> None:
    record = old.state()["groups"]["a"]
    serial = old.state()["serial"]
    old.groups("a", "b")
    assert old(*APPLY, "--per-day", "1").code == 3  # the group of version 1 counts
    assert old(*APPLY).code == 0
    fits(old.state(), "state")
    assert (old.state()["version"], old.state()["serial"] > serial) == (2, True)
    assert old.state()["groups"]["a"] == record
    assert (served.names(), len(served.creates())) == (["Group a", "Group b"], 2)


def test_state_commands_take_version_1(old: Any, fits: Any) -> None:
    text = (old.folder / STATE).read_bytes()
    assert old("state", "mv", "a", "z").code == 0
    fits(old.state(), "state")
    assert old.state()["version"] == 2
    assert old("state", "push", "-", "--force", stdin=text).code == 0
    fits(old.state(), "state")
    assert list(old.state()["groups"]) == ["a"]


def test_journal_of_version_1_is_read_and_settled(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-after")
    served.fault("groups-lag", 3)
    assert online(*APPLY).code == 4
    journal = online.folder / f"{STATE}.journal"
    make_state_old(online.folder / STATE)
    make_journal_old(journal)
    assert "? a  unsettled" in online("plan").out
    served.client.delete("/sandbox/faults")
    assert online(*APPLY).code == 0
    assert (online.state()["version"], online.state()["groups"]["a"]["how"]) == (2, "settled")
    assert len(served.creates()) == 1


def test_journal_of_version_1_has_no_refusals(online: Any, served: Any) -> None:
    """What version 1 kept as unknown never settles by absence, whatever was answered."""
    online.groups("a")
    served.fault("create-refused-400-before")
    assert online(*APPLY).code == 4
    journal = online.folder / f"{STATE}.journal"
    make_state_old(online.folder / STATE)
    make_journal_old(journal)
    assert online(*APPLY, **later(24)).code == 4
    assert len(served.creates()) == 1
    online.groups("a", "b")
    assert online(*APPLY, **later(24)).code == 4
    assert version_of_journal(journal) == 2
    assert online(*APPLY, "--absent-after", "0").code == 0
    assert len(served.creates()) == 3


def test_newer_journal_is_refused(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-before")
    assert online(*APPLY).code == 4
    journal = online.folder / f"{STATE}.journal"
    first, *others = journal.read_bytes().splitlines(keepends=True)
    body, _, _ = first.rpartition(b',"crc":"')
    newer = body.replace(b'"version":2', b'"version":3')
    journal.write_bytes(newer + b',"crc":"%08x"}\n' % zlib.crc32(newer) + b"".join(others))
    done = online(*APPLY)
    assert done.code == 1
    assert "it is of no known form; a newer zapi-sync may have written it" in done.err
    assert len(served.creates()) == 1
