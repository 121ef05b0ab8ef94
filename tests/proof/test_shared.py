"""States that several machines share: nothing is made twice or lost, whoever dies, sleeps or comes first."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from .places import KINDS, MAKE, Place, postgresql_that_dies
from .test_crash_matrix import LOOK, POINTS_OF_DOUBT, THREE, TWO, everywhere
from .test_fault_matrix import MIDDLE, create_case, each, faults_of, settling_case
from .world import APPLY, KILLED, Point, Ran, Tally, World, converge, judge, phones_of

NewWorld = Callable[[], World]
Figure = Callable[[object], None]
TIMES = 20
PATIENCE = 120.0
HALF_WAY = {name: point for name, point in POINTS_OF_DOUBT.items() if not point[2].startswith("write")}
"""The last one is in the middle of a line of a local journal."""


COUNTED: dict[str, Callable[[str], bool]] = {
    "git": lambda name: name.startswith("git push"),
    "objects": lambda name: name.startswith("put "),
    "postgresql": lambda name: not name.startswith(("sql select", "sql set")),
}
"""Where to kill: at what changes the state, and over one of the three at all the rest, too."""


@pytest.fixture
def machine(new_world: NewWorld, tmp_path: Path) -> Callable[[str], World]:
    """A world whose state is at a new place of that kind."""
    numbers = itertools.count()

    def make(kind: str) -> World:
        folder = tmp_path / f"place{next(numbers)}"
        folder.mkdir()
        return at(MAKE[kind](folder), new_world())

    return make


def at(place: Place, world: World) -> World:
    place.prepare(world.folder)
    world.environment |= place.known()
    return world


def another(world: World, new_world: NewWorld, place: Place) -> World:
    """A second machine with the same config, instance and state."""
    other = at(place, new_world())
    other.instance = world.instance
    return other


def killed_first(world: World, point: Point | None, fault: str | None = None) -> Ran:
    if fault:
        world.remote.fault(fault)
    ran = world.run(*APPLY, *LOOK, point=point)
    world.remote.come_to_rest()
    world.remote.heal()
    return ran


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_around_the_first_request(machine: Callable[[str], World], figure: Figure, kind: str) -> None:
    tally = Tally()
    for point in HALF_WAY.values():
        world = machine(kind)
        world.want(TWO)
        assert killed_first(world, point).code == KILLED
        judge(world, TWO, tally, converge(world, TWO))
    figure(f"{kind}: {tally}")
    assert (tally.twins, tally.lost, tally.held) == (0, 0, 2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_every_boundary(machine: Callable[[str], World], figure: Figure, kind: str) -> None:
    """SIGKILL before and after each statement, push or put, each connect, send and receive of an apply."""
    tally = Tally()

    def killed_at(point: Point | None) -> Ran:
        world = machine(kind)
        world.want(TWO)
        ran = killed_first(world, point)
        judge(world, TWO, tally, converge(world, TWO))
        return ran

    names = everywhere(killed_at, ("before", "after"), COUNTED[kind])
    mine = {"git": "git push", "objects": "put ", "postgresql": "sql insert into zapi_sync.journal"}[kind]
    assert [name for name in names if name.startswith(mine)], names
    figure(f"{kind}: {len(names)} boundaries, before and after; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["git", "postgresql"])
def test_killed_again_at_every_boundary_of_the_recovery(
    machine: Callable[[str], World], figure: Figure, kind: str
) -> None:
    tally = Tally()

    def killed_at(point: Point | None) -> Ran:
        world = machine(kind)
        world.want(TWO)
        assert killed_first(world, POINTS_OF_DOUBT["the answer is here"]).code == KILLED
        world.unlock()
        again = world.run(*APPLY, *LOOK, point=point)
        world.remote.come_to_rest()
        judge(world, TWO, tally, converge(world, TWO))
        return again

    names = everywhere(killed_at, ("before",), COUNTED[kind])
    figure(f"{kind}: {len(names)} boundaries of the recovery; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_of_a_creation(machine: Callable[[str], World], figure: Figure, kind: str) -> None:
    tally = Tally()
    faults = faults_of("create")
    each(faults, lambda fault: create_case(machine(kind), tally, fault, MIDDLE))
    figure(f"{kind}: {len(faults)} faults, each with two re-runs; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


@pytest.mark.slow
def test_every_fault_of_a_look_up_while_something_is_in_doubt(
    machine: Callable[[str], World], figure: Figure
) -> None:
    tally = Tally()
    faults = faults_of("groups")
    each(faults, lambda fault: settling_case(machine("postgresql"), tally, fault, 1))
    figure(f"postgresql: {len(faults)} faults; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_two_machines_at_the_same_moment(
    new_world: NewWorld, tmp_path: Path, figure: Figure, kind: str
) -> None:
    """Of two applies in two clones, one works, and the other one waits, or is told who it is."""
    waited = refused = 0
    for number in range(TIMES):
        folder = tmp_path / f"place{number}"
        folder.mkdir()
        place = MAKE[kind](folder)
        world = at(place, new_world())
        other = another(world, new_world, place)
        for each_world in (world, other):
            each_world.want(THREE)
        waits = ("--lock-timeout", "60") if number % 2 else ()
        ran = world.run_copies(*APPLY, *waits, folders=[str(world.folder), str(other.folder)])
        world.remote.come_to_rest()
        for each_run in ran:
            assert each_run.code == 0 or "another zapi-sync is at work on this state: " in each_run.err
            assert place.secret == "" or place.secret not in each_run.said
        waited += [each_run.code for each_run in ran] == [0, 0]
        refused += any(each_run.code == 1 for each_run in ran)
        assert world.run(*APPLY).code == 0
        assert (world.twins(THREE), world.lost(THREE), world.missing(THREE)) == ([], [], [])
        assert set(world.remote.posts(world.instance).values()) == {1}
    figure(f"{kind}: {TIMES} times two at once: twins: 0; {waited} waited or came later, {refused} refused")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_holder_that_is_stopped_past_its_lease_sends_nothing_more(
    new_world: NewWorld, tmp_path: Path, figure: Figure, kind: str
) -> None:
    """SIGSTOP while it waits for its next turn; another one applies; SIGCONT."""
    place = MAKE[kind](tmp_path)
    world = at(place, new_world())
    other = another(world, new_world, place)
    for each_world in (world, other):
        each_world.want(THREE)
    paced = [word if word != "0" else "2" for word in APPLY]
    stopped = subprocess.Popen(
        [sys.executable, "-m", "zapi_sync", *paced],
        cwd=world.folder,
        env=world.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: bool(world.remote.posts(world.instance)) and len(other.records()) == 1)
    stopped.send_signal(signal.SIGSTOP)
    try:
        ran = other.run(*APPLY, "--lock-timeout", str(PATIENCE))
        assert ran.code == 0, ran.said
    finally:
        stopped.send_signal(signal.SIGCONT)
    said = "".join(stopped.communicate(timeout=PATIENCE))
    assert stopped.returncode == 1, said
    assert "the lock on this state was lost" in said
    assert "[ZS225]" in said
    assert (other.twins(THREE), other.lost(THREE), other.missing(THREE)) == ([], [], [])
    assert set(world.remote.posts(world.instance).values()) == {1}
    figure(f"{kind}: stopped, taken over, continued: no request more; twins: 0")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_encrypted_stands_nowhere_in_the_clear(
    new_world: NewWorld, tmp_path: Path, figure: Figure, kind: str
) -> None:
    """Killed in the middle, and applied to its end: no name, phone, id or link is in the place. Without
    encryption they are, or nothing would be proven."""
    identity = pyrage.x25519.Identity.generate()
    for folder, lines in {
        "clear": "",
        "encrypted": f"encryption: {{recipients: [{identity.to_public()}]}}\n",
    }.items():
        place = MAKE[kind](make(tmp_path / folder))
        world = at(place, new_world())
        world.environment["ZAPI_SYNC_IDENTITY"] = str(identity)
        world.want(THREE)
        with (world.folder / "groups.yaml").open("a") as config:
            config.write(lines)
        killed_first(world, POINTS_OF_DOUBT["the answer is here"])
        converge(world, THREE)
        kept = place.everything()
        told = [text for group in world.remote.groups(world.instance) for text in group.values()]
        told += [phone for key in THREE for phone in phones_of(key)]
        found = [text for text in told if text.encode() in kept]
        assert bool(found) is (folder == "clear"), found
        figure(f"{kind}, {folder}: {len(found)} of {len(told)} found in {len(kept):,} bytes")


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.slow
def test_a_server_that_is_killed_in_the_middle(new_world: NewWorld, figure: Figure) -> None:
    """PostgreSQL loses its power at random moments of an apply; what it acknowledged is there afterwards."""
    tally = Tally()
    with postgresql_that_dies() as place:
        assert place.server
        for delay in (0.1, 0.25, 0.4, 0.55):
            world = at(place, new_world())
            names = {f"{key}{tally.cases}": f"{name} {tally.cases}" for key, name in THREE.items()}
            world.environment["ZAPI_SYNC_STATE"] = f"{place.address}#state{tally.cases}"
            world.want(names)
            world.remote.fault("create-slow", times=len(names), seconds=0.1)
            running = subprocess.Popen(
                [sys.executable, "-m", "zapi_sync", *APPLY, *LOOK],
                cwd=world.folder,
                env=world.env(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            wait_until(lambda world=world: bool(world.remote.posts(world.instance)))  # type: ignore[misc]
            time.sleep(delay)  # a moment by chance: none of them may matter
            place.server.kill9()
            assert running.wait(PATIENCE) in (0, 1, 4)
            place.server.start()
            world.remote.come_to_rest()
            world.remote.heal()
            judge(world, names, tally, converge(world, names))
    figure(f"postgresql: {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


def wait_until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < deadline, "it did not come about"
        subprocess.run(["true"], check=True)
