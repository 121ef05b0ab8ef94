"""What is read once before the work: config texts, packaged schemas, the environment."""

from __future__ import annotations

import json
import os
import select
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from zapi_sync.core.source import Source, decode, shortened
from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, Diagnostic, Location, reason
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


STDIN = "-"
MAX_CONFIG_BYTES = 256 * 1024 * 1024
"""Of all files together: what is made of them takes ten times their room."""
WRITER_SECONDS = 5
"""So long a named pipe may have no writer."""
SCHEMAS = (
    "groups",
    "state",
    "plan",
    "saved-plan",
    "show",
    "apply",
    "drift",
    "refresh",
    "invites",
    "doctor",
    "import",
    "init",
    "state-list",
    "state-show",
    "state-change",
    "errors",
)

_SUFFIXES = (".yaml", ".yml")


def read_sources(names: Sequence[str]) -> list[Source]:
    """The config texts that `-f` names: files, folders (their *.yaml and *.yml by name), `-` for stdin.

    A file is read once, by however many names. What cannot be read is a source that says why.
    """
    reader = _Reader()
    for name in names:
        reader.read(name)
    return reader.sources


def _refuse_what_is_outside(file: str, folder: str) -> None:
    """Raises _Unreadable: complaints quote lines, and those of any file are not for a pull request's log."""
    real = os.path.realpath(file)
    roots = {os.path.realpath(folder or "."), os.path.realpath(".")}
    if not any(os.path.commonpath([real, root]) == root for root in roots):
        raise _Unreadable(
            Text(
                "the CSV file {file} lies outside the groups file's folder and the working folder",
                file=shortened(file),
            ),
            Text("put it into one of the two, or run zapi-sync from a folder that holds both"),
            Code.CSV_UNREADABLE,
        )


