"""A key that is renamed in the config: the state follows, and no request leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .test_terminal import at_a_terminal

Fits = Callable[[Any, str], None]
PHONES = ("5544999900000", "5544988880000")
"""Those of the first group that the fixture writes."""
APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")


def config(key: str, name: str = "Group a", *moves: str) -> str:
    moved = "".join(
        f"  - {{from: {source}, to: {target}}}\n" for source, target in (m.split(">") for m in moves)
    )
    return f"version: 1\ngroups:\n  {key}:\n    groupName: {name}\n    phones: {list(PHONES)}\n" + (
        f"moved:\n{moved}" if moves else ""
    )


def test_an_apply_renames_the_key_and_sends_nothing(online: Any, served: Any, fits: Fits) -> None:
    online.groups("a")
    assert online(*APPLY).code == 0
    before = (online.folder / "groups.state.json").read_bytes()
    online.write(config("vip-01", "Group a", "a>b", "b>vip-01"))

    plan = online("plan", "--format", "json", "--detailed-exitcode")
    assert plan.code == 0
    fits(plan.json, "plan")
    assert plan.json["moves"] == [{"from": "a", "to": "vip-01"}]
    assert [(step["action"], step["key"]) for step in plan.json["steps"]] == [("unchanged", "vip-01")]
    assert "- `vip-01`, was `a`" in online("plan", "--format", "markdown").out

    refused = online("apply")
    assert refused.code == 64
    assert "> vip-01  moved: was a; the group stays as it is" in refused.err
    assert (online.folder / "groups.state.json").read_bytes() == before

    applied = online(*APPLY, "--format", "json")
    assert applied.code == 0
    fits(applied.json, "apply")
    assert applied.json["moves"] == [{"from": "a", "to": "vip-01"}]
    after = online.state()
    assert after["serial"] == json.loads(before)["serial"] + 1
    assert after["groups"] == {"vip-01": json.loads(before)["groups"]["a"]}
    assert (online.folder / "groups.state.json.backup").read_bytes() == before
    assert len(served.creates()) == 1

    again = online(*APPLY)
    assert (again.code, again.out) == (0, "Nothing to create. 1 unchanged.\n")


def test_a_move_alone_needs_no_credentials(online: Any) -> None:
    online.groups("a")
    assert online(*APPLY).code == 0
    online.write(config("b", "Group a", "a>b"))
    result = online(*APPLY, ZAPI_INSTANCE_ID="", ZAPI_TOKEN="", ZAPI_CLIENT_TOKEN="")
    assert result.code == 0, result.err
    assert list(online.state()["groups"]) == ["b"]


def test_a_key_and_a_name_that_change_at_once_make_no_second_group(online: Any, served: Any) -> None:
    online.groups("a")
    assert online(*APPLY).code == 0
    online.write(config("vip-01", "VIP 01", "a>vip-01"))
    result = online(*APPLY)
    assert result.code == 0
    assert "groupName   Group a -> VIP 01" in result.err
    assert result.out == "moved     a is vip-01 now\n"
    assert list(online.state()["groups"]) == ["vip-01"]
    assert len(served.creates()) == 1


def test_a_move_comes_before_a_creation_in_one_apply(online: Any, served: Any) -> None:
    online.groups("a")
    assert online(*APPLY).code == 0
    other = "  new: {groupName: New, phones: ['5544999990001']}\nmoved:"
    online.write(config("b", "Group a", "a>b").replace("moved:", other))
    result = online(*APPLY)
    assert result.code == 0
    assert result.out.startswith("moved     a is b now\nKEY ")
    assert set(online.state()["groups"]) == {"b", "new"}
    assert len(served.creates()) == 2


def test_it_is_asked_for(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    zapi_sync.write(config("b", "Group a", "a>b"))
    code, seen = at_a_terminal(zapi_sync, "apply", "--sandbox", answer="no")
    assert code == 1
    assert "Move 1 key? Only yes is taken for a yes: " in seen
    assert list(zapi_sync.state("groups.sandbox.state.json")["groups"]) == ["a"]
    assert at_a_terminal(zapi_sync, "apply", "--sandbox", answer="yes")[0] == 0
    assert list(zapi_sync.state("groups.sandbox.state.json")["groups"]) == ["b"]


def in_doubt(online: Any, served: Any) -> None:
    """The creation of `a` is sent and lost, and the config renames it."""
    online.groups("a")
    served.fault("create-close-before")
    assert online(*APPLY).code == 4
    online.write(config("b", "VIP 01", "a>b"))


def test_what_is_in_doubt_under_the_old_key_is_held_under_the_new_one(online: Any, served: Any) -> None:
    in_doubt(online, served)
    plan = online("plan", "--format", "json").json
    assert [(step["action"], step["key"]) for step in plan["steps"]] == [("unsettled", "b")]
    for _ in range(2):
        result = online(*APPLY)
        assert result.code == 4
        assert "zapi-sync resolve b --retry" in result.err + result.out
    assert len(served.creates()) == 1
    assert [each["key"] for each in online("state", "list", "--format", "json").json["groups"]] == ["b"]

    assert online("resolve", "b", "--retry").code == 0
    assert online(*APPLY).code == 0
    assert [request["json"]["groupName"] for request in served.creates()] == ["Group a", "VIP 01"]


def test_resolve_knows_the_new_key_before_an_apply_does(online: Any, served: Any) -> None:
    in_doubt(online, served)
    made = served.create("Group a", *PHONES)
    assert online("resolve", "b", "--adopt", made).code == 0
    assert online(*APPLY).code == 0
    assert [(key, each["phone"]) for key, each in online.state()["groups"].items()] == [("b", made)]
    assert len(served.creates()) == 2  # the second one is that of the phone


def test_a_group_that_is_found_meanwhile_is_moved_in_the_same_apply(online: Any, served: Any) -> None:
    in_doubt(online, served)
    served.create("Group a", *PHONES)
    result = online(*APPLY)
    assert result.code == 0
    assert list(online.state()["groups"]) == ["b"]
    assert not (online.folder / "groups.state.json.journal").exists()


def test_absence_on_another_instance_than_the_new_key_is_on(online: Any, served: Any) -> None:
    in_doubt(online, served)
    path = online.folder / "groups.yaml"
    path.write_text(path.read_text().replace("    phones", "    instance: sales\n    phones"))
    result = online(*APPLY, "--absent-after", "0")
    assert result.code == 0
    assert online.state()["groups"]["b"]["instance"] == "sales"


def test_a_new_key_with_a_group_of_its_own_keeps_it(online: Any, served: Any) -> None:
    online.groups("a", "b")
    assert online(*APPLY).code == 0
    online.write(config("b", "Group b", "a>b"))
    result = online(*APPLY)
    assert result.code == 0
    assert '"a" is not moved: "b" is the group' in result.err
    assert "[ZS219]" in result.err
    assert "1 orphaned" in result.out
    assert set(online.state()["groups"]) == {"a", "b"}
    assert len(served.creates()) == 2


def test_a_key_that_is_about_to_be_renamed_is_not_imported_anew(online: Any, served: Any) -> None:
    online.groups("old")
    online("apply", "--auto-approve", "--pace", "0")
    stranger = served.create("Somebody's", "5544999990001")
    text = online.groups("new").read_text().replace("Group new", "Group old")
    online.write(text + "moved: [{from: old, to: new}]\n")
    refused = online("import", "new", stranger)
    assert refused.code == 1
    assert '"new" is in the state already, as "old", which `moved` renames [ZS213]' in refused.err
    looked = online("plan", "--refresh", "--target", "new", "--format", "json").json
    assert [each["key"] for each in looked["drift"]["groups"]] == ["new"]
