"""Files with secrets: for their owner alone, whole, and where they were meant to be."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from tests.unit.made import refusal
from zapi_sync.edge.private_files import make_private_folder, write_private
from zapi_sync.errors import OutputLost


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(autouse=True)
def open_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_file_is_its_owners_alone_also_where_it_was_open(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)
    write_private(tmp_path / "b.html", b"b")
    assert mode(tmp_path / "b.html") == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    link = tmp_path / "a.svg"
    link.symlink_to("theirs")
    assert refusal(OutputLost, lambda: write_private(link, b"x")) == [
        f"{link} error: there is something of this name already, and it is no file"
        " | name another place: --out PATH"
    ]
    link.unlink()
    link.symlink_to("nowhere")
    assert len(refusal(OutputLost, lambda: write_private(link, b"x"))) == 1
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "this names no file"),
        ("folder", "there is something of this name already, and it is no file"),
        ("missing/a.html", "it cannot be written: no such file or directory"),
        ("file/a.html", "it cannot be written: not a directory"),
    ],
)
def test_where_there_can_be_no_file_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (told,) = refusal(OutputLost, lambda: write_private(Path(name), b"x"))
    assert told == f"{Path(name)} error: {why} | name another place: --out PATH"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_of_a_full_disk_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.html"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    (told,) = refusal(OutputLost, lambda: write_private(path, b"new"))
    assert "it cannot be written: no space left on device" in told
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.html"]


def test_a_folder_is_made_for_its_owner_alone_and_one_that_is_there_is_left(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "new")
    assert mode(tmp_path / "new") == 0o700
    (tmp_path / "open").mkdir(mode=0o755)
    make_private_folder(tmp_path / "open")
    assert mode(tmp_path / "open") == 0o755


@pytest.mark.parametrize(
    ("name", "why"), [("file", "file exists"), ("no/folder", "no such file or directory")]
)
def test_where_there_can_be_no_folder_it_is_told(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").write_text("")
    (told,) = refusal(OutputLost, lambda: make_private_folder(tmp_path / name))
    assert told == f"{tmp_path / name} error: this cannot be a folder: {why} | name another place: --out PATH"
