"""Odd paths, numbers, streams and files: an answer each, never a crash, never a second group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")
GROUP = "groupName: A, phones: ['5544911112222']"


@pytest.mark.parametrize(
    "text",
    [
        f"groups:\n  a: {{{GROUP}}}\n  a: {{groupName: B, autoInvite: true, autoInvite: false}}\n",
        f"x-a: {{<<: {{groupName: A, groupName: B}}}}\ngroups: {{a: {{{GROUP}}}}}\n",
        f"x-k: &k key\nx-b:\n  ? *k\n  : 1\n  ? *k\n  : 2\ngroups: {{a: {{{GROUP}}}}}\n",
    ],
)
def test_repeated_keys_in_odd_places_are_told(zapi_sync: Any, text: str) -> None:
    zapi_sync.write("version: 1\n" + text)
    result = zapi_sync("validate")
    assert result.code == 1
    assert "is written twice here" in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["plan", "--state", "/"], 64, "the state's path names no file"),
        (["plan", "--state", "."], 64, "the state's path names no file"),
        (["plan", "-f", ""], 1, "-f names no file"),
        (["plan", "-f", "x" * 5000], 1, "this cannot be read: file name too long"),
        (["plan", "-f", "groups.yaml/x"], 1, "this cannot be read: not a directory"),
        (["plan", "-f", "/dev/zero"], 1, "this is neither a file nor a pipe"),
        (["apply", "--pace", "nan"], 64, "this is no number of seconds"),
        (["apply", "--timeout", "nan"], 64, "this is no number of seconds"),
        (["apply", "--lock-timeout", "inf"], 64, "is not in the range"),
        (["apply", "--per-day", "99999999999999999999"], 64, "is not in the range"),
        (["sandbox", "--fault", "create-clse-after"], 64, "did you mean create-close-after"),
        (["sandbox", "--db", "nowhere/x.db"], 1, "the sandbox cannot start: "),
    ],
)
def test_what_cannot_be(zapi_sync: Any, arguments: list[str], code: int, message: str) -> None:
    zapi_sync.groups("a")
    result = zapi_sync(*arguments)
    assert (result.code, message in result.err) == (code, True), result.err


def test_one_file_named_twice_is_read_once(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    assert zapi_sync("plan", "-f", "groups.yaml", "-f", "./groups.yaml").code == 0


def test_a_pipe_is_standard_input(zapi_sync: Any) -> None:
    config = zapi_sync.groups("a").read_text()
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    plan = zapi_sync("plan", "--sandbox", "-f", "/dev/stdin", stdin=config.encode())
    assert plan.out == "Nothing to create. 1 unchanged.\n"


def test_another_order_of_files_does_not_begin_anew(online: Any, served: Any) -> None:
    online.write(f"version: 1\ngroups: {{a: {{{GROUP}}}}}\n", "a.yaml")
    online.write(f"version: 1\ngroups: {{b: {{{GROUP.replace('A,', 'B,')}}}}}\n", "b.yaml")
    assert online(*APPLY, "-f", "a.yaml", "-f", "b.yaml").code == 0
    swapped = online(*APPLY, "-f", "b.yaml", "-f", "a.yaml")
    assert swapped.code == 64
    assert "hint: say which one is meant: --state a.state.json" in swapped.err
    assert online(*APPLY, "-f", "b.yaml", "-f", "a.yaml", "--state", "a.state.json").code == 0
    assert len(served.creates()) == 2


def test_a_key_that_was_renamed_makes_no_second_group(online: Any, served: Any) -> None:
    path = online.groups("old")
    online(*APPLY)
    path.write_text(path.read_text().replace("  old:", "  new:"))
    plan = online("plan", "--detailed-exitcode")
    assert plan.code == 4
    assert "= new  not created: the name is taken" in plan.out
    assert "The group of the key old has this name, whatever the config calls it now." in plan.out
    assert online(*APPLY).code == 4
    assert len(served.creates()) == 1
    assert online(*APPLY, "--existing", "create").code == 0
    assert len(served.creates()) == 2


def test_a_key_that_was_renamed_in_doubt_is_held(online: Any, served: Any) -> None:
    path = online.groups("old")
    served.fault("create-close-before")
    online(*APPLY)
    path.write_text(path.read_text().replace("  old:", "  new:"))
    for existing in ("fail", "create", "adopt"):
        held = online(*APPLY, "--existing", existing)
        assert held.code == 4
        assert "What is unsettled of the key old has this name" in held.out + held.err
    assert len(served.creates()) == 1


def test_an_instance_that_was_edited_in_doubt_is_connected_too(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-before")
    online(*APPLY)
    online.groups("a", instance="sales")
    assert online(*APPLY).code == 4
    done = online(*APPLY, "--absent-after", "0")
    assert done.code == 0, done.err
    assert [request["instance"] for request in served.creates()] == [served.default, served.sales]


def test_a_stop_while_settling_ends_the_run(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-before")
    online(*APPLY)
    online.groups("a", "b")
    served.client.delete("/sandbox/requests")
    process = online.start("apply", "--auto-approve", "--pace", "0", "--settle", "600")
    while not served.client.get("/sandbox/requests").json():
        pass
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert served.creates() == []


def test_two_names_for_one_number_are_refused(online: Any, served: Any) -> None:
    path = online.groups("a")
    path.write_text(path.read_text() + f"  s: {{instance: sales, {GROUP}}}\n")
    refused = online(*APPLY, ZAPI_SALES_INSTANCE_ID=served.default)
    assert refused.code == 1
    assert 'the instances "default" and "sales" are one: ZAPI_INSTANCE_ID and ZAPI_SALES_' in refused.err
    path.write_text(path.read_text().replace("instance: sales", "instance: default"))
    assert online(*APPLY).code == 0
    online.groups("a", "b", instance="sales")
    refused = online(*APPLY, ZAPI_SALES_INSTANCE_ID=served.default)
    assert refused.code == 1
    assert 'the instance "sales" is the one that this state knows as "default"' in refused.err
    assert len(served.creates()) == 2


@pytest.mark.parametrize("half", ['"groupName": "\\ud800"', '"invitationLink": "\\uD800"'])
def test_half_a_character_in_the_state_is_corrupt(online: Any, served: Any, half: str) -> None:
    online.groups("a")
    online(*APPLY)
    online.groups("a", "b")
    path: Path = online.folder / "groups.state.json"
    name = half.split(":", maxsplit=1)[0]
    lines = [
        f"      {half}," if line.strip().startswith(name) else line for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines))
    refused = online(*APPLY)
    assert refused.code == 1
    assert "half a character" in refused.err
    assert len(served.creates()) == 1


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams_end_no_run(zapi_sync: Any, closed: tuple[int, ...]) -> None:
    zapi_sync.groups("a", "b")
    redirections = " ".join(f"{number}{'<' if number == 0 else '>'}&-" for number in closed)
    script = f"exec zapi-sync apply --sandbox --auto-approve {redirections}"
    environment = zapi_sync.env({"PATH": f"{command_folder()}:{os.environ['PATH']}"})
    done = subprocess.run(["sh", "-c", script], cwd=zapi_sync.folder, env=environment, capture_output=True)
    assert done.returncode == 0
    assert b"internal error" not in done.stdout + done.stderr
    assert set(zapi_sync.state("groups.sandbox.state.json")["groups"]) == {"a", "b"}


def test_a_result_that_cannot_be_written_is_told_and_kept(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [str(command_folder() / "zapi-sync"), "apply", "--sandbox", "--auto-approve"],
            cwd=zapi_sync.folder, env=zapi_sync.env({}), stdout=full, stderr=subprocess.PIPE,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"the result cannot be written: no space left on device" in done.stderr
    assert set(zapi_sync.state("groups.sandbox.state.json")["groups"]) == {"a"}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["schema"], ["sandbox", "--faults"], ["plan", "-h"]]
)
def test_words_that_nobody_takes_are_told(zapi_sync: Any, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [str(command_folder() / "zapi-sync"), *arguments],
            cwd=zapi_sync.folder, env=zapi_sync.env({}), stdout=full, stderr=subprocess.PIPE,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"error: the result cannot be written: no space left on device [ZS506]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(["nonsense"], 64), (["plan", "-f", "none"], 1), (["plan"], 0)]
)
def test_talk_that_nobody_takes_changes_no_exit_code(zapi_sync: Any, arguments: list[str], code: int) -> None:
    zapi_sync.groups("a")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [str(command_folder() / "zapi-sync"), *arguments, *(["-v"] if arguments[0] == "plan" else [])],
            cwd=zapi_sync.folder, env=zapi_sync.env({}), stdout=subprocess.PIPE, stderr=full,
        )  # fmt: skip
    assert done.returncode == code
    assert bool(done.stdout) is (code == 0)


def test_a_reader_that_goes_away_ends_no_run(zapi_sync: Any) -> None:
    zapi_sync.groups(*(f"g{number}" for number in range(30)))
    process = subprocess.Popen(
        [str(command_folder() / "zapi-sync"), "apply", "--sandbox", "--auto-approve"],
        cwd=zapi_sync.folder, env=zapi_sync.env({}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    process.wait()
    assert len(zapi_sync.state("groups.sandbox.state.json")["groups"]) == 30
    assert not (zapi_sync.folder / "groups.sandbox.state.json.journal").exists()


def test_a_signal_while_nobody_reads_loses_no_answer(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault("create-slow")
    inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and stays so
    process = online.start(*APPLY)
    signal.signal(signal.SIGHUP, inherited)
    assert process.stdout
    assert process.stderr
    while b"Plan:" not in (line := process.stderr.readline()):
        assert line, "it ended before its plan"
    process.stderr.close()
    process.stdout.close()
    while not served.creates():
        assert process.poll() is None, "it ended before it sent anything"
    process.send_signal(signal.SIGHUP)
    process.wait(timeout=30)
    assert set(online.state()["groups"]) == {"a"}
    assert online(*APPLY).code == 0
    assert len(served.creates()) == 2


def command_folder() -> Path:
    """Where the installed command is."""
    return Path(sys.executable).parent


def test_the_sandbox_keeps_nothing_behind_a_links_back(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    (zapi_sync.folder / "precious").write_text("precious")
    (zapi_sync.folder / "groups.sandbox.db").symlink_to("precious")
    result = zapi_sync("apply", "--sandbox", "--auto-approve")
    assert result.code == 1
    assert "the sandbox cannot keep its groups here: this is a symbolic link" in result.err
    assert (zapi_sync.folder / "precious").read_text() == "precious"
