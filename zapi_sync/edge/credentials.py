"""What the environment says of Z-API: where it is, and what each instance is reached with."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from zapi_sync.core.credentials import Credentials, Remote
from zapi_sync.core.model import credential_variables
from zapi_sync.core.nearest import nearest
from zapi_sync.errors import Code, CredentialsInvalid, Diagnostic
from zapi_sync.language import Joined, Plural, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from zapi_sync.core.model import InstanceName
    from zapi_sync.errors import Location

BASE_URL_VARIABLE = "ZAPI_BASE_URL"
DEFAULT_BASE_URL = "https://api.z-api.io"
MAX_BASE_URL = 2000

_HOST_LABEL = re.compile(r"[^\W_]([\w-]{0,61}\w)?", re.ASCII)  # RFC 1035, 2.3.4, and _ as many have it
_PORTS = {"http": 80, "https": 443}
_AND = Text(" and ")


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
            Text("{variable} is not the address of an API", variable=BASE_URL_VARIABLE),
            hint=Text(
                "write it as in {address}, without user, query or fragment; or unset it",
                address=DEFAULT_BASE_URL,
            ),
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise CredentialsInvalid.of(
            Code.BASE_URL,
            Text(
                "{variable} is plain http to {host}, and the token would travel in the clear",
                variable=BASE_URL_VARIABLE,
                host=host,
            ),
            hint=Text("use https; plain http is accepted at loopback only (127.0.0.1, localhost)"),
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
                    Text(
                        "{variables} cannot be right: a blank or a character beyond ASCII is in it",
                        variables=Joined(_AND, unusable),
                    ),
                    Text("copy the value again from the Z-API panel"),
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
                Text(
                    'the instances "{other}" and "{instance}" are one: {variables} are the same',
                    other=other,
                    instance=instance,
                    variables=Joined(_AND, variables),
                ),
                Text("correct the variable, or use one name for both in the config"),
            )


def _is_usable(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _missing(
    instance: InstanceName, variables: Sequence[str], environment: Mapping[str, str], where: Location | None
) -> Diagnostic:
    *others, last = variables
    names = Joined(_AND, (", ".join(others), last)) if others else last
    near = nearest(instance, _known_instances(environment), cutoff=0.7)
    hint = Text(
        "set what the Z-API panel shows (id and token of the instance; Client-Token under Security), "
        "or try it without an account: --sandbox"
    )
    return Diagnostic(
        Code.CREDENTIALS_MISSING,
        Plural(
            'the instance "{instance}" has no credentials: {variables} is not set',
            'the instance "{instance}" has no credentials: {variables} are not set',
            len(variables),
            instance=instance,
            variables=names,
        ),
        Text('did you mean "{near}", whose credentials are set? Else {hint}', near=near, hint=hint)
        if near
        else hint,
        where,
    )


def _known_instances(environment: Mapping[str, str]) -> list[str]:
    """The instances that the environment has a token for, but for the default one."""
    found = (re.fullmatch(r"ZAPI_([A-Z0-9_]+)_INSTANCE_ID", name) for name in environment)
    return [each[1].lower().replace("_", "-") for each in found if each]
