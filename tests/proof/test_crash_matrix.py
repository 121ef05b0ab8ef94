"""Killed at every boundary, and again at every boundary of the recovery: nothing is made twice or lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

import pytest

from .world import APPLY, KILLED, Point, Ran, Tally, World, converge, judge

NewWorld = Callable[[], World]
Figure = Callable[[object], None]
TWO = {"a": "Group a", "b": "Group b"}
THREE = TWO | {"c": "Group c"}
LOOK = ("--settle", "0")
"""Listings do not lag here, so one look tells all there is to be known."""


def everywhere(
    killed_at: Callable[[Point | None], Ran],
    ways: tuple[str, ...],
    counts: Callable[[str], bool] = bool,
) -> set[str]:
    """Kill at each boundary that any of the runs comes to; `half` where half of something can be done.

    `killed_at` carries out a whole case and returns the run that was to be killed. Returns the boundaries,
    but for those that do not count.
    """
    waiting = deque(each for each in killed_at(None).boundaries if counts(each[1]))
    known = set(waiting)
    while waiting:
        number, name = waiting.popleft()
        for way in ways:
            if way != "half" or name.startswith(("write", "pwrite", "send")):
                met = killed_at((way, number, name)).boundaries
                new = [each for each in met if each not in known and counts(each[1])]
                waiting.extend(new)
                known.update(new)
    return {f"{name} {number}" for number, name in known}


def killed_first(
    new_world: NewWorld, wanted: Mapping[str, str], fault: str | None, point: Point | None
) -> tuple[World, Ran]:
    """A world whose first apply was killed there, and that run."""
    world = new_world()
    world.want(wanted)
    if fault:
        world.remote.fault(fault)
    ran = world.run(*APPLY, *LOOK, point=point)
    world.remote.come_to_rest()
    world.remote.heal()
    return world, ran


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "wanted"),
    [(None, THREE), ("create-close-after", TWO), ("create-500-before", TWO), ("create-null-link", TWO)],
    ids=["no-fault", "answer-lost", "request-lost", "link-lost"],
)
def test_killed_at_every_boundary(
    new_world: NewWorld, figure: Figure, fault: str | None, wanted: Mapping[str, str]
) -> None:
    """SIGKILL at each open, write, fsync, rename, truncate, unlink, connect, send and receive of an apply."""
    tally = Tally()

    def killed_at(point: Point | None) -> Ran:
        world, ran = killed_first(new_world, wanted, fault, point)
        judge(world, wanted, tally, converge(world, wanted))
        return ran

    names = everywhere(killed_at, ("before", "after", "half"))
    assert {
        "write groups.state.json.journal 2",
        "fsync groups.state.json.journal 2",
        "send POST create-group 2",
        "recv body of POST create-group 2",
        "replace groups.state.json 2",
        "fsync the folder 2",
    } <= names
    figure(f"{len(names)} boundaries, before, after and halfway; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


POST, BODY = "send POST create-group", "send body of POST create-group"
ANSWER = "recv body of POST create-group"
POINTS_OF_DOUBT: dict[str, Point] = {
    "sending is noted, nothing sent": ("before", 1, POST),
    "half of the request is sent": ("after", 1, POST),
    "the request is sent": ("after", 1, BODY),
    "the answer is here": ("after", 1, ANSWER),
    "half of the outcome is written": ("half", 4, "write groups.state.json.journal"),
}
"""Where the first run leaves a doubt about its first group. (Journal: begin, intent, sending, outcome.)"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("doubt", "fault"),
    [
        ("half of the request is sent", None),
        ("the answer is here", None),
        ("half of the outcome is written", None),
        ("the answer is here", "create-close-after"),
    ],
)
def test_killed_again_at_every_boundary_of_the_recovery(
    new_world: NewWorld, figure: Figure, doubt: str, fault: str | None
) -> None:
    """A first kill that leaves a doubt; then the run that settles it is killed at each of its boundaries."""
    tally = Tally()

    def killed_at(point: Point | None) -> Ran:
        world, ran = killed_first(new_world, TWO, fault, POINTS_OF_DOUBT[doubt])
        assert ran.code == KILLED
        again = world.run(*APPLY, *LOOK, point=point)
        world.remote.come_to_rest()
        judge(world, TWO, tally, converge(world, TWO))
        return again

    names = everywhere(killed_at, ("before", "half"))
    figure(f"{len(names)} boundaries of the recovery, before and halfway; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


@pytest.mark.slow
def test_a_group_that_is_born_after_its_client_died(new_world: NewWorld, figure: Figure) -> None:
    """The request is out, the client is dead, and only then the group comes to be: during the recovery."""
    tally = Tally()
    point = POINTS_OF_DOUBT["the request is sent"]
    for delay in (0.0, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4) * 3:
        world = new_world()
        world.want(THREE)
        world.remote.fault("create-slow", seconds=delay)
        assert world.run(*APPLY, *LOOK, point=point).code == KILLED
        world.run(*APPLY, *LOOK)  # looks before, while or after the group is born
        world.remote.come_to_rest()
        world.remote.heal()
        judge(world, THREE, tally, converge(world, THREE))
    figure(tally)
    assert (tally.twins, tally.lost, tally.held) == (0, 0, 0)


def test_killed_around_the_first_request(new_world: NewWorld, figure: Figure) -> None:
    """The few boundaries that matter most, in the first stage."""
    tally = Tally()
    for point in POINTS_OF_DOUBT.values():
        world, ran = killed_first(new_world, TWO, None, point)
        assert ran.code == KILLED
        judge(world, TWO, tally, converge(world, TWO))
    figure(tally)
    assert (tally.twins, tally.lost, tally.held) == (0, 0, 2)
