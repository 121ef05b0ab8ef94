"""Killed at each system call on its state: Terraform's twins beside ours, in one table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from . import compare_with_terraform
from .world import APPLY, KILLED, World

WANTED = {"a": "Group a", "b": "Group b", "c": "Group c"}
CALLS = ("ftruncate groups", "write", "fsync", "replace", "unlink groups")


@pytest.mark.slow
def test_beside_terraform(new_world: Callable[[], World], figure: Callable[[object], None]) -> None:
    """Three creations each, killed at each call on the state or journal, then applied again, once."""
    missing = compare_with_terraform.missing_tools()
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    ours = kills(new_world)
    theirs = compare_with_terraform.measured()
    figure("\n" + compare_with_terraform.table(theirs, ours))
    assert ours[1] == 0
    assert theirs


def kills(new_world: Callable[[], World]) -> tuple[int, int]:
    """zapi-sync's kill points, and after how many of them something was created twice."""
    reference = new_world()
    reference.want(WANTED)
    points = [each for each in reference.run(*APPLY).boundaries if each[1].startswith(CALLS)]
    bad = 0
    for number, name in points:
        world = new_world()
        world.want(WANTED)
        assert world.run(*APPLY, point=("before", number, name)).code == KILLED
        world.run(*APPLY, "--settle", "0")
        bad += bool(world.twins(WANTED))
        world.remote.forget()
    return len(points), bad
