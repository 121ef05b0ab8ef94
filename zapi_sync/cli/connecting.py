"""From the environment to the API, or to the sandbox in its place."""

from __future__ import annotations

import gc
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from zapi_sync.cli.wiring import stem_of
from zapi_sync.core.credentials import Credentials, Remote
from zapi_sync.core.model import sha256_of
from zapi_sync.core.state import check_remote
from zapi_sync.dataclass import dataclass, replace
from zapi_sync.edge import inputs
from zapi_sync.edge.credentials import read_credentials, read_remote
from zapi_sync.errors import Code, CredentialsInvalid, Severity, StateInvalid, StateUnwritable, reason
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from _typeshed.wsgi import WSGIApplication

    from zapi_sync.core.known import Known
    from zapi_sync.core.model import InstanceName
    from zapi_sync.edge.zapi import ZApi
    from zapi_sync.errors import Diagnostic, Location

SANDBOX = Remote(base_url="http://sandbox", origin="sandbox")
LOOKUP_SECONDS = 30.0


def check_origin(known: Known, state: str, environment: Mapping[str, str], *, sandbox: bool) -> None:
    """Raises StateInvalid where the state speaks of another API; needs no credentials."""
    if known.state:
        remote = SANDBOX if sandbox else read_remote(environment)
        check_remote(known.state, remote.origin, {}, state)


def remote_warnings(
    known: Known, state: str, environment: Mapping[str, str], *, sandbox: bool
) -> list[Diagnostic]:
    """What a plan, which asks no API, can already tell about an apply that would be refused."""
    try:
        check_origin(known, state, environment, sandbox=sandbox)
    except (CredentialsInvalid, StateInvalid) as refusal:
        return [replace(each, severity=Severity.WARNING) for each in refusal.diagnostics]
    return []


@dataclass(frozen=True, slots=True)
class Api:
    """Where the groups live, as far as this run needs it; `clients` has one of each instance in use."""

    remote: Remote
    digests: Mapping[InstanceName, str]
    clients: Mapping[InstanceName, ZApi]

    def client(self, instance: InstanceName) -> ZApi:
        return self.clients[instance]

    def check(self, known: Known, state: str) -> None:
        """Raises StateInvalid where the state speaks of another API, or of another number behind a name."""
        if known.state:
            check_remote(known.state, self.remote.origin, self.digests, state)

    @property
    def is_sandbox(self) -> bool:
        return self.remote == SANDBOX

    def close(self) -> None:
        for client in self.clients.values():
            client.close()


def connect(
    state: str,
    environment: Mapping[str, str],
    needed: Collection[InstanceName],
    useful: Collection[InstanceName],
    timeout: float,
    where: Callable[[InstanceName], Location | None],
    *,
    sandbox: bool,
) -> Api:
    """The embedded sandbox, or Z-API with the environment's credentials.

    Raises CredentialsInvalid where those of a `needed` instance are not there, with the place of its name
    (`where`); a `useful` one is left out.
    """
    if not gc.isenabled():  # __main__ holds it off; from here on a run may last for days
        gc.freeze()
        gc.enable()
    if sandbox:
        return _sandbox_api(state, [*needed, *useful], timeout)
    remote = read_remote(environment)
    credentials = read_credentials(environment, sorted(needed), where)
    for instance in useful:
        with suppress(CredentialsInvalid):
            credentials |= read_credentials(environment, [instance], where)
    return _api(remote, credentials, timeout, None)


def nowhere(_: InstanceName) -> None:
    """The place of an instance's name that no config was asked for."""


def connect_to_look(
    state: str,
    instances: Collection[InstanceName],
    where: Callable[[InstanceName], Location | None] = nowhere,
    *,
    sandbox: bool,
) -> Api:
    """As `connect`, for a command that only looks, whose look-ups are bounded by themselves."""
    return connect(state, inputs.environment(), instances, (), LOOKUP_SECONDS, where, sandbox=sandbox)


def _sandbox_api(state: str, instances: Sequence[InstanceName], timeout: float) -> Api:
    """The embedded emulator, whose groups are kept beside the state. Raises StateUnwritable."""
    from zapi_sync.sandbox import create_app

    path = Path(state)
    database = path.with_name(stem_of(path).removesuffix(".sandbox") + ".sandbox.db")
    try:
        if database.is_symlink():
            raise _unusable(database, Text("this is a symbolic link"))
        app = create_app(str(database))
    except (OSError, ValueError) as error:
        raise _unusable(database, reason(error)) from None
    credentials = {name: Credentials(f"sandbox-{name}", "sandbox-token", "sandbox") for name in instances}
    return _api(SANDBOX, credentials, timeout, app)


def _unusable(database: Path, reason: str) -> StateUnwritable:
    return StateUnwritable.of(
        Code.SANDBOX_UNUSABLE,
        Text("the sandbox cannot keep its groups here: {reason}", reason=reason),
        hint=Text("choose another folder with --state; if the file is broken, remove it"),
        file=str(database),
    )


def _api(
    remote: Remote,
    credentials: Mapping[InstanceName, Credentials],
    timeout: float,
    app: WSGIApplication | None,
) -> Api:
    from zapi_sync.edge.zapi import ZApi

    return Api(
        remote,
        {name: sha256_of(each.instance_id) for name, each in credentials.items()},
        {name: ZApi(remote, each, timeout=timeout, app=app) for name, each in credentials.items()},
    )
