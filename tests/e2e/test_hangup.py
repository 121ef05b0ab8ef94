"""A terminal that goes away: it ends an open question as Ctrl-C does, and apply gives the lock back."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import COMMAND, wait_for_creates
from .test_terminal import QUESTIONS, at_a_terminal

APPLY = ("apply", "--pace", "0")
BRANCH = ("--state", "git:zapi-state")
SIGNALS = [signal.SIGHUP, signal.SIGTERM, signal.SIGINT]
PORTUGUESE = {"LANG": "pt_BR.UTF-8"}


@pytest.fixture
def remote(online: Any) -> Path:
    """The remote of the folder, which is a clone of it."""
    path: Path = online.folder / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", path], check=True)
    subprocess.run(["git", "init", "--quiet", online.folder], check=True)
    subprocess.run(["git", "-C", online.folder, "remote", "add", "origin", path], check=True)
    online.groups("a", "b")
    return path


def lock_on(remote: Path) -> Any:
    """The lock of the state that is on a branch."""
    command = ["git", "-C", str(remote), "show", "zapi-state:groups.state.json.lock"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def hang_up(zapi_sync: Any, *arguments: str, once: Callable[[bytes], bool]) -> int:
    """Run a command at its own terminal, which goes away once that is so of what was seen; its code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=zapi_sync.folder,
        env=zapi_sync.env({"TERM": "xterm-256color"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    seen, deadline = b"", time.monotonic() + 30
    while not once(seen):
        assert time.monotonic() < deadline, seen
        if select.select([ours], [], [], 0.05)[0]:
            seen += os.read(ours, 65536)
    os.close(ours)
    return process.wait(timeout=30)


def is_asking(seen: bytes) -> bool:
    return any(question.encode() in seen for question in QUESTIONS)


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_at_the_question_creates_nothing(online: Any, served: Any, number: signal.Signals) -> None:
    online.groups("a")
    code, seen = at_a_terminal(online, *APPLY, answer=number)
    assert (code, served.creates()) == (130, [])
    assert seen.endswith("interrupted\r\n")
    assert not (online.folder / "groups.state.json").exists()
    assert online(*APPLY, "--auto-approve").code == 0


def test_signal_at_the_question_is_told_in_portuguese(online: Any, served: Any) -> None:
    online.groups("a")
    code, seen = at_a_terminal(online, *APPLY, answer=signal.SIGHUP, environment=PORTUGUESE)
    assert (code, served.creates()) == (130, [])
    assert seen.endswith("interrompido\r\n")


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_at_the_question_unlocks_a_shared_state(
    online: Any, served: Any, remote: Path, number: signal.Signals
) -> None:
    code, _ = at_a_terminal(online, *APPLY, *BRANCH, answer=number)
    assert (code, served.creates()) == (130, [])
    assert lock_on(remote) == {"fence": 1}
    done = online(*APPLY, *BRANCH, "--auto-approve")
    assert done.code == 0, done.err
    assert lock_on(remote) == {"fence": 2}


def test_signal_at_the_question_of_state_rm_unlocks_too(online: Any, remote: Path) -> None:
    assert online(*APPLY, *BRANCH, "--auto-approve").code == 0
    code, _ = at_a_terminal(online, "state", "rm", "a", *BRANCH, answer=signal.SIGHUP)
    assert (code, list(lock_on(remote))) == (130, ["fence"])
    assert "2 unchanged" in online("plan", *BRANCH).out


def test_signal_at_the_question_of_an_import_unlocks_too(online: Any, served: Any, remote: Path) -> None:
    assert online(*APPLY, *BRANCH, "--auto-approve").code == 0
    served.create("Stranger")
    write = ("import", "--all", "--write", "--out", "new.yaml", *BRANCH)
    code, _ = at_a_terminal(online, *write, answer=signal.SIGHUP)
    assert (code, list(lock_on(remote))) == (130, ["fence"])
    assert not (online.folder / "new.yaml").exists()


def test_terminal_that_goes_away_unlocks_a_shared_state(online: Any, served: Any, remote: Path) -> None:
    assert hang_up(online, *APPLY, *BRANCH, once=is_asking) == 130
    assert served.creates() == []
    assert lock_on(remote) == {"fence": 1}
    assert online(*APPLY, *BRANCH, "--auto-approve").code == 0


def test_terminal_that_goes_away_unlocks_a_local_state(online: Any, served: Any) -> None:
    online.groups("a")
    assert hang_up(online, *APPLY, once=is_asking) == 130
    assert served.creates() == []
    assert online(*APPLY, "--auto-approve").code == 0


def test_terminal_that_goes_away_lets_the_group_at_hand_finish(
    online: Any, served: Any, remote: Path
) -> None:
    served.fault("create-slow")
    apply = (*APPLY, *BRANCH, "--auto-approve")
    ended = hang_up(online, *apply, once=lambda _: len(served.creates()) == 1)
    assert ended == 1  # as nobody takes the result
    assert lock_on(remote) == {"fence": 1}
    state = json.loads(online("state", "pull", *BRANCH).out)
    assert list(state["groups"]) == ["a"]
    assert online(*apply).code == 0
    assert (served.names(), len(served.creates())) == (["Group a", "Group b"], 2)


def test_hangup_is_ignored_under_nohup(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault("create-slow")
    process = subprocess.Popen(
        ["nohup", COMMAND, *APPLY, "--auto-approve"],
        cwd=online.folder,
        env=online.env({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for_creates(served, 1)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert (process.returncode, len(served.creates())) == (0, 2)
