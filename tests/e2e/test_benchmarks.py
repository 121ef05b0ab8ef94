"""That what measures still runs. What it finds is asserted nowhere, as that is the machine's as well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "line"), [("start-up", "| plan of 1 "), ("apply", "| a creation, of 1,000 ")]
)
def test_a_part_of_the_benchmarks_runs(part: str, line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--runs", "1", "--only", part],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert line in done.stdout
    assert "processor:" in done.stdout
