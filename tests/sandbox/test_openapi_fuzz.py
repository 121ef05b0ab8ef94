"""What the OpenAPI document says is what the sandbox answers, whatever is sent: see openapi_fuzz.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

Figure = Callable[[object], None]

_DOCUMENT = json.loads(resources.files("zapi_sync.sandbox").joinpath("openapi.json").read_bytes())
OPERATIONS = [
    item["operationId"]
    for path in _DOCUMENT["paths"].values()
    for method, item in path.items()
    if method != "parameters"
]


def test_a_few_requests_of_each_operation(tmp_path: Path, figure: Figure) -> None:
    figure(fuzzed(tmp_path, 5, *OPERATIONS))


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
def test_many_requests(tmp_path: Path, figure: Figure, name: str) -> None:
    figure(fuzzed(tmp_path, 150, name))


def fuzzed(folder: Path, examples: int, *names: str) -> str:
    """Run the program, and return what it says of the requests that it sent."""
    # The same requests in each run: schemathesis draws from sets too.
    own = {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.openapi_fuzz", str(examples), *names],
        env={**os.environ, **own},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert list(folder.rglob("examples")) == []
    return done.stdout.strip()
