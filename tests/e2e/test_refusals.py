"""Refusals: which of them prove that no group was made, and what comes of the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from zapi_sync.sandbox import CONNECTED_NUMBER

from .clones import Clones, clones
from .conftest import later
from .test_rate_limits import outcomes

__all__ = ["clones"]  # a fixture

Fits = Callable[[Any, str], None]

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")
JSON = ("--format", "json")
PORTUGUESE = {"LANG": "pt_BR.UTF-8"}

UNPROVEN = {
    "create-refused-400-before": "the API answered 400: Bad Request",
    "create-409-before": "the API answered 409: Conflict",
    "create-error-200-before": "the API answered 200: Unexpected error",
}
NO_ANSWER = [
    "create-408-before",
    "create-no-response-200-before",
    "create-no-response-400-before",
    "create-500-before",
    "create-close-before",
    "create-empty-200-before",
]


@pytest.fixture
def refused(online: Any, served: Any) -> Any:
    """A folder whose one group was refused, for no known reason; it does not exist."""
    online.groups("a")
    served.fault("create-refused-400-before")
    assert online(*APPLY).code == 4
    return online


@pytest.fixture
def refused_and_made(online: Any, served: Any) -> Any:
    """A folder whose one group was made and then refused, by an API that lists it later."""
    online.groups("a")
    served.fault("groups-lag", 2)
    served.fault("create-refused-400-after")
    assert online(*APPLY).code == 4
    return online


@pytest.mark.parametrize(("fault", "reason"), UNPROVEN.items())
def test_refusal_without_a_known_text_is_unsettled(
    online: Any, served: Any, fits: Fits, fault: str, reason: str
) -> None:
    online.groups("a", "b")
    served.fault(fault)
    done = online(*APPLY, *JSON)
    fits(done.json, "apply")
    assert (done.code, outcomes(done.json)) == (4, {"a": "unknown", "b": "created"})
    first = done.json["groups"][0]
    assert first["reason"].startswith(f"{reason}; no group of that name is listed")
    assert "notBefore" not in first
    settles = datetime.fromisoformat(first["settlesAt"])
    left = settles - datetime.now(settles.tzinfo)
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    assert online.state()["version"] == 2
    assert "requests" not in online.state()

    plan = online("plan", *JSON).json
    fits(plan, "plan")
    assert [step["settlesAt"] for step in plan["steps"] if step["key"] == "a"] == [first["settlesAt"]]
    shown = online("show", *JSON).json
    fits(shown, "show")
    assert [each["settlesAt"] for each in shown["unsettled"]] == [first["settlesAt"]]
    again = online(*APPLY, *JSON)
    assert (again.code, again.json["groups"][0]["settlesAt"]) == (4, first["settlesAt"])
    assert len(served.creates()) == 2


def test_text_of_a_refusal_says_when_it_settles(refused: Any) -> None:
    journal = refused.folder / "groups.state.json.journal"
    assert '"refused":true' in journal.read_text()
    settles = refused("plan", *JSON).json["steps"][0]["settlesAt"]
    for told in (refused(*APPLY).out, refused("plan").out):
        assert "the API answered 400: Bad Request" in told
        assert "The API refused it, and the group may exist all the same, so no second request" in told
        assert f"Run apply again after {settles}: if the group is not listed then, apply creates it." in told
        assert "zapi-sync resolve a --adopt ID" in told
        assert "zapi-sync resolve a --retry" in told
        assert "it looks again" not in told


def test_text_of_a_refusal_in_portuguese(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-refused-400-before")
    done = online(*APPLY, **PORTUGUESE)
    settles = online("plan", *JSON).json["steps"][0]["settlesAt"]
    assert (
        '[1/1] EM DÚVIDA    a "Group a": a API respondeu 400: Bad Request; nenhum grupo com esse' in done.err
    )
    for told in (done.err, online(*APPLY, **PORTUGUESE).out, online("plan", **PORTUGUESE).out):
        assert "A API recusou, e mesmo assim o grupo pode existir; por isso nenhuma segunda" in told
        assert f"Rode o apply de novo depois de {settles}: se o grupo não aparecer na lista" in told
        assert "zapi-sync resolve a --adopt ID" in told
        assert "The API refused" not in told
    done = online(*APPLY, **later(1), **PORTUGUESE)
    assert done.code == 0
    assert "a: a API recusou, e nenhum grupo com esse nome apareceu na lista 36" in done.err


@pytest.mark.parametrize("fault", NO_ANSWER)
def test_absence_proves_nothing_without_a_refusal(online: Any, served: Any, fault: str) -> None:
    online.groups("a")
    served.fault(fault)
    done = online(*APPLY, *JSON)
    assert (done.code, done.json["groups"][0]["settlesAt"]) == (4, None)
    assert online(*APPLY, **later(24 * 30)).code == 4
    assert len(served.creates()) == 1


def test_refusal_settles_after_ten_minutes_of_absence(refused: Any, served: Any, clones: Clones) -> None:
    clones.begin()
    clones.move_on()
    assert refused(*APPLY, **later(9.5 / 60)).code == 4
    assert len(served.creates()) == 1
    done = refused(*APPLY, **later(10.5 / 60))
    assert done.code == 0, done.err
    assert "a: the API refused it, and no group of that name was listed 63" in done.err
    assert "so it may be created again" in done.err
    assert (served.names(), len(served.creates())) == (["Group a"], 2)
    assert len(refused.state()["requests"]["default"]["madeNothing"]) == 1


def test_absent_after_overrides_the_ten_minutes(refused: Any, served: Any) -> None:
    assert refused(*APPLY, "--absent-after", "3600", **later(0.9)).code == 4
    assert len(served.creates()) == 1
    assert refused(*APPLY, "--absent-after", "0").code == 0
    assert len(served.creates()) == 2


def test_disconnected_instance_settles_no_refusal(refused: Any, served: Any) -> None:
    served.fault("status-disconnected")
    done = refused(*APPLY, **later(1))
    assert done.code == 4
    assert "no group of that name is listed, and the instance is not connected" in done.out
    assert len(served.creates()) == 1
    assert refused(*APPLY, **later(1)).code == 0


@pytest.mark.parametrize("fault", ["groups-500", "groups-truncated", "groups-empty"])
def test_listing_that_is_not_complete_settles_no_refusal(
    online: Any, served: Any, refused: Any, fault: str
) -> None:
    online.groups("a", "b")
    assert online(*APPLY).code == 4  # the state now has a group, which a listing must have
    served.fault(fault, 2000)
    assert online(*APPLY, **later(1)).code == 4
    assert len(served.creates()) == 2


def test_group_made_before_its_refusal_is_found(refused_and_made: Any, served: Any) -> None:
    done = refused_and_made(*APPLY)
    assert done.code == 0, done.err
    assert 'found     a "Group a"' in done.err
    assert refused_and_made.state()["groups"]["a"]["how"] == "settled"
    assert (served.names(), len(served.creates())) == (["Group a"], 1)


def test_refused_group_listed_at_once_is_found_at_once(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault("create-refused-400-after")
    done = online(*APPLY, *JSON)
    assert (done.code, outcomes(done.json)) == (0, {"a": "created", "b": "created"})
    assert done.json["groups"][0]["how"] == "settled"
    assert len(served.creates()) == 2


def test_listing_that_lags_makes_no_duplicate(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("groups-lag", 100)
    served.fault("create-refused-400-after")
    for minutes in (0, 0, 5, 9.5):
        assert online(*APPLY, **later(minutes / 60)).code == 4
    served.client.delete("/sandbox/faults")
    assert online(*APPLY, **later(0.5)).code == 0
    assert (served.names(), len(served.creates())) == (["Group a"], 1)


def test_new_name_in_the_config_makes_no_duplicate(refused_and_made: Any, served: Any) -> None:
    path = refused_and_made.folder / "groups.yaml"
    path.write_text(path.read_text().replace("Group a", "Group z"))
    done = refused_and_made(*APPLY, **later(1))
    assert done.code == 0, done.err
    assert refused_and_made.state()["groups"]["a"]["groupName"] == "Group a"
    assert (served.names(), len(served.creates())) == (["Group a"], 1)


def test_new_key_in_the_config_makes_no_duplicate(refused_and_made: Any, served: Any) -> None:
    path = refused_and_made.folder / "groups.yaml"
    path.write_text(path.read_text().replace("  a:", "  z:"))
    done = refused_and_made(*APPLY, **later(1))
    assert done.code == 4, done.err
    assert "The group of the key a has this name" in done.err
    assert (served.names(), len(served.creates())) == (["Group a"], 1)


def test_two_unproven_refusals_in_a_row_stop_the_instance(online: Any, served: Any) -> None:
    online.groups("a", "b", "c")
    served.fault("create-refused-400-before", 3)
    done = online(*APPLY, *JSON)
    assert done.code == 4
    assert outcomes(done.json) == {"a": "unknown", "b": "unknown", "c": "skipped"}
    assert done.json["groups"][2]["reason"] == "instance_stopped"
    assert len(served.creates()) == 2


def with_own_number(zapi_sync: Any, served: Any, keys: str, own: str) -> None:
    """A config of these groups, some of which list the connected number, which apply cannot ask for."""
    phones = {key: CONNECTED_NUMBER if key in own else "5544999990001" for key in keys}
    groups = [f"  {key}: {{groupName: Group {key}, phones: ['{phone}']}}" for key, phone in phones.items()]
    zapi_sync.write("\n".join(["version: 1", "groups:", *groups]) + "\n")
    served.fault("device-500", 10)


def test_same_rejection_twice_in_a_row_stops_the_instance(online: Any, served: Any) -> None:
    with_own_number(online, served, "abcd", own="abc")
    done = online(*APPLY, *JSON)
    assert done.code == 1, done.err
    assert outcomes(done.json) == {"a": "rejected", "b": "rejected", "c": "skipped", "d": "skipped"}
    assert {each["cause"] for each in done.json["groups"][:2]} == {"own_number"}
    assert {each["reason"] for each in done.json["groups"][2:]} == {"instance_stopped"}
    assert len(served.creates()) == 2


def test_hint_of_a_rejected_own_number(online: Any, served: Any) -> None:
    with_own_number(online, served, "a", own="a")
    done = online(*APPLY)
    assert "Z-API says: The connected phone must not be among the phones" in done.err
    assert "hint: remove the connected number from the group's phones: it is in every group" in done.err
    served.fault("device-500", 10)
    done = online(*APPLY, **PORTUGUESE)
    assert "A Z-API diz: The connected phone must not be among the phones" in done.err
    assert "dica: tire o número conectado dos telefones do grupo: ele já está em todo grupo" in done.err


def test_rejections_apart_from_each_other_stop_nothing(online: Any, served: Any) -> None:
    with_own_number(online, served, "abcd", own="ac")
    done = online(*APPLY, *JSON)
    assert done.code == 1, done.err
    assert outcomes(done.json) == {"a": "rejected", "b": "created", "c": "rejected", "d": "created"}
    assert len(online.state()["requests"]["default"]["madeNothing"]) == 2
