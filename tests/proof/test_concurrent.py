"""Many applies at once, and an apply that is killed again and again."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from .world import APPLY, KILLED, Ran, World

Figure = Callable[[object], None]
WANTED = {f"g{number}": f"Group {number}" for number in range(3)}
FIFTY = {f"g{number}": f"Group {number}" for number in range(50)}
COPIES = 20


def test_twenty_at_once_are_refused_but_for_one(world: World, figure: Figure) -> None:
    """One writes, the others are told who holds the lock, or come late and find nothing to do."""
    world.want(WANTED)
    world.remote.fault("create-slow", times=len(WANTED), seconds=0.3)
    ran = world.run_copies(*APPLY, copies=COPIES)
    refused = [each for each in ran if each.code == 1]
    figure(f"{COPIES} at once: {writers(ran)} wrote, {len(refused)} were refused, {twins(world)}")
    assert {each.code for each in ran} <= {0, 1}
    assert all("another zapi-sync is at work on this state" in each.err for each in refused)
    assert writers(ran) == 1
    assert_once(world, WANTED)


def test_twenty_at_once_wait_for_each_other(world: World, figure: Figure) -> None:
    """With --lock-timeout each has its turn, and all but the first find everything done."""
    world.want(WANTED)
    ran = world.run_copies(*APPLY, "--lock-timeout", "60", copies=COPIES)
    figure(f"{COPIES} at once: {writers(ran)} wrote, the others waited, {twins(world)}")
    assert [each.code for each in ran] == [0] * COPIES
    assert writers(ran) == 1
    assert_once(world, WANTED)


def test_killed_while_others_wait(world: World, figure: Figure) -> None:
    """The kernel gives the lock of a killed apply to the next one, which settles what was left in doubt."""
    world.want(WANTED)
    world.remote.fault("create-close-after")
    point = ("after", 1, "send body of POST create-group")
    first = world.run(*APPLY, "--settle", "0", point=point)
    assert first.code == KILLED
    world.remote.come_to_rest()
    ran = world.run_copies(*APPLY, "--settle", "0", "--lock-timeout", "60", copies=COPIES)
    figure(f"1 killed, {COPIES} after it at once: {writers(ran)} wrote, {twins(world)}")
    assert [each.code for each in ran] == [0] * COPIES
    assert_once(world, WANTED)


@pytest.mark.slow
def test_fifty_groups_and_twenty_kills(world: World, figure: Figure) -> None:
    """kill -9 in the middle of an apply of 50 groups, 20 times in a row at random moments."""
    chance = random.Random(50)
    world.want(FIFTY)
    world.remote.fault("create-slow", times=1000, seconds=0.06)  # so that 20 kills find it at work
    kills = 0
    while kills < 20:
        ran = world.run(*APPLY, "--settle", "2", kill_after=0.03 + chance.random() * 0.2)
        world.remote.come_to_rest()
        kills += ran.code == KILLED
        assert ran.code in (KILLED, 4), "all was done before 20 kills"
    world.remote.heal()
    by_hand = finish(world)
    assert len(world.remote.groups(world.instance)) == len(world.records()) == 50
    assert_once(world, FIFTY, by_hand)
    figure(f"{kills} kills: 50 groups, 50 records, twins: 0, lost: 0, held: {len(by_hand)}")


def finish(world: World) -> list[str]:
    """Apply to the end; returns the keys that a person had to decide about, as half a request had left."""
    held: list[str] = []
    while True:
        ran = world.run(*APPLY, "--settle", "2")
        assert ran.code in (0, 4), ran.said
        if ran.code == 0:
            return held
        keys = world.missing(FIFTY)
        for key in keys:
            assert world.run("resolve", key, "--retry").code == 0
        held += keys


def writers(ran: list[Ran]) -> int:
    """How many of the runs created something."""
    return len([each for each in ran if "] created" in each.err])


def twins(world: World) -> str:
    world.remote.come_to_rest()
    return f"twins: {len(world.twins(WANTED))}"


def assert_once(world: World, wanted: dict[str, str], held: list[str] | None = None) -> None:
    world.remote.come_to_rest()
    assert (world.twins(wanted), world.lost(wanted), world.missing(wanted)) == ([], [], [])
    posts = world.remote.posts(world.instance)
    assert [key for key, name in wanted.items() if posts[name] > 1 + (key in (held or []))] == []
