"""One group's way, from YAML to invite link, through the installed command."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zapi_sync.cli.commands import COMMANDS
from zapi_sync.cli.state import command as state
from zapi_sync.edge.inputs import SCHEMAS

EXAMPLE = Path(__file__).parents[2] / "examples" / "groups.yaml"
LINK = re.compile(r"https://chat\.whatsapp\.com/\w{22}")
Fits = Callable[[Any, str], None]
pytestmark = pytest.mark.installed


def test_the_example_is_created_once_on_the_embedded_sandbox(zapi_sync: Any, fits: Fits) -> None:
    shutil.copy(EXAMPLE, zapi_sync.folder)

    plan = zapi_sync("plan", "--sandbox", "--detailed-exitcode")
    assert plan.code == 2
    assert "Plan: 7 to create; 0 unchanged." in plan.out

    applied = zapi_sync("apply", "--sandbox", "--auto-approve")
    assert applied.code == 0
    assert "nothing real happens" in applied.err
    assert len(LINK.findall(applied.out)) == 7
    assert len(re.findall(r"\d{18}-group", applied.out)) == 7
    assert "invited privately: 5544988887777" in applied.out

    state = zapi_sync.state("groups.sandbox.state.json")
    fits(state, "state")
    assert state["remote"] == "sandbox"
    assert state["groups"]["launch-vip-03"]["phonesNotAdded"] == ["5544988887777"]
    assert state["groups"]["escola-turma-3b"]["groupName"] == "2026"

    again = zapi_sync("plan", "--sandbox", "--detailed-exitcode")
    assert (again.code, again.out) == (0, "Nothing to create. 7 unchanged.\n")


def test_through_a_port_each_group_is_one_request(online: Any, served: Any) -> None:
    shutil.copy(EXAMPLE, online.folder)
    arguments = ("apply", "--state", "s.json", "--auto-approve", "--pace", "0")

    first = online(*arguments)
    assert first.code == 0, first.err
    requests = served.creates()
    assert len(requests) == 7
    for request in requests:
        assert request["method"] == "POST"
        assert request["headers"] == {"Client-Token": "***", "Content-Type": "application/json"}
        assert set(request["json"]) == {"autoInvite", "groupName", "phones"}
        assert all(re.fullmatch(r"\d{8,15}", phone) for phone in request["json"]["phones"])
    assert next(request["json"] for request in requests if request["instance"] == served.default) == {
        "autoInvite": False,
        "groupName": "Launch VIP 01",
        "phones": ["5544999990001", "5544999990002"],
    }
    instances = Counter(request["instance"] for request in requests)
    assert instances == {served.default: 6, served.sales: 1}

    before = (online.folder / "s.json").read_bytes()
    second = online(*arguments)
    assert (second.code, len(served.creates())) == (0, 7)
    assert (online.folder / "s.json").read_bytes() == before

    with (online.folder / "groups.yaml").open("a") as config:
        config.write("  one-more:\n    groupName: One more\n    phones: [5544911112222]\n")
    third = online(*arguments)
    assert third.code == 0
    assert [request["json"]["groupName"] for request in served.creates()[7:]] == ["One more"]


def test_an_apply_with_nothing_to_do_writes_no_byte(zapi_sync: Any) -> None:
    zapi_sync.groups("a", "b")
    zapi_sync("apply", "--sandbox", "--auto-approve")
    (zapi_sync.folder / "groups.sandbox.state.json.lock").unlink()
    before = {path.name: path.stat().st_mtime_ns for path in zapi_sync.folder.iterdir()}

    assert zapi_sync("apply", "--sandbox").code == 0
    assert {path.name: path.stat().st_mtime_ns for path in zapi_sync.folder.iterdir()} == before


def test_plan_needs_no_credentials_no_state_and_no_folder_that_can_be_written(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    plan = zapi_sync("plan", ZAPI_BASE_URL="http://127.0.0.1:1")
    assert plan.code == 0
    assert "+ a\n" in plan.out
    assert [path.name for path in zapi_sync.folder.iterdir()] == ["groups.yaml"]


def test_plan_prints_only_what_changes_and_counts_the_rest(zapi_sync: Any) -> None:
    keys = [f"g-{number:04d}" for number in range(1000)]
    zapi_sync.groups(*keys)
    assert zapi_sync("apply", "--sandbox", "--auto-approve", "--format", "json").code == 0
    path = zapi_sync.groups(*keys[:-1], "new")
    path.write_text(path.read_text().replace("Group g-0007\n", "Group seven\n"))

    plan = zapi_sync("plan", "--sandbox")
    assert plan.out.splitlines()[0] == "+ new"
    assert "groupName   Group g-0007 -> Group seven" in plan.out
    assert "- g-0999  no longer in the config; the group stays as it is" in plan.out
    assert "Plan: 1 to create; 998 unchanged, 1 changed, 1 orphaned." in plan.out
    assert len(plan.out.splitlines()) < 20


def test_what_changed_or_went_is_shown_and_never_applied(online: Any, served: Any) -> None:
    online.groups("kept", "gone")
    online("apply", "--auto-approve", "--pace", "0")
    online.write(
        "version: 1\ngroups:\n  kept: {groupName: New name, autoInvite: true, phones: [5544911112222]}\n"
    )

    plan = online("plan", "--format", "json").json
    changed, orphaned = plan["steps"]
    assert [change["attribute"] for change in changed["differences"]] == ["groupName", "autoInvite", "phones"]
    assert orphaned["action"] == "orphaned"
    assert online("apply", "--auto-approve").code == 0
    assert len(served.creates()) == 2


@pytest.mark.parametrize("extra", [[], ["b"]])
def test_a_state_of_the_sandbox_is_refused_elsewhere(online: Any, served: Any, extra: list[str]) -> None:
    online.groups("a")
    assert online("apply", "--sandbox", "--state", "s.json", "--auto-approve").code == 0
    online.groups("a", *extra)

    refused = online("apply", "--state", "s.json", "--auto-approve", "--pace", "0")
    assert refused.code == 1
    assert (
        f"s.json: error: this state speaks of groups at sandbox, and this run would talk to {served.url}"
        in (refused.err)
    )
    assert served.creates() == []


def test_another_number_under_the_same_instance_name_is_refused(online: Any, served: Any) -> None:
    online.groups("a")
    online("apply", "--auto-approve")
    online.groups("a", "b")
    refused = online("apply", "--auto-approve", "--pace", "0", ZAPI_INSTANCE_ID="ANOTHER")
    assert refused.code == 1
    assert 'speaks of another Z-API instance under the name "default"' in refused.err
    assert len(served.creates()) == 1


def test_files_folders_and_standard_input(zapi_sync: Any) -> None:
    folder = zapi_sync.folder / "conf"
    folder.mkdir()
    zapi_sync.write("version: 1\ngroups: {a: {groupName: A, phones: ['5544911112222']}}\n", "conf/1.yaml")
    zapi_sync.write("version: 1\ngroups: {b: {groupName: B, phones: ['5544911112222']}}\n", "conf/2.yml")
    third = b"version: 1\ngroups: {c: {groupName: C, phones: ['5544911112222']}}\n"

    def keys(*arguments: str) -> list[str]:
        plan = zapi_sync("plan", "--format", "json", *arguments, stdin=third)
        assert plan.code == 0, plan.err
        return [step["key"] for step in plan.json["steps"]]

    assert keys("-f", "conf") == ["a", "b"]
    assert keys("-f", "conf/2.yml", "-f", "-", "-f", "conf/1.yaml") == ["b", "c", "a"]
    assert zapi_sync("apply", "-f", "conf", "--sandbox", "--auto-approve").code == 0
    assert (folder / "groups.sandbox.state.json").exists()


def test_every_json_document_fits_its_published_schema(online: Any, served: Any, fits: Fits) -> None:
    shutil.copy(EXAMPLE, online.folder)
    fits(online("validate", "--format", "json").json, "errors")
    fits(online("plan", "--format", "json").json, "plan")
    served.create("Launch VIP 03")
    served.fault("create-500-before")
    apply = ("apply", "--auto-approve", "--pace", "0", "--settle", "0", "--format", "json", "--per-day", "2")
    applied = online(*apply)
    fits(applied.json, "apply")
    outcomes = {group["outcome"] for group in applied.json["groups"]}
    assert outcomes == {"unknown", "created", "skipped", "taken"}
    fits(online(*apply).json, "apply")
    fits(online(*apply, "--existing", "adopt").json, "apply")
    online.groups("a", "b")
    fits(online("plan", "--format", "json").json, "plan")
    online.write("version: 2\ngrups: {}\n")
    for command in (["validate"], ["plan"], ["apply", "--auto-approve"]):
        failed = online(*command, "--format", "json")
        assert failed.code == 1
        fits(failed.json, "errors")
    fits(online("invites", "--format", "json").json, "invites")
    for name in SCHEMAS:
        assert "$schema" in json.loads(online("schema", name).out)


def test_what_a_person_settles_is_told_in_json_too(online: Any, served: Any, fits: Fits) -> None:
    online.groups("a", "b")
    served.fault("create-close-before")
    online("apply", "--auto-approve", "--pace", "0", "--settle", "0", "--target", "a")
    there = served.create("Group b", "5544999990001")
    fits(online("resolve", "a", "--retry", "--format", "json").json, "apply")
    imported = online("import", "b", there, "--format", "json").json
    fits(imported, "apply")
    assert [each["how"] for each in imported["groups"]] == ["imported"]


def test_stdout_is_data_alone(online: Any) -> None:
    shutil.copy(EXAMPLE, online.folder)
    applied = online("apply", "--auto-approve", "--pace", "0", "-vv")
    assert applied.out.splitlines()[0].split() == ["KEY", "GROUP", "ID", "INVITE", "LINK"]
    assert len(applied.out.splitlines()) == 9
    assert "[7/7] created" in applied.err


def test_version_and_help(zapi_sync: Any) -> None:
    assert re.match(r"zapi-sync \d+\.\d+\.\d+\n", zapi_sync("--version").out)
    for command in COMMANDS:
        assert f"Usage: zapi-sync {command}" in zapi_sync(command, "--help").out
        assert command in zapi_sync("--help").out
    for command in state.commands:
        assert f"Usage: zapi-sync state {command}" in zapi_sync("state", command, "--help").out


def test_the_links_of_what_was_created_are_shown_in_each_form(zapi_sync: Any) -> None:
    zapi_sync.groups("b", "a")
    assert zapi_sync("invites", "--sandbox").out == "No group was created yet.\n"
    assert zapi_sync("invites", "--sandbox", "--format", "json").json["groups"] == []
    applied = zapi_sync("apply", "--sandbox", "--auto-approve", "--format", "json").json["groups"]
    links = {each["key"]: each["invitationLink"] for each in applied}
    table = zapi_sync("invites", "--sandbox").out.splitlines()
    assert table == [
        "KEY  GROUP    INVITE LINK",
        f"a    Group a  {links['a']}",
        f"b    Group b  {links['b']}",
    ]
    assert zapi_sync("invites", "--sandbox", "--format", "csv").out.splitlines() == [
        "key,instance,groupName,invitationLink",
        f"a,default,Group a,{links['a']}",
        f"b,default,Group b,{links['b']}",
    ]


def test_a_command_that_is_misspelt_is_proposed(zapi_sync: Any) -> None:
    refused = zapi_sync("plna")
    assert (refused.code, "No such command 'plna'; did you mean \"plan\"?" in refused.err) == (64, True)
    assert "No such command 'xyz'." in zapi_sync("xyz").err
    assert "error:" not in zapi_sync().err
    assert zapi_sync().err.startswith("Usage: zapi-sync ")
    assert "\\u{9}" not in zapi_sync("completion").err


def test_warnings_fail_where_somebody_says_so(zapi_sync: Any) -> None:
    zapi_sync.write("version: 1\ngroups:\n  a: {groupName: 'A ', phones: ['5544999990001']}\n")
    assert zapi_sync("validate").code == 0
    strict = zapi_sync("validate", "--strict")
    assert (strict.code, strict.out) == (1, "Valid: 1 group.\n")
    zapi_sync.groups("a")
    assert zapi_sync("validate", "--strict").code == 0


@pytest.mark.parametrize(
    "command", [("invites",), ("drift",), ("show",), ("refresh",), ("state", "list")], ids=" ".join
)
def test_a_misspelt_config_is_no_state_without_groups(zapi_sync: Any, command: tuple[str, ...]) -> None:
    refused = zapi_sync(*command, "--sandbox", "-f", "grups.yaml")
    assert refused.code == 1
    assert "grups.yaml: error: there is no such file [ZS101]" in refused.err
    assert zapi_sync(*command, "--sandbox").code == 0


def test_a_look_up_that_is_refused_says_what_to_check(online: Any, served: Any) -> None:
    online.groups("a")
    wrong = online("import", "a", "120363019502650977-group")
    assert "404: Group not found" in wrong.err
    assert "hint: check the group's id, and that the group is on this instance" in wrong.err
    token = online("import", "a", "120363019502650977-group", ZAPI_CLIENT_TOKEN="WRONG-CLIENT-TOKEN")
    assert "hint: check ZAPI_CLIENT_TOKEN, ZAPI_TOKEN and ZAPI_INSTANCE_ID (of this instance)" in token.err
