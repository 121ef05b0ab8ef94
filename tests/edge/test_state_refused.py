"""What a disk can hold instead of a state, and what keeps one from being written: told before the sending."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zapi_sync.core.journal import Begin
from zapi_sync.core.journal_lines import line_of, parse_journal
from zapi_sync.edge import inputs, local_state
from zapi_sync.edge.local_state import LocalState
from zapi_sync.edge.lock import holder_of, locked
from zapi_sync.errors import Code, StateInvalid, StateUnwritable, ZapiSyncError

from .given import LINEAGE, MADE, STATE, attempt, fill, permissions_count, refusal

ANOTHER = "00000000-7b8d-4e9f-a0b1-c2d3e4f5a6b7"
CORRUPT = "restore it from git or a backup; nothing was created or overwritten"


def at(path: Path) -> LocalState:
    return LocalState(path, lambda: inputs.schema("state"), locked, holder_of)


def reading(local: LocalState) -> list[str]:
    return refusal(StateInvalid, local.load)


def test_an_empty_state_is_not_the_same_as_none(local: LocalState) -> None:
    local.path.touch()
    assert reading(local) == [
        f"{local.path}: this state cannot be used: the file is empty, and an empty state is not the same as"
        f" none | {CORRUPT}"
    ]
    assert local.path.read_bytes() == b""


def test_a_state_that_is_gone_while_its_journal_is_there_is_missed(local: LocalState) -> None:
    local.journal_path.touch()
    assert reading(local) == [
        f"{local.path}: the state is gone, and its journal groups.state.json.journal is still there | "
        "restore the state from git or a backup; without it groups would be created again"
    ]


def test_a_journal_of_another_state_is_refused(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    local.journal_path.write_bytes(line_of(1, Begin(ANOTHER, 1)))
    assert reading(local) == [
        f"{local.journal_path}: the journal does not fit the state: it goes on from another state "
        f"(lineage {ANOTHER}, and the state's is {LINEAGE}) | "
        "put back the state that belongs to it (the two files are one thing); nothing was sent"
    ]


def test_a_broken_line_in_the_middle_is_refused_and_nothing_is_cut_away(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    raw = line_of(1, Begin(LINEAGE, 1)) + b"broken\n" + line_of(3, attempt("a")[0])
    local.journal_path.write_bytes(raw)
    calls: list[Callable[[], object]] = [local.load, local.checkpoint, lambda: local.open_journal(STATE)]
    for call in calls:
        (line,) = refusal(StateInvalid, call)
        assert "line 2 is not as it was written (its checksum does not match)" in line
    assert local.journal_path.read_bytes() == raw


def put_link(path: Path) -> None:
    (path.parent / "real.json").write_text("{}")
    path.symlink_to("real.json")


def put_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(path.parent):
        server.bind(path.name)


_NO_FILE = " | name a file with --state"


@pytest.mark.parametrize(
    ("put", "told"),
    [
        (
            put_link,
            (
                "this is a symbolic link, and a state is never written behind one's back | name the file it"
                " points to: --state {real}"
            ),
        ),
        (
            lambda path: path.symlink_to("nowhere"),
            (
                "this is a symbolic link, and a state is never written behind one's back | "
                "name the file it points to: --state {nowhere}"
            ),
        ),
        (Path.mkdir, f"this is a folder{_NO_FILE}"),
        (os.mkfifo, f"this is not a regular file{_NO_FILE}"),
        (put_socket, f"this is not a regular file{_NO_FILE}"),
    ],
)
@pytest.mark.parametrize("which", ["path", "journal_path"])
def test_what_is_no_file_is_neither_read_nor_written(
    local: LocalState, tmp_path: Path, put: Callable[[Path], None], told: str, which: str
) -> None:
    path: Path = getattr(local, which)
    if which == "journal_path":
        local.replace(STATE, (), backup=False)
    put(path)
    expected = [f"{path}: {told.format(real=tmp_path / 'real.json', nowhere=tmp_path / 'nowhere')}"]
    assert reading(local) == expected
    before = {each: each.lstat().st_mtime_ns for each in tmp_path.iterdir()}
    if which == "path":
        assert refusal(StateInvalid, lambda: local.replace(STATE, (), backup=False)) == expected
    else:
        with pytest.raises(ZapiSyncError):
            local.open_journal(STATE)
    assert {each: each.lstat().st_mtime_ns for each in tmp_path.iterdir()} == before


def test_a_folder_that_is_none_has_no_state(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    local = at(tmp_path / "file" / "groups.state.json")
    assert reading(local) == [
        f"{local.journal_path}: it cannot be read: not a directory | see to it that this user may read it"
    ]
    assert refusal(StateInvalid, lambda: local.replace(STATE, (), backup=False)) == [
        f"{local.path}: it cannot be read: not a directory | see to it that this user may read it"
    ]


def test_a_folder_that_is_not_there_has_no_state_and_takes_none(tmp_path: Path) -> None:
    local = at(tmp_path / "none" / "groups.state.json")
    assert local.load().state is None
    told = "it cannot be written: no such file or directory | create the folder, or name another with --state"
    assert refusal(StateUnwritable, lambda: local.replace(STATE, (), backup=False)) == [
        f"{local.path}: {told}"
    ]
    assert refusal(StateUnwritable, lambda: local.open_journal(STATE)) == [f"{local.journal_path}: {told}"]


def test_a_folder_that_vanishes_is_found_before_the_next_event(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    local = at(folder / "groups.state.json")
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    folder.rename(tmp_path / "elsewhere")
    (line,) = refusal(StateUnwritable, lambda: journal.append(attempt("a")[0]))
    assert line.startswith(f"{local.journal_path}: it cannot be written: it was replaced or removed ")
    journal.close()


def test_a_folder_that_may_not_be_written_is_found_before_anything_is_sent(open_folder: Path) -> None:
    local = at(open_folder / "groups.state.json")
    told = "it cannot be written: permission denied | see to it that this user may write in this folder"
    with permissions_count(open_folder):
        assert refusal(StateUnwritable, lambda: local.replace(STATE, (), backup=False)) == [
            f"{local.path}: {told}"
        ]
        assert refusal(StateUnwritable, lambda: local.open_journal(STATE)) == [
            f"{local.journal_path}: {told}"
        ]


def test_a_state_that_may_not_be_read_is_not_taken_for_none(open_folder: Path) -> None:
    local = at(open_folder / "groups.state.json")
    local.replace(STATE, (), backup=False)
    local.path.chmod(0)
    with permissions_count(open_folder):
        assert reading(local) == [
            f"{local.path}: it cannot be read: permission denied | see to it that this user may read it"
        ]


def test_a_folder_that_may_not_be_entered_is_not_taken_for_empty(open_folder: Path) -> None:
    local = at(open_folder / "groups.state.json")
    with permissions_count(open_folder, 0o600):
        assert reading(local) == [
            f"{local.journal_path}: it cannot be read: permission denied | see to it that this user may"
            " read it"
        ]


def test_a_name_too_long_for_the_disk_is_refused(tmp_path: Path) -> None:
    local = at(tmp_path / ("x" * 300))
    assert reading(local) == [
        f"{local.journal_path}: it cannot be read: file name too long | name a shorter path with --state"
    ]


@pytest.mark.parametrize("path", [".", "/"])
def test_a_path_without_a_name_is_refused(path: str) -> None:
    (line,) = refusal(StateInvalid, lambda: at(Path(path)).load())
    assert line == f"{path}: this is a folder{_NO_FILE}"


# a disk that is full, or may only be read


@contextlib.contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """Writes beyond that size fail, as on a full disk; what fits is written."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_an_event_that_fits_only_in_part_is_refused_and_later_dropped(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    whole = local.journal_path.read_bytes()
    with no_file_grows_beyond(len(whole) + 20):
        assert refusal(StateUnwritable, lambda: journal.append(attempt("a")[0])) == [
            f"{local.journal_path}: it cannot be written: no space left on device | "
            "make room on the disk, then run this again"
        ]
    assert len(local.journal_path.read_bytes()) == len(whole) + 20
    refusal(StateUnwritable, lambda: journal.append(attempt("a")[0]))
    journal.close()
    local.open_journal(STATE).close()
    assert local.journal_path.read_bytes() == whole


