"""What is read once before the work: config texts, packaged schemas, the environment."""

from __future__ import annotations

import difflib
import ipaddress
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from zapi_sync.core.model import Credentials, InstanceName, Remote, credential_variables
from zapi_sync.core.source import Source, decode
from zapi_sync.errors import Code, CredentialsInvalid, Diagnostic, InputUnreadable, Location

STDIN = "-"
BASE_URL_VARIABLE = "ZAPI_BASE_URL"
DEFAULT_BASE_URL = "https://api.z-api.io"
MAX_CONFIG_BYTES = 256 * 1024 * 1024
MAX_HOST_LABEL = 63
"""Characters between two dots of a host's name (RFC 1035, 2.3.4)."""

SCHEMAS = ("groups", "state", "plan", "apply", "invites", "errors")

_PORTS = {"http": 80, "https": 443}
_SUFFIXES = (".yaml", ".yml")


def read_sources(names: Sequence[str]) -> list[Source]:
    """The config texts that `-f` names: files, folders (their *.yaml and *.yml by name), `-` for stdin.

    What is named twice is read once. Raises InputUnreadable with all that cannot be read.
    """
    sources: list[Source] = []
    unreadable: list[Diagnostic] = []
    for name in dict.fromkeys(names):
        try:
            sources.extend(_sources(name))
        except InputUnreadable as complaint:
            unreadable.extend(complaint.diagnostics)
    if unreadable:
        raise InputUnreadable(unreadable)
    return sources


def _sources(name: str) -> Iterator[Source]:
    if name == STDIN:
        yield decode("<stdin>", _bounded(sys.stdin.buffer, "<stdin>"))
        return
    with _reading(name):
        files = _files(Path(name)) if name and Path(name).is_dir() else [name]
    if not files:
        raise InputUnreadable.of(
            Code.CONFIG_UNREADABLE,
            "no *.yaml or *.yml file is in this folder",
            hint="name the file with -f FILE",
            file=name,
        )
    for file in files:
        with _reading(file), open(file, "rb") as stream:
            yield decode(file, _bounded(stream, file))


def _files(folder: Path) -> list[str]:
    return [str(file) for file in sorted(folder.iterdir()) if file.suffix in _SUFFIXES and file.is_file()]


def _bounded(stream: BinaryIO, name: str) -> bytes:
    raw = stream.read(MAX_CONFIG_BYTES + 1)
    if len(raw) > MAX_CONFIG_BYTES:
        raise InputUnreadable.of(
            Code.BEYOND_BOUNDS,
            f"this is more than {MAX_CONFIG_BYTES // 2**20} MiB",
            hint="split it: -f takes a folder, or several files",
            file=name,
        )
    return raw


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InputUnreadable.of(
            Code.CONFIG_UNREADABLE,
            "there is no such file",
            hint="name the config with -f FILE; the README's example is a good beginning",
            file=name,
        ) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputUnreadable.of(
            Code.CONFIG_UNREADABLE,
            f"this cannot be read: {reason}",
            hint="name a file that this user may read",
            file=name,
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
    too_long = host is not None and any(len(label) > MAX_HOST_LABEL for label in host.split("."))
    odd = not base_url.isprintable() or set(base_url) & set("?#@ \\")  # urlsplit drops line breaks
    if not host or too_long or odd or parts.scheme not in _PORTS:
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
