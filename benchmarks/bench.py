"""What the comparisons share: where their inputs are, how often they run, and the commands themselves."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Command, Samples
from benchmarks.peers import Peers
from benchmarks.table import Ratio, Skipped, Unit, values

HERE = Path(__file__).parent
PYTHON = sys.executable
ZAPI_SYNC = str(Path(PYTHON).with_name("zapi-sync"))


@dataclass(frozen=True, slots=True)
class Bench:
    """Where it all happens, with whom, and how often: short things `often`, long ones `rarely`."""

    folder: Path
    peers: Peers
    often: int
    rarely: int
    quick: bool

    def generated(self, kind: str, *numbers: int) -> Path:
        """The folder of an input (see benchmarks.inputs), made once."""
        folder = self.folder / "-".join(map(str, (kind, *numbers)))
        if not folder.exists():
            argv = [PYTHON, "-m", "benchmarks.inputs", kind, str(folder), *map(str, numbers)]
            subprocess.run(argv, cwd=HERE.parent, check=True)
        return folder

    def compared(
        self,
        samples: Samples,
        ours: str,
        theirs: str,
        bound: float | None = None,
        unit: Unit = Unit.SECONDS,
    ) -> Ratio | Skipped:
        """A command against another one, which may be an absent peer."""
        if theirs in self.peers.absent:
            return Skipped(ours, f"{theirs}: {self.peers.absent[theirs]}")
        what = ours if unit is Unit.SECONDS else f"{ours}: peak memory"
        return Ratio(what, theirs, values(samples[ours], unit), values(samples[theirs], unit), bound, unit)


def instance_names(number: int) -> list[str]:
    """The instances that groups are spread over: the default one, where there is one alone."""
    return ["default"] if number == 1 else [f"lane-{index}" for index in range(1, number + 1)]


def plan(groups: Path, says: str) -> Command:
    """The plan of a generated folder."""
    return Command((ZAPI_SYNC, "plan", "-f", f"{groups}/groups.yaml"), says=says)


def floor(groups: Path) -> Command:
    """The least that a plan of a generated folder has to do: to read its file."""
    return Command((PYTHON, str(HERE / "floor_yaml.py"), f"{groups}/groups.yaml"))
