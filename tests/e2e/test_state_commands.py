"""`zapi-sync state`: the state by key and as a whole, changed under the lock, with the one before kept."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zapi_sync.edge.lock import locked

from .conftest import COMMAND
from .test_terminal import at_a_terminal

Fits = Callable[[Any, str], None]
STATE = "groups.sandbox.state.json"
WRITING = (["rm", "a", "--auto-approve"], ["mv", "a", "z"], ["push", "-", "--force"])


@pytest.fixture
def applied(zapi_sync: Any) -> Any:
    """A folder with the groups a, b and c."""
    zapi_sync.groups("a", "b", "c")
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    return zapi_sync


def raw(zapi_sync: Any, name: str = STATE) -> bytes:
    return bytes((zapi_sync.folder / name).read_bytes())


def test_list_and_show(applied: Any, fits: Fits) -> None:
    assert [line.split()[0] for line in applied("state", "list", "--sandbox").out.splitlines()] == [
        "KEY", "a", "b", "c",
    ]  # fmt: skip
    listed = applied("state", "list", "[ab]", "c*", "--sandbox", "--format", "json").json
    fits(listed, "state-list")
    assert [each["key"] for each in listed["groups"]] == ["a", "b", "c"]
    unknown = applied("state", "list", "a", "zzz", "--sandbox")
    assert (unknown.code, 'the state has no group "zzz" [ZS502]' in unknown.err) == (64, True)

    shown = applied("state", "show", "a", "--sandbox", "--format", "json").json
    fits(shown, "state-show")
    record = applied.state(STATE)["groups"]["a"]
    assert shown["record"] == {**record, "how": None}
    assert record["invitationLink"] in applied("state", "show", "a", "--sandbox").out

    unknown = applied("state", "show", "d", "--sandbox", "--format", "json")
    assert unknown.code == 1
    fits(unknown.json, "errors")
    assert [each["code"] for each in unknown.json["diagnostics"]] == ["ZS220"]


def test_rm_forgets_and_says_what_comes_of_it(applied: Any, fits: Fits) -> None:
    before = raw(applied)
    applied.groups("a", "b")
    result = applied("state", "rm", "b", "c", "b", "--sandbox", "--auto-approve", "--format", "json")
    assert result.code == 0
    fits(result.json, "state-change")
    assert (result.json["removed"], result.json["backup"]) == (["b", "c"], f"{STATE}.backup")
    assert [each["code"] for each in result.json["diagnostics"]] == ["ZS224"]
    assert 'the config still has "b": once it is forgotten, the next apply creates a group' in result.err
    assert list(applied.state(STATE)["groups"]) == ["a"]
    assert applied.state(STATE)["serial"] == json.loads(before)["serial"] + 1
    assert raw(applied, f"{STATE}.backup") == before

    assert applied("state", "push", f"{STATE}.backup", "--sandbox", "--force").code == 0
    assert set(applied.state(STATE)["groups"]) == {"a", "b", "c"}


def test_rm_warns_of_a_key_that_the_config_renames(applied: Any) -> None:
    config = applied.groups("z", "b", "c")
    config.write_text(config.read_text() + "moved: [{from: a, to: z}]\n")
    assert "[ZS224]" in applied("state", "rm", "a", "--sandbox", "--auto-approve").err


def test_rm_asks(applied: Any) -> None:
    before = raw(applied)
    refused = applied("state", "rm", "a", "--sandbox")
    assert refused.code == 64
    assert "state rm asks before it acts, and there is no terminal to ask at [ZS504]" in refused.err
    code, seen = at_a_terminal(applied, "state", "rm", "a", "--sandbox", answer="y")
    assert code == 1
    assert "Have the state forget 1 key (the groups stay as they are)? Only yes is taken for a yes: " in seen
    assert "not approved, and nothing was forgotten" in seen
    assert raw(applied) == before
    assert at_a_terminal(applied, "state", "rm", "a", "--sandbox", answer="yes")[0] == 0
    assert set(applied.state(STATE)["groups"]) == {"b", "c"}


def test_rm_of_what_is_not_there_changes_nothing(applied: Any) -> None:
    before = raw(applied)
    result = applied("state", "rm", "a", "zzz", "--sandbox", "--auto-approve")
    assert result.code == 1
    assert 'the state has no "zzz" [ZS220]' in result.err
    assert raw(applied) == before
    assert not (applied.folder / f"{STATE}.backup").exists()


def test_mv_renames_and_the_group_is_as_it_was(applied: Any, fits: Fits) -> None:
    record = applied.state(STATE)["groups"]["a"]
    result = applied("state", "mv", "a", "vip-01", "--sandbox", "--format", "json")
    assert result.code == 0
    fits(result.json, "state-change")
    assert result.json["moves"] == [{"from": "a", "to": "vip-01"}]
    assert "The config still says a: write vip-01 there." in result.err
    assert applied.state(STATE)["groups"]["vip-01"] == record
    (applied.folder / "groups.yaml").unlink()
    result = applied("state", "mv", "vip-01", "a", "--sandbox")
    assert result.out == f"Moved: vip-01 is a now. The state before is kept in {STATE}.backup.\n"
    assert "The config cannot be read, so it is not known what it still wants." in result.err
    assert applied("state", "mv", "a", "b", "--sandbox").code == 1
    assert "[ZS115]" in applied("state", "mv", "a", "B", "--sandbox").err


def test_what_is_pulled_can_be_changed_and_pushed(applied: Any, fits: Fits) -> None:
    pulled = applied("state", "pull", "--sandbox").out
    assert pulled.encode() == raw(applied)
    fits(json.loads(pulled), "state")
    same = applied("state", "push", "-", "--sandbox", stdin=pulled.encode())
    assert (same.code, same.out) == (0, "Nothing to push: this is the state that is there.\n")

    document = json.loads(pulled)
    document["groups"]["z"] = document["groups"].pop("a")
    applied.write(json.dumps(document), "pulled.json")
    assert "[ZS222]" in applied("state", "push", "pulled.json", "--sandbox").err
    document["serial"] += 1
    applied.write(json.dumps(document), "pulled.json")
    assert "[ZS223]" in applied("state", "push", "pulled.json", "--sandbox").err
    assert raw(applied) == pulled.encode()
    result = applied("state", "push", "pulled.json", "--sandbox", "--force", "--format", "json")
    assert result.code == 0
    fits(result.json, "state-change")
    assert applied.state(STATE)["serial"] == document["serial"] + 1
    assert set(applied.state(STATE)["groups"]) == {"b", "c", "z"}
    assert raw(applied, f"{STATE}.backup") == pulled.encode()


def test_a_terminal_sees_text_alone(zapi_sync: Any) -> None:
    zapi_sync.write('version: 1\ngroups: {a: {groupName: "Ação", phones: ["5544999990001"]}}\n')
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    assert '"Ação"' in zapi_sync("state", "pull", "--sandbox").out
    for pulled in (
        at_a_terminal(zapi_sync, "state", "pull", "--sandbox", answer="")[1],
        zapi_sync("state", "pull", "--sandbox", PYTHONIOENCODING="latin-1").out,
    ):
        assert r'"A\u00e7\u00e3o"' in pulled


def test_a_state_may_be_pushed_where_there_is_none(applied: Any) -> None:
    result = applied("state", "push", STATE, "--state", "new.json", "--sandbox")
    assert (result.code, "kept in" in result.out) == (0, False)
    assert applied.state("new.json")["groups"] == applied.state(STATE)["groups"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["push", "nope.json"], b"", "nope.json: error: there is no such file [ZS201]"),
        (["push", "."], b"", ".: error: this is a folder [ZS202]"),
        (["push", "-"], b"{", "<stdin>:1:2: error: this state cannot be used: "),
        (["push", "-"], b"", "<stdin>: error: this state cannot be used: the file is empty"),
        (["push", ""], b"", "error: this is a folder"),
        (["pull", "--state", "none.json"], b"", "none.json: error: there is no state yet [ZS220]"),
        (["rm", "a", "--state", "none.json", "--auto-approve"], b"", 'the state has no "a" [ZS220]'),
        (["mv", "a", "b", "--state", "none.json"], b"", 'the state has no "a" [ZS220]'),
        (["show", "\x1b[31m"], b"", "[ZS220]"),
    ],
)
def test_what_cannot_be_is_told(zapi_sync: Any, arguments: list[str], stdin: bytes, said: str) -> None:
    zapi_sync.groups("a")
    result = zapi_sync("state", *arguments, stdin=stdin)
    assert result.code == 1
    assert said in result.err
    assert "\x1b[31m" not in result.err
    assert not list(zapi_sync.folder.glob("*.json"))


def test_a_standard_input_that_cannot_be_read_is_no_state(zapi_sync: Any) -> None:
    with Path("/dev/null").open("wb") as written_to:
        done = subprocess.run(
            [COMMAND, "state", "push", "-"],
            cwd=zapi_sync.folder,
            env=zapi_sync.env({}),
            stdin=written_to,
            capture_output=True,
        )
    assert done.returncode == 1
    assert b"<stdin>: error: it cannot be read: bad file descriptor [ZS201]" in done.stderr


@pytest.mark.parametrize("arguments", WRITING, ids=lambda arguments: arguments[0])
def test_who_writes_waits_for_the_lock(applied: Any, arguments: list[str]) -> None:
    before = raw(applied)
    with locked(applied.folder / f"{STATE}.lock", timeout=0):
        result = applied("state", *arguments, "--sandbox", stdin=before)
        reading = applied("state", "list", "--sandbox")
    assert result.code == 1
    assert "[ZS211]" in result.err
    assert reading.code == 0
    assert raw(applied) == before


@pytest.mark.parametrize("arguments", WRITING, ids=lambda arguments: arguments[0])
def test_on_ci_a_state_that_would_vanish_is_not_changed(applied: Any, arguments: list[str]) -> None:
    before = raw(applied)
    options = ["--state", STATE]
    if arguments[0] == "push":  # a sandbox's state goes nowhere else
        before = before.replace(b'"sandbox"', b'"https://api.z-api.io"')
        (applied.folder / STATE).write_bytes(before)
    assert "[ZS229]" in applied("state", *arguments, *options, stdin=before, CI="true").err
    assert raw(applied) == before
    kept = applied("state", *arguments, *options, "--state-is-kept", stdin=before, CI="true")
    assert kept.code == 0


def test_what_is_unsettled_is_shown_and_neither_forgotten_nor_pushed_away(
    online: Any, served: Any, fits: Fits
) -> None:
    online.groups("a", "b")
    served.fault("create-close-before")
    assert online("apply", "--auto-approve", "--pace", "0", "--settle", "0").code == 4
    listed = online("state", "list", "--format", "json").json
    fits(listed, "state-list")
    assert [(each["key"], each["status"]) for each in listed["groups"]] == [
        ("a", "unsettled"),
        ("b", "created"),
    ]
    assert "a  unsettled\n" in online("state", "show", "a").out
    fits(online("state", "show", "a", "--format", "json").json, "state-show")

    before = raw(online, "groups.state.json"), raw(online, "groups.state.json.journal")
    pulled = online("state", "pull")
    assert "Not in it, as they are unsettled: a." in pulled.err
    document = json.loads(pulled.out)
    document["serial"] += 1
    lineage = {**document, "lineage": "00000000-0000-4000-8000-000000000000"}
    with_a = {**document, "groups": {"a": document["groups"]["b"]}}
    for arguments, stdin in (
        (["rm", "a", "--auto-approve"], ""),
        (["mv", "a", "z"], ""),
        (["mv", "b", "a"], ""),
        (["push", "-", "--force"], json.dumps(lineage)),
        (["push", "-", "--force"], json.dumps(with_a)),
    ):
        result = online("state", *arguments, stdin=stdin.encode())
        assert result.code == 1
        assert "[ZS221]" in result.err
        assert (raw(online, "groups.state.json"), raw(online, "groups.state.json.journal")) == before

    assert online("state", "mv", "b", "z").code == 0
    document["serial"] += 1
    assert (
        online(
            "state",
            "push",
            "-",
            stdin=json.dumps(document).encode(),
        ).code
        == 1
    )  # without z
    assert online("state", "push", "-", "--force", stdin=json.dumps(document).encode()).code == 0
    assert online("apply", "--auto-approve", "--pace", "0", "--settle", "0").code == 4
    assert len(served.creates()) == 2


def test_a_state_of_the_sandbox_is_not_pushed_where_real_groups_go(applied: Any) -> None:
    (applied.folder / "pulled.json").write_text(applied("state", "pull", "--sandbox").out)
    refused = applied("state", "push", "pulled.json")
    assert refused.code == 1
    assert (
        "this state speaks of groups at sandbox, and this run would talk to https://api.z-api.io"
        in refused.err
    )
    assert not (applied.folder / "groups.state.json").exists()
