"""`zapi-sync doctor`"""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import click

from zapi_sync.cli.connecting import connect_to_look, nowhere
from zapi_sync.cli.options import files_option, sandbox_option, state_option, with_console
from zapi_sync.cli.versions import versions
from zapi_sync.cli.wiring import (
    DEFAULT_FILE,
    is_for_others,
    load_config,
    open_state,
    recipients_of,
    state_address,
)
from zapi_sync.core import doctor
from zapi_sync.core.doctor import SANDBOX_FILES, Check, Finding, Verdict, refused
from zapi_sync.core.known import Known
from zapi_sync.core.model import DEFAULT_INSTANCE
from zapi_sync.edge import git
from zapi_sync.edge.clock import SystemClock
from zapi_sync.edge.credentials import read_credentials, read_remote
from zapi_sync.edge.inputs import environment
from zapi_sync.edge.local_state import LocalState
from zapi_sync.errors import ExitCode, RemoteUnavailable, ZapiSyncError
from zapi_sync.language import Joined, Text
from zapi_sync.render import doctor as rendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from zapi_sync.cli.connecting import Api
    from zapi_sync.cli.console import Console
    from zapi_sync.core.config import Config
    from zapi_sync.core.model import InstanceName
    from zapi_sync.edge.zapi import ZApi
    from zapi_sync.state.store import StateStore

_MACHINE_ONLY = (".env", ".envrc")


@click.command("doctor")
@files_option
@state_option
@sandbox_option
@click.option("--offline", is_flag=True, help="Ask no API: look at what is on this machine alone.")
@with_console()
def command(console: Console, files: tuple[str, ...], state: str | None, sandbox: bool, offline: bool) -> int:
    """Look for what may keep an apply from going well, and say how to mend it. Changes nothing.

    \b
    Before the first apply:  zapi-sync doctor
    Without the network:     zapi-sync doctor --offline

    \b
    Exit codes: 0 all is well, or there are warnings; 1 an error was found.
    """
    findings = list(_findings(files, state, sandbox=sandbox, offline=offline))
    if console.json:
        console.result(rendered.json(findings, offline=offline))
    else:
        console.result(rendered.text(findings, console.paint))
    found_error = any(each.verdict is Verdict.ERROR for each in findings)
    return ExitCode.ERROR if found_error else ExitCode.DONE


def _findings(files: Sequence[str], state: str | None, *, sandbox: bool, offline: bool) -> Iterator[Finding]:
    yield Finding(Check.VERSIONS, Verdict.OK, Joined(", ", versions()))
    config: Config | None = None
    try:
        config = load_config(files)
        yield doctor.of_config(config.groups, config.warnings, _again("validate", files))
    except ZapiSyncError as error:
        yield refused(Check.CONFIG, error.diagnostics)
    known = Known()
    try:
        store = open_state(state_address(files, state, environment(), sandbox=sandbox))
    except ZapiSyncError as error:
        yield refused(Check.STATE, error.diagnostics)
        return
    try:
        known = store.load()
        yield doctor.of_state(known, store.name)
        yield doctor.of_journal(known, is_there=store.has_journal)
    except ZapiSyncError as error:
        yield refused(Check.STATE, error.diagnostics)
    yield from _of_encryption(store, config, known)
    yield from _of_files(store, sandbox=sandbox)
    for instance, log in known.state.requests.items() if known.state else ():
        if limit := doctor.of_rate_limit(log, SystemClock().now(), instance):
            yield limit
    yield from _of_instances(store, config, known, sandbox=sandbox, offline=offline)


def _again(command: str, files: Sequence[str]) -> str:
    named = [] if tuple(files) == (DEFAULT_FILE,) else [word for file in files for word in ("-f", file)]
    return shlex.join(["zapi-sync", command, *named])


def _of_encryption(store: StateStore, config: Config | None, known: Known) -> Iterator[Finding]:
    """Where the state is encrypted, or is to be: whether what an apply writes could be read again."""
    recipients, changes = recipients_of(config, known), config and is_for_others(config, known)
    if not (recipients or changes):
        return
    try:
        store.verify_readable(recipients)
    except ZapiSyncError as error:
        yield refused(Check.ENCRYPTION, error.diagnostics)
    else:
        is_to_come = not known.state or bool(changes)
        yield doctor.of_encryption(recipients, store.warnings(), is_to_come=is_to_come)


