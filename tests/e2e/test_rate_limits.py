"""A rate limit stops its instance: for the run, for later runs until it ends, and on every machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from .clones import STATE, Clones, clones
from .conftest import later, wait_for_creates

__all__ = ["clones"]  # a fixture

Fits = Callable[[Any, str], None]

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")
JSON = ("--format", "json")
PORTUGUESE = {"LANG": "pt_BR.UTF-8"}
LIMIT = "create-overlimit-400-before"


def not_before(zapi_sync: Any, instance: str = "default") -> datetime:
    """When the rate limit ends that the state records."""
    return datetime.fromisoformat(zapi_sync.state()["requests"][instance]["notBefore"])


def hours_from_now(moment: datetime) -> float:
    return float((moment - datetime.now(moment.tzinfo)) / timedelta(hours=1))


def outcomes(document: Any) -> dict[str, str]:
    return {each["key"]: each["outcome"] for each in document["groups"]}


@pytest.fixture
def limited(online: Any, served: Any) -> Any:
    """A folder in which the first of three groups met a rate limit."""
    online.groups("a", "b", "c")
    served.fault(LIMIT)
    assert online(*APPLY).code == 4
    return online


def test_rate_limit_ends_the_run_after_one_request(
    online: Any, served: Any, clones: Clones, fits: Fits
) -> None:
    online.groups(*(f"g{number:02}" for number in range(30)))
    clones.begin()
    served.fault(LIMIT, 30)
    done = online("apply", "--auto-approve", *JSON)
    assert (done.code, len(served.creates())) == (4, 1), done.err
    fits(done.json, "apply")
    fits(online.state(), "state")
    ends = not_before(online)
    assert 0.99 < hours_from_now(ends) <= 1
    assert online.state()["requests"] == {
        "default": {"notBefore": done.json["runAgainAfter"], "rateLimits": 1}
    }
    first, *others = done.json["groups"]
    assert (first["key"], first["outcome"]) == ("g00", "unknown")
    assert first["reason"].startswith("the API answered 400: rate-overlimit; no group of that name is listed")
    assert first["notBefore"] == done.json["runAgainAfter"]
    assert ends - datetime.fromisoformat(first["settlesAt"]) == timedelta(minutes=50)
    assert len(others) == 29
    assert {(each["outcome"], each["reason"], each["until"]) for each in others} == {
        ("skipped", "rate_limited", done.json["runAgainAfter"])
    }

    # At once, in the same folder and in a fresh clone: no request.
    for _ in range(2):
        again = online("apply", "--auto-approve", *JSON)
        assert (again.code, len(served.creates())) == (4, 1), again.err
        assert sorted(set(outcomes(again.json).values())) == ["skipped", "unknown"]
        assert again.json["runAgainAfter"] == done.json["runAgainAfter"]
        assert not_before(online) == ends
        clones.move_on()
    assert (online.folder / f"{STATE}.journal").exists()


def test_rate_limit_is_explained_in_text(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault(LIMIT)
    done = online(*APPLY)
    ends = online.state()["requests"]["default"]["notBefore"]
    limit = (
        f'A rate limit stops the instance "default": apply creates nothing on it before {ends} '
        "(--ignore-rate-limit overrides)."
    )
    assert '[1/2] UNKNOWN   a "Group a": the API answered 400: rate-overlimit; no group' in done.err
    assert f"\n          {limit}\n" in done.err
    assert (
        "The API refused it, and the group may exist all the same, so no second request is sent." in done.err
    )
    assert f'[2/2] not tried b: a rate limit stops the instance "default"; run again after {ends}' in done.err
    assert f"\n0 of 2 groups done.\nFor the rest, run zapi-sync apply again after {ends}." in done.err
    assert limit in online("plan").out
    again = online(*APPLY)
    assert limit in again.err
    assert f'not tried b: a rate limit stops the instance "default"; run again after {ends}' in again.err
    assert len(served.creates()) == 1


def test_rate_limit_is_explained_in_portuguese(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault(LIMIT)
    done = online(*APPLY, **PORTUGUESE)
    ends = online.state()["requests"]["default"]["notBefore"]
    assert '[1/2] EM DÚVIDA    a "Group a": a API respondeu 400: rate-overlimit; nenhum grupo' in done.err
    limit = f'a instância "default": o apply não cria nada nela antes de {ends} (--ignore-rate-limit'
    assert "\n          Um limite de frequência " in done.err
    for told in (done.err, online("plan", **PORTUGUESE).out, online(*APPLY, **PORTUGUESE).err):
        assert limit in told
        assert "rate limit" not in told
    assert f"rode de novo depois de {ends}" in done.err
    assert f"Para os demais, rode zapi-sync apply de novo depois de {ends}." in done.err
    doctor = online("doctor", **PORTUGUESE).out
    assert f"o apply não cria nada nela antes de {ends}" in doctor


def test_run_goes_on_by_itself_after_the_rate_limit(limited: Any, served: Any, clones: Clones) -> None:
    clones.begin()
    clones.move_on()
    done = limited(*APPLY, **later(1.01))
    assert done.code == 0, done.err
    assert "a: the API refused it, and no group of that name was listed 36" in done.err
    assert "so it may be created again" in done.err
    assert served.names() == ["Group a", "Group b", "Group c"]
    assert len(served.creates()) == 4
    assert not (limited.folder / f"{STATE}.journal").exists()
    (log,) = limited.state()["requests"].values()
    assert sorted(log) == ["madeNothing"]
    assert len(log["madeNothing"]) == 1


def test_refused_request_counts_after_the_rate_limit(limited: Any, served: Any) -> None:
    done = limited(*APPLY, "--per-day", "3", *JSON, **later(1.01))
    assert (done.code, len(served.creates())) == (3, 3), done.err
    assert outcomes(done.json) == {"a": "created", "b": "created", "c": "skipped"}
    assert done.json["groups"][2]["reason"] == "out_of_budget"


def test_each_further_rate_limit_doubles_the_stop(limited: Any, served: Any) -> None:
    hours = 0.0
    for number, stop in enumerate((2, 4, 8, 16, 24, 24), start=2):
        hours = hours_from_now(not_before(limited)) + 0.01
        served.fault(LIMIT)
        done = limited(*APPLY, **later(hours))
        assert (done.code, len(served.creates())) == (4, number), done.err
        assert limited.state()["requests"]["default"]["rateLimits"] == number
        assert stop - 0.01 < hours_from_now(not_before(limited)) - hours <= stop + 0.01
    assert limited(*APPLY, **later(hours + 23.9)).code == 3  # settled, and not yet created
    assert len(served.creates()) == 7
    assert limited(*APPLY, **later(hours + 24.1)).code == 0


def test_creation_resets_the_doubling(limited: Any, served: Any) -> None:
    limited.groups("a", "b", "c", "d")
    served.fault("create-ok", 2)
    served.fault(LIMIT)
    done = limited(*APPLY, *JSON, **later(1.01))
    assert done.code == 4
    assert outcomes(done.json) == {"a": "created", "b": "created", "c": "unknown", "d": "skipped"}
    assert limited.state()["requests"]["default"]["rateLimits"] == 1
    assert 0.99 < hours_from_now(not_before(limited)) - 1.01 <= 1.01


def test_group_that_was_found_does_not_reset_the_doubling(online: Any, served: Any) -> None:
    online.groups("a", "b", "c")
    for fault in ("create-429", "create-close-after", LIMIT):
        served.fault(fault)
    assert online(*APPLY).code == 4
    done = online(*APPLY, *JSON, **later(0.02))
    assert [(each["key"], each["outcome"]) for each in done.json["groups"]] == [
        ("b", "created"),
        ("c", "unknown"),
        ("a", "unknown"),
    ]
    assert online.state()["requests"]["default"]["rateLimits"] == 2
    assert 1.99 < hours_from_now(not_before(online)) - 0.02 <= 2.01


def test_ignore_rate_limit_creates_before_it_ends(limited: Any, served: Any) -> None:
    done = limited(*APPLY, "--ignore-rate-limit", *JSON)
    assert done.code == 4, done.err
    assert outcomes(done.json) == {"a": "unknown", "b": "created", "c": "created"}
    assert len(served.creates()) == 3
    assert list(limited.state().get("requests", {})) == []


def test_ignored_rate_limit_that_comes_again_stops_the_run(limited: Any, served: Any) -> None:
    served.fault(LIMIT, 2)
    done = limited(*APPLY, "--ignore-rate-limit", *JSON)
    assert (done.code, len(served.creates())) == (4, 2)
    assert outcomes(done.json) == {"a": "unknown", "b": "unknown", "c": "skipped"}
    assert limited.state()["requests"]["default"]["rateLimits"] == 2
    assert 1.99 < hours_from_now(not_before(limited)) <= 2


def test_plan_and_doctor_show_when_the_rate_limit_ends(limited: Any, fits: Fits) -> None:
    ends = limited.state()["requests"]["default"]["notBefore"]
    plan = limited("plan", *JSON).json
    fits(plan, "plan")
    (course,) = plan["forecast"]["instances"]
    assert (course["creations"], course["leftOver"], course["notBefore"]) == (0, 2, ends)
    assert (plan["forecast"]["creations"], plan["forecast"]["leftOver"]) == (0, 2)
    (unsettled,) = (step for step in plan["steps"] if step["action"] == "unsettled")
    assert datetime.fromisoformat(unsettled["settlesAt"]) < datetime.fromisoformat(ends)
    assert f"apply creates nothing on it before {ends}" in limited("plan", "--format", "markdown").out
    page = limited("plan", "--format", "html").out
    assert ends in page

    doctor = limited("doctor", *JSON).json
    fits(doctor, "doctor")
    (finding,) = (each for each in doctor["findings"] if each["check"] == "rate_limit")
    assert (finding["verdict"], finding["instance"]) == ("warning", "default")
    assert finding["message"] == f"a rate limit stops it: apply creates nothing on it before {ends}"
    assert "--ignore-rate-limit" in finding["hint"]
    assert (
        f"default: a rate limit stops it: apply creates nothing on it before {ends}" in limited("doctor").out
    )
    shown = limited("show", *JSON).json
    fits(shown, "show")
    assert shown["state"]["requests"]["default"]["notBefore"] == ends

    state = limited.folder / STATE
    state.write_text(state.read_text().replace(ends, "2026-01-01T00:00:00Z"))
    assert limited("plan", *JSON).json["forecast"]["instances"][0]["notBefore"] is None
    assert "rate_limit" not in [each["check"] for each in limited("doctor", *JSON).json["findings"]]


def test_retry_after_says_when_the_rate_limit_ends(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault("create-429")
    done = online(*APPLY, *JSON)
    assert (done.code, len(served.creates())) == (4, 1), done.err
    assert outcomes(done.json) == {"a": "unknown", "b": "skipped"}
    assert 58 / 3600 < hours_from_now(not_before(online)) <= 60 / 3600

    # The rate limit ends before the attempt settles: what else there is goes on.
    served.fault(LIMIT)
    done = online(*APPLY, *JSON, **later(0.05))
    assert outcomes(done.json) == {"a": "unknown", "b": "unknown"}
    assert online.state()["requests"]["default"]["rateLimits"] == 2
    assert online(*APPLY, **later(2.1)).code == 0
    assert (served.names(), len(served.creates())) == (["Group a", "Group b"], 4)


@pytest.mark.parametrize("fault", ["create-too-many-400", "create-overlimit-400", "create-overlimit-200"])
def test_limited_request_that_made_its_group_is_found(online: Any, served: Any, fault: str) -> None:
    online.groups("a", "b")
    served.fault(f"{fault}-after")
    done = online(*APPLY, *JSON)
    assert done.code == 3, done.err
    assert outcomes(done.json) == {"a": "created", "b": "skipped"}
    assert (done.json["groups"][0]["how"], done.json["groups"][1]["reason"]) == ("settled", "rate_limited")
    assert done.json["groups"][0]["notBefore"] == done.json["runAgainAfter"]
    assert 0.99 < hours_from_now(not_before(online)) <= 1

    again = online(*APPLY)
    assert (again.code, len(served.creates())) == (3, 1)
    assert online(*APPLY, **later(1.01)).code == 0
    assert (served.names(), len(served.creates())) == (["Group a", "Group b"], 2)


@pytest.mark.parametrize("fault", ["create-too-many-400-before", "create-overlimit-200-before"])
def test_words_of_a_rate_limit_stop_at_any_status(online: Any, served: Any, fault: str) -> None:
    online.groups("a", "b")
    served.fault(fault, 2)
    done = online(*APPLY, *JSON)
    assert (done.code, len(served.creates())) == (4, 1)
    assert outcomes(done.json) == {"a": "unknown", "b": "skipped"}


def test_rate_limit_stops_no_other_instance(online: Any, served: Any) -> None:
    path = online.groups("a", "b")
    path.write_text(path.read_text() + "  s: {groupName: S, instance: sales, phones: ['5544911112222']}\n")
    served.fault(LIMIT, instance=served.default)
    done = online(*APPLY, *JSON)
    assert outcomes(done.json) == {"a": "unknown", "b": "skipped", "s": "created"}
    assert list(online.state()["requests"]) == ["default"]


def test_state_commands_keep_the_rate_limit(limited: Any, served: Any) -> None:
    ends = not_before(limited)
    served.client.delete("/sandbox/faults")
    assert limited(*APPLY, "--ignore-rate-limit").code == 4
    served.fault(LIMIT)
    limited.groups("a", "b", "c", "d", "e")
    assert limited(*APPLY).code == 4
    ends = not_before(limited)
    pushed = limited("state", "pull").out
    assert limited("state", "mv", "b", "z").code == 0
    assert limited("state", "rm", "c", "--auto-approve").code == 0
    assert not_before(limited) == ends
    assert limited("state", "push", "-", "--force", stdin=pushed.encode()).code == 0
    assert not_before(limited) == ends


def test_resolve_retry_waits_for_the_rate_limit(limited: Any, served: Any) -> None:
    assert limited("resolve", "a", "--retry").code == 0
    done = limited(*APPLY, *JSON)
    assert (done.code, len(served.creates())) == (3, 1), done.err
    assert set(outcomes(done.json).values()) == {"skipped"}
    assert limited(*APPLY, **later(1.01)).code == 0
    assert len(served.creates()) == 4


def test_saved_plan_keeps_the_rate_limit(limited: Any, served: Any, fits: Fits) -> None:
    ends = limited.state()["requests"]["default"]["notBefore"]
    saved = limited("plan", "--out", "it.plan")
    assert saved.code == 0, saved.err
    document = json.loads((limited.folder / "it.plan").read_text())
    fits(document, "saved-plan")
    assert document["requests"] == {"default": {"notBefore": ends, "rateLimits": 1}}
    assert f"apply creates nothing on it before {ends}" in limited("show", "it.plan").out
    done = limited("apply", "it.plan", "--pace", "0", *JSON)
    assert (done.code, len(served.creates())) == (4, 1), done.err
    assert outcomes(done.json) == {"a": "unknown", "b": "skipped", "c": "skipped"}


def test_rate_limit_goes_along_with_a_shared_state(limited: Any, served: Any, clones: Clones) -> None:
    ends = limited.state()["requests"]["default"]["notBefore"]
    clones.begin()
    shared = ("--state", "git:zapi-state")
    assert limited("state", "migrate", "groups.state.json", "git:zapi-state").code == 0
    for hours in (0, 0.9):
        clones.move_on()
        done = limited(*APPLY, *shared, *JSON, **later(hours))
        assert len(served.creates()) == 1
        assert [each["reason"] for each in done.json["groups"] if each["outcome"] == "skipped"] == (
            ["rate_limited"] * (3 if hours else 2)
        )
        assert json.loads(limited("state", "pull", *shared).out)["requests"]["default"]["notBefore"] == ends
    assert limited(*APPLY, *shared, **later(1.01)).code == 0
    assert len(served.creates()) == 4


def test_rate_limit_of_a_killed_run_is_kept(online: Any, served: Any, clones: Clones) -> None:
    online.groups("a", "b")
    clones.begin()
    served.fault("groups-ok", 2)  # before the request; of the look after it, the answer never comes
    served.fault("groups-silent", 9)
    served.fault("create-too-many-400-before")
    process = online.start(*APPLY)
    wait_for_creates(served, 1)
    calls: list[str] = []
    while calls[-1:] != ["groups"]:
        assert process.poll() is None
        calls = [each["call"] for each in served.client.get("/sandbox/requests").json()]
    process.kill()
    process.communicate()
    served.client.delete("/sandbox/faults")
    clones.move_on()
    assert (online.folder / f"{STATE}.journal").exists()
    (course,) = online("plan", *JSON).json["forecast"]["instances"]
    assert 0.99 < hours_from_now(datetime.fromisoformat(course["notBefore"])) <= 1
    done = online(*APPLY, *JSON)
    assert (done.code, len(served.creates())) == (4, 1)
    assert outcomes(done.json) == {"a": "unknown", "b": "skipped"}
    assert 0.99 < hours_from_now(not_before(online)) <= 1


def test_shorter_rate_limit_does_not_end_a_longer_one(limited: Any, served: Any) -> None:
    ends = limited.state()["requests"]["default"]["notBefore"]
    served.fault("create-429")
    done = limited(*APPLY, "--ignore-rate-limit", *JSON)
    assert outcomes(done.json) == {"a": "unknown", "b": "unknown", "c": "skipped"}
    assert limited.state()["requests"]["default"]["notBefore"] == ends
    assert done.json["runAgainAfter"] == ends
