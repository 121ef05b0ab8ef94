"""From options to the parts that do the work."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from zapi_sync.cli.options import STATE_VARIABLE
from zapi_sync.core.config import TYPED_KEYS, Config, read_config
from zapi_sync.core.document import parse
from zapi_sync.core.journal import Known
from zapi_sync.core.model import Credentials, InstanceName, Remote, sha256_of
from zapi_sync.core.pacing import Forecast, Pacing, forecast
from zapi_sync.core.plan import Create, Plan
from zapi_sync.core.state import check_remote
from zapi_sync.edge import inputs
from zapi_sync.edge.local_state import LocalState
from zapi_sync.errors import (
    ConfigInvalid,
    CredentialsInvalid,
    Diagnostic,
    Severity,
    StateInvalid,
    StateUnwritable,
)
from zapi_sync.ports import GroupCreator

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SANDBOX = Remote(base_url="http://sandbox", origin="sandbox")
_STATE_SUFFIX = ".state.json"
_SANDBOX_STATE_SUFFIX = ".sandbox.state.json"

_log = logging.getLogger("zapi_sync")


def load_config(files: Sequence[str]) -> Config:
    """The config of all files together. Raises ConfigInvalid with the complaints about all of them."""
    with _collector_held_off():
        documents = []
        complaints: list[Diagnostic] = []
        for source in inputs.read_sources(files):
            _log.info("config %s", source.name)
            try:
                documents.append(parse(source, typed_keys=TYPED_KEYS))
            except ConfigInvalid as invalid:
                complaints.extend(invalid.diagnostics)
        try:
            config = read_config(documents, inputs.schema("groups"))
        except ConfigInvalid as invalid:
            complaints.extend(invalid.diagnostics)
        if complaints:
            raise ConfigInvalid(complaints)
        return config


def state_file(
    files: Sequence[str], state: str | None, environment: Mapping[str, str], *, sandbox: bool
) -> Path:
    """The state's path: --state, else ZAPI_SYNC_STATE, else beside the first config.

    The sandbox keeps a state of its own beside the usual one; a path given with --state is taken as it is.
    """
    if state:
        return Path(state)
    chosen = environment.get(STATE_VARIABLE)
    path = Path(chosen) if chosen else _beside(files[0])
    return path.with_name(_stem(path) + _SANDBOX_STATE_SUFFIX) if sandbox else path


def _beside(file: str) -> Path:
    """`groups.yaml` -> `groups.state.json`; for a folder and for standard input `groups.state.json` in it."""
    if file == inputs.STDIN:
        return Path("groups" + _STATE_SUFFIX)
    path = Path(file)
    return path / ("groups" + _STATE_SUFFIX) if path.is_dir() else path.with_name(path.stem + _STATE_SUFFIX)


def _stem(state: Path) -> str:
    return state.name.removesuffix(_STATE_SUFFIX) if state.name.endswith(_STATE_SUFFIX) else state.stem


def open_state(path: Path) -> LocalState:
    _log.info("state %s", path)
    return LocalState(path, inputs.schema("state"))


def load_state(state: LocalState) -> Known:
    with _collector_held_off():
        return state.load()


def check_origin(known: Known, state: Path, environment: Mapping[str, str], *, sandbox: bool) -> None:
    """Raises StateInvalid where the state speaks of another API; needs no credentials."""
    if known.state:
        remote = SANDBOX if sandbox else inputs.read_remote(environment)
        check_remote(known.state, remote.origin, {}, str(state))


def remote_warnings(
    known: Known, state: Path, environment: Mapping[str, str], *, sandbox: bool
) -> list[Diagnostic]:
    """What a plan, which asks no API, can already tell about an apply that would be refused."""
    try:
        check_origin(known, state, environment, sandbox=sandbox)
    except (CredentialsInvalid, StateInvalid) as refusal:
        return [replace(each, severity=Severity.WARNING) for each in refusal.diagnostics]
    return []


def forecasts(plan: Plan, known: Known, pacing: Pacing, now: datetime) -> list[Forecast]:
    """The course of an apply, instance by instance."""
    wanted: dict[InstanceName, int] = {}
    for step in plan.of(Create):
        wanted[step.group.instance] = wanted.get(step.group.instance, 0) + 1
    return [forecast(now, known.creations(instance), pacing, number) for instance, number in wanted.items()]


@dataclass(frozen=True, slots=True)
class Api:
    """Where the groups live, as far as this run needs it."""

    remote: Remote
    credentials: Mapping[InstanceName, Credentials]
    creator: Callable[[InstanceName], GroupCreator]

    def instance_digests(self) -> dict[InstanceName, str]:
        return {name: sha256_of(each.instance_id) for name, each in self.credentials.items()}


def real_api(environment: Mapping[str, str], instances: Sequence[InstanceName], timeout: float) -> Api:
    """Z-API over HTTP. Raises CredentialsInvalid."""
    remote = inputs.read_remote(environment)
    credentials = inputs.read_credentials(environment, instances)
    return _api(remote, credentials, timeout, None)


def sandbox_api(state: Path, instances: Sequence[InstanceName], timeout: float) -> Api:
    """The embedded emulator, whose groups are kept beside the state. Raises StateUnwritable."""
    from zapi_sync.sandbox import create_app

    database = state.with_name(_stem(state).removesuffix(".sandbox") + ".sandbox.db")
    try:
        app = create_app(str(database))
    except (OSError, ValueError) as error:
        raise StateUnwritable.of(
            f"the sandbox cannot keep its groups here: {error}",
            help="remove the file, or choose another folder with --state",
            file=str(database),
        ) from None
    credentials = {name: Credentials(f"sandbox-{name}", "sandbox-token", "sandbox") for name in instances}
    return _api(SANDBOX, credentials, timeout, app)


def _api(
    remote: Remote,
    credentials: Mapping[InstanceName, Credentials],
    timeout: float,
    app: WSGIApplication | None,
) -> Api:
    from zapi_sync.edge.zapi import ZApi

    clients = {
        name: ZApi(remote, instance_credentials, timeout=timeout, app=app)
        for name, instance_credentials in credentials.items()
    }
    return Api(remote, credentials, clients.__getitem__)


@contextmanager
def _collector_held_off() -> Iterator[None]:
    """What is parsed stays, so the collector would only walk it again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
