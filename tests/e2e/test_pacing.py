"""The pace and the budget of a day, over runs, machines, instances, and a job's limited time."""

from __future__ import annotations

import signal
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .conftest import ROOT, wait_for_creates

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")
LATER = ROOT / "tests" / "e2e" / "later"


def config(pacing: str, **groups: str) -> str:
    """A config with groups of these keys, each on the instance that is named."""
    lines = [
        f"  {key}: {{groupName: Group {key}, instance: {instance}, phones: ['5544999990001']}}"
        for key, instance in groups.items()
    ]
    return "\n".join(["version: 1", f"pacing: {pacing}", "groups:", *lines]) + "\n"


def test_the_budget_of_a_day_holds_across_runs(online: Any, served: Any) -> None:
    online.groups("a", "b", "c")
    first = online(*APPLY, "--per-day", "2")
    assert first.code == 3
    assert "Plan: 3 to create" in first.err
    assert 'The day\'s budget on the instance "default" allows 2 of 3 now. Apply again in 24 h' in first.err
    assert (
        '[3/3] not tried c: the budget of a day is used up on the instance "default"; run again after 20'
        in (first.err)
    )
    assert "\n2 of 3 groups done.\nFor the rest, run zapi-sync apply again after 20" in first.err
    assert online(*APPLY, "--per-day", "2").code == 3
    assert len(served.creates()) == 2
    assert online(*APPLY, "--per-day", "3").code == 0


def test_the_pace_holds_across_runs(online: Any, served: Any) -> None:
    online.groups("a")
    online(*APPLY)
    online.groups("a", "b")
    began = time.monotonic()
    second = online("apply", "--auto-approve", "--pace", "2")
    assert second.code == 0
    assert "next is b, in" in second.err
    # created_at has whole seconds: the distance of 2 s may have begun up to 1 s earlier
    assert time.monotonic() - began > 0.9


def test_thirty_groups_at_ten_a_day_take_three_fresh_machines_on_three_days(
    online: Any, served: Any, tmp_path: Path
) -> None:
    def git(folder: Path, *arguments: str) -> None:
        named = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org")
        subprocess.run(["git", "-C", str(folder), *named, *arguments], check=True, capture_output=True)

    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
    online.write(config("{every: 0s, perDay: 10}", **{f"g{number:02}": "default" for number in range(30)}))
    git(online.folder, "init", "-q", "-b", "main")
    git(online.folder, "add", "groups.yaml")
    git(online.folder, "commit", "-qm", "Groups")
    git(online.folder, "push", "-q", str(remote), "main")

    ended = []
    for day in range(3):
        online.folder = tmp_path / f"machine-{day}"
        git(tmp_path, "clone", "-q", str(remote), str(online.folder))
        done = online("apply", "--auto-approve", DAYS_LATER=str(day), PYTHONPATH=str(LATER))
        ended.append((done.code, len(served.creates())))
        again = online("apply", "--auto-approve", DAYS_LATER=str(day + 0.9), PYTHONPATH=str(LATER))
        assert (again.code, len(served.creates())) == ended[-1]
        git(online.folder, "add", "groups.state.json")
        git(online.folder, "commit", "-qm", "State")
        git(online.folder, "push", "-q", "origin", "main")
    assert ended == [(3, 10), (3, 20), (0, 30)]
    assert len(served.names()) == 30


def test_two_instances_take_the_time_of_one(online: Any, served: Any) -> None:
    keys = {f"{name}{number}": name for number in range(10) for name in ("default", "sales")}
    online.write(config("{every: 1s}", **keys))
    began = time.monotonic()
    done = online("apply", "--auto-approve", "--format", "json")
    took = time.monotonic() - began
    assert (done.code, len(served.creates())) == (0, 20)
    assert "At this pace it takes about 9 s, the instances side by side." in done.err
    assert 9 <= took < 18, took
    for instance in (served.default, served.sales):
        names = [each["json"]["groupName"] for each in served.creates() if each["instance"] == instance]
        assert names == sorted(names)


def test_each_instance_has_its_own_budget(online: Any, served: Any) -> None:
    pacing = "{every: 0s, perDay: 2, instances: {sales: {perDay: 1}}}"
    online.write(config(pacing, a="default", b="default", c="sales", d="sales"))
    plan = online("plan", "--format", "json").json["forecast"]
    assert (plan["creations"], plan["leftOver"]) == (3, 1)
    assert [(each["instance"], each["room"], each["leftOver"]) for each in plan["instances"]] == [
        ("default", 2, 0),
        ("sales", 1, 1),
    ]
    done = online("apply", "--auto-approve", "--format", "json")
    assert done.code == 3
    skipped = {each["key"]: each["reason"] for each in done.json["groups"] if each["outcome"] == "skipped"}
    assert skipped == {"d": "out_of_budget"}
    again = datetime.fromisoformat(done.json["runAgainAfter"])
    assert again - datetime.now(again.tzinfo) > timedelta(hours=23)


def test_what_cannot_begin_before_the_deadline_is_left_for_another_run(online: Any, served: Any) -> None:
    online.groups("a", "b", "c")
    began = time.monotonic()
    done = online("apply", "--auto-approve", "--pace", "3600", "--deadline", "60")
    assert time.monotonic() - began < 30
    assert (done.code, len(served.creates())) == (3, 1)
    assert "[2/3] not tried b: its turn would come after the --deadline" in done.err
    assert "\n1 of 3 groups done.\nFor the rest, run zapi-sync apply again after 20" in done.err


def test_a_deadline_that_is_past_sends_nothing(online: Any, served: Any) -> None:
    online.groups("a")
    assert online(*APPLY, "--deadline", "0").code == 3
    assert served.creates() == []


def test_a_signal_lets_each_instance_finish_the_group_at_hand(online: Any, served: Any) -> None:
    online.write(config("{every: 0s}", a="default", b="default", s="sales", t="sales"))
    served.fault("create-slow", 2)
    process = online.start(*APPLY)
    wait_for_creates(served, 2)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"not tried b: interrupted" in err
    assert b"not tried t: interrupted" in err
    assert set(online.state()["groups"]) == {"a", "s"}
    assert len(served.creates()) == 2
