"""What only looks: start-up and plans, against floors and peers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import PYTHON, ZAPI_SYNC, Bench, floor, plan
from benchmarks.machine import GIB, memory
from benchmarks.measure import Command, interleaved
from benchmarks.peers import OCTODNS, TERRAFORM
from benchmarks.table import Finding, Size, Skipped, Unit

MANY_PHONES = 500
MANY_PHONES_NEED = 8 * GIB
LARGEST_FILE = "its file is larger than the 256 MiB that zapi-sync reads"


def start_up(bench: Bench) -> Iterator[Finding]:
    """What every command pays: of one group, against what starts and does next to nothing."""
    groups = bench.generated("groups", 1, 3)
    version, validate, planned, bare = "--version", "validate of 1", "plan of 1", "python -c pass"
    samples = interleaved(
        {
            bare: Command((PYTHON, "-c", "pass")),
            version: Command((ZAPI_SYNC, "--version"), says="zapi-sync"),
            validate: Command((ZAPI_SYNC, "validate", "-f", f"{groups}/groups.yaml"), says="Valid: 1 group."),
            planned: plan(groups, "1 to create"),
        }
        | bench.peers.octodns_plan(bench.generated("octodns", 1), 1)
        | bench.peers.terraform_plan(bench.generated("terraform", 1), 1),
        bench.often,
    )
    yield bench.compared(samples, version, bare, 2.5)
    yield bench.compared(samples, validate, bare)
    yield bench.compared(samples, planned, bare)
    yield bench.compared(samples, planned, TERRAFORM, 1.5)
    yield bench.compared(samples, planned, OCTODNS, 0.4)


def thousand(bench: Bench) -> Iterator[Finding]:
    """A thousand groups, for which terraform takes its time."""
    groups, planned, read = bench.generated("groups", 1_000, 3), "plan of 1,000", "yaml.load of 1,000"
    samples = interleaved(
        {planned: plan(groups, "1000 to create"), read: floor(groups)}
        | bench.peers.terraform_plan(bench.generated("terraform", 1_000), 1_000),
        bench.rarely,
    )
    yield bench.compared(samples, planned, TERRAFORM, 0.05)
    yield Size(1_000, 3, _bytes(groups), samples[planned], samples[read])


def ten_thousand(bench: Bench) -> Iterator[Finding]:
    """Ten thousand groups: all to be created, and all of them there."""
    groups, created = bench.generated("groups", 10_000, 3), bench.generated("created", 10_000, 3)
    planned, nothing, read = "plan of 10,000", "plan of 10,000, nothing to do", "yaml.load of 10,000"
    samples = interleaved(
        {
            planned: plan(groups, "10000 to create"),
            read: floor(groups),
            nothing: plan(created, "Nothing to create. 10000 unchanged."),
        }
        | bench.peers.octodns_plan(bench.generated("octodns", 10_000), 10_000),
        bench.often,
    )
    yield bench.compared(samples, planned, read, 1.2)
    yield bench.compared(samples, planned, OCTODNS, 0.35)
    yield bench.compared(samples, nothing, read, 1.5)
    yield Size(10_000, 3, _bytes(groups), samples[planned], samples[read])


def hundred_thousand(bench: Bench) -> Iterator[Finding]:
    """Ten times as many groups: at most eleven times the time and the memory."""
    if bench.quick:
        yield Skipped("plan of 100,000", "--quick")
        return
    few, many = bench.generated("groups", 10_000, 3), bench.generated("groups", 100_000, 3)
    tenth, planned, read = "plan of 10,000", "plan of 100,000", "yaml.load of 100,000"
    samples = interleaved(
        {
            tenth: plan(few, "10000 to create"),
            planned: plan(many, "100000 to create"),
            read: floor(many),
        },
        bench.rarely,
        warm_ups=0,
    )
    yield bench.compared(samples, planned, tenth, 11)
    yield bench.compared(samples, planned, tenth, 11, Unit.BYTES)
    yield bench.compared(samples, planned, read, 2.5, Unit.BYTES)
    yield Size(100_000, 3, _bytes(many), samples[planned], samples[read])


def many_phones(bench: Bench) -> Iterator[Finding]:
    """Groups of 500 phones each."""
    yield _many_phones(bench, 1_000, bench.rarely)
    if bench.quick:
        yield Skipped("plan of 10,000 x 500 phones", "--quick")
    elif memory() < MANY_PHONES_NEED:
        yield Skipped("plan of 10,000 x 500 phones", f"less than {MANY_PHONES_NEED // GIB} GiB of memory")
    else:
        yield _many_phones(bench, 10_000, 1)
    yield Skipped("plan of 100,000 x 500 phones", LARGEST_FILE)


def _many_phones(bench: Bench, groups: int, runs: int) -> Size:
    folder = bench.generated("groups", groups, MANY_PHONES)
    samples = interleaved(
        {"ours": plan(folder, f"{groups} to create"), "floor": floor(folder)}, runs, warm_ups=0
    )
    return Size(groups, MANY_PHONES, _bytes(folder), samples["ours"], samples["floor"])


def _bytes(groups: Path) -> int:
    return (groups / "groups.yaml").stat().st_size
