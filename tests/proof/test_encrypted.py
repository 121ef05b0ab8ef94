"""Killed at every boundary over an encrypted state: nothing twice, nothing lost, nothing in the clear."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zapi_sync.core.sealing import is_sealed, unseal

from .test_crash_matrix import ANSWER, LOOK, POINTS_OF_DOUBT, THREE, TWO, everywhere, killed_first
from .world import APPLY, KILLED, Point, Ran, Tally, World, converge, judge, phones_of

pyrage = pytest.importorskip("pyrage")
NewWorld = Callable[[], World]
Figure = Callable[[object], None]
IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENT = str(IDENTITY.to_public())


@dataclass
class Encrypted(World):
    """A world whose state is for whoever has the identity alone."""

    is_closed: bool = True
    """Whether nothing may stand in the clear after any run, however it ended."""

    def want(self, names: Mapping[str, str]) -> None:
        super().want(names)
        if self.is_closed:
            self.encrypt()

    def encrypt(self) -> None:
        """Have the config ask for it."""
        with (self.folder / "groups.yaml").open("a") as config:
            config.write(f"encryption:\n  recipients: [{RECIPIENT}]\n")

    def records(self) -> dict[str, dict[str, Any]]:
        if not self.state_path.exists():
            return {}
        raw = self.state_path.read_bytes()
        groups: dict[str, dict[str, Any]] = json.loads(unseal(raw, [IDENTITY]) if is_sealed(raw) else raw)[
            "groups"
        ]
        return groups

    def run_copies(self, *argv: str, point: Point | None = None, **order: Any) -> list[Ran]:
        ran = super().run_copies(*argv, point=point, **order)
        if self.is_closed:
            self.hold_closed()
        return ran

    def hold_closed(self) -> None:
        """No name, phone, link or id in any file that a run wrote, what a kill left behind included."""
        groups = self.remote.groups(self.instance)
        told = [str(each[name]) for each in groups for name in ("name", "link", "phone")]
        told += [phone for key in THREE for phone in phones_of(key)] + ["Group "]
        for path in self.folder.iterdir():
            text = path.read_text(errors="replace") if path.name != "groups.yaml" else ""
            assert [each for each in told if each in text] == [], f"in the clear: {path.name}"


def encrypted(new_world: NewWorld, *, is_closed: bool = True) -> Callable[[], Encrypted]:
    def make() -> Encrypted:
        world = new_world()
        environment = {"ZAPI_SYNC_IDENTITY": str(IDENTITY)}
        return Encrypted(
            world.folder,
            world.instance,
            world.remote,
            world.forge,
            world.logs,
            environment=environment,
            is_closed=is_closed,
        )

    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "wanted"),
    [(None, THREE), ("create-close-after", TWO), ("create-null-link", TWO)],
    ids=["no-fault", "answer-lost", "link-lost"],
)
def test_killed_at_every_boundary(
    new_world: NewWorld, figure: Figure, fault: str | None, wanted: Mapping[str, str]
) -> None:
    tally = Tally()

    def killed_at(point: Point | None) -> Ran:
        world, ran = killed_first(encrypted(new_world), wanted, fault, point)
        judge(world, wanted, tally, converge(world, wanted))
        return ran

    names = everywhere(killed_at, ("before", "after", "half"))
    assert {"write groups.state.json.journal 2", "fsync groups.state.json.journal 2"} <= names
    figure(f"{len(names)} boundaries over an encrypted state; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


def test_killed_around_the_first_request(new_world: NewWorld, figure: Figure) -> None:
    """As without encryption (test_crash_matrix.py), to the same figures."""
    tally = Tally()
    for point in POINTS_OF_DOUBT.values():
        world, ran = killed_first(encrypted(new_world), TWO, None, point)
        assert ran.code == KILLED
        judge(world, TWO, tally, converge(world, TWO))
    figure(tally)
    assert (tally.twins, tally.lost, tally.held) == (0, 0, 2)


@pytest.mark.slow
def test_killed_at_every_boundary_of_the_encryption_of_what_is_there(
    new_world: NewWorld, figure: Figure
) -> None:
    """A state in the clear with a creation in doubt and a backup; its config gets recipients."""
    tally = Tally()
    doubt: Point = ("before", 1, ANSWER)

    def killed_at(point: Point | None) -> Ran:
        world = encrypted(new_world, is_closed=False)()
        world.want({"z": "Group c"})
        assert world.run(*APPLY, *LOOK).code == 0
        assert world.run("state", "mv", "z", "c").code == 0
        world.want(THREE)
        assert world.run(*APPLY, *LOOK, point=doubt).code == KILLED
        world.remote.come_to_rest()
        world.encrypt()
        ran = world.run(*APPLY, *LOOK, point=point)
        world.remote.come_to_rest()
        held = converge(world, THREE)
        world.hold_closed()
        assert is_sealed(Path(f"{world.state_path}.backup").read_bytes())
        judge(world, THREE, tally, held)
        return ran

    names = everywhere(killed_at, ("before", "half"))
    assert {"replace groups.state.json.backup 1", "replace groups.state.json 1"} <= names, sorted(names)
    figure(f"{len(names)} boundaries of an apply that encrypts; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)
