"""`zapi-sync import --all`: a config of what exists, and a state that knows it: a plan has nothing to do."""

from __future__ import annotations

import os
import pty
import re
import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import COMMAND, ZapiSync

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"
ALL = ("import", "--all")
NOW = ("--write", "--auto-approve", "--out", "groups.yaml")


def files(zapi_sync: ZapiSync) -> list[str]:
    return sorted(path.name for path in zapi_sync.folder.iterdir())


def test_what_exists_is_printed_and_nothing_is_written(online: Any, served: Any) -> None:
    first = served.create("Launch: VIP #1", "5544999990001", "5544999990002")
    second = served.create("2026", "5544999990003")
    done = online(*ALL)
    assert done.code == 0
    assert done.out.splitlines() == [
        "version: 1",
        "groups:",
        f"  launch-vip-1:  # {first}",
        '    groupName: "Launch: VIP #1"',
        "    phones:",
        '      - "5544999990001"',
        '      - "5544999990002"',
        f'  "2026":  # {second}',
        '    groupName: "2026"',
        "    phones:",
        '      - "5544999990003"',
    ]
    assert done.err.splitlines()[1] == "Found 2 groups, and the state is as it was."
    assert files(online) == []
    online.write(done.out)
    assert online("validate").code == 0
    assert online("apply", "--auto-approve", "--settle", "0").code == 4  # their names are taken
    assert len(served.names()) == 2


def test_what_is_written_makes_a_plan_of_nothing_to_do(online: Any, served: Any, fits: Any) -> None:
    online.groups("a", "b", "c")
    assert online("apply", "--auto-approve", "--pace", "0").code == 0
    links = [record["invitationLink"] for record in online.state()["groups"].values()]
    for path in online.folder.iterdir():
        path.unlink()
    online.groups("d", instance="sales").rename(online.folder / "sales.yaml")
    assert online("apply", "-f", "sales.yaml", "--auto-approve", "--pace", "0").code == 0
    (online.folder / "sales.state.json").unlink()
    (online.folder / "sales.state.json.lock").unlink()
    instances = ("--instance", "default", "--instance", "sales")
    done = online(*ALL, *NOW, *instances, "--format", "json")
    assert (done.code, done.json["written"], done.json["out"]) == (0, True, "groups.yaml")
    fits(done.json, "import")
    keys = ["group-a", "group-b", "group-c", "group-d"]
    assert sorted(each["key"] for each in done.json["groups"]) == keys
    state = online.state()
    fits(state, "state")
    assert sorted(state["groups"]) == keys
    assert {record["how"] for record in state["groups"].values()} == {"imported"}
    assert {record["invitationLink"] for record in state["groups"].values()} > set(links)
    assert "chat.whatsapp.com" not in done.out + (online.folder / "groups.yaml").read_text()
    assert online("validate").code == 0
    plan = online("plan", "--detailed-exitcode")
    assert (plan.code, plan.out) == (0, "Nothing to create. 4 unchanged.\n")
    apply = online("apply", "--auto-approve")
    assert apply.code == 0
    assert len(served.creates()) == 4
    again = online(*ALL, "--write", "--auto-approve", "--out", "more.yaml")
    assert (again.code, again.out) == (0, "Nothing to import.\n")
    assert not (online.folder / "more.yaml").exists()


def test_what_config_and_state_have_a_say_about_is_left_out(online: Any, served: Any, fits: Any) -> None:
    online.groups("a", "b")
    served.fault("create-close-before")
    assert online("apply", "--auto-approve", "--pace", "0", "--settle", "0").code == 4
    served.create("Group a")  # late, as far as anybody can tell
    online.groups("a", "b", "c")
    wanted = served.create("Group c")
    served.create("Twin")
    twin = served.create("twin")
    done = online(*ALL, "--format", "json")
    fits(done.json, "import")
    left_out = {each["groupName"]: (each["reason"], each["hint"]) for each in done.json["leftOut"]}
    assert left_out["Group c"] == ('the config wants it as "c"', f"zapi-sync import c {wanted}")
    assert left_out["Group a"][0] == 'it may be what became of "a", whose creation is in doubt'
    assert [each["key"] for each in done.json["groups"]] == ["twin", "twin-2"]
    served.create("Twin")
    done = online(*ALL)
    assert twin in done.out
    assert '"Twin": its name is that of "twin", and a name stands for one group of an instance\n' in done.out
    assert done.err.splitlines()[1].endswith("; left out: 3 groups.")


