"""What is read once before the work: config texts, packaged schemas, the environment."""

from __future__ import annotations

import difflib
import ipaddress
import json
import os
import re
import select
import stat
import sys
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

from zapi_sync.core.model import Credentials, Remote, credential_variables
from zapi_sync.core.source import Source, decode, shortened
from zapi_sync.errors import Code, CredentialsInvalid, Diagnostic, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from zapi_sync.core.model import InstanceName

STDIN = "-"
BASE_URL_VARIABLE = "ZAPI_BASE_URL"
DEFAULT_BASE_URL = "https://api.z-api.io"
MAX_CONFIG_BYTES = 256 * 1024 * 1024
"""Of all files together: what is made of them takes ten times their room."""
WRITER_SECONDS = 5
"""So long a named pipe may have no writer."""
MAX_BASE_URL = 2000

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

_HOST_LABEL = re.compile(r"[^\W_]([\w-]{0,61}\w)?", re.ASCII)  # RFC 1035, 2.3.4, and _ as many have it
_PORTS = {"http": 80, "https": 443}
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
            f"the CSV file {shortened(file)} lies outside the groups file's folder and the working folder",
            "put it into one of the two, or run zapi-sync from a folder that holds both",
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
                reason = (getattr(error, "strerror", None) or str(error)).lower()
                complaint = Diagnostic(
                    Code.CSV_UNREADABLE,
                    f"the CSV file {shortened(file)} cannot be read: {reason}",
                    "its path begins at the folder of the groups file: is it there, and may it be read?",
                )
                self._sources[file] = Source(file, "", complaint)
        return self._sources[file]

    def _read(self, file: str) -> Source:
        with _opened_file(file) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise _Unreadable(
                    f"{shortened(file)} is no regular file, and a CSV file is one",
                    "name a file",
                    Code.CSV_UNREADABLE,
                )
            raw = stream.read(self._room + 1)
        if len(raw) > self._room:
            raise _Unreadable(
                f"the CSV files of this run are more than {MAX_CONFIG_BYTES // 2**20} MiB",
                "split them over several runs: `-f` names the files of one",
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
                f"the config is more than {MAX_CONFIG_BYTES // 2**20} MiB",
                "split it over several runs: `-f` names the files of one",
                Code.BEYOND_BOUNDS,
            )
        self.sources.append(decode("<stdin>" if file == STDIN else file, raw))


def _files(name: str) -> list[str]:
    """The files of a name that `-f` was given: those of a folder, or itself."""
    if not name:
        raise _Unreadable(
            "-f names no file", "name the config with -f FILE; is the name in a variable that is not set?"
        )
    if name == STDIN or not os.path.isdir(name):
        return [name]
    files = [
        str(entry)
        for entry in sorted(Path(name).iterdir())
        if entry.suffix.lower() in _SUFFIXES and not entry.is_dir()
    ]
    if not files:
        raise _Unreadable("no *.yaml or *.yml file is in this folder", "name the file with -f FILE")
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
                        "nothing writes to this pipe", "start what writes to it, or name a file"
                    )
    elif not stat.S_ISREG(mode) and not stream.isatty():
        raise _Unreadable("this is neither a file nor a pipe", "name a file, or - for standard input")
    os.set_blocking(stream.fileno(), True)
    return first


def _failure(name: str, error: OSError | ValueError) -> Diagnostic:
    if isinstance(error, FileNotFoundError):
        if os.path.islink(name):
            what, hint = "this link leads to nothing", "mend the link, or remove it"
        else:
            what = "there is no such file"
            hint = "name the config with -f FILE; the README's example is a good beginning"
    else:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        what, hint = f"this cannot be read: {reason}", "name a file that this user may read"
    return Diagnostic(Code.CONFIG_UNREADABLE, what, hint)


def schema_text(name: str) -> str:
    """A published JSON Schema by its short name, from the installed package or a checkout's schemas/."""
    file = f"{name}.schema.json"
    packaged = resources.files("zapi_sync").joinpath("schemas", file)
    if packaged.is_file():
        return packaged.read_text("utf-8")
    return (Path(__file__).parents[2] / "schemas" / file).read_text("utf-8")


def schema(name: str) -> Mapping[str, object]:
    """The same as data."""
    return cast(Mapping[str, object], json.loads(schema_text(name)))


