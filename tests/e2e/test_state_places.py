"""`state migrate`, `state unlock`, `state pull --backup`, and what --state takes for an address."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.postgres import shared_server
from zapi_sync.cli.sharing import _myself
from zapi_sync.edge.git_state import GitBackend

BRANCH = "git:zapi-state"
NAME = "git:origin/zapi-state#groups"


@pytest.fixture
def repository(zapi_sync: Any) -> Path:
    """The folder is a clone of a remote that git can push to."""
    remote: Path = zapi_sync.folder / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    subprocess.run(["git", "init", "--quiet", zapi_sync.folder], check=True)
    subprocess.run(["git", "-C", zapi_sync.folder, "remote", "add", "origin", remote], check=True)
    return remote


def test_a_state_goes_to_another_place_and_apply_goes_on_there(online: Any, repository: Path) -> None:
    online.groups("a", "b")
    assert online("apply", "--auto-approve", "--pace", "0").code == 0
    result = online("state", "migrate", "groups.state.json", BRANCH)
    assert result.out == (
        "Migrated: 2 groups, serial 2.\n"
        f"From now on: --state {NAME}, or ZAPI_SYNC_STATE. "
        "Remove groups.state.json, lest somebody go on with it.\n"
    )
    assert json.loads(online("state", "pull", "--state", BRANCH).out) == online.state()
    (online.folder / "groups.state.json").unlink()
    online.groups("a", "b", "c")
    result = online("apply", "--auto-approve", "--pace", "0", ZAPI_SYNC_STATE=BRANCH)
    assert result.code == 0, result.err
    assert "1 of 1 group done." in result.err
    assert not (online.folder / "groups.state.json").exists()
    assert "3 unchanged" in online("plan", "--state", BRANCH).out
    back = online("state", "migrate", BRANCH, "groups.state.json", "--format", "json")
    assert json.loads(back.out)["state"]["serial"] == online.state()["serial"]


def test_what_is_unsettled_goes_along(online: Any, served: Any, repository: Path) -> None:
    online.groups("a")
    served.fault("create-500-before")
    assert online("apply", "--auto-approve", "--settle", "0").code == 4
    result = online("state", "migrate", "groups.state.json", BRANCH)
    assert result.out.startswith("Migrated: 0 groups, serial 1, and what is unsettled: a.\n")
    assert "1 unsettled" in online("plan", "--state", BRANCH).out
    assert online("apply", "--auto-approve", "--settle", "0", "--state", BRANCH).code == 4
    assert len(served.creates()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["groups.state.json", "groups.state.json"], "error: FROM and TO are one: groups.state.json [ZS501]"),
        (["nowhere.json", "new.json"], "nowhere.json: error: there is no state here [ZS220]"),
        (
            ["groups.state.json", "other.json"],
            "other.json: error: there is another state here already (lineage ",
        ),
    ],
)
def test_it_goes_nowhere_else(online: Any, arguments: list[str], said: str) -> None:
    online.groups("a")
    for state in ("other.json", "groups.state.json"):
        assert (
            online("apply", "--auto-approve", "--pace", "0", "--existing", "create", "--state", state).code
            == 0
        )
    result = online("state", "migrate", *arguments)
    assert result.code in (1, 64)
    assert said in result.err
    assert not (online.folder / "new.json").exists()


def test_a_lock_that_stayed_is_taken_away_by_its_id(online: Any, repository: Path) -> None:
    online.groups("a")
    holder = _myself()
    GitBackend(BRANCH, online.folder).take(holder, 3600)
    refused = online("apply", "--auto-approve", "--state", BRANCH)
    assert refused.code == 1
    assert f"{NAME}: error: another zapi-sync is at work on this state: {holder}" in refused.err
    assert f"zapi-sync state unlock {holder.id}" in refused.err
    assert str(holder) in online("doctor", "--offline", "--state", BRANCH).out
    asked = online("state", "unlock", holder.id, "--state", BRANCH)
    assert asked.code == 64
    assert "run it with --auto-approve once it is known that its holder is gone" in asked.err
    wrong = online("state", "unlock", "another", "--auto-approve", "--state", BRANCH)
    assert f"no lock another is held: it is held by {holder} [ZS228]" in wrong.err
    result = online("state", "unlock", holder.id, "--auto-approve", "--state", BRANCH)
    assert result.out == f"Unlocked: it was held by {holder}.\n"
    assert online("apply", "--auto-approve", "--pace", "0", "--state", BRANCH).code == 0


def test_the_state_before_a_change_by_hand(online: Any, repository: Path) -> None:
    online.groups("a")
    assert online("apply", "--auto-approve", "--pace", "0", "--state", BRANCH).code == 0
    none = online("state", "pull", "--backup", "--state", BRANCH)
    assert f"{NAME}: error: there is no backup: no state was changed by hand [ZS220]" in none.err
    before = online("state", "pull", "--state", BRANCH).out
    result = online("state", "mv", "a", "b", "--state", BRANCH)
    assert result.out == "Moved: a is b now. The state before is kept: zapi-sync state pull --backup.\n"
    assert online("state", "pull", "--backup", "--state", BRANCH).out == before


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("git:", "error: "),
        ("git:a..b", "error: "),
        ("postgresql://", "error: "),
        ("s3://", "error: "),
    ],
)
def test_an_address_that_no_state_can_have(online: Any, repository: Path, state: str, said: str) -> None:
    online.groups("a")
    result = online("plan", "--state", state)
    assert result.code == 1
    assert said in result.err
    assert "[ZS227]" in result.err
    assert "hint: " in result.err


def test_the_sandbox_keeps_no_shared_state(online: Any, repository: Path) -> None:
    online.groups("a")
    result = online("apply", "--sandbox", "--auto-approve", "--state", BRANCH)
    assert (
        "error: --sandbox keeps its groups beside a state file, and this state is none [ZS501]" in result.err
    )
    assert online("apply", "--sandbox", "--auto-approve", ZAPI_SYNC_STATE=BRANCH).code == 0
    assert (online.folder / "groups.sandbox.state.json").exists()


def test_a_saved_plan_of_a_shared_state_is_applied_to_it(online: Any, repository: Path) -> None:
    online.groups("a")
    assert online("plan", "--out", "a.plan", ZAPI_SYNC_STATE=BRANCH).code == 0
    assert f'"{NAME}"' in (online.folder / "a.plan").read_text()
    assert online("apply", "a.plan", "--pace", "0").code == 0
    assert "1 unchanged" in online("plan", "--state", BRANCH).out


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "--state", "postgresql://zapi:hunter22@db.example/infra"],
        ["state", "migrate", "groups.state.json", "postgres://zapi:hunter22@db.example/infra"],
        ["state", "list", "--state", "postgresql://db.example/infra?password=hunter22"],
    ],
)
def test_a_password_has_no_place_on_the_command_line(online: Any, arguments: list[str]) -> None:
    online.groups("a")
    result = online(*arguments)
    assert result.code == 64
    assert "error: a password stands in an address on the command line" in result.err
    assert "hint: set PGPASSWORD or ~/.pgpass, or the whole address as ZAPI_SYNC_STATE" in result.err
    assert "hunter22" not in result.err


COMPLAINING = [
    ["state", "show", "nobody"],
    ["state", "rm", "nobody"],
    ["state", "list", "nobody"],
    ["state", "pull", "--backup"],
    ["import", "a", "120363019502650977-group"],
    ["resolve", "a", "--retry"],
    ["doctor", "--offline"],
    ["plan", "-vv"],
    ["drift", "nobody"],
]


def test_a_password_in_the_environments_address_is_shown_nowhere(online: Any) -> None:
    running = shared_server()
    address = running.address(running.create_database())
    online.groups("a")
    online.environment["ZAPI_SYNC_STATE"] = address
    assert online("apply", "--auto-approve", "--pace", "0").code == 0
    for arguments in COMPLAINING:
        result = online(*arguments)
        assert running.password not in result.out + result.err, arguments
    assert "postgresql://zapi@127.0.0.1:" in online("state", "show", "nobody").err