def test_a_state_that_fits_only_in_part_leaves_the_old_one_and_nothing_else(
    local: LocalState, tmp_path: Path
) -> None:
    local.replace(STATE, (), backup=False)
    old = local.path.read_bytes()
    with no_file_grows_beyond(20):
        (line,) = refusal(StateUnwritable, lambda: local.replace(STATE.with_groups({}), (), backup=False))
    assert line.startswith(f"{local.path}: it cannot be written: ")
    assert local.path.read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == [local.path.name]


def test_a_full_disk_takes_neither_state_nor_journal(small_disk: Path) -> None:
    local = at(small_disk / "groups.state.json")
    local.replace(STATE, (), backup=False)
    old = local.path.read_bytes()
    fill(small_disk)
    told = "it cannot be written: no space left on device | make room on the disk, then run this again"
    assert refusal(StateUnwritable, lambda: local.replace(STATE.after(STATE), (), backup=False)) == [
        f"{local.path}: {told}"
    ]
    assert refusal(StateUnwritable, lambda: local.open_journal(STATE)) == [f"{local.journal_path}: {told}"]
    assert local.path.read_bytes() == old
    (small_disk / "full").unlink()
    local.open_journal(STATE).close()
    assert local.load().state == STATE


@pytest.mark.parametrize("raw", [b"broken\n", b""])
def test_a_journal_that_cannot_be_used_is_closed_again(local: LocalState, raw: bytes) -> None:
    local.journal_path.write_bytes(raw)
    before = os.listdir("/proc/self/fd")
    with no_file_grows_beyond(20), pytest.raises(ZapiSyncError):
        local.open_journal(STATE)
    assert os.listdir("/proc/self/fd") == before


