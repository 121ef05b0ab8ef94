"""What a command costs, in counts that no machine changes, against the budgets of tests/budgets.toml."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .conftest import Served, ZapiSync

BUDGETS = tomllib.loads((Path(__file__).parents[1] / "budgets.toml").read_text())
COUNTED_ON = (3, 11)
FEW, MANY = 1000, 2000
PACE = ("--auto-approve", "--pace", "0", "--per-day", "1000000")

COUNTING = """
import json, os, sys

counts = {"calls": 0, "fsyncs": 0}
bare = set(sys.modules)
sync = os.fsync

def counted_sync(descriptor):
    counts["fsyncs"] += 1
    sync(descriptor)

def counted_call(_frame, event, _argument):
    counts["calls"] += event in ("call", "c_call")

def written():
    with open("/proc/self/io") as file:
        return int(next(line.split()[1] for line in file if line.startswith("wchar")))

os.fsync = counted_sync
report, counts_calls, *arguments = sys.argv[1:]
from zapi_sync.cli import run
before = written()
if counts_calls == "yes":
    sys.setprofile(counted_call)
code = run(arguments)
sys.setprofile(None)
sys.stdout.flush()
counts["bytes_written"] = written() - before
counts["modules"] = len(set(sys.modules) - bare)
with open(report, "w") as file:
    json.dump(counts, file)
sys.exit(code)
"""


def counted(zapi_sync: ZapiSync, *arguments: str, calls: bool = False) -> Any:
    """The counts of one run, in an interpreter of its own."""
    report = zapi_sync.folder / "counts"
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, report, "yes" if calls else "no", *arguments],
        cwd=zapi_sync.folder,
        env=zapi_sync.env({}),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(report.read_text())


def many(zapi_sync: ZapiSync, number: int) -> None:
    lines = ["version: 1", "groups:"]
    for index in range(number):
        phones = ", ".join(f"'55{area}96{index:07}'" for area in (11, 21, 31))
        lines += [f"  g{index:06}:", f"    groupName: Group {index}", f"    phones: [{phones}]"]
    zapi_sync.write("\n".join(lines) + "\n")


def all_created(zapi_sync: ZapiSync, number: int) -> None:
    """A state in which all of them are there, made of one that an apply made of the first."""
    many(zapi_sync, 1)
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    many(zapi_sync, number)
    state = zapi_sync.state("groups.sandbox.state.json")
    record = state["groups"]["g000000"]
    state["groups"] = {
        key: record | {"groupName": name, "phonesDigest": digest, "phone": f"12036301{index:010}-group"}
        for index, (key, (name, digest)) in enumerate(sorted(digests_of(zapi_sync).items()))
    }
    (zapi_sync.folder / "groups.sandbox.state.json").write_text(json.dumps(state))


def digests_of(zapi_sync: ZapiSync) -> Mapping[str, tuple[str, str]]:
    from zapi_sync.cli.wiring import load_config
    from zapi_sync.core.model import digest_of_phones

    groups = load_config([str(zapi_sync.folder / "groups.yaml")]).groups
    return {group.key: (group.group_name, digest_of_phones(group.phones)) for group in groups}


def check(kind: str, name: str, found: float) -> None:
    most = BUDGETS[kind][name]
    assert found <= most, f"{kind}.{name}: {found:g}, and the budget of tests/budgets.toml is {most}"
    if sys.version_info[:2] == COUNTED_ON:
        assert found >= 0.8 * most, f"{kind}.{name}: {found:g} is far below its budget of {most}: lower that"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("version", ["--version"]), ("validate", ["validate"]), ("plan", ["plan"])],
)
def test_the_modules_of_a_command(zapi_sync: ZapiSync, name: str, arguments: list[str]) -> None:
    zapi_sync.groups("a")
    check("modules", name, counted(zapi_sync, *arguments)["modules"])


def test_the_modules_of_a_plan_with_a_state_and_of_an_apply(online: ZapiSync) -> None:
    online.groups("a")
    check("modules", "apply", counted(online, "apply", *PACE)["modules"])
    check("modules", "plan_with_state", counted(online, "plan")["modules"])


@pytest.mark.parametrize("name", ["validate", "plan", "plan_with_state"])
def test_the_calls_for_each_group(zapi_sync: ZapiSync, name: str) -> None:
    calls = []
    for number in (FEW, MANY):
        if name == "plan_with_state":
            all_created(zapi_sync, number)
        else:
            many(zapi_sync, number)
        arguments = ["validate"] if name == "validate" else ["plan", "--sandbox"]
        calls.append(counted(zapi_sync, *arguments, calls=True)["calls"])
    check("calls", name, (calls[1] - calls[0]) / (MANY - FEW))


def test_what_each_creation_costs(online: ZapiSync, served: Served) -> None:
    costs = []
    for number in (20, 40, 60):
        served.client.delete("/sandbox/requests")
        (online.folder / "groups.state.json").unlink(missing_ok=True)
        online.environment |= {"ZAPI_INSTANCE_ID": f"{served.default}{number}"}
        many(online, number)
        cost = counted(online, "apply", *PACE)
        costs.append(cost | {"requests": len(served.client.get("/sandbox/requests").json())})
    for name in ("fsyncs", "requests", "bytes_written"):
        first, second = ((more[name] - less[name]) / 20 for less, more in pairwise(costs))
        check("creation", name, second)
        assert second == pytest.approx(first, rel=0.01), f"{name} grows with the number of groups"
