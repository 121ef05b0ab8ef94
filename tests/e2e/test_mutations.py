"""Thousands of near-valid configs, states and journals: an answer each, and never a second group.

All wanted groups exist on the server: two in the state, the third in doubt in the journal. So whatever
becomes of state and journal, no request to create may leave; one would be a twin.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import ANY

import httpx
import pytest

from zapi_sync import cli, sandbox
from zapi_sync.edge import zapi

from .mutants import MUTATORS

CONFIG = """\
# the groups of a school
version: 1
defaults: {autoInvite: false}
pacing:
  every: 0s
x-team: &team ["5544999990001", +55 (44) 99999-0002]
groups:
  turma-a:
    groupName: Turma A
    phones: *team
  turma-b:
    groupName: "Turma B \\u00e7 🎉"
    autoInvite: true
    phones: [5544999990003, 5544999990004]
  turma-c: {groupName: Turma C, phones: ["5544999990005"]}
"""
APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0", "--per-day", "1000000")
COMMANDS = {
    "groups.yaml": (("validate",), ("plan", "--format", "json")),
    "groups.state.json": (("plan",), APPLY),
    "groups.state.json.journal": (("plan", "--format", "json"), APPLY),
}
WAYS_ON = ("hint:", "zapi-sync resolve", "zapi-sync import", "apply --existing")
INSTANCE = "/instances/an-instance-id/token/a-token"


@dataclass(frozen=True)
class World:
    """A folder with config, state and journal as they should be, and the API that they speak of."""

    folder: Path
    files: dict[str, bytes]
    api: httpx.Client

    def restore(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()
        for name, raw in self.files.items():
            (self.folder / name).write_bytes(raw)

    def creates(self) -> int:
        received = self.api.get("/sandbox/requests").json()
        self.api.delete("/sandbox/requests")
        return sum(request["call"] == "create-group" for request in received)


def run(*arguments: str) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = cli.run(arguments)
    return code, said.getvalue()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = sandbox.serve(sandbox.create_app(":memory:"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    folder, before = tmp_path_factory.mktemp("mutations"), Path.cwd()
    url = f"http://127.0.0.1:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch, httpx.Client(base_url=url) as api:
        patch.setenv("ZAPI_BASE_URL", str(api.base_url))
        patch.setenv("ZAPI_INSTANCE_ID", "an-instance-id")
        patch.setenv("ZAPI_TOKEN", "a-token")
        patch.setenv("ZAPI_CLIENT_TOKEN", "a-client-token")
        patch.setattr(zapi, "RETRY_PAUSES", (0.0, 0.0))
        os.chdir(folder)
        (folder / "groups.yaml").write_text(CONFIG.replace("  turma-c:", "x-c:"))
        assert run(*APPLY) == (0, ANY)
        (folder / "groups.yaml").write_text(CONFIG)
        api.post("/sandbox/faults", json={"fault": "create-close-before", "times": 1})
        assert run(*APPLY) == (4, ANY)
        body = {"autoInvite": False, "groupName": "Turma C", "phones": ["5544999990005"]}
        assert api.post(f"{INSTANCE}/create-group", json=body, headers={"Client-Token": "x"}).is_success
        files = {name: (folder / name).read_bytes() for name in COMMANDS}
        world = World(folder, files, api)
        world.creates()
        yield world
        os.chdir(before)
    server.shutdown()
    server.server_close()
    thread.join()


def mutated(world: World, name: str, seeds: range) -> Counter[int]:
    """The exit codes of the commands over as many mutants of a file."""
    codes: Counter[int] = Counter()
    for seed in seeds:
        chance = Random(f"{name} {seed}")
        world.restore()
        (world.folder / name).write_bytes(chance.choice(MUTATORS[name])(chance, world.files[name]))
        for command in COMMANDS[name]:
            code, said = run(*command)
            assert code in (0, 1, 3, 4), (seed, said)
            assert "internal error" not in said, (seed, said)
            assert code == 0 or any(way in said for way in WAYS_ON), (seed, said)
            codes[code] += 1
        if seed % 20 == 0:
            assert world.creates() == 0, seed
    assert world.creates() == 0
    return codes


@pytest.mark.parametrize("name", COMMANDS)
def test_some_mutants(world: World, name: str, figure: Callable[[object], None]) -> None:
    figure(f"100 mutants, exit codes {dict(mutated(world, name, range(100)))}, 0 creations")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("name", COMMANDS)
def test_many_mutants(world: World, name: str, part: int, figure: Callable[[object], None]) -> None:
    seeds = range(1000 + part * 850, 1000 + (part + 1) * 850)
    figure(f"{len(seeds)} mutants, exit codes {dict(mutated(world, name, seeds))}, 0 creations")


def test_without_a_mutation_all_is_well(world: World) -> None:
    world.restore()
    assert run(*APPLY)[0] == 0
    assert world.creates() == 0
