"""The pace and the budget of a day, over runs, machines, instances, and a job's limited time."""

from __future__ import annotations

import signal
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from zapi_sync.sandbox import CONNECTED_NUMBER

from .clones import Clones, clones
from .conftest import later, wait_for_creates

__all__ = ["clones"]  # a fixture

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")


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
    online: Any, served: Any, clones: Clones
) -> None:
    online.write(config("{every: 0s, perDay: 10}", **{f"g{number:02}": "default" for number in range(30)}))
    clones.begin()
    ended = []
    for day in range(3):
        clones.move_on()
        done = online("apply", "--auto-approve", **later(24 * day))
        ended.append((done.code, len(served.creates())))
        again = online("apply", "--auto-approve", **later(24 * (day + 0.9)))
        assert (again.code, len(served.creates())) == ended[-1]
    assert ended == [(3, 10), (3, 20), (0, 30)]
    assert len(served.names()) == 30


REJECTED = ["create-client-token-403", "create-disconnected-200", "create-instance-404"]


@pytest.mark.parametrize("fault", REJECTED)
def test_rejected_requests_count_for_the_budget_of_a_day(
    online: Any, served: Any, clones: Clones, fault: str
) -> None:
    online.write(config("{every: 0s, perDay: 2}", a="default", b="default"))
    clones.begin()
    served.fault(fault, 2)
    for number in (1, 2):
        done = online(*APPLY)
        assert (done.code, len(served.creates())) == (1, number), done.err
        assert len(online.state()["requests"]["default"]["madeNothing"]) == number
        clones.move_on()
    for hours in (0, 23.9):
        done = online(*APPLY, **later(hours))
        assert (done.code, len(served.creates())) == (3, 2)
        assert 'not tried a: the budget of a day is used up on the instance "default"' in done.err
    assert online("plan", "--format", "json").json["forecast"]["instances"][0]["room"] == 0
    assert online(*APPLY, **later(24.1)).code == 0
    assert "requests" not in online.state()


def test_rejected_requests_count_for_the_pace_of_later_runs(online: Any, served: Any, clones: Clones) -> None:
    online.write(config("{every: 1h}", a="default"))
    clones.begin()
    served.fault("create-client-token-403")
    assert online("apply", "--auto-approve").code == 1
    for _ in range(2):
        done = online("apply", "--auto-approve", "--deadline", "60")
        assert (done.code, len(served.creates())) == (3, 1), done.err
        assert "not tried a: its turn would come after the --deadline" in done.err
        clones.move_on()
    assert online("apply", "--auto-approve", **later(1.2)).code == 0


def test_rejected_requests_count_for_the_pace_within_a_run(online: Any, served: Any) -> None:
    path = online.write(config("{every: 1h}", a="default", b="default"))
    path.write_text(path.read_text().replace("5544999990001", CONNECTED_NUMBER, 1))  # a's
    served.fault("device-500", 10)
    done = online("apply", "--auto-approve", "--deadline", "60")
    assert (done.code, len(served.creates())) == (1, 1), done.err
    assert "rejected  a" in done.err
    assert "not tried b: its turn would come after the --deadline" in done.err


def test_request_that_never_left_counts_for_nothing(online: Any, served: Any) -> None:
    online.write(config("{every: 0s, perDay: 1}", a="default"))
    closed = online("apply", "--auto-approve", ZAPI_BASE_URL="http://127.0.0.1:1")
    assert closed.code == 1
    assert online("apply", "--auto-approve").code == 0


def test_unsettled_request_counts_once_after_a_retry(online: Any, served: Any) -> None:
    online.write(config("{every: 0s, perDay: 2}", a="default", b="default"))
    served.fault("create-close-before")
    assert online(*APPLY, "--target", "a").code == 4
    assert online("resolve", "a", "--retry").code == 0
    assert len(online.state()["requests"]["default"]["madeNothing"]) == 1
    done = online(*APPLY)
    assert (done.code, len(served.creates())) == (3, 2), done.err
    assert "not tried b: the budget of a day is used up" in done.err


@pytest.mark.parametrize(
    "forget", [("state", "rm", "b", "--auto-approve"), ("state", "push", "-", "--force")]
)
def test_forgotten_group_counts_for_the_budget_of_a_day(
    online: Any, served: Any, clones: Clones, forget: tuple[str, ...]
) -> None:
    online.write(config("{every: 0s, perDay: 2}", a="default"))
    assert online(*APPLY).code == 0
    clones.begin()
    before = online("state", "pull").out
    online.write(config("{every: 0s, perDay: 2}", a="default", b="default"))
    assert online(*APPLY).code == 0
    assert online(*forget, stdin=before.encode()).code == 0
    assert list(online.state()["groups"]) == ["a"]
    online.write(config("{every: 0s, perDay: 2}", a="default", c="default"))
    clones.push("groups.yaml")
    clones.move_on()
    done = online(*APPLY, **later(23.9))
    assert (done.code, len(served.creates())) == (3, 2), done.err
    assert 'not tried c: the budget of a day is used up on the instance "default"' in done.err
    assert online(*APPLY, **later(24.1)).code == 0
    assert "requests" not in online.state()


def test_sandbox_has_no_pace(zapi_sync: Any) -> None:
    zapi_sync.write(config("{every: 1h, perDay: 1}", a="default", b="default", c="default"))
    done = zapi_sync("apply", "--sandbox", "--auto-approve")
    assert done.code == 0, done.err
    assert list(zapi_sync.state("groups.sandbox.state.json")["groups"]) == ["a", "b", "c"]


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
