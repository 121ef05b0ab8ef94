"""drift, refresh and plan --refresh, while people do things at their phones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .test_terminal import at_a_terminal, nothing

Fits = Callable[[Any, str], None]
SHY = "5544999997777"
REFRESH = ("refresh", "--auto-approve")


def applied(online: Any, *keys: str) -> dict[str, Any]:
    """These groups, created, each with a participant who is invited and not in yet; their records."""
    lines = ["version: 1", "defaults: {autoInvite: true}", "pacing: {every: 0, perDay: 100}", "groups:"]
    lines += [f"  {key}: {{groupName: Group {key}, phones: ['5544999990000', '{SHY}']}}" for key in keys]
    online.write("\n".join(lines) + "\n")
    done = online("apply", "--auto-approve", "--pace", "0")
    assert done.code == 0, done.err
    groups: dict[str, Any] = online.state()["groups"]
    return groups


def happen(served: Any, record: Any, act: str, **more: str) -> None:
    body = {"act": act, "instance": served.default, "group": record["phone"], **more}
    answer = served.client.post("/sandbox/happen", json=body)
    assert answer.is_success, answer.text


def files(online: Any) -> dict[str, tuple[bytes, int]]:
    """Every file of the folder, with its bytes and when it was written."""
    return {
        each.name: (each.read_bytes(), each.stat().st_mtime_ns)
        for each in online.folder.iterdir()
        if not each.name.endswith(".lock")
    }


def kinds(document: Any) -> dict[str, list[str]]:
    return {each["key"]: [one["kind"] for one in each["findings"]] for each in document["groups"]}


def test_what_happened_at_the_phones_is_seen_and_nothing_is_touched(
    online: Any, served: Any, fits: Fits
) -> None:
    groups = applied(online, "a-gone", "b-named", "c-reset", "d-joined", "e-demoted", "f-same")
    before = files(online)
    still = online("drift", "--detailed-exitcode")
    assert (still.code, still.out.splitlines()[-1]) == (0, "No drift: 6 groups, as the state says.")

    happen(served, groups["a-gone"], "remove")
    happen(served, groups["b-named"], "rename", name="Vendas")
    happen(served, groups["c-reset"], "reset-link")
    happen(served, groups["d-joined"], "join", phone=SHY)
    happen(served, groups["e-demoted"], "demote")
    served.client.delete("/sandbox/requests")

    found = online("drift", "--detailed-exitcode", "--format", "json")
    assert found.code == 2, found.err
    fits(found.json, "drift")
    assert kinds(found.json) == {
        "a-gone": ["gone"],
        "b-named": ["renamed", "still_not_in"],
        "c-reset": ["link_changed", "still_not_in"],
        "d-joined": ["joined"],
        "e-demoted": ["admin_lost", "still_not_in"],
        "f-same": ["still_not_in"],
    }
    assert found.json["summary"]["drifted"] == 5
    assert 'looked at 6 of 6 groups of the instance "default"' in found.err
    assert "chat.whatsapp.com" not in found.out
    asked = {request["method"] for request in served.client.get("/sandbox/requests").json()}
    assert asked == {"GET"}
    assert online("drift").code == 0  # without --detailed-exitcode drift is no failure
    assert files(online) == before


def test_some_of_the_groups_are_looked_at_by_name(online: Any, served: Any) -> None:
    applied(online, "vip-1", "vip-2", "other")
    found = online("drift", "vip-*", "other", "--format", "json")
    assert set(kinds(found.json)) == {"vip-1", "vip-2", "other"}
    served.client.delete("/sandbox/requests")
    assert set(kinds(online("drift", "vip-?", "--format", "json").json)) == {"vip-1", "vip-2"}
    calls = [request["call"] for request in served.client.get("/sandbox/requests").json()]
    assert sum(call.startswith("group-metadata/") for call in calls) == 2
    wrong = online("drift", "vip-1", "othr")
    assert (wrong.code, wrong.err) == (
        64,
        'error: the state has no group "othr"; did you mean "other"? [ZS502]\n'
        "  hint: the keys of the state: zapi-sync state list\n",
    )


def test_a_group_that_gives_no_answer_is_not_gone(online: Any, served: Any) -> None:
    applied(online, "a", "b")
    served.fault("metadata-disconnected-400")
    found = online("drift", "--detailed-exitcode")
    assert found.code == 1
    assert "? a  could not be looked at" in found.out
    assert "gone" not in found.out
    assert (
        'error: the group "a" cannot be looked at: the look-up group-metadata gave no usable answer: '
        "status 400: You need to be connected with whatsapp [ZS403]\n"
        "  hint: see whether the instance is connected and its subscription runs, then run this again\n"
    ) in found.err


@pytest.mark.parametrize("fault", ["500", "garbage", "reset", "instance-404", "not-found-200", "truncated"])
def test_no_fault_makes_a_group_gone(online: Any, served: Any, fault: str) -> None:
    groups = applied(online, "a", "b")
    happen(served, groups["a"], "remove")
    served.fault(f"metadata-{fault}", times=3)  # as often as a look-up is tried
    found = online("drift", "a", "--detailed-exitcode", "--format", "json")
    assert (found.code, kinds(found.json)) == (1, {"a": []})
    assert (found.json["summary"]["unseen"], found.json["summary"]["gone"]) == (1, 0)


def test_three_groups_without_an_answer_end_the_look(online: Any, served: Any) -> None:
    applied(online, *"abcde")
    served.fault("metadata-not-configured-400", times=3)
    found = online("drift")
    assert found.code == 1
    assert (
        'error: 3 groups in a row of the instance "default" gave no usable answer, so the look at it ended; '
        "not looked at: 2 [ZS404]\n"
        "  hint: see whether Z-API is well and the instance is connected, then run this again\n"
    ) in found.err
    assert found.out.endswith("5 groups could not be looked at.\n")


def test_an_instance_that_lists_nothing_is_no_instance_without_groups(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    happen(served, groups["a"], "remove")
    found = online("drift", "--detailed-exitcode", "--format", "markdown")
    assert found.code == 1
    assert "gone" not in found.out
    assert "- `a`" in found.out
    assert "the instance lists no groups at all, and the state knows of some" in found.out


def test_without_a_state_there_is_nothing_to_look_at(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    for arguments, said in (
        (("drift", "--detailed-exitcode"), "No group was created yet.\n"),
        (REFRESH, "Nothing to refresh.\n"),
    ):
        done = zapi_sync(*arguments)
        assert (done.code, done.out, done.err) == (0, said, "")


def test_without_credentials_nothing_can_be_looked_at(online: Any) -> None:
    applied(online, "a")
    for command in ("drift", "refresh"):
        done = online(command, ZAPI_TOKEN="")
        assert done.code == 1
        assert '"default" has no credentials: ZAPI_TOKEN is not set [ZS301]' in done.err
    assert "[ZS209]" in online("drift", ZAPI_INSTANCE_ID="ANOTHERINSTANCE01").err
    assert "[ZS208]" in online("drift", ZAPI_BASE_URL="http://127.0.0.1:9").err


def test_a_refresh_writes_links_and_who_joined_and_keeps_a_backup(
    online: Any, served: Any, fits: Fits
) -> None:
    groups = applied(online, "a", "b", "c")
    before = online.state()
    happen(served, groups["a"], "reset-link")
    happen(served, groups["b"], "join", phone=SHY)
    happen(served, groups["c"], "rename", name="Vendas")

    done = online(*REFRESH, "--format", "json")
    assert done.code == 0, done.err
    fits(done.json, "refresh")
    after = online.state()
    fits(after, "state")
    link = after["groups"]["a"]["invitationLink"]
    assert link != groups["a"]["invitationLink"]
    assert f"    invitationLink  {groups['a']['invitationLink']} -> {link}\n" in done.err
    assert f"    phonesNotAdded  no longer {SHY}: in the group by now\n" in done.err
    assert after["groups"] == {
        "a": {**groups["a"], "invitationLink": link},
        "b": {**groups["b"], "phonesNotAdded": []},
        "c": groups["c"],
    }
    assert after["serial"] == before["serial"] + 1 == done.json["state"]["serial"]
    assert [each["key"] for each in done.json["groups"]] == ["a", "b"]
    assert online.state("groups.state.json.backup") == before
    assert (online.folder / "groups.state.json").stat().st_mode & 0o777 == 0o600

    bytes_before = files(online)
    again = online(*REFRESH)
    assert (again.code, again.out) == (0, "Nothing to refresh.\n")
    assert files(online) == bytes_before
    assert kinds(online("drift", "--format", "json").json)["c"] == ["renamed", "still_not_in"]


def test_a_refresh_writes_what_was_seen_though_not_all_was(online: Any, served: Any) -> None:
    groups = applied(online, "a", "b")
    happen(served, groups["b"], "reset-link")
    served.fault("metadata-disconnected-400")
    done = online(*REFRESH)
    assert (done.code, done.out) == (1, "Refreshed: 1 group.\n")
    assert "[ZS403]" in done.err
    assert online.state()["groups"]["a"] == groups["a"]
    assert online.state()["groups"]["b"] != groups["b"]


def test_a_refresh_keeps_what_is_in_doubt(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    config = (online.folder / "groups.yaml").read_text()
    online.write(config + "  doubt: {groupName: Doubt, phones: ['5544999990000']}\n")
    served.fault("create-close-before")
    assert online("apply", "--auto-approve", "--pace", "0", "--settle", "0").code == 4
    happen(served, groups["a"], "reset-link")
    assert online(*REFRESH).code == 0
    assert "unsettled" in online("plan").out
    assert online.state()["groups"]["a"] != groups["a"]


def test_nobody_there_to_ask(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    happen(served, groups["a"], "reset-link")
    before = files(online)
    done = online("refresh")
    assert done.code == 64
    assert (
        "error: refresh asks before it acts, and there is no terminal to ask at [ZS504]\n"
        "  hint: run it with --auto-approve once drift was reviewed\n"
    ) in done.err
    assert files(online) == before


def asked(
    online: Any, *arguments: str, answer: str, meanwhile: Callable[[], object] = nothing
) -> tuple[int, str]:
    """As at any terminal, but at one that knows no colours."""
    dumb = {"TERM": "dumb"}
    code, seen = at_a_terminal(online, *arguments, answer=answer, meanwhile=meanwhile, environment=dumb)
    return code, seen.replace("\r\n", "\n")


def test_yes_alone_refreshes(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    happen(served, groups["a"], "reset-link")
    code, seen = asked(online, "refresh", answer="y")
    assert code == 1
    assert "not approved, and the state is as it was" in seen
    assert online.state()["groups"] == groups
    code, seen = asked(online, "refresh", answer="yes")
    assert code == 0
    assert "Write 1 group anew into the state? Only yes is taken for a yes: " in seen
    assert 'looked at 1 of 1 group of the instance "default"\n' in seen
    assert online.state()["groups"] != groups


def test_a_state_that_moved_meanwhile_is_left_alone(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    happen(served, groups["a"], "reset-link")

    def write() -> None:
        state = online.state()
        state["serial"] += 1
        (online.folder / "groups.state.json").write_text(json.dumps(state))

    code, seen = asked(online, "refresh", answer="yes", meanwhile=write)
    assert code == 1
    assert (
        "error: the state is not the one that the look began with: something wrote to it meanwhile [ZS405]\n"
        "  hint: run refresh again; nothing was written\n"
    ) in seen
    assert online.state()["groups"] == groups
    assert not (online.folder / "groups.state.json.backup").exists()


def test_on_ci_a_state_that_would_vanish_is_not_refreshed(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    happen(served, groups["a"], "reset-link")
    refused = online(*REFRESH, CI="true")
    assert refused.code == 1
    assert "[ZS229]" in refused.err
    assert online.state()["groups"] == groups
    assert online("drift", "--detailed-exitcode", CI="true").code == 2
    assert online(*REFRESH, "--state-is-kept", CI="true").code == 0


def test_a_plan_that_asks_shows_names_that_are_taken_and_drift(online: Any, served: Any, fits: Fits) -> None:
    groups = applied(online, "a")
    config = (online.folder / "groups.yaml").read_text()
    online.write(config + "  b: {groupName: Stranger, phones: ['5544999990000']}\n")
    stranger = served.create("Stranger")
    happen(served, groups["a"], "rename", name="Vendas")
    before = files(online)

    assert online("plan", "--detailed-exitcode").code == 2  # offline, it is to be created
    plan = online("plan", "--refresh", "--detailed-exitcode")
    assert plan.code == 4
    assert "= b  not created: the name is taken\n" in plan.out
    assert stranger in plan.out
    assert plan.out.endswith(
        "\n\n~ a\n    groupName   Group a -> Vendas\n"
        f"    not in yet  {SHY}\n\nDrift: 1 of 1 group, not as the state says.\n"
    )
    document = online("plan", "--refresh", "--format", "json").json
    fits(document, "plan")
    assert kinds(document["drift"]) == {"a": ["renamed", "still_not_in"]}
    assert document["summary"]["taken"] == 1
    markdown = online("plan", "--refresh", "--format", "markdown").out
    assert "<summary>Drift (not as the state says): 1</summary>" in markdown
    assert SHY not in markdown
    assert "drift" not in online("plan", "--format", "json").json
    assert files(online) == before
    assert len(served.creates()) == 2


def test_a_plan_that_asks_is_confined_as_any_other(online: Any, served: Any) -> None:
    groups = applied(online, "a", "b")
    happen(served, groups["b"], "rename", name="Vendas")
    document = online("plan", "--refresh", "--target", "a", "--format", "json").json
    assert set(kinds(document["drift"])) == {"a"}


def test_what_the_api_said_is_saved_in_no_plan(online: Any) -> None:
    online.groups("a")
    refused = online("plan", "--refresh", "--out", "launch.plan")
    assert (refused.code, refused.err) == (
        64,
        "error: --refresh and --out do not go together: what the API said is no part of a saved plan"
        " [ZS501]\n"
        "  hint: look with --refresh first, then save with --out: apply FILE looks again before it creates\n",
    )
    assert not (online.folder / "launch.plan").exists()


def test_drift_does_not_change_what_a_plan_exits_with(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    happen(served, groups["a"], "reset-link")
    assert online("plan", "--refresh", "--detailed-exitcode").code == 0


def test_a_plan_is_shown_though_the_api_gives_no_answer(online: Any, served: Any, fits: Fits) -> None:
    online.groups("a")
    served.fault("groups-disconnected-400")
    failed = online("plan", "--refresh", "--detailed-exitcode")
    assert failed.code == 1
    assert failed.out.startswith("+ a\n")
    assert (
        'error: the instance "default" cannot be looked at: the look-up groups gave no usable' in failed.err
    )

    alone = online("plan", "--refresh", "--format", "json", ZAPI_TOKEN="")
    assert alone.code == 1
    fits(alone.json, "plan")
    assert alone.json["summary"]["create"] == 1
    assert [each["code"] for each in alone.json["diagnostics"]] == ["ZS301"]


def test_the_embedded_sandbox_is_looked_at_as_well(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    assert zapi_sync("drift", "--sandbox", "--detailed-exitcode").code == 0
    state = zapi_sync.folder / "groups.sandbox.state.json"
    link = zapi_sync.state(state.name)["groups"]["a"]["invitationLink"]
    state.write_text(state.read_text().replace(link, "https://chat.whatsapp.com/Another00000000000000"))
    assert zapi_sync("drift", "--sandbox", "--detailed-exitcode").code == 2
    assert zapi_sync(*REFRESH, "--sandbox").code == 0
    assert zapi_sync.state(state.name)["groups"]["a"]["invitationLink"] == link


PAGE = Path(__file__).parents[2] / "docs" / "drift.md"
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def run_as_shown(online: Any, served: Any, block: str, ids: dict[str, str]) -> str:
    """A block of the page again, with the ids of this run in place of the page's: command and output."""
    command, _ = block.split("\n", 1)
    if not command.startswith("$ curl"):
        result = online(*command.removeprefix("$ zapi-sync ").split())
        return f"{command}\n{result.err}{result.out}"
    for line in block.splitlines():
        body = json.loads(line[line.index("'") + 1 : -1])
        record = {"phone": ids.get(body.pop("group"))}
        happen(served, record, body.pop("act"), **{k: v for k, v in body.items() if k != "instance"})
    return block


def chance_out(text: str) -> str:
    text = re.sub(r"chat\.whatsapp\.com/\w{22}", "chat.whatsapp.com/LINK", text)
    return re.sub(r"\d{18}-group", "120363019502650977-group", text)


def test_the_page_shows_what_was_run(online: Any, served: Any, request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text("utf-8")
    online.write(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    first, *others = CONSOLE.findall(page)
    runs = [run_as_shown(online, served, first, {})]
    made = [record["phone"] for _, record in sorted(online.state()["groups"].items())]
    ids = dict(zip(dict.fromkeys(re.findall(r"\d{18}-group", first)), made, strict=True))
    runs += [run_as_shown(online, served, block, ids) for block in others]
    if request.config.getoption("--update-golden"):
        again = iter(runs)
        page = CONSOLE.sub(lambda _: f"```console\n{next(again)}```", page)
        for shown, actual in ids.items():
            page = page.replace(shown, actual)
        PAGE.write_text(page, "utf-8")
    else:
        assert list(map(chance_out, runs)) == list(map(chance_out, [first, *others]))
