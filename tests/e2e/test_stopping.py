"""An apply that is killed, told to stop, or in another one's way: nothing is sent twice, nothing is lost."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from .conftest import wait_for_creates

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")


def test_killed_while_the_request_is_out_the_next_run_sends_none(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault("create-silent-before")
    process = online.start(*APPLY)
    wait_for_creates(served, 1)
    process.kill()
    process.communicate()

    again = online(*APPLY)
    assert again.code == 4
    assert "the run ended before the answer was written down" in again.err
    assert len(served.creates()) == 2  # b's
    assert set(online.state()["groups"]) == {"b"}


def test_killed_before_the_answer_came_the_next_run_finds_the_group(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault("create-silent-after")
    process = online.start(*APPLY)
    wait_for_creates(served, 1)
    process.kill()
    process.communicate()

    again = online(*APPLY)
    assert again.code == 0, again.err
    assert 'found     a "Group a"' in again.err
    assert set(online.state()["groups"]) == {"a", "b"}
    assert (served.names(), len(served.creates())) == (["Group a", "Group b"], 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_finishes_the_group_at_hand(online: Any, served: Any, number: int) -> None:
    online.groups("a", "b", "c")
    served.fault("create-slow")
    process = online.start(*APPLY)
    wait_for_creates(served, 1)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert b"stopping once the group at hand is through" in err
    assert b"[1/3] created   a" in err
    assert b"[2/3] not tried b: interrupted before its turn" in err
    assert set(online.state()["groups"]) == {"a"}
    assert not (online.folder / "groups.state.json.journal").exists()
    assert online(*APPLY).code == 0
    assert len(served.creates()) == 3


def test_a_second_hangup_does_not_leave_the_group(online: Any, served: Any) -> None:
    """A terminal that goes away sends two: one is the kernel's, and one the shell's."""
    online.groups("a", "b")
    served.fault("create-slow")
    process = online.start(*APPLY)
    wait_for_creates(served, 1)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert set(online.state()["groups"]) == {"a"}
    assert not (online.folder / "groups.state.json.journal").exists()


def test_the_second_signal_leaves_at_once_and_the_journal_knows(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-silent-before")
    process = online.start(*APPLY)
    wait_for_creates(served, 1)
    process.send_signal(signal.SIGINT)
    assert process.stderr
    while b"stopping once" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert online(*APPLY).code == 4
    assert len(served.creates()) == 1


def test_one_writer(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-silent-before")
    process = online.start(*APPLY)
    wait_for_creates(served, 1)

    second = online(*APPLY)
    assert second.code == 1
    assert "groups.state.json.lock: error: another zapi-sync is at work on this state: " in second.err
    assert f"process {process.pid}, since 20" in second.err
    assert online("plan").code == 0  # takes no lock
    process.kill()
    process.communicate()
    assert online(*APPLY).code == 4  # the kernel released it
    assert len(served.creates()) == 1


def test_the_journal_holds_the_intent_before_the_request_arrives(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-silent-before")
    process = online.start(*APPLY)
    wait_for_creates(served, 1)
    lines = (online.folder / "groups.state.json.journal").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["begin", "intent", "sending"]
    process.kill()
    process.communicate()
