"""Runs whole processes, interleaved, and takes down what each one took.

This process stays small: the kernel counts its size towards the peak memory of what it starts.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

POLL_SECONDS = 0.02
SHOWN_BYTES = 2000


class CouldNotRun(Exception):
    """A process did not do what it is measured for."""


@dataclass(frozen=True, slots=True)
class Command:
    """A process to measure: near its end it has to say what it `says`; `fresh` are files of its last run."""

    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    says: str = ""
    fresh: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run took: wall time, and peak memory in bytes."""

    seconds: float
    peak: float


Samples: TypeAlias = Mapping[str, tuple[Sample, ...]]
"""The runs of each command by its name, turn by turn."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many bytes a process had written at a moment of the monotonic clock."""

    at: float
    count: float


def interleaved(commands: Mapping[str, Command], runs: int, warm_ups: int = 1) -> Samples:
    """A B C A B C …, so that whatever else goes on in the machine falls on all of them."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for turn in range(-warm_ups, runs):
        for name, command in commands.items():
            sample = run(command)
            if turn >= 0:
                samples[name].append(sample)
    return {name: tuple(taken) for name, taken in samples.items()}


def run(command: Command) -> Sample:
    """Runs it once. Raises CouldNotRun."""
    with _output_of(command) as output:
        began = time.perf_counter()
        _, status, usage = os.wait4(_start(command, output), 0)
        seconds = time.perf_counter() - began
        _check(command, status, output)
    return Sample(seconds, usage.ru_maxrss * 1024)


def watch(command: Command) -> list[Written]:
    """Runs it once, and tells how what it wrote grew. Raises CouldNotRun."""
    written: list[Written] = []
    with _output_of(command) as output:
        pid, ended, status = _start(command, output), 0, 0
        while not ended:
            written.append(_written_by(pid))
            time.sleep(POLL_SECONDS)
            ended, status = os.waitpid(pid, os.WNOHANG)
        _check(command, status, output)
    return written


@contextmanager
def _output_of(command: Command) -> Iterator[BinaryIO]:
    for path in command.fresh:
        path.unlink(missing_ok=True)
    with tempfile.TemporaryFile() as output:
        yield output


def _start(command: Command, output: BinaryIO) -> int:
    number = output.fileno()
    return os.posix_spawn(
        command.argv[0],
        command.argv,
        environment() | dict(command.environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, number, 1),
            (os.POSIX_SPAWN_DUP2, number, 2),
        ],
    )


def environment() -> dict[str, str]:
    """What every process gets: no credentials, and no sign of a CI job, in which an apply asks for more."""
    return {"LANG": "C.UTF-8"} | {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}


def _written_by(pid: int) -> Written:
    counts = Path(f"/proc/{pid}/io").read_text()
    return Written(time.monotonic(), int(counts.split("wchar:")[1].split()[0]))


def _check(command: Command, status: int, output: BinaryIO) -> None:
    """The end of the output is enough, and all of it would make this process large."""
    code = os.waitstatus_to_exitcode(status)
    output.seek(max(0, output.seek(0, os.SEEK_END) - SHOWN_BYTES))
    said = output.read().decode(errors="replace")
    if code != 0 or command.says not in said:
        what = " ".join(command.argv)
        raise CouldNotRun(f"exit code {code}; wanted were 0 and {command.says!r}: {what}\n{said}")
