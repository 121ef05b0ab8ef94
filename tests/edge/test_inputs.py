"""What is read before the work: config texts from wherever they stand, and the packaged schemas."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from zapi_sync.core.source import Source
from zapi_sync.edge import inputs
from zapi_sync.errors import Code, Location

from .given import permissions_count


def unreadable(*names: str) -> list[str]:
    """What is told of files that cannot be read, each as `file: message | hint`."""
    return [
        (f"{problem.location.file}: " if problem.location else "") + f"{problem.message} | {problem.hint}"
        for problem in (source.problem for source in inputs.read_sources(names))
        if problem
    ]


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
    for name in ("b.yaml", "a.yml", "c.YAML", "d.Yml", "d.json", ".hidden.yaml", "e.yaml.bak", "README.md"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "folder.yaml" / "deep.yaml").write_text("deep")
    (tmp_path / "link.yaml").symlink_to("d.json")
    assert [Path(each.name).name for each in inputs.read_sources([str(tmp_path)])] == [
        ".hidden.yaml", "a.yml", "b.yaml", "c.YAML", "d.Yml", "link.yaml",
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


@pytest.mark.parametrize("sizes", [[1], [-1, 2], [-2, 1, 2, 1]])
def test_files_beyond_all_measure_are_refused(tmp_path: Path, sizes: list[int]) -> None:
    names = [str(tmp_path / f"{number}.yaml") for number in range(len(sizes))]
    for name, size in zip(names, sizes, strict=True):
        with open(name, "wb") as sparse:
            os.truncate(sparse.fileno(), size + (inputs.MAX_CONFIG_BYTES if name == names[0] else 0))
    sources = inputs.read_sources(names)
    assert [source.problem and source.problem.code for source in sources][-1] is Code.BEYOND_BOUNDS
    beyond = next(number for number in range(len(sizes)) if sum(sizes[: number + 1]) > 0)
    assert len(sources) == beyond + 1
    assert unreadable(*names)[-1] == (
        f"{names[beyond]}: the config is more than 256 MiB | "
        "split it over several runs: `-f` names the files of one"
    )


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


def test_what_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a.yaml", "none.yaml", "b.yaml")]
    Path(names[0]).write_text("a")
    Path(names[2]).write_bytes(b"\xff\xfe")
    sources = inputs.read_sources(names)
    assert [source.name for source in sources] == names
    assert [source.problem and source.problem.code for source in sources] == [
        None, Code.CONFIG_UNREADABLE, Code.NOT_UTF8,
    ]  # fmt: skip


def test_a_file_is_read_once_by_however_many_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("groups.yaml").write_text("a")
    Path("link.yaml").symlink_to("groups.yaml")
    names = ["groups.yaml", "./groups.yaml", "link.yaml", ".", str(tmp_path), "groups.yaml"]
    assert inputs.read_sources(names) == [Source("groups.yaml", "a")]


def test_what_leads_to_nothing_in_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("gone")
    (tmp_path / "b.yaml").write_text("b")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "c.yaml"))
        lines = unreadable(str(tmp_path))
    assert lines[0] == f"{tmp_path}/a.yaml: this link leads to nothing | mend the link, or remove it"
    assert lines[1].startswith(f"{tmp_path}/c.yaml: this cannot be read: no such device or address |")
    assert len(lines) == 2


def test_no_name_is_no_file() -> None:
    assert unreadable("") == [
        "-f names no file | name the config with -f FILE; is the name in a variable that is not set?"
    ]


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_file(device: str) -> None:
    assert unreadable(device) == [
        f"{device}: this is neither a file nor a pipe | name a file, or - for standard input"
    ]


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    path = str(tmp_path / "pipe.yaml")
    os.mkfifo(path)
    return path


def test_a_pipe_without_a_writer_is_given_up(
    pipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "WRITER_SECONDS", 0)
    complaint = f"{pipe}: nothing writes to this pipe | start what writes to it, or name a file"
    assert unreadable(pipe) == [complaint]
    assert unreadable(str(tmp_path)) == [complaint]


def test_a_pipe_s_writer_may_come_late(pipe: str) -> None:
    with subprocess.Popen(["sh", "-c", f"printf 'a: 1' > '{pipe}'"]):
        assert inputs.read_sources([pipe]) == [Source(pipe, "a: 1")]


def test_a_pipe_s_writer_may_take_its_time(pipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "WRITER_SECONDS", 0)
    writer, set_blocking = os.open(pipe, os.O_RDWR), os.set_blocking

    def write_at_last(descriptor: int, blocking: bool) -> None:
        set_blocking(descriptor, blocking)
        os.write(writer, b"a: 1")
        os.close(writer)

    monkeypatch.setattr(os, "set_blocking", write_at_last)
    assert inputs.read_sources([pipe]) == [Source(pipe, "a: 1")]


def test_the_output_of_a_command_is_read_as_a_file() -> None:
    script = "from zapi_sync.edge import inputs; import sys; print(inputs.read_sources(sys.argv[1:]))"
    command = f"{sys.executable} -c '{script}' <(printf a) <(true) /dev/stdin - <<< b"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert re.findall("text='(.*?)'", done.stdout) == ["a", "", "b\\n"]


@pytest.mark.parametrize("name", inputs.SCHEMAS)
def test_the_published_schemas_are_at_hand(name: str) -> None:
    published = Path(__file__).parents[2] / "schemas" / f"{name}.schema.json"
    assert inputs.schema_text(name) == published.read_text("utf-8")
    assert inputs.schema(name) == json.loads(published.read_text("utf-8"))
    assert str(inputs.schema(name)["$id"]).startswith(f"urn:zapi-sync:schema:{name}:")


def test_the_environment_is_the_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAPI_SYNC_TEST", "here")
    assert inputs.environment()["ZAPI_SYNC_TEST"] == "here"


def table(folder: Path, name: str) -> Source:
    """A CSV file that `groups.yaml` in this folder names."""
    (folder / "groups.yaml").touch()
    return inputs.Tables().read(str(folder / "groups.yaml"), [name])[name]


def test_a_csv_file_is_found_from_the_folder_of_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "m.csv").write_text("phone\r\n1\r\n", "utf-8-sig", newline="")
    (tmp_path / "conf" / "link.csv").symlink_to("../m.csv")
    monkeypatch.chdir(tmp_path)
    for name in ("link.csv", "../m.csv", str(tmp_path / "m.csv")):
        found = table(tmp_path / "conf", name)
        assert (found.text, found.problem) == ("phone\r\n1\r\n", None)
    assert found.name == str(tmp_path / "m.csv")
    assert inputs.Tables().read("<stdin>", ["m.csv"])["m.csv"].name == "m.csv"
    assert inputs.Tables().read("/dev/null", ["m.csv"])["m.csv"].name == "m.csv"


@pytest.mark.parametrize("name", ["../m.csv", "link.csv", "/etc/passwd", "/proc/self/environ"])
def test_a_csv_file_elsewhere_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A complaint quotes the line, and whoever writes a pull request names the file."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "m.csv").write_text("secret\n")
    (tmp_path / "conf" / "link.csv").symlink_to("../m.csv")
    monkeypatch.chdir(tmp_path / "conf")
    found = table(tmp_path / "conf", name)
    assert found.text == ""
    assert found.problem
    assert "lies outside the groups file's folder and the working folder" in found.problem.message
    assert found.problem.code is Code.CSV_UNREADABLE


def test_a_csv_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("phone\n")
    (tmp_path / "a.yaml").touch()
    (tmp_path / "b.yaml").touch()
    tables = inputs.Tables()
    first, second = (tables.read(str(tmp_path / name), ["m.csv"])["m.csv"] for name in ("a.yaml", "b.yaml"))
    assert first is second


def test_what_is_no_csv_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "latin.csv").write_bytes("phone\nção\n".encode("latin-1"))
    (tmp_path / "zip.csv").write_bytes(b"PK\x03\x04xyz\0")
    (tmp_path / "long.csv").write_text("phone\n12345678\n")
    monkeypatch.setattr(inputs, "MAX_CONFIG_BYTES", 10)
    found = {
        name: table(tmp_path, name).problem
        for name in ("pipe.csv", "folder.csv", "latin.csv", "zip.csv", "long.csv", "none.csv", "no\0.csv")
    }
    assert {name: (each.code, each.message) for name, each in found.items() if each} == {
        "pipe.csv": (
            Code.CSV_UNREADABLE,
            f"{tmp_path}/pipe.csv is no regular file, and a CSV file is one",
        ),
        "folder.csv": (
            Code.CSV_UNREADABLE,
            f"the CSV file {tmp_path}/folder.csv cannot be read: is a directory",
        ),
        "latin.csv": (Code.NOT_UTF8, "byte 0xe7 is not UTF-8 text"),
        "zip.csv": (Code.NOT_UTF8, "this is a binary file, not CSV"),
        "long.csv": (Code.BEYOND_BOUNDS, "the CSV files of this run are more than 0 MiB"),
        "none.csv": (
            Code.CSV_UNREADABLE,
            f"the CSV file {tmp_path}/none.csv cannot be read: no such file or directory",
        ),
        "no\0.csv": (
            Code.CSV_UNREADABLE,
            f"the CSV file {tmp_path}/no\0.csv cannot be read: embedded null byte",
        ),
    }
