"""A process that dies at any of its steps leaves state and journal that say the same as if it had not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from zapi_sync.core.journal import Begin, replay
from zapi_sync.core.model import GroupKey
from zapi_sync.core.moves import Move, due, moved
from zapi_sync.core.outcome import Unknown
from zapi_sync.edge import inputs
from zapi_sync.edge.local_state import LocalState
from zapi_sync.edge.lock import holder_of, locked

from .given import LINEAGE, MADE, STATE, attempt

DYING = """
import os, shutil, sys
from pathlib import Path
from zapi_sync.edge import inputs
from zapi_sync.edge.local_state import LocalState
from zapi_sync.edge.lock import holder_of, locked
schema, folder = (lambda: inputs.schema("state")), Path(sys.argv[1])

def dies_at(step):
    # the interpreter tells of each file it opens, renames, removes or truncates before it does
    steps = iter(range(step))
    def hook(event, arguments):
        if event in ("open", "os.rename", "os.remove", "os.truncate") and next(steps, None) is None:
            os._exit(9)
    sys.addaudithook(hook)

def act(local):
    local.checkpoint()

step, code = 0, 9
while code == 9:
    copy = shutil.copytree(folder / "before", folder / f"died-{step:02}")
    local = LocalState(copy / "groups.state.json", schema, locked, holder_of)
    child = os.fork()
    if child == 0:
        dies_at(step)
        act(local)
        os._exit(0)
    code, step = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), step + 1
"""


CHECKPOINT = "    local.checkpoint()"
MOVE = """
    from zapi_sync.core.moves import Move, moved
    known = local.checkpoint()
    known = moved(known, [Move("made", "new"), Move("lost", "lost-01")])
    local.replace(known.state, known.open.values(), backup=True)
"""


def die_everywhere(tmp_path: Path, events: list[object], act: str = CHECKPOINT) -> list[LocalState]:
    """Copies of one folder, in each of which `act` died one step later; in the last one it did not."""
    (tmp_path / "before").mkdir()
    local = LocalState(
        tmp_path / "before" / "groups.state.json", lambda: inputs.schema("state"), locked, holder_of
    )
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    for event in events:
        journal.append(event)  # type: ignore[arg-type]
    journal.close()
    subprocess.run([sys.executable, "-c", DYING.replace(CHECKPOINT, act), tmp_path], check=True)
    died = sorted(tmp_path.glob("died-*"))
    return [
        LocalState(folder / "groups.state.json", lambda: inputs.schema("state"), locked, holder_of)
        for folder in died
    ]


def test_a_checkpoint_can_die_at_any_step(tmp_path: Path) -> None:
    events = [*attempt("made", MADE), *attempt("lost", Unknown("reset")), *attempt("killed")]
    known = replay(STATE, [Begin(LINEAGE, 1), *events])
    copies = die_everywhere(tmp_path, [*events])
    assert len(copies) > 8
    for local in copies:
        assert local.load() == known
        assert local.checkpoint() == known
        assert local.load() == known
    assert {local.path.read_bytes() for local in copies} == {copies[-1].path.read_bytes()}
    assert {local.journal_path.read_bytes() for local in copies} == {copies[-1].journal_path.read_bytes()}


def test_a_checkpoint_that_ends_the_journal_can_die_at_any_step(tmp_path: Path) -> None:
    copies = die_everywhere(tmp_path, [*attempt("made", MADE)])
    assert len(copies) > 5
    for local in copies:
        assert set(local.load().groups) == {"made"}
        local.checkpoint()
        assert not local.has_journal
    assert {local.path.read_bytes() for local in copies} == {copies[-1].path.read_bytes()}


def test_what_a_dead_checkpoint_leaves_behind_is_not_taken_for_a_state(tmp_path: Path) -> None:
    left = [
        path.name
        for local in die_everywhere(tmp_path, [*attempt("made", MADE)])
        for path in local.path.parent.iterdir()
    ]
    strays = {name for name in left if not name.startswith("groups.state.json")}
    assert strays
    assert all(name.startswith(".groups.state.json.") and name.endswith(".tmp") for name in strays)


def test_a_move_of_keys_can_die_at_any_step(tmp_path: Path) -> None:
    copies = die_everywhere(tmp_path, [*attempt("made", MADE), *attempt("lost", Unknown("reset"))], MOVE)
    moves = [Move(GroupKey("made"), GroupKey("new")), Move(GroupKey("lost"), GroupKey("lost-01"))]
    assert len(copies) > 12
    for local in copies:
        known = local.checkpoint()
        after = moved(known, due(moves, known))
        assert set(after.groups) == {"new"}
        assert set(after.open) == {"lost-01"}
        assert after.state
        local.replace(after.state, after.open.values(), backup=True)
        assert local.load() == after
    assert {local.path.read_bytes() for local in copies} == {copies[-1].path.read_bytes()}
    assert {local.journal_path.read_bytes() for local in copies} == {copies[-1].journal_path.read_bytes()}