def test_a_run_on_a_disk_that_fills_up_ends_before_the_next_event(small_disk: Path) -> None:
    local = at(small_disk / "groups.state.json")
    local.replace(STATE, (), backup=False)
    journal = local.open_journal(STATE)
    fill(small_disk)
    written = []

    def go_on() -> None:
        for number in range(1000):
            for event in attempt(f"g{number}", MADE):
                journal.append(event)
                written.append(event)

    (line,) = refusal(StateUnwritable, go_on)
    assert "no space left on device" in line
    journal.close()
    assert list(parse_journal(local.journal_path.read_bytes(), "j").events)[1:] == written


def test_a_disk_that_may_only_be_read_is_found_before_anything_is_sent(small_disk: Path) -> None:
    local = at(small_disk / "groups.state.json")
    local.replace(STATE, (), backup=False)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    told = (
        "it cannot be written: read-only file system | put the state on a disk that can be written, with"
        " --state"
    )
    assert local.load().state == STATE
    assert refusal(StateUnwritable, lambda: local.replace(STATE.after(STATE), (), backup=False)) == [
        f"{local.path}: {told}"
    ]
    assert refusal(StateUnwritable, lambda: local.open_journal(STATE)) == [f"{local.journal_path}: {told}"]


def test_a_state_that_is_mounted_by_itself_is_told_how_to_mount_it(local: LocalState, tmp_path: Path) -> None:
    local.replace(STATE, (), backup=False)
    mounted = subprocess.run(["mount", "--bind", local.path, local.path], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"only root may mount a file here: {mounted.stderr.decode().strip()}")
    try:
        lines = refusal(StateUnwritable, lambda: local.replace(STATE.with_groups({}), (), backup=False))
    finally:
        subprocess.run(["umount", local.path], check=True)
    assert lines == [
        f"{local.path}: it cannot be written: device or resource busy | "
        "a file that is mounted by itself cannot be replaced: mount its folder instead"
    ]
    assert [path.name for path in tmp_path.iterdir()] == [local.path.name]


def test_a_state_larger_than_any_is_refused(local: LocalState, monkeypatch: pytest.MonkeyPatch) -> None:
    local.replace(STATE, (), backup=False)
    monkeypatch.setattr(local_state, "MAX_BYTES", 100)
    (line,) = reading(local)
    assert "and no state grows so large" in line


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o644, False), (0o664, False), (0o666, True)])
def test_a_state_that_everybody_can_change_is_told(local: LocalState, mode: int, warned: bool) -> None:
    assert local.warnings() == []
    local.path.write_text("{}")
    local.path.chmod(mode)
    assert [warning.code for warning in local.warnings()] == [Code.STATE_OPEN_TO_OTHERS] * warned


def test_a_journal_that_gives_one_group_to_two_keys_is_not_folded_in(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    events = [Begin(LINEAGE, 1), *attempt("a", MADE), *attempt("b", MADE)]
    raw = b"".join(line_of(number, event) for number, event in enumerate(events, start=1))
    local.journal_path.write_bytes(raw)
    before = local.path.read_bytes()
    for call in (local.load, local.checkpoint):
        (line,) = refusal(StateInvalid, call)
        assert line.startswith(
            f"{local.journal_path}: the journal cannot be used: with what it says, "
            '"a" and "b" stand for one group, 120363019502650977-group | restore state and journal together'
        )
    assert (local.path.read_bytes(), local.journal_path.read_bytes()) == (before, raw)


def test_a_file_that_breaks_off_while_it_is_read_is_told() -> None:
    (line,) = refusal(StateInvalid, at(Path("/proc/self/mem")).load)
    assert (
        line == "/proc/self/mem: it cannot be read: input/output error | see to the disk, then run this again"
    )


def test_a_journal_that_everybody_can_change_is_told(local: LocalState) -> None:
    local.replace(STATE, (), backup=False)
    local.open_journal(STATE).close()
    local.journal_path.chmod(0o666)
    (warning,) = local.warnings()
    assert warning.message.startswith("everybody on this machine can change this journal, ")
    assert warning.hint == f"chmod 600 {local.journal_path}"
