"""`zapi-sync doctor`: what is wrong here, each thing with its remedy, whatever else is broken."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

Fits = Callable[[Any, str], None]


@pytest.fixture
def look(online: Any, fits: Fits) -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """The findings by check, held to their schema and to the exit code."""

    def run(*arguments: str, **environment: str) -> dict[str, list[dict[str, Any]]]:
        done = online("doctor", "--format", "json", *arguments, **environment)
        fits(done.json, "doctor")
        assert done.code == (1 if done.json["summary"]["error"] else 0), done.out
        found: dict[str, list[dict[str, Any]]] = {}
        for each in done.json["findings"]:
            found.setdefault(each["check"], []).append(each)
        return found

    return run


def test_all_is_well_and_nothing_is_written(online: Any, served: Any) -> None:
    online.groups("a")
    done = online("doctor")
    assert (done.code, done.out.splitlines()[-1]) == (0, "All is well.")
    assert "ok       clock         default: within a minute of the API's" in done.out
    assert "ok       subscription  default: runs until 20" in done.out
    assert [each.name for each in online.folder.iterdir()] == ["groups.yaml"]
    assert served.creates() == []


def test_without_the_network_no_api_is_asked(online: Any, look: Any) -> None:
    online.groups("a")
    found = look("--offline", ZAPI_BASE_URL="http://127.0.0.1:1")
    assert "connection" not in found
    assert found["credentials"][0]["verdict"] == "ok"


def test_one_instance_that_is_not_well_hides_nothing_of_the_others(
    online: Any, served: Any, look: Any
) -> None:
    path = online.groups("a")
    path.write_text(path.read_text() + "  s: {groupName: S, instance: sales, phones: ['5544911112222']}\n")
    served.fault("status-disconnected", instance=served.default)
    found = look()
    assert [(each["instance"], each["verdict"]) for each in found["connection"]] == [
        ("default", "error"),
        ("sales", "ok"),
    ]
    missing = look(ZAPI_SALES_TOKEN="")["credentials"]
    assert [each["verdict"] for each in missing] == ["ok", "error"]
    assert (missing[1]["file"], missing[1]["line"]) == ("groups.yaml", 7)
    same = look(ZAPI_SALES_INSTANCE_ID=served.default)["credentials"]
    assert same[-1]["message"].startswith('the instances "default" and "sales" are one')


def test_the_connected_number_in_a_list(online: Any, look: Any) -> None:
    from zapi_sync.sandbox import CONNECTED_NUMBER

    online.write(f"version: 1\ngroups:\n  a: {{groupName: A, phones: ['{CONNECTED_NUMBER}']}}\n")
    (number,) = look()["number"]
    assert (number["verdict"], number["line"], number["column"]) == ("error", 3, 3)
    assert CONNECTED_NUMBER not in number["message"]


def test_whatever_is_broken_is_a_finding(online: Any, served: Any, look: Any) -> None:
    online.write("version: 2\ngroups: {}\n")
    (online.folder / "groups.state.json").write_text("{")
    found = look(ZAPI_BASE_URL="ftp://x")
    assert [found[check][0]["verdict"] for check in ("config", "state", "api")] == ["error"] * 3
    assert found["config"][0]["line"] == 1
    (online.folder / "groups.yaml").unlink()
    assert look()["config"][0]["message"] == "there is no such file [ZS101]"
    (online.folder / "groups.state.json").unlink()
    (online.folder / "groups.state.json.lock").mkdir()
    assert look()["lock"][0]["verdict"] == "error"


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("status-client-token-403", "connection"),
        ("me-garbage", "subscription"),
        ("device-500", "number"),
    ],
)
def test_what_the_api_does_not_tell(online: Any, served: Any, look: Any, fault: str, check: str) -> None:
    online.groups("a")
    served.fault(fault, 5)
    assert look()[check][0]["verdict"] == "error"


def test_a_state_of_another_instance_and_an_attempt_in_doubt(online: Any, served: Any, look: Any) -> None:
    online.groups("a", "b")
    served.fault("create-close-before")
    online("apply", "--auto-approve", "--pace", "0", "--settle", "0")
    found = look()
    assert found["journal"][0]["message"] == "1 creation in doubt: a"
    assert look(ZAPI_INSTANCE_ID="OTHER0001")["remote"][0]["verdict"] == "error"
    (online.folder / "groups.state.json").chmod(0o644)
    assert "chmod 600" in look()["permissions"][0]["hint"]


def test_a_lock_that_is_held_is_told_with_its_holder(online: Any, served: Any, look: Any) -> None:
    online.groups("a")
    served.fault("create-silent-before")
    process = online.start("apply", "--auto-approve")
    from .conftest import wait_for_creates

    wait_for_creates(served, 1)
    assert f"process {process.pid}" in look()["lock"][0]["message"]
    process.kill()
    process.communicate()
    assert look()["lock"][0]["message"] == "free"


@pytest.mark.parametrize("state", ["s" * 300, "no/such/folder/s.json", "groups.yaml/s.json"])
def test_a_state_where_none_can_be_is_a_finding(online: Any, look: Any, state: str) -> None:
    online.groups("a")
    found = look("--offline", "--state", state)
    assert "error" in [each["verdict"] for each in found["state"] + found.get("permissions", [])]
    assert found["config"][0]["verdict"] == "ok"


def test_git_and_the_sandbox(online: Any, look: Any) -> None:
    online.groups("a")
    for arguments in (
        ["init", "-q"],
        ["remote", "add", "origin", "https://ana:CANARYPASSWORD@Example.com/x"],
    ):
        subprocess.run(["git", *arguments], cwd=online.folder, check=True)
    told = look("--offline", "--sandbox")["git"]
    assert [(each["verdict"], each["hint"]) for each in told] == [
        ("warning", "add *.sandbox.* to .gitignore")
    ]
    (online.folder / "groups.sandbox.state.json").touch()
    subprocess.run(["git", "add", "groups.sandbox.state.json"], cwd=online.folder, check=True)
    taken, tracked = look("--offline")["git"]
    assert taken["message"].startswith("git takes the state, and with it example.com; ")
    assert tracked["message"] == "git has groups.sandbox.state.json, which belongs to this machine alone"
    (online.folder / ".gitignore").write_text("*.sandbox.*\n")
    subprocess.run(
        ["git", "rm", "-q", "--cached", "groups.sandbox.state.json"], cwd=online.folder, check=True
    )
    (online.folder / "groups.sandbox.state.json").unlink()
    assert look("--offline", "--sandbox")["git"][0]["verdict"] == "ok"


def test_git(online: Any, look: Any) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=online.folder, check=True, capture_output=True)

    online.groups("a")
    git("init", "-q")
    assert look("--offline")["git"][0]["verdict"] == "ok"
    (online.folder / ".gitignore").write_text("*.state.json\n")
    assert look("--offline")["git"][0]["verdict"] == "warning"
    (online.folder / ".env").write_text("X=1\n")
    git("add", ".env")
    tracked = look("--offline")["git"][1]
    assert (tracked["verdict"], tracked["hint"]) == (
        "error",
        "git rm --cached .env, and ignore it; what was secret in it and was pushed is none any more",
    )