def test_what_cannot_be_looked_at_is_told_and_the_exit_code_says_so(online: Any, served: Any) -> None:
    served.create("A", "5544999990001")
    served.fault("groups-500", 9, instance=served.sales)
    done = online(*ALL, "--instance", "default", "--instance", "sales")
    assert (done.code, "  a:  #" in done.out) == (1, True)
    assert (
        'error: the instance "sales" cannot be looked at: the look-up groups gave no usable answer'
        in done.err
    )
    served.fault("device-500", 9, instance=served.default)
    done = online(*ALL, "--write", "--auto-approve", "--out", "groups.yaml")
    assert (done.code, files(online)) == (1, ["groups.state.json.lock"])
    assert "the look-up device gave no usable answer" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["import"], 64, "error: import takes KEY and GROUP_ID, or --all and what goes with it [ZS501]"),
        (["import", "a"], 64, "error: import takes KEY and GROUP_ID, or --all"),
        (["import", "--all", "a"], 64, "error: import takes KEY and GROUP_ID, or --all"),
        (["import", "a", "1-group", "--write"], 64, "error: import takes KEY and GROUP_ID, or --all"),
        (
            ["import", "--all", "--write"],
            64,
            "error: --write needs --out FILE: what is in the state and in no",
        ),
        (["import", "--all", "--instance", "A b"], 64, 'error: "A b" is not the name of an instance [ZS501]'),
        (["import", "--all", "--out", "groups.yaml"], 1, "groups.yaml: error: there is a file of this name"),
        (["import", "--all", "--out", "no/x"], 1, "no/x: error: its folder is not there [ZS510]"),
        (["import", "--all", "-f", "broken.yaml"], 1, "broken.yaml:1:1: error: "),
        (["import", "--all", "--instance", "other"], 1, 'error: the instance "other" has no credentials'),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    online: Any, served: Any, arguments: list[str], code: int, said: str
) -> None:
    online.groups("a")
    online.write("versoin: 1\n", "broken.yaml")
    done = online(*arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(said), done.err
    assert served.client.get("/sandbox/requests").json() == []


def test_a_state_of_another_instance_is_refused(online: Any, served: Any) -> None:
    online.groups("a")
    assert online("apply", "--auto-approve", "--pace", "0").code == 0
    done = online(*ALL, ZAPI_INSTANCE_ID="OTHERINSTANCE1")
    assert done.code == 1
    assert "[ZS209]" in done.err


def test_on_ci_a_state_that_would_vanish_is_refused_before_the_look(online: Any, served: Any) -> None:
    served.create("A", "5544999990001")
    served.client.delete("/sandbox/requests")
    done = online(*ALL, *NOW, CI="true")
    assert done.code == 1
    assert "error: this is a CI job (CI is set), and the state is in no git work tree" in done.err
    assert "[ZS229]" in done.err
    assert (files(online), served.client.get("/sandbox/requests").json()) == ([], [])
    assert online(*ALL, CI="true").code == 0  # which writes no state
    assert online(*ALL, *NOW, "--state-is-kept", CI="true").code == 0
    assert online("plan").out == "Nothing to create. 1 unchanged.\n"


@pytest.mark.parametrize(("answer", "code"), [(b"yes\n", 0), (b"y\n", 1)])
def test_it_asks_at_a_terminal_and_yes_alone_is_a_yes(
    online: Any, served: Any, answer: bytes, code: int
) -> None:
    served.create("A", "5544999990001")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *ALL, "--write", "--out", "groups.yaml"],
        cwd=online.folder,
        env=online.env({}),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    os.write(ours, answer)
    _, told = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == code
    assert b"Take 1 group into the state? Only yes is taken for a yes: " in told
    assert b"  a:  # " in told.partition(b"Take 1 group")[0]
    assert (online.folder / "groups.yaml").exists() == (code == 0)
    assert (online.folder / "groups.state.json").exists() == (code == 0)


def test_without_a_terminal_it_does_not_act(online: Any, served: Any) -> None:
    served.create("A", "5544999990001")
    done = online(*ALL, "--write", "--out", "groups.yaml")
    assert done.code == 64
    assert "error: import --all asks before it acts, and there is no terminal to ask at [ZS504]" in done.err
    assert files(online) == ["groups.state.json.lock"]


def test_where_the_state_cannot_be_written_the_groups_are_found_again(online: Any, served: Any) -> None:
    served.create("A", "5544999990001")
    done = subprocess.run(
        [COMMAND, *ALL, *NOW],
        cwd=online.folder,
        env=online.env({}),
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (250, 250)),  # the config fits
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"groups.state.json: error: it cannot be written: file too large [ZS210]" in done.stderr
    assert files(online) == ["groups.state.json.lock", "groups.yaml"]
    assert online("apply", "--auto-approve").code == 4  # taken, and not created again
    assert served.names() == ["A"]
    (online.folder / "groups.yaml").unlink()
    assert online(*ALL, *NOW).code == 0
    assert online("plan").out == "Nothing to create. 1 unchanged.\n"


def test_the_page_shows_what_was_run(zapi_sync: Any) -> None:
    zapi_sync.write(
        "version: 1\ngroups:\n"
        "  x: {groupName: Launch VIP 01, phones: ['5544999990001', '5544999990002']}\n"
        "  y: {groupName: Formação 3ª B, phones: ['5544999990003']}\n"
    )
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    for name in ("groups.yaml", "groups.sandbox.state.json"):
        (zapi_sync.folder / name).unlink()
    text = PAGE.read_text("utf-8")
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for command, shown in re.findall(r"\$ zapi-sync (.*)\n((?:[^$].*\n)*)", block):
            said = re.sub(r"\d{18}-group", "120363019502650977-group", zapi_sync(*command.split()).out)
            assert said == shown
