"""What is read before the work: config texts from wherever they stand, and the packaged schemas."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zapi_sync.core.source import Source
from zapi_sync.edge import inputs
from zapi_sync.errors import InputUnreadable, Location

from .given import permissions_count, refusal


def unreadable(*names: str) -> list[str]:
    return refusal(InputUnreadable, lambda: inputs.read_sources(names))


def test_a_file_is_known_by_the_name_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "groups.yaml").write_text("version: 1 # ção\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert inputs.read_sources(["groups.yaml"]) == [Source("groups.yaml", "version: 1 # ção\n")]
    assert inputs.read_sources(["./groups.yaml"])[0].name == "./groups.yaml"


def test_several_files_come_in_the_order_they_were_given(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("b.yaml", "a.txt")]
    for name in names:
        Path(name).write_text(name)
    assert inputs.read_sources(names) == [Source(name, name) for name in names]


def test_of_a_folder_all_yaml_files_are_read_by_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.YAML", "d.json", ".hidden.yaml", "e.yaml.bak", "README.md"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "folder.yaml" / "deep.yaml").write_text("deep")
    (tmp_path / "link.yaml").symlink_to("d.json")
    assert [Path(each.name).name for each in inputs.read_sources([str(tmp_path)])] == [
        ".hidden.yaml", "a.yml", "b.yaml", "link.yaml",
    ]  # fmt: skip


def test_a_folder_without_yaml_files_is_refused(tmp_path: Path) -> None:
    assert unreadable(str(tmp_path)) == [
        f"{tmp_path}: no *.yaml or *.yml file is in this folder | name the file with -f FILE"
    ]


@pytest.mark.parametrize(
    ("raw", "text"), [(b"version: 1\n", "version: 1\n"), (b"", ""), ("ção".encode(), "ção")]
)
def test_standard_input_is_read_as_bytes(raw: bytes, text: str) -> None:
    script = "from zapi_sync.edge import inputs; print(ascii(inputs.read_sources(['-'])))"
    done = subprocess.run([sys.executable, "-c", script], input=raw, capture_output=True, check=True)
    assert done.stdout.decode().strip() == ascii([Source("<stdin>", text)])


def test_a_file_that_is_not_there_is_refused_with_a_beginning(tmp_path: Path) -> None:
    assert unreadable(str(tmp_path / "none.yaml")) == [
        f"{tmp_path}/none.yaml: there is no such file | name the config with -f FILE; the README's example is"
        " a good beginning"
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("file/x.yaml", "not a directory"),
        ("x" * 300, "file name too long"),
        ("loop", "too many levels of symbolic links"),
        ("a\0b", "embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    (line,) = unreadable(str(tmp_path / name))
    assert line.startswith(f"{tmp_path / name}: this cannot be read: {reason}")
    assert line.endswith(" | name a file that this user may read")


def test_a_file_that_may_not_be_read_is_refused(open_folder: Path) -> None:
    file = open_folder / "groups.yaml"
    file.touch(0)
    with permissions_count(open_folder):
        assert unreadable(str(file)) == [
            f"{file}: this cannot be read: permission denied | name a file that this user may read"
        ]


def test_a_file_in_a_folder_that_may_not_be_entered_is_refused(open_folder: Path) -> None:
    with permissions_count(open_folder, 0o600):
        assert unreadable(str(open_folder / "groups.yaml")) == [
            f"{open_folder}/groups.yaml: this cannot be read: permission denied | name a file that this user"
            " may read"
        ]


def test_a_folder_that_may_not_be_listed_is_refused(open_folder: Path) -> None:
    folder = open_folder / "private"
    folder.mkdir()
    (folder / "groups.yaml").touch()
    with permissions_count(folder, 0o300):
        (line,) = unreadable(str(folder))
    assert "permission denied" in line


def test_a_file_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as sparse:
        os.truncate(sparse.fileno(), inputs.MAX_CONFIG_BYTES + 1)
    assert unreadable(str(file)) == [
        f"{file}: this is more than 256 MiB | split it: -f takes a folder, or several files"
    ]


def test_what_is_no_text_is_told_under_its_name(tmp_path: Path) -> None:
    file = tmp_path / "groups.yaml"
    file.write_bytes(b"version: 1\0")
    (source,) = inputs.read_sources([str(tmp_path)])
    assert source.problem
    assert source.problem.location == Location(str(file), 1, 11, text="version: 1\0")


def test_all_files_that_cannot_be_read_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    lines = unreadable(str(tmp_path / "one.yaml"), str(tmp_path / "empty"))
    assert [line.partition(" |")[0] for line in lines] == [
        f"{tmp_path}/one.yaml: there is no such file",
        f"{tmp_path}/empty: no *.yaml or *.yml file is in this folder",
    ]


@pytest.mark.parametrize("name", inputs.SCHEMAS)
def test_the_published_schemas_are_at_hand(name: str) -> None:
    published = Path(__file__).parents[2] / "schemas" / f"{name}.schema.json"
    assert inputs.schema_text(name) == published.read_text("utf-8")
    assert inputs.schema(name) == json.loads(published.read_text("utf-8"))
    assert str(inputs.schema(name)["$id"]).startswith(f"urn:zapi-sync:schema:{name}:")


def test_the_environment_is_the_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAPI_SYNC_TEST", "here")
    assert inputs.environment()["ZAPI_SYNC_TEST"] == "here"
