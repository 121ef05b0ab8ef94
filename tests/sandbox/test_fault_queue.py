"""Switching faults on and off, and the turns they take."""

import pytest

from zapi_sync.sandbox import create_app, known_faults

from .world import Json, World, in_process, order, record

KNOWN = known_faults()


def queue(world: World) -> list[Json]:
    """The faults that are on, without their numbers, of which no two are the same."""
    shown = record(world.http.get("/sandbox/faults"))["queue"]
    assert isinstance(shown, list)
    numbers = [active.pop("number") for active in shown]
    assert len(set(numbers)) == len(numbers)
    return shown


def test_faults_of_one_call_take_turns_and_spare_the_others(world: World) -> None:
    world.fault("groups-500")
    world.fault("create-500-before", times=2)
    world.fault("create-429")
    assert world.get("status").status_code == 200
    assert [world.post(order()).status_code for _ in range(4)] == [500, 500, 429, 200]
    assert world.get("groups?page=1&pageSize=1").status_code == 500


def test_faults_are_listed_and_switched_off(world: World) -> None:
    world.fault("create-429", times=3, seconds=1.5)
    world.fault("groups-lag")
    shown = record(world.http.get("/sandbox/faults"))
    assert queue(world) == [
        {"fault": "create-429", "times": 3, "seconds": 1.5, "instance": None},
        {"fault": "groups-lag", "times": 1, "seconds": 0, "instance": None},
    ]
    assert shown["known"] == KNOWN
    assert world.http.delete("/sandbox/faults").status_code == 204
    assert record(world.http.get("/sandbox/faults"))["queue"] == []
    assert world.post(order()).status_code == 200


def test_a_fault_without_times_strikes_until_it_is_switched_off(world: World) -> None:
    assert world.http.post("/sandbox/faults", json={"fault": "create-429", "times": None}).is_success
    world.fault("create-500-before")
    assert [world.post(order()).status_code for _ in range(3)] == [429] * 3
    assert [(active["fault"], active["times"]) for active in queue(world)] == [
        ("create-429", None),
        ("create-500-before", 1),
    ]


def test_one_fault_is_switched_off_and_the_others_stay(world: World) -> None:
    for fault in ("create-429", "groups-500", "create-429"):
        world.fault(fault)
    shown = record(world.http.get("/sandbox/faults"))["queue"]
    assert isinstance(shown, list)
    for _ in range(2):  # the second time it is off already
        assert world.http.delete(f"/sandbox/faults/{shown[0]['number']}").status_code == 204
    assert [active["fault"] for active in queue(world)] == ["groups-500", "create-429"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"fault": 1},
        {"fault": "no-such"},
        {"fault": "create-ok", "times": 0},
        {"fault": "create-ok", "times": "2"},
        {"fault": "create-ok", "times": True},
        {"fault": "create-ok", "seconds": 1},
        {"fault": "create-slow", "seconds": "1"},
        {"fault": "create-slow", "seconds": -1},
        {"fault": "create-slow", "seconds": 301},
    ],
)
def test_a_fault_that_cannot_be_is_refused(world: World, body: object) -> None:
    answer = world.http.post("/sandbox/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert record(world.http.get("/sandbox/faults"))["queue"] == []


def test_an_unknown_fault_is_answered_with_the_known_ones(world: World) -> None:
    error = world.http.post("/sandbox/faults", json={"fault": "creat-429"}).json()["error"]
    assert all(name in error for name in KNOWN)


def test_faults_from_the_start() -> None:
    with in_process(create_app(":memory:", faults=["create-500-after", "create-429:2"])) as world:
        assert [world.post(order()).status_code for _ in range(4)] == [500, 429, 429, 200]
        assert len(world.names()) == 2


@pytest.mark.parametrize(
    "text", ["nope", "create-429:", "create-429:0", "create-429:x", "create-429:²", ":1"]
)
def test_a_start_with_a_fault_that_cannot_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"known are|must be"):
        create_app(":memory:", faults=[text])
