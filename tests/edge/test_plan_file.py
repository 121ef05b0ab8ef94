"""A saved plan's file: whole or not at all, for its owner alone, and in nobody's way."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from zapi_sync.edge.plan_file import read_plan, write_plan
from zapi_sync.errors import SavedPlanInvalid


def is_plan(beginning: bytes) -> bool:
    return beginning.startswith(b"plan")


def refused(path: Path) -> str:
    with pytest.raises(SavedPlanInvalid) as refusal:
        write_plan(path, b"plan 2", is_plan)
    return refusal.value.diagnostics[0].message


def test_a_plan_is_for_its_owner_alone_and_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "a.plan"
    write_plan(path, b"plan 1", is_plan)
    path.chmod(0o644)
    write_plan(path, b"plan 2", is_plan)
    assert (read_plan(path), path.stat().st_mode & 0o777) == (b"plan 2", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_plan_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text("version: 1")
    assert refused(path) == "there is a file of this name, and it is no plan"
    assert path.read_text() == "version: 1"
    link = tmp_path / "link"
    link.symlink_to(path)
    assert refused(link) == "there is a file of this name, and it is no plan"
    assert refused(tmp_path) == "there is a file of this name, and it is no plan"


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path / "none" / "a.plan") == "it cannot be written: no such file or directory"
    assert refused(Path("/")) == "this names no file"
    assert refused(tmp_path / "a\0b").startswith("it cannot be written: ")
    assert refused(tmp_path / ("x" * 300)) == "it cannot be written: file name too long"


def test_a_full_disk_leaves_the_older_plan(tmp_path: Path) -> None:
    path = tmp_path / "a.plan"
    write_plan(path, b"plan 1", is_plan)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, before[1]))
    try:
        assert refused(path) == "it cannot be written: file too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "plan 1"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, why in (
        (tmp_path / "none", "it cannot be read: no such file or directory"),
        (tmp_path, "it cannot be read: is a directory"),
        (pipe, "this is no regular file"),
        (Path("a\0b"), "it cannot be read: embedded null byte"),
    ):
        with pytest.raises(SavedPlanInvalid) as refusal:
            read_plan(path)
        assert refusal.value.diagnostics[0].message == why
        assert refusal.value.diagnostics[0].hint == "name a file that zapi-sync plan --out wrote"
