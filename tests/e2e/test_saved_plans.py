"""A plan that is saved, shown, and carried out: exactly as it was reviewed, or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import ROOT

Fits = Callable[[Any, str], None]

APPLY = ("--pace", "0", "--settle", "0")


@pytest.fixture
def planned(online: Any) -> Any:
    online.groups("a", "b", "c")
    assert online("plan", "--out", "it.plan").code == 0
    return online


def test_the_requests_are_the_plan_byte_for_byte(online: Any, served: Any, fits: Fits) -> None:
    path = online.groups("a", "b")
    path.write_text(path.read_text().replace("Group a", "Gruppe 🎉 \\u0301 ä"))
    told = online("plan", "--out", "it.plan").err
    assert "Saved: zapi-sync apply it.plan creates exactly this, as long as nothing has moved." in told
    document = json.loads((online.folder / "it.plan").read_text())
    fits(document, "saved-plan")
    assert (online.folder / "it.plan").stat().st_mode & 0o777 == 0o600

    applied = online("apply", "it.plan", *APPLY)
    assert applied.code == 0, applied.err
    assert "Only yes is taken for a yes" not in applied.err
    assert [request["json"] for request in served.creates()] == [
        {name: step["group"][name] for name in ("autoInvite", "groupName", "phones")}
        for step in document["steps"]
    ]


def test_what_is_shown_is_the_plan(planned: Any, fits: Fits) -> None:
    shown = planned("show", "it.plan")
    assert shown.out == planned("plan").out
    assert re.fullmatch(
        r"Plan of 20\S+Z: groups.yaml against groups.state.json \(no state yet\), for http://127.0.0.1:\d+.\n",
        shown.err,
    )
    assert (
        planned("show", "it.plan", "--format", "markdown").out == planned("plan", "--format", "markdown").out
    )
    fits(planned("show", "it.plan", "--format", "json").json, "saved-plan")


def test_a_plan_of_a_state_that_was_migrated_is_refused(online: Any, served: Any) -> None:
    """Its groups would be recorded in the state that nobody goes on with, and created again."""
    online.groups("a")
    assert online(*("apply", "--auto-approve"), *APPLY).code == 0
    online.groups("a", "b")
    assert online("plan", "--out", "it.plan").code == 0
    assert online("state", "migrate", "groups.state.json", "other.state.json").code == 0
    refused = online("apply", "it.plan", *APPLY, ZAPI_SYNC_STATE="other.state.json")
    assert refused.code == 1
    assert "this plan is of the state groups.state.json, and ZAPI_SYNC_STATE names other.state.json" in (
        refused.err
    )
    assert "hint: make a new plan: zapi-sync plan --out it.plan; nothing was sent" in refused.err
    told = online("apply", "it.plan", *APPLY, ZAPI_SYNC_STATE="other.state.json", LANG="pt_BR.UTF-8").err
    assert "este plano é do estado groups.state.json, e ZAPI_SYNC_STATE diz other.state.json" in told
    assert len(served.creates()) == 1
    assert online("apply", "it.plan", *APPLY, ZAPI_SYNC_STATE="./groups.state.json").code == 0
    assert len(served.creates()) == 2


def test_after_an_edit_of_the_config_it_is_refused_with_the_difference(planned: Any, served: Any) -> None:
    planned.groups("a", "b", "d")
    refused = planned("apply", "it.plan", *APPLY)
    assert refused.code == 1
    assert 'it.plan: error: this plan is stale: the group "c" (create) is gone [ZS234]' in refused.err
    assert 'this plan is stale: the group "d" (create) is new' in refused.err
    assert "Make a new plan and review it: zapi-sync plan --out it.plan" in refused.err
    assert served.creates() == []
    planned.groups("a", "b", "c")
    planned.write((planned.folder / "groups.yaml").read_text() + "# a comment moves nothing\n")
    assert planned("apply", "it.plan", *APPLY).code == 0


def test_after_another_apply_it_is_refused_with_the_difference(planned: Any, served: Any) -> None:
    planned("apply", "--auto-approve", "--target", "b", *APPLY)
    refused = planned("apply", "it.plan", *APPLY)
    assert refused.code == 1
    assert "this plan is stale: there was no state, and there is the state " in refused.err
    assert 'this plan is stale: the group "b" was create, and is unchanged now' in refused.err
    assert len(served.creates()) == 1
    assert planned("apply", "it.plan", "--format", "json").json["diagnostics"][0]["code"] == "ZS234"


def test_for_another_instance_or_api_it_is_refused(planned: Any, served: Any) -> None:
    refused = planned("apply", "it.plan", *APPLY, ZAPI_INSTANCE_ID="OTHER0001")
    assert 'this plan is stale: the instance "default" was another Z-API instance' in refused.err
    refused = planned("apply", "it.plan", *APPLY, ZAPI_BASE_URL="http://127.0.0.1:1")
    assert f"it is for {served.url}, and this run would talk to http://127.0.0.1:1" in refused.err
    assert served.creates() == []


def test_a_plan_that_was_edited_is_refused(planned: Any, served: Any) -> None:
    path = planned.folder / "it.plan"
    path.write_text(path.read_text().replace("Group b", "Group x"))
    for command in (("apply", "it.plan", *APPLY), ("show", "it.plan")):
        refused = planned(*command)
        assert refused.code == 1
        assert "it.plan: error: this is no plan that can be carried out: it was changed after" in refused.err
    assert served.creates() == []


def test_a_plan_made_without_credentials_is_carried_out_with_them(online: Any, served: Any) -> None:
    online.groups("a")
    credentials = dict.fromkeys(["ZAPI_INSTANCE_ID", "ZAPI_TOKEN", "ZAPI_CLIENT_TOKEN"], "")
    assert online("plan", "--out", "it.plan", **credentials).code == 0
    assert json.loads((online.folder / "it.plan").read_text())["instances"] == {"default": None}
    assert online("apply", "it.plan", *APPLY).code == 0


def test_no_more_than_the_plan_is_created_whatever_comes_to_be_missing(online: Any, served: Any) -> None:
    """b is in doubt when the plan is made, and is found not to be there while it is carried out."""
    online.groups("b")
    served.fault("create-close-before")
    online("apply", "--auto-approve", *APPLY)
    online.groups("a", "b")
    online("plan", "--out", "it.plan")
    done = online("apply", "it.plan", *APPLY, "--absent-after", "0")
    assert [request["json"]["groupName"] for request in served.creates()] == ["Group b", "Group a"]
    assert done.code == 0
    assert online("plan", "--detailed-exitcode").code == 2


def test_on_the_sandbox_it_goes_to_the_sandbox(zapi_sync: Any) -> None:
    zapi_sync.groups("a", "b")
    zapi_sync("plan", "--sandbox", "--out", "it.plan")
    assert "2 of 2 groups done." in zapi_sync("apply", "it.plan").err
    assert len(zapi_sync.state("groups.sandbox.state.json")["groups"]) == 2
    stale = zapi_sync("apply", "it.plan").err
    assert "zapi-sync plan --sandbox --out it.plan" in stale


@pytest.mark.parametrize(
    ("option", "value"),
    [("--file", "b.yaml"), ("--state", "s.json"), ("--target", "a"), ("--existing", "create")],
)
def test_what_a_plan_says_is_not_said_again(planned: Any, option: str, value: str) -> None:
    refused = planned("apply", "it.plan", option, value)
    assert refused.code == 64
    assert (
        f"error: {option} does not go with a saved plan, which says what there is to say [ZS516]"
        in refused.err
    )
    assert planned("show", "it.plan", "--sandbox").code == 64


def test_nothing_that_is_no_plan_is_written_over(online: Any) -> None:
    text = online.groups("a").read_text()
    refused = online("plan", "--out", "groups.yaml")
    assert refused.code == 1
    assert "groups.yaml: error: there is a file of this name, and it is no plan [ZS235]" in refused.err
    assert (online.folder / "groups.yaml").read_text() == text
    assert "hint: name a file that zapi-sync plan --out wrote" in online("show", "none.plan").err


def test_a_target_is_a_key_or_a_pattern(online: Any, served: Any) -> None:
    online.groups("vip-1", "vip-2", "team-1")
    assert online("plan", "--target", "vip-*", "--format", "json").json["summary"]["create"] == 2
    assert online("apply", "--auto-approve", *APPLY, "--target", "vip-2", "--target", "team-*").code == 0
    assert set(online.state()["groups"]) == {"vip-2", "team-1"}
    unknown = online("plan", "--target", "vip-3")
    assert unknown.code == 64
    assert 'the config has no group "vip-3"; did you mean "vip-2"? [ZS502]' in unknown.err
    assert online("plan", "--target", "team-1", "--detailed-exitcode").code == 0
    assert online("plan", "--target", "vip-1", "--detailed-exitcode").code == 2


def test_without_a_plan_the_state_is_shown(online: Any, served: Any, fits: Fits) -> None:
    assert online("show").out == "There is no state yet.\n"
    fits(online("show", "--format", "json").json, "show")
    online.groups("a", "b")
    served.fault("create-close-before")
    online("apply", "--auto-approve", *APPLY)
    record = online.state()["groups"]["b"]
    shown = online("show").out
    assert f"    invitationLink  {record['invitationLink']}\n" in shown
    assert "? a  unsettled\n" in shown
    assert shown.endswith("1 group, 1 unsettled; serial 2.\n")
    document = online("show", "--format", "json").json
    fits(document, "show")
    fits(document["state"], "state")
    assert [each["key"] for each in document["unsettled"]] == ["a"]
    markdown = online("show", "--format", "markdown").out
    assert "- `b`, `Group b`" in markdown
    assert "chat.whatsapp.com" not in markdown


def test_a_name_from_outside_is_harmless_and_an_id_that_cannot_be_is_none(online: Any) -> None:
    online.groups("a")
    told = online("plan", "--out", "\x1b[31mx\n::error::y").err
    assert "Saved: zapi-sync apply '\\u{1b}[31mx\\u{a}" in told
    assert "\n::error::" not in told
    assert online("plan", "--out", "it.plan", ZAPI_INSTANCE_ID="\udcff").code == 0


def test_without_its_config_it_says_where_it_belongs(planned: Any, served: Any) -> None:
    (planned.folder / "sub").mkdir()
    planned.folder = planned.folder / "sub"
    refused = planned("apply", "../it.plan")
    assert refused.code == 1
    assert "../it.plan: error: this plan is of groups.yaml, and there is no such file here" in refused.err
    assert "hint: run it in the folder that the plan was made in; nothing was sent" in refused.err


def test_from_another_folder_it_is_the_same_plan_or_none(online: Any, served: Any, tmp_path: Any) -> None:
    config = online.groups("a")
    online("plan", "-f", str(config), "--state", "s.json", "--out", "it.plan")
    there = online.folder
    online.folder = tmp_path / "elsewhere"
    online.folder.mkdir()
    assert online("apply", str(there / "it.plan"), *APPLY).code == 0
    assert (there / "s.json").exists()
    assert list(online.folder.iterdir()) == []


def test_a_plan_says_which_keys_are_renamed(online: Any, served: Any) -> None:
    online.groups("a")
    online("apply", "--auto-approve", *APPLY)
    moved = online.groups("b").read_text().replace("Group b", "Group a") + "moved: [{from: a, to: b}]\n"
    online.write(moved)
    online("plan", "--out", "it.plan")
    assert "> b  moved: was a; the group stays as it is" in online("show", "it.plan").out
    online.write(moved.replace("moved:", "x-moved:"))
    assert "this plan is stale: other keys are renamed" in online("apply", "it.plan").err
    online.write(moved)
    assert online("apply", "it.plan").code == 0
    assert list(online.state()["groups"]) == ["b"]
    assert len(served.creates()) == 1


PAGE = ROOT / "docs" / "saved-plans.md"
BLOCK = re.compile(r"<!-- run -->\n```console\n\$ (.*?)\n(.*?)```\n", re.DOTALL)


def test_the_page_was_run(zapi_sync: Any) -> None:
    text = "version: 1\ngroups:\n  launch-vip-01: {groupName: Launch VIP 01, phones: ['5544999990001']}\n"
    zapi_sync.write(text)
    (saving, saved), (applying, refused) = BLOCK.findall(PAGE.read_text("utf-8"))
    done = zapi_sync(*saving.split()[1:])
    assert done.out + done.err == saved
    zapi_sync.write(text.replace("0001", "0002"))
    assert zapi_sync(*applying.split()[1:]).err == refused


def test_a_state_behind_a_link_stays_where_the_link_leads(online: Any) -> None:
    """With an absolute config its path becomes absolute, and `..` after a link is left to the kernel."""
    config = online.groups("a")
    (online.folder / "real" / "inner").mkdir(parents=True)
    (online.folder / "link").symlink_to("real/inner")
    state = ("--state", "link/../away.state.json")
    assert online("plan", "-f", str(config), *state, "--out", "it.plan").code == 0
    assert online("apply", "it.plan", "--pace", "0").code == 0
    assert (online.folder / "real" / "away.state.json").exists()
    assert not (online.folder / "away.state.json").exists()
