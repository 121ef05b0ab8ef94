"""Measures zapi-sync against floors and peers, as whole processes, and prints ratios: `make bench`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeAlias

from benchmarks import applies, plans
from benchmarks.bench import Bench
from benchmarks.machine import facts
from benchmarks.measure import CouldNotRun
from benchmarks.peers import peers
from benchmarks.table import Finding, Skipped, report

Comparison: TypeAlias = Callable[[Bench], Iterator[Finding]]

COMPARISONS: dict[str, Comparison] = {
    "start-up": plans.start_up,
    "plan-1000": plans.thousand,
    "plan-10000": plans.ten_thousand,
    "plan-100000": plans.hundred_thousand,
    "plan-500-phones": plans.many_phones,
    "apply": applies.overhead,
    "apply-growth": applies.growth,
    "apply-lanes": applies.lanes,
}


def main() -> int:
    """1 where something could not be run, whatever the ratios say."""
    options = _options()
    often, rarely = (3, 1) if options.quick else (7, 3)
    findings: list[Finding] = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="bench-", dir=sys.prefix) as folder:
        bench = Bench(
            Path(folder),
            peers(Path(sys.prefix) / "peers"),
            often=options.runs or often,
            rarely=options.runs or rarely,
            quick=options.quick,
        )
        known = [*facts(bench.folder), *bench.peers.versions()]
        for name in (name for name in COMPARISONS if fnmatch(name, options.only)):
            sys.stderr.write(f"{name} …\n")
            try:
                findings += COMPARISONS[name](bench)
            except (CouldNotRun, subprocess.CalledProcessError, OSError) as error:
                sys.stderr.write(f"{error}\n")
                findings.append(Skipped(name, "it could not be run"))
                failed = True
    sys.stdout.write(report(known, findings))
    return int(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=_runs, help="runs of each command  [7; 3 of those that take long]")
    parser.add_argument("--only", default="*", metavar="GLOB", help=f"of these: {', '.join(COMPARISONS)}")
    parser.add_argument("--quick", action="store_true", help="fewer runs, and nothing of the largest sizes")
    return parser.parse_args()


def _runs(text: str) -> int:
    return max(1, int(text))


if __name__ == "__main__":
    sys.exit(main())
