"""The tools to compare with: octoDNS in an environment of its own, and terraform where it is on PATH."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Command, environment

OCTODNS, TERRAFORM = "octoDNS", "terraform"
QUIET = (("CHECKPOINT_DISABLE", "1"), ("TF_CLI_CONFIG_FILE", "/dev/null"))  # asks nobody for a newer version


@dataclass(frozen=True, slots=True)
class Peers:
    """The program of each that is there, and why each other is not."""

    programs: Mapping[str, Path]
    absent: Mapping[str, str]

    def octodns_plan(self, folder: Path, records: int) -> dict[str, Command]:
        """What it would do about a generated zone, by its name; nothing where it is absent."""
        if OCTODNS not in self.programs:
            return {}
        argv = (str(self.programs[OCTODNS]), f"--config-file={folder}/config.yaml")
        return {OCTODNS: Command(argv, says=f"Creates={records}")}

    def terraform_plan(self, folder: Path, resources: int) -> dict[str, Command]:
        """The plan of a generated folder, by its name; nothing where it is absent."""
        if TERRAFORM not in self.programs:
            return {}
        program = (str(self.programs[TERRAFORM]), f"-chdir={folder}")
        initialize = [*program, "init", "-input=false"]
        subprocess.run(initialize, env=environment() | dict(QUIET), capture_output=True, check=True)
        argv = (*program, "plan", "-input=false", "-no-color")
        return {TERRAFORM: Command(argv, QUIET, says=f"Plan: {resources} to add")}

    def versions(self) -> list[tuple[str, str]]:
        """Of each, what it says of itself, or why it is skipped."""
        told = [(name, _version(program)) for name, program in self.programs.items()]
        return told + [(name, f"skipped: {why}") for name, why in self.absent.items()]


def peers(home: Path) -> Peers:
    """Those that are there; octoDNS is installed below `home` first."""
    programs, absent = {}, {}
    octodns = home / "octodns" / "bin" / "octodns-sync"
    why = "" if octodns.exists() else _install(octodns.parents[1])
    if why:
        absent[OCTODNS] = why
    else:
        programs[OCTODNS] = octodns
    terraform = shutil.which("terraform")
    if terraform:
        programs[TERRAFORM] = Path(terraform)
    else:
        absent[TERRAFORM] = "no such program on PATH"
    return Peers(programs, absent)


def _install(home: Path) -> str:
    """Why it could not be installed; nothing where it was."""
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for step in ([sys.executable, "-m", "venv", str(home)], [*pip, "octodns"]):
        if subprocess.run(step, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            return "it could not be installed"
    return ""


def _version(program: Path) -> str:
    done = subprocess.run(
        [program, "--version"], env=environment() | dict(QUIET), capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[0]
