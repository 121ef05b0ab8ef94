"""What is read once before the work: config texts, packaged schemas, the environment."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from zapi_sync.core.model import Credentials, InstanceName, Remote, credential_variables
from zapi_sync.core.source import Source, decode
from zapi_sync.errors import CredentialsInvalid, Diagnostic, InputUnreadable

STDIN = "-"
BASE_URL_VARIABLE = "ZAPI_BASE_URL"
DEFAULT_BASE_URL = "https://api.z-api.io"
MAX_CONFIG_BYTES = 256 * 1024 * 1024
SCHEMAS = ("groups", "state", "plan", "apply", "errors")

_SUFFIXES = (".yaml", ".yml")


def read_sources(names: Sequence[str]) -> list[Source]:
    """The config texts that `-f` names: files, folders (their *.yaml and *.yml by name), `-` for stdin.

    Raises InputUnreadable or ConfigInvalid.
    """
    return [source for name in names for source in _sources(name)]


def _sources(name: str) -> Iterator[Source]:
    if name == STDIN:
        yield decode("<stdin>", sys.stdin.buffer.read())
        return
    path = Path(name)
    if not path.is_dir():
        yield decode(name, _read(path, name))
        return
    files = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES and file.is_file())
    if not files:
        raise InputUnreadable.of(
            "no *.yaml or *.yml file is in this folder", help="name the file with -f FILE", file=name
        )
    for file in files:
        yield decode(str(file), _read(file, str(file)))


def _read(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise InputUnreadable.of(
                f"this file is larger than {MAX_CONFIG_BYTES // 2**20} MiB",
                help="split it: -f takes a folder, or several files",
                file=name,
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise InputUnreadable.of(
            "there is no such file",
            help="name the config with -f FILE; the README's example is a good beginning",
            file=name,
        ) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputUnreadable.of(
            f"this file cannot be read: {reason}", help="name a file that this user may read", file=name
        ) from None


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
    extras = parts.query or parts.fragment or parts.username or parts.password
    if not host or parts.scheme not in ("http", "https") or extras:
        raise CredentialsInvalid.of(
            f"{BASE_URL_VARIABLE} is not the address of an API",
            help=f"write it as in {DEFAULT_BASE_URL}, without user, query or fragment; or unset it",
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise CredentialsInvalid.of(
            f"{BASE_URL_VARIABLE} is plain http to {host}, and the token would travel in the clear",
            help="use https; plain http is accepted at loopback only (127.0.0.1, localhost)",
        )
    address = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{address}" + (f":{port}" if port else "")
    return Remote(base_url, origin)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_credentials(
    environment: Mapping[str, str], instances: Sequence[InstanceName]
) -> dict[InstanceName, Credentials]:
    """The credentials of each instance. Raises CredentialsInvalid, naming every variable that is missing."""
    complaints: list[Diagnostic] = []
    found: dict[InstanceName, Credentials] = {}
    for instance in instances:
        values = {name: environment.get(name, "").strip() for name in credential_variables(instance)}
        missing = [name for name, value in values.items() if not value]
        unusable = [name for name, value in values.items() if not _is_usable(value)]
        if missing:
            complaints.append(_missing(instance, missing))
        elif unusable:
            complaints.append(
                Diagnostic(
                    f"{' and '.join(unusable)} cannot be right: a blank or a character beyond ASCII is in it",
                    "copy the value again from the Z-API panel",
                )
            )
        else:
            found[instance] = Credentials(*values.values())
    if complaints:
        raise CredentialsInvalid(complaints)
    return found


def _is_usable(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _missing(instance: InstanceName, variables: Sequence[str]) -> Diagnostic:
    *others, last = variables
    names = f"{', '.join(others)} and {last}" if others else last
    return Diagnostic(
        f'the instance "{instance}" has no credentials: {names} {"are" if others else "is"} not set',
        "set what the Z-API panel shows (id and token of the instance; Client-Token under Security), "
        "or try it without an account: --sandbox",
    )


def environment() -> Mapping[str, str]:
    """The process's environment."""
    return os.environ
