"""`zapi-sync import --all`: what exists becomes YAML and records, and the next plan has nothing to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

Fits = Callable[[Any, str], None]


def test_what_exists_becomes_yaml_and_with_write_also_records(online: Any, served: Any) -> None:
    served.create('Turma "3B" 🎉', "5544999990001", "5544999990002")
    served.create("No")
    first = online("import", "--all")
    assert first.code == 0, first.err
    assert "2 groups that no state knew.\nThe state is as it was: --write takes them in" in first.err
    assert [each.name for each in online.folder.iterdir()] == []

    written = online("import", "--all", "--write", "--auto-approve", "--out", "groups.yaml")
    assert (written.code, written.out) == (0, "")
    assert (online.folder / "groups.yaml").read_text() == first.out
    assert {record["how"] for record in online.state()["groups"].values()} == {"imported"}
    assert all(record["invitationLink"] for record in online.state()["groups"].values())
    plan = online("plan", "--detailed-exitcode")
    assert (plan.code, plan.out) == (0, "Nothing to create. 2 unchanged.\n")
    assert online("import", "--all").out.endswith("groups: {}\n")
    assert served.names() == ["No", 'Turma "3B" 🎉']


def test_what_the_state_and_the_config_know_is_left_alone(online: Any, served: Any, fits: Fits) -> None:
    online.groups("a", "b")
    online("apply", "--auto-approve", "--pace", "0", "--target", "a")
    served.create("Group b", "5544999990009")
    served.create("c", "5544999990009")
    found = online("import", "--all", "--format", "json").json
    fits(found, "import")
    assert [each["key"] for each in found["groups"]] == ["c"]
    (left,) = found["leftOut"]
    assert left["reason"] == (
        f"its name is that of b; if it is the same group: zapi-sync import b {left['phone']}"
    )
    assert found["written"] is False


def test_another_instance(online: Any, served: Any) -> None:
    served.create("On default")
    text = online("import", "--all", "--instance", "sales").out
    assert text.endswith("groups: {}\n")
    missing = online("import", "--all", "--instance", "other")
    assert (missing.code, "ZAPI_OTHER_TOKEN" in missing.err) == (1, True)


def test_it_asks_before_it_writes(online: Any, served: Any) -> None:
    served.create("A", "5544999990001")
    refused = online("import", "--all", "--write", "--out", "new.yaml")
    assert refused.code == 64
    assert "import --all --write asks before it acts, and there is no terminal to ask at" in refused.err
    assert not (online.folder / "new.yaml").exists()
    assert not (online.folder / "groups.state.json").exists()


def test_a_file_that_is_there_is_not_written_over(online: Any, served: Any) -> None:
    served.create("A", "5544999990001")
    path = online.groups("a")
    before = path.read_text()
    refused = online("import", "--all", "--write", "--auto-approve", "--out", "groups.yaml")
    assert refused.code == 1
    assert "groups.yaml: error: there is a file of this name already [ZS511]" in refused.err
    assert path.read_text() == before
    assert not (online.folder / "groups.state.json").exists()
    nowhere = online("import", "--all", "--out", "none/new.yaml")
    assert "none/new.yaml: error: it cannot be written: no such file or directory [ZS511]" in nowhere.err


@pytest.mark.parametrize(
    "arguments",
    [("--all", "a"), ("--all", "a", "12345-group"), (), ("a",), ("a", "12345-group", "--write")],
)
def test_one_or_all(online: Any, arguments: tuple[str, ...]) -> None:
    online.groups("a")
    refused = online("import", *arguments)
    assert refused.code == 64
    assert "[ZS510]" in refused.err


def test_a_listing_that_is_not_whole_writes_nothing(online: Any, served: Any) -> None:
    served.create("A", "5544999990001")
    served.fault("groups-500", 5)
    refused = online("import", "--all", "--write", "--auto-approve", "--out", "new.yaml")
    assert refused.code == 1
    assert "the look-up groups gave no usable answer" in refused.err
    assert os.listdir(online.folder) in (["groups.state.json.lock"], [])