def _of_files(store: StateStore, *, sandbox: bool) -> Iterator[Finding]:
    """Lock, permissions, and what git makes of the files."""
    try:
        yield doctor.of_lock(store.holder())
    except ZapiSyncError as error:
        yield refused(Check.LOCK, error.diagnostics)
    if not isinstance(store, LocalState):
        return
    folder = store.path.parent
    there = [path for path in (store.path, store.journal_path, store.backup_path) if os.path.isfile(path)]
    yield from doctor.of_permissions(
        [str(path) for path in there if _is_open_to_others(path)],
        [str(path) for path in (*there, folder) if not os.access(path, os.W_OK)],
    )
    mine = [folder / name for name in _MACHINE_ONLY] + [store.lock_path, store.backup_path]
    mine += [path for path in _sandbox_files(folder) if path != store.path]
    tracked = [str(path) for path in mine if os.path.exists(path) and git.is_tracked(path, environment())]
    where, hosts = git.whereabouts(store.path, environment()), git.hosts(folder, environment())
    yield from doctor.of_git(where, hosts, tracked, sandbox=sandbox)


def _is_open_to_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:  # it is just being replaced
        return False


def _sandbox_files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob(SANDBOX_FILES))
    except OSError:  # of a folder that cannot be read, the state's finding tells
        return []


def _of_instances(
    store: StateStore, config: Config | None, known: Known, *, sandbox: bool, offline: bool
) -> Iterator[Finding]:
    """Each instance by itself: one that is not well hides nothing of the others."""
    groups = config.groups if config else ()
    names = {group.instance for group in groups} | {each.instance for each in known.groups.values()}
    names |= {attempt.intent.group.instance for attempt in known.open.values()}
    try:
        yield Finding(
            Check.API, Verdict.OK, Text("the sandbox") if sandbox else read_remote(environment()).origin
        )
    except ZapiSyncError as error:
        yield refused(Check.API, error.diagnostics)
        return
    well: list[InstanceName] = []
    for instance in sorted(names) or [DEFAULT_INSTANCE]:
        try:
            where = config.where_instance if config else nowhere
            api = connect_to_look(store.name, [instance], where, sandbox=sandbox)
        except ZapiSyncError as error:
            yield refused(Check.CREDENTIALS, error.diagnostics, instance)
            continue
        well.append(instance)
        with closing(api):
            yield Finding(Check.CREDENTIALS, Verdict.OK, Text("all three are set"), None, instance)
            yield from _of_remote(api, known, store, instance)
            if not offline:
                yield from _of_api(api.client(instance), config, instance)
    try:
        read_credentials(environment(), [] if sandbox else well, nowhere)
    except ZapiSyncError as error:  # of several together: two names for one instance
        yield refused(Check.CREDENTIALS, error.diagnostics)


def _of_remote(api: Api, known: Known, store: StateStore, instance: InstanceName) -> Iterator[Finding]:
    try:
        api.check(known, store.name)
    except ZapiSyncError as error:
        yield refused(Check.REMOTE, error.diagnostics, instance)


def _of_api(client: ZApi, config: Config | None, instance: InstanceName) -> Iterator[Finding]:
    """What the API says; where it says nothing at all, the first question is enough."""
    clock = SystemClock()
    try:
        yield doctor.of_connection(instance, connected=client.is_connected())
    except RemoteUnavailable as unavailable:
        yield refused(Check.CONNECTION, unavailable.diagnostics, instance)
        return
    yield doctor.of_clock(client.told_time, clock.now(), instance)
    try:
        yield doctor.of_account(client.account(), clock.now(), instance)
    except RemoteUnavailable as unavailable:
        yield refused(Check.SUBSCRIPTION, unavailable.diagnostics, instance)
    try:
        own_phone = client.own_phone()
    except RemoteUnavailable as unavailable:
        yield refused(Check.NUMBER, unavailable.diagnostics, instance)
    else:
        groups = config.groups if config else ()
        places = {key: place.location for key, place in config.places.items()} if config else {}
        yield doctor.of_number(own_phone, groups, places, instance)