class Tables:
    """Reads the CSV files that configs name, each of them once and no more than MAX_CONFIG_BYTES together."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}
        self._room = MAX_CONFIG_BYTES

    def read(self, config: str, names: Iterable[str]) -> dict[str, Source]:
        """Each of them by its name, as the config has it: from the config's folder, or from the working
        folder where that is no file. What cannot be read is a source that says why."""
        folder = os.path.dirname(config) if os.path.isfile(config) else ""
        return {name: self._source(os.path.join(folder, name), folder) for name in names}

    def _source(self, file: str, folder: str) -> Source:
        if file not in self._sources:
            try:
                _refuse_what_is_outside(file, folder)
                self._sources[file] = self._read(file)
            except _Unreadable as refusal:
                self._sources[file] = Source(file, "", refusal.complaint)
            except (OSError, ValueError) as error:
                name, why = shortened(file), reason(error)
                complaint = Diagnostic(
                    Code.CSV_UNREADABLE,
                    Text("the CSV file {file} cannot be read: {why}", file=name, why=why),
                    Text(
                        "its path begins at the folder of the groups file: is it there, and may it be read?"
                    ),
                )
                self._sources[file] = Source(file, "", complaint)
        return self._sources[file]

    def _read(self, file: str) -> Source:
        with _opened_file(file) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise _Unreadable(
                    Text("{file} is no regular file, and a CSV file is one", file=shortened(file)),
                    Text("name a file"),
                    Code.CSV_UNREADABLE,
                )
            raw = stream.read(self._room + 1)
        if len(raw) > self._room:
            raise _Unreadable(
                Text("the CSV files of this run are more than {limit} MiB", limit=MAX_CONFIG_BYTES // 2**20),
                Text("split them over several runs: `-f` names the files of one"),
                Code.BEYOND_BOUNDS,
            )
        self._room -= len(raw)
        return decode(file, raw, "CSV")


class _Unreadable(Exception):
    """What keeps a file from being read, and what to do about it."""

    def __init__(self, message: str, hint: str, code: Code = Code.CONFIG_UNREADABLE) -> None:
        super().__init__(message)
        self.complaint = Diagnostic(code, message, hint)


class _Reader:
    """Reads files one after another, each of them once and no more than MAX_CONFIG_BYTES together."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self._seen: set[tuple[int, int]] = set()
        self._room = MAX_CONFIG_BYTES

    def read(self, name: str) -> None:
        files: list[str] = []
        with self._telling(name):
            files = _files(name)
        for file in files:
            if self._room >= 0:
                with self._telling(file):
                    self._read_file(file)

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        try:
            yield
        except _Unreadable as refusal:
            complaint = refusal.complaint
        except (OSError, ValueError) as error:
            complaint = _failure(name, error)
        else:
            return
        self.sources.append(Source(name, "", replace(complaint, location=Location(name) if name else None)))

    def _read_file(self, file: str) -> None:
        with _opened(file) as stream:
            status = os.fstat(stream.fileno())
            identity = status.st_dev, status.st_ino
            if identity in self._seen:
                return
            self._seen.add(identity)
            raw = _first(stream, status.st_mode) if file != STDIN else b""
            raw += stream.read(self._room + 1)
        self._room -= len(raw)
        if self._room < 0:
            raise _Unreadable(
                Text("the config is more than {limit} MiB", limit=MAX_CONFIG_BYTES // 2**20),
                Text("split it over several runs: `-f` names the files of one"),
                Code.BEYOND_BOUNDS,
            )
        self.sources.append(decode("<stdin>" if file == STDIN else file, raw))


def _files(name: str) -> list[str]:
    """The files of a name that `-f` was given: those of a folder, or itself."""
    if not name:
        raise _Unreadable(
            Text("-f names no file"),
            Text("name the config with -f FILE; is the name in a variable that is not set?"),
        )
    if name == STDIN or not os.path.isdir(name):
        return [name]
    files = [
        str(entry)
        for entry in sorted(Path(name).iterdir())
        if entry.suffix.lower() in _SUFFIXES and not entry.is_dir()
    ]
    if not files:
        raise _Unreadable(
            Text("no *.yaml or *.yml file is in this folder"), Text("name the file with -f FILE")
        )
    return files


def _opened(file: str) -> BinaryIO:
    if file == STDIN:
        return open(sys.stdin.fileno(), "rb", closefd=False)
    return _opened_file(file)


def _opened_file(file: str) -> BinaryIO:
    return open(file, "rb", opener=_open_at_once)


def _open_at_once(file: str, flags: int) -> int:
    return os.open(file, flags | os.O_NONBLOCK)  # else the opening of a pipe waits for a writer


def _first(stream: BinaryIO, mode: int) -> bytes:
    """Waits for what is to be read, and returns what had to be read to know that there is something.

    A pipe that nobody writes to is waited for but a while; a device may have no end, unless it is a terminal.
    """
    first = b""
    if stat.S_ISFIFO(mode):
        waiting = select.poll()
        waiting.register(stream, select.POLLIN)
        if not waiting.poll(WRITER_SECONDS * 1000):
            with suppress(BlockingIOError):  # there is a writer, who takes his time
                first = os.read(stream.fileno(), 1)
                if not first:
                    raise _Unreadable(
                        Text("nothing writes to this pipe"), Text("start what writes to it, or name a file")
                    )
    elif not stat.S_ISREG(mode) and not stream.isatty():
        raise _Unreadable(
            Text("this is neither a file nor a pipe"), Text("name a file, or - for standard input")
        )
    os.set_blocking(stream.fileno(), True)
    return first


def _failure(name: str, error: OSError | ValueError) -> Diagnostic:
    if isinstance(error, FileNotFoundError):
        if os.path.islink(name):
            what, hint = Text("this link leads to nothing"), Text("mend the link, or remove it")
        else:
            what = Text("there is no such file")
            hint = Text("name the config with -f FILE; the README's example is a good beginning")
    else:
        what = Text("this cannot be read: {why}", why=reason(error))
        hint = Text("name a file that this user may read")
    return Diagnostic(Code.CONFIG_UNREADABLE, what, hint)


def schema_text(name: str) -> str:
    """A published JSON Schema by its short name, from the installed package or a checkout's schemas/."""
    package = os.path.dirname(os.path.dirname(__file__))
    folders = (os.path.join(package, "schemas"), os.path.join(os.path.dirname(package), "schemas"))
    for file in (os.path.join(folder, f"{name}.schema.json") for folder in folders):
        with suppress(FileNotFoundError, NotADirectoryError), open(file, encoding="utf-8") as stream:
            return stream.read()
    from importlib import resources  # which takes longer to import, and can look into a zip file

    return resources.files("zapi_sync").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")


def schema(name: str) -> Mapping[str, object]:
    """The same as data."""
    return cast("Mapping[str, object]", json.loads(schema_text(name)))


def environment() -> Mapping[str, str]:
    """The process's environment."""
    return os.environ