def read_remote(environment: Mapping[str, str]) -> Remote:
    """Where Z-API is: ZAPI_BASE_URL, or its public address.

    Raises CredentialsInvalid; plain http is for loopback alone, because the token stands in the URL.
    """
    base_url = environment.get(BASE_URL_VARIABLE, "").strip().rstrip("/") or DEFAULT_BASE_URL
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    odd = not base_url.isprintable() or set(base_url) & set("?#@ \\")  # urlsplit drops line breaks
    if not host or not _is_host(host) or odd or parts.scheme not in _PORTS or len(base_url) > MAX_BASE_URL:
        raise CredentialsInvalid.of(
            Code.BASE_URL,
            f"{BASE_URL_VARIABLE} is not the address of an API",
            hint=f"write it as in {DEFAULT_BASE_URL}, without user, query or fragment; or unset it",
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise CredentialsInvalid.of(
            Code.BASE_URL,
            f"{BASE_URL_VARIABLE} is plain http to {host}, and the token would travel in the clear",
            hint="use https; plain http is accepted at loopback only (127.0.0.1, localhost)",
        )
    address = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{address}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")
    return Remote(base_url, origin)


def _is_host(host: str) -> bool:
    """Whether this is an IP address, or a name of labels as hosts have them."""
    in_brackets = ":" in host  # urlsplit takes nothing but addresses there
    return in_brackets or all(map(_is_label, host.removesuffix(".").split(".")))


def _is_label(label: str) -> bool:
    if not label.isascii() or label.startswith("xn--"):  # what is in another script is written as xn--… there
        try:
            label = label.encode("idna").decode("idna").encode("idna").decode("ascii")
        except UnicodeError:
            return False
    return _HOST_LABEL.fullmatch(label) is not None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_credentials(
    environment: Mapping[str, str],
    instances: Sequence[InstanceName],
    where: Callable[[InstanceName], Location | None],
) -> dict[InstanceName, Credentials]:
    """The credentials of each instance. Raises CredentialsInvalid, naming every variable that is missing, and
    `where` the instance was named."""
    complaints: list[Diagnostic] = []
    found: dict[InstanceName, Credentials] = {}
    for instance in instances:
        values = {name: environment.get(name, "").strip() for name in credential_variables(instance)}
        missing = [name for name, value in values.items() if not value]
        unusable = [name for name, value in values.items() if not _is_usable(value)]
        if missing:
            complaints.append(_missing(instance, missing, environment, where(instance)))
        elif unusable:
            complaints.append(
                Diagnostic(
                    Code.CREDENTIALS_UNUSABLE,
                    f"{' and '.join(unusable)} cannot be right: a blank or a character beyond ASCII is in it",
                    "copy the value again from the Z-API panel",
                )
            )
        else:
            found[instance] = Credentials(*values.values())
    complaints += _same_number(found)
    if complaints:
        raise CredentialsInvalid(complaints)
    return found


def _same_number(found: Mapping[InstanceName, Credentials]) -> Iterator[Diagnostic]:
    """Two names for one number would get around its pace, and around names being unique on it."""
    first: dict[str, InstanceName] = {}
    for instance, credentials in found.items():
        other = first.setdefault(credentials.instance_id, instance)
        if other != instance:
            variables = [credential_variables(name)[0] for name in (other, instance)]
            yield Diagnostic(
                Code.CREDENTIALS_SHARED,
                f'the instances "{other}" and "{instance}" are one: {" and ".join(variables)} are the same',
                "correct the variable, or use one name for both in the config",
            )


def _is_usable(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _missing(
    instance: InstanceName, variables: Sequence[str], environment: Mapping[str, str], where: Location | None
) -> Diagnostic:
    *others, last = variables
    names = f"{', '.join(others)} and {last}" if others else last
    near = difflib.get_close_matches(instance, _known_instances(environment), n=1, cutoff=0.7)
    hint = (
        "set what the Z-API panel shows (id and token of the instance; Client-Token under Security), "
        "or try it without an account: --sandbox"
    )
    return Diagnostic(
        Code.CREDENTIALS_MISSING,
        f'the instance "{instance}" has no credentials: {names} {"are" if others else "is"} not set',
        f'did you mean "{near[0]}", whose credentials are set? Else {hint}' if near else hint,
        where,
    )


def _known_instances(environment: Mapping[str, str]) -> list[str]:
    """The instances that the environment has a token for, but for the default one."""
    found = (re.fullmatch(r"ZAPI_([A-Z0-9_]+)_INSTANCE_ID", name) for name in environment)
    return [each[1].lower().replace("_", "-") for each in found if each]


def environment() -> Mapping[str, str]:
    """The process's environment."""
    return os.environ
