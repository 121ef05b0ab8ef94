"""State and journal on a real disk: durable, private, and the same after every way of writing them."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from zapi_sync.core.journal import Begin, replay
from zapi_sync.core.journal_lines import line_of, parse_journal
from zapi_sync.core.known import Known
from zapi_sync.core.outcome import Unknown
from zapi_sync.core.state_document import state_text
from zapi_sync.edge import inputs
from zapi_sync.edge.local_state import LocalState
from zapi_sync.edge.lock import holder_of, locked
from zapi_sync.errors import StateInvalid, StateUnwritable

from .given import LINEAGE, MADE, OTHER, STATE, attempt, group, refusal

BEGIN = Begin(LINEAGE, 1)
RUN = [BEGIN, *attempt("made", MADE), *attempt("lost", Unknown("reset")), *attempt("killed")]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def after_a_run(local: LocalState) -> Known:
    """A state and the journal of a run that broke off beside it; what they say together."""
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    for event in RUN[1:]:
        journal.append(event)
    journal.close()
    return replay(STATE, RUN)


def test_where_nothing_ever_was_nothing_is_known(local: LocalState, tmp_path: Path) -> None:
    assert local.load() == Known()
    assert not local.has_journal
    assert list(tmp_path.iterdir()) == []


def test_a_state_comes_back_as_it_was_saved(local: LocalState) -> None:
    known = after_a_run(local)
    assert known.state
    local.replace(known.state, (), backup=False)
    assert (
        LocalState(local.path, lambda: inputs.schema("state"), locked, holder_of).load().groups
        == known.groups
    )
    assert local.path.read_text() == state_text(known.state)


def test_the_files_stand_side_by_side_and_are_private_whatever_the_umask(
    local: LocalState, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        after_a_run(local)
    finally:
        os.umask(before)
    assert {path.name: mode(path) for path in tmp_path.iterdir()} == {
        "groups.state.json": 0o600,
        "groups.state.json.journal": 0o600,
    }
    assert local.lock_path.name == "groups.state.json.lock"


def test_a_state_is_replaced_whole_and_never_written_into(local: LocalState, tmp_path: Path) -> None:
    local.replace(STATE, (), backup=False)
    with local.path.open() as reader:
        local.replace(STATE.with_groups({}), (), backup=False)
        assert reader.read() == state_text(STATE)
    assert local.path.read_text() == state_text(STATE.with_groups({}))
    assert [path.name for path in tmp_path.iterdir()] == ["groups.state.json"]


def test_a_state_that_was_open_to_others_is_private_once_it_is_saved(local: LocalState) -> None:
    local.path.write_text("{}")
    local.path.chmod(0o644)
    local.replace(STATE, (), backup=False)
    assert mode(local.path) == 0o600


def test_a_reader_beside_a_writer_always_sees_one_whole_state(local: LocalState) -> None:
    known = after_a_run(local)
    assert known.state
    local.journal_path.unlink()
    texts = {state_text(STATE), state_text(known.state)}
    seen = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(local.path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        local.replace(known.state, (), backup=False)
        local.replace(STATE, (), backup=False)
    done.set()
    reader.join()
    assert seen <= texts


def test_a_journal_begins_with_the_state_that_it_goes_on_from(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    local.open_journal(STATE).close()
    assert parse_journal(local.journal_path.read_bytes(), "j").events == [BEGIN]
    local.open_journal(STATE).close()
    assert parse_journal(local.journal_path.read_bytes(), "j").events == [BEGIN]


def test_each_event_is_on_disk_when_append_returns(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    for number, event in enumerate(RUN[1:], start=2):
        journal.append(event)
        assert parse_journal(local.journal_path.read_bytes(), "j").events == RUN[:number]
    journal.close()


def test_state_and_journal_are_read_together(local: LocalState) -> None:
    known = after_a_run(local)
    assert local.load() == known
    assert set(known.groups) == {"made"}
    assert set(known.open) == {"lost", "killed"}


def test_a_journal_that_was_closed_goes_on_where_it_ended(local: LocalState) -> None:
    after_a_run(local)
    journal = local.open_journal(STATE)
    for event in attempt("later", MADE):
        journal.append(event)
    journal.close()
    assert parse_journal(local.journal_path.read_bytes(), "j").events == [*RUN, *attempt("later", MADE)]


@pytest.mark.parametrize("torn", [b"{", b'{"n":11,"event":"sending"', b"\0" * 512, line_of(11, RUN[-1])[:-1]])
def test_a_torn_last_line_is_dropped_and_written_over(local: LocalState, torn: bytes) -> None:
    known = after_a_run(local)
    whole = local.journal_path.read_bytes()
    local.journal_path.write_bytes(whole + torn)
    assert local.load() == known
    assert local.journal_path.read_bytes() == whole + torn, "reading writes nothing"
    journal = local.open_journal(STATE)
    assert local.journal_path.read_bytes() == whole
    journal.append(attempt("later")[0])
    journal.close()
    assert parse_journal(local.journal_path.read_bytes(), "j").events == [*RUN, attempt("later")[0]]


def test_a_journal_of_no_bytes_says_nothing_and_begins_anew(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    local.journal_path.touch()
    assert local.load() == Known(STATE)
    local.open_journal(STATE).close()
    assert parse_journal(local.journal_path.read_bytes(), "j").events == [BEGIN]


def test_a_checkpoint_folds_what_was_created_into_the_state_and_keeps_what_is_in_doubt(
    local: LocalState,
) -> None:
    known = after_a_run(local)
    assert local.checkpoint() == known
    assert local.load() == known
    assert known.state
    assert local.path.read_text() == state_text(known.state)
    assert mode(local.path) == mode(local.journal_path) == 0o600
    begin, *_ = parse_journal(local.journal_path.read_bytes(), "j").events
    assert begin == Begin(LINEAGE, 2)


def test_a_checkpoint_with_nothing_in_doubt_leaves_no_journal(local: LocalState, tmp_path: Path) -> None:
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    for event in attempt("made", MADE):
        journal.append(event)
    journal.close()
    assert set(local.checkpoint().groups) == {"made"}
    assert [path.name for path in tmp_path.iterdir()] == ["groups.state.json"]
    assert set(local.load().groups) == {"made"}


@pytest.mark.parametrize("in_doubt", [True, False])
def test_a_second_checkpoint_writes_no_byte(local: LocalState, tmp_path: Path, in_doubt: bool) -> None:
    after_a_run(local)
    if not in_doubt:
        local.journal_path.unlink()
    local.checkpoint()
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    local.checkpoint()
    assert {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before


def test_a_run_goes_on_after_a_checkpoint(local: LocalState) -> None:
    after_a_run(local)
    known = local.checkpoint()
    assert known.state
    journal = local.open_journal(known.state)
    for event in attempt("later", OTHER):
        journal.append(event)
    journal.close()
    assert set(local.load().groups) == {"made", "later"}
    assert set(local.checkpoint().open) == {"lost", "killed"}


def test_a_checkpoint_without_state_and_journal_is_refused(local: LocalState) -> None:
    assert refusal(StateInvalid, local.checkpoint) == [
        f"{local.path}: state and journal are both gone, in the middle of a run | "
        "restore them from a backup; without them groups would be created again"
    ]


def test_what_a_person_decided_replaces_the_state_and_the_one_before_is_kept(local: LocalState) -> None:
    after_a_run(local)
    known = local.checkpoint()
    assert known.state
    before = local.path.read_bytes()
    local.replace(known.state.with_groups({}), known.open.values(), backup=True)
    assert local.load() == Known(known.state.with_groups({}), known.open)
    assert local.backup_path.read_bytes() == before
    assert mode(local.backup_path) == 0o600


def test_a_state_that_is_gone_beside_its_backup_is_not_a_fresh_start(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    local.replace(STATE.with_groups({}), [], backup=True)
    local.path.unlink()
    assert refusal(StateInvalid, local.load) == [
        f"{local.path}: the state is gone, and its backup groups.state.json.backup is still there | "
        "restore the state from git, or from groups.state.json.backup; "
        "without it groups would be created again"
    ]


@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_a_journal_that_is_replaced_meanwhile_is_not_written_to(local: LocalState, how: str) -> None:
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    journal.append(RUN[1])
    copy = local.journal_path.read_bytes()
    local.journal_path.unlink()
    if how == "replaced":
        local.journal_path.write_bytes(copy)
    told = (
        "it was replaced or removed while this run was writing to it | "
        "put the file back; what was created meanwhile is told, for zapi-sync import"
    )
    for _ in range(2):  # and from then on at every call
        assert refusal(StateUnwritable, lambda: journal.append(RUN[2])) == [
            f"{local.journal_path}: it cannot be written: {told}"
        ]
    journal.close()
    if how == "replaced":
        assert local.journal_path.read_bytes() == copy


def test_a_journal_file_takes_no_event_after_a_failure_even_if_the_disk_recovers(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    aside = local.journal_path.rename(local.journal_path.with_suffix(".aside"))
    refusal(StateUnwritable, lambda: journal.append(RUN[1]))
    aside.rename(local.journal_path)
    refusal(StateUnwritable, lambda: journal.append(RUN[1]))
    journal.close()
    assert group().key not in local.load().groups
    assert parse_journal(local.journal_path.read_bytes(), "j").events == [BEGIN]


def test_what_a_killed_run_did_not_get_to_rename_goes_away_and_nothing_else(local: LocalState) -> None:
    folder, name = local.path.parent, local.path.name
    after_a_run(local)
    ours = [f".{name}.0123abcd.tmp", f".{name}.journal.0123abcd.tmp", f".{name}.backup.0123abcd.tmp"]
    others = [
        f".{name}.tmp",
        f".{name}.of-somebody.tmp",
        f".other.{name}.0123abcd.tmp",
        f"{name}.0123abcd.tmp",
    ]
    for each in (*ours, *others):
        (folder / each).touch()
    (folder / f".{name}.00000000.tmp").mkdir()  # what cannot be removed keeps nothing else
    local.checkpoint()
    left = {path.name for path in folder.iterdir()}
    assert left.isdisjoint(ours)
    assert left >= {*others}
