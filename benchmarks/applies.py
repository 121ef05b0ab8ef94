"""What creates: an apply against a bare loop, its last creations against its first ones, and many lanes.

An apply's overhead per creation is its whole time, less that of an apply of the same groups that finds all
of them in its state, by the number of groups. The bare loop's is its whole time, less that of a loop without
a turn.
"""

from __future__ import annotations

import json
import subprocess
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.bench import HERE, PYTHON, ZAPI_SYNC, Bench, instance_names
from benchmarks.measure import Command, CouldNotRun, Sample, Written, environment, interleaved, run, watch
from benchmarks.table import Finding, Ratio, Unit

MANY = 1_000
LANES, LATENCY = 8, 0.2
EARLY, LATE, AROUND = 500, 5_000, 250
FEW_BYTES_MORE = 1.03
"""Numbers have a digit more by then, in the journal and in what is told; and what is written is sampled."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Z-API's stand-in while it runs."""

    process: subprocess.Popen[str]
    origin: str

    def arrivals(self) -> list[float]:
        """When each creation's request came in; that ends it."""
        told: list[float] = json.loads(self.process.communicate()[0])
        return told

    def check_created(self, number: int) -> None:
        """Ends it. Raises CouldNotRun where it was not asked for that many groups."""
        arrived = len(self.arrivals())
        if arrived != number:
            raise CouldNotRun(f"{arrived} groups were created, wanted were {number}")


@contextmanager
def stand_in(latency: float = 0) -> Iterator[StandIn]:
    """Z-API's stand-in, in a process of its own."""
    argv = [PYTHON, str(HERE / "server.py"), str(latency)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            assert process.stdout
            yield StandIn(process, f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()


def overhead(bench: Bench) -> Iterator[Finding]:
    """A creation at zero latency and zero pace, every line of the journal synced."""
    groups = bench.generated("groups", MANY, 3)
    with stand_in() as api:
        samples = interleaved(
            {
                "apply": _apply(groups, api, fresh=True),
                "nothing": _apply(groups, api, fresh=False),
                "loop": _loop(groups, api, MANY),
                "empty": _loop(groups, api, 0),
            },
            bench.often,
        )
        api.check_created((bench.often + 1) * MANY * 2)
    ours = _each(samples["apply"], samples["nothing"])
    yield Ratio("a creation, of 1,000", "bare loop", ours, _each(samples["loop"], samples["empty"]), 1.6)


def growth(bench: Bench) -> Iterator[Finding]:
    """A late creation against an early one: the gap to the next request, and the bytes written."""
    groups = bench.generated("groups", LATE + AROUND + 1, 3)
    runs = [_creations(groups) for _ in range(bench.rarely)]
    late, early = f"creation {LATE:,}", f"creation {EARLY:,}"
    yield Ratio(late, early, [each.gap(LATE) for each in runs], [each.gap(EARLY) for each in runs], 1.15)
    written = [[each.bytes_at(number) for each in runs] for number in (LATE, EARLY)]
    yield Ratio(f"{late}: bytes written", early, written[0], written[1], FEW_BYTES_MORE, Unit.BYTES)


def lanes(bench: Bench) -> Iterator[Finding]:
    """Instances side by side: no slower than the API lets the creations of one be."""
    groups = bench.generated("groups", MANY, 3, LANES)
    with stand_in(LATENCY) as api:
        took = [run(_apply(groups, api, fresh=True)).seconds for _ in range(bench.rarely)]
        api.check_created(bench.rarely * MANY)
    ours, theirs = f"apply of 1,000 over {LANES} instances", f"{MANY // LANES} x {LATENCY * 1000:g} ms"
    yield Ratio(ours, theirs, took, [MANY / LANES * LATENCY] * len(took), 1.15)


@dataclass(frozen=True, slots=True)
class Creations:
    """One apply as it went: when each request came in, and how what it wrote grew."""

    arrivals: Sequence[float]
    written: Sequence[Written]

    def gap(self, number: int) -> float:
        """Seconds from one request to the next, around that creation."""
        around = self.arrivals[number - AROUND : number + AROUND]
        return median(after - before for before, after in pairwise(around))

    def bytes_at(self, number: int) -> float:
        """Bytes written per creation, around that one."""
        first, last = (self.arrivals[number + by] for by in (-AROUND, AROUND))
        return (self._written_by(last) - self._written_by(first)) / (2 * AROUND)

    def _written_by(self, moment: float) -> float:
        """As it would be between two looks, had it grown evenly."""
        index = bisect(self.written, moment, key=lambda look: look.at)
        before, after = self.written[index - 1 : index + 1]
        return before.count + (after.count - before.count) * (moment - before.at) / (after.at - before.at)


def _creations(groups: Path) -> Creations:
    with stand_in() as api:
        written = watch(_apply(groups, api, fresh=True))
        return Creations(api.arrivals(), written)


def _apply(groups: Path, api: StandIn, *, fresh: bool) -> Command:
    """An apply of a generated folder: from nothing, or from what the last one left."""
    state = groups / "groups.state.json"
    files = (state, state.with_name(f"{state.name}.journal"), state.with_name(f"{state.name}.backup"))
    options = ("--auto-approve", "--pace", "0", "--per-day", "1000000")
    argv = (ZAPI_SYNC, "apply", "-f", f"{groups}/groups.yaml", *options)
    return Command(argv, tuple(_credentials(api)), fresh=files if fresh else ())


def _credentials(api: StandIn) -> Iterator[tuple[str, str]]:
    """Those of all instances that a generated folder may speak of."""
    yield "ZAPI_BASE_URL", api.origin
    for number, instance in enumerate((*instance_names(1), *instance_names(LANES))):
        prefix = "ZAPI_" if number == 0 else f"ZAPI_{instance.upper().replace('-', '_')}_"
        yield f"{prefix}INSTANCE_ID", f"3C{number:030X}"
        yield f"{prefix}TOKEN", f"7A{number:022X}"
        yield f"{prefix}CLIENT_TOKEN", f"F0{number:031x}S"


def _loop(groups: Path, api: StandIn, number: int) -> Command:
    argv = (PYTHON, str(HERE / "floor_post.py"), f"{api.origin}/create-group", f"{groups}/floor.journal")
    return Command((*argv, str(number)))


def _each(whole: Sequence[Sample], rest: Sequence[Sample]) -> list[float]:
    """Seconds per creation, run by run."""
    return [(one.seconds - other.seconds) / MANY for one, other in zip(whole, rest, strict=True)]
