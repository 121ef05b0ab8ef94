"""Lanes side by side: all told in one stream, in each lane's order, and none left behind."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from typing import cast

import pytest

from zapi_sync.core.progress import Progress, Started
from zapi_sync.lanes import side_by_side

from .made import group

SECONDS = 10


def started(key: str) -> Started:
    return Started(group(key))


def test_no_lanes_have_nothing_to_tell() -> None:
    assert [*side_by_side([], pytest.fail)] == []


def test_all_is_told_in_the_order_of_each_lane() -> None:
    lanes = [iter([started(f"{name}{number}") for number in range(50)]) for name in "abc"]
    told = [each.group.key for each in side_by_side(lanes, pytest.fail)]
    for name in "abc":
        assert [key for key in told if key[0] == name] == [f"{name}{number}" for number in range(50)]


def test_lanes_run_at_the_same_time() -> None:
    """Each waits for the other: one after another they would never end."""
    both = threading.Barrier(2, timeout=SECONDS)

    def lane(name: str) -> Iterator[Progress]:
        both.wait()
        yield started(name)

    assert {each.group.key for each in side_by_side([lane("a"), lane("b")], pytest.fail)} == {"a", "b"}


def test_a_lane_that_fails_stops_the_others_and_its_failure_comes_last() -> None:
    stopped = threading.Event()

    def fails() -> Iterator[Progress]:
        yield started("a")
        raise OSError("full")

    def goes_on() -> Iterator[Progress]:
        assert stopped.wait(SECONDS)
        yield started("b")

    told: list[Progress] = []
    with pytest.raises(OSError, match="full"):
        told.extend(side_by_side([fails(), goes_on()], stopped.set))
    assert told == [started("a"), started("b")]


def test_where_nobody_listens_any_more_the_lanes_are_stopped_and_waited_for() -> None:
    stopped, ended = threading.Event(), []

    def lane(name: str) -> Iterator[Progress]:
        yield started(name)
        assert stopped.wait(SECONDS)
        ended.append(name)

    stream = side_by_side([lane("a"), lane("b")], stopped.set)
    next(stream)
    cast("Generator[Progress]", stream).close()
    assert sorted(ended) == ["a", "b"]
