"""A file that was not there: written whole, and nothing is ever written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from zapi_sync.edge.new_file import check_new, write_new
from zapi_sync.errors import ScaffoldUnwritable


def refused(path: Path) -> str:
    with pytest.raises(ScaffoldUnwritable) as check:
        check_new(path)
    with pytest.raises(ScaffoldUnwritable) as write:
        write_new(path, "x")
    assert check.value.diagnostics == write.value.diagnostics
    (complaint,) = write.value.diagnostics
    return f"{complaint.message} | {complaint.hint}"


def test_it_is_written(tmp_path: Path) -> None:
    write_new(tmp_path / "new.yaml", "a: ç\n")
    assert (tmp_path / "new.yaml").read_bytes() == "a: ç\n".encode()


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    there = tmp_path / "there.yaml"
    there.write_text("mine")
    link = tmp_path / "link.yaml"
    link.symlink_to("nowhere.yaml")
    for path in (there, link, tmp_path):
        assert refused(path) == (
            "there is a file of this name already, and it is left as it is | name another file: --out FILE"
        )
    assert there.read_text() == "mine"
    assert not (tmp_path / "nowhere.yaml").exists()


def test_a_place_where_none_can_be(tmp_path: Path) -> None:
    assert refused(Path()) == "this names no file | name another file: --out FILE"
    assert refused(tmp_path / "no" / "x") == "its folder is not there | name another file: --out FILE"


def test_what_the_disk_refuses_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ScaffoldUnwritable) as refusal:
        write_new(tmp_path / "x.yaml", "x")
    assert refusal.value.diagnostics[0].message == "it cannot be written: no space left on device"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ScaffoldUnwritable, match="file name too long"):
        write_new(tmp_path / ("x" * 300), "x")
