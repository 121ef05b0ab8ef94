"""From options to the parts that do the work."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from zapi_sync.cli import log
from zapi_sync.core.config import TYPED_KEYS, read_config
from zapi_sync.core.csv_files import tables_wanted
from zapi_sync.core.document import parse
from zapi_sync.core.pacing import UNPACED, History, Pacings, forecast
from zapi_sync.core.phone_doubts import phone_doubts
from zapi_sync.core.plan import Create, make_plan
from zapi_sync.dataclass import replace
from zapi_sync.edge import inputs
from zapi_sync.edge.local_state import LocalState
from zapi_sync.errors import (
    Code,
    ConfigInvalid,
    StateInvalid,
    UsageError,
)
from zapi_sync.language import Text, _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from zapi_sync.core.config import Config
    from zapi_sync.core.document import Document
    from zapi_sync.core.known import Known
    from zapi_sync.core.model import GroupKey, InstanceName
    from zapi_sync.core.pacing import Forecast
    from zapi_sync.core.plan import Plan
    from zapi_sync.core.sealing import Identity, Keyring
    from zapi_sync.core.source import Source
    from zapi_sync.errors import Diagnostic
    from zapi_sync.state.store import StateStore

DEFAULT_FILE = "groups.yaml"
STATE_VARIABLE = "ZAPI_SYNC_STATE"
_STATE_SUFFIX = ".state.json"
_SANDBOX_STATE_SUFFIX = ".sandbox.state.json"
_SHARED = ("postgresql://", "postgres://", "s3://", "gs://", "az://", "git:")


def load_config(files: Sequence[str]) -> Config:
    """The config of all files together. Raises ConfigInvalid with the complaints about all of them."""
    sources = inputs.read_sources(files)
    log.info(_("config: {files}", files=", ".join(source.name for source in sources)))
    return read_config(_documents(sources), inputs.schema("groups"))


def _documents(sources: Iterable[Source]) -> Iterator[Document]:
    """Each as it is taken, with the CSV files that it names."""
    tables = inputs.Tables()
    for source in sources:
        document = parse(source, typed_keys=TYPED_KEYS)
        wanted = tables_wanted(document)
        yield replace(document, tables=tables.read(source.name, wanted)) if wanted else document


def plan_of(config: Config, known: Known, only: frozenset[GroupKey] | None) -> Plan:
    """The plan for a config, confined to these keys (None: all); its moves are never left out."""
    return make_plan(config.groups, known, config.moves).only(only)


def paces(config: Config, *, sandbox: bool) -> Pacings:
    """The pace of each instance: the config's, and none in the sandbox."""
    return Pacings(UNPACED) if sandbox else config.pacings


def recipients_of(config: Config | None, known: Known) -> tuple[str, ...]:
    """To whom the state is encrypted after an apply: as the config says, else as it is."""
    if config and config.recipients is not None:
        return config.recipients
    return known.state.recipients if known.state else ()


def is_for_others(config: Config, known: Known) -> bool:
    """Whether an apply encrypts a state that is there to others, or decrypts it."""
    return known.state is not None and known.state.recipients != recipients_of(config, known)


def doubts(config: Config, plan: Plan) -> list[Diagnostic]:
    """What a person might want to look at before the plan is carried out."""
    return phone_doubts(config, {step.key for step in plan.of(Create)})


def state_address(
    files: Sequence[str], state: str | None, environment: Mapping[str, str], *, sandbox: bool
) -> str:
    """Where the state is: --state, else ZAPI_SYNC_STATE, else beside the first config (docs/state.md).

    The sandbox keeps a state of its own beside the usual one; a path given with --state is taken as it is.
    """
    chosen = environment.get(STATE_VARIABLE)
    if state is None and chosen and is_shared(chosen):
        if not sandbox:
            return chosen
        chosen = None  # the sandbox's ids are no team's to share
    if state is None:
        path = _default_state(files, chosen)
        path = path.with_name(stem_of(path) + _SANDBOX_STATE_SUFFIX) if sandbox and path.name else path
    elif is_shared(state):
        if sandbox:
            raise UsageError.of(
                Code.USAGE,
                Text("--sandbox keeps its groups beside a state file, and this state is none"),
                hint=Text("leave out --state, or name a file"),
            )
        return without_password(state)
    else:
        path = Path(state)
    if not path.name:
        raise UsageError.of(
            Code.STATE_NO_FILE,
            Text("the state's path names no file"),
            hint=Text("name one: --state groups.state.json"),
        )
    return str(path)


def _default_state(files: Sequence[str], chosen: str | None) -> Path:
    if chosen:
        return Path(chosen)
    with suppress(OSError, ValueError):  # of a path that cannot be, reading the config tells
        candidates = dict.fromkeys(_beside(file) for file in files)
        first, *others = candidates
        strangers = [str(other) for other in others if other.exists()]
        if strangers and not first.exists():
            raise UsageError.of(
                Code.WHICH_STATE,
                Text(
                    "the state of these files would be {file}, and there is one at {other} already",
                    file=first,
                    other=strangers[0],
                ),
                hint=Text(
                    "say which one is meant: --state {other}, if only the order of -f changed",
                    other=strangers[0],
                ),
            )
        return first
    return Path("groups" + _STATE_SUFFIX)


def _beside(file: str) -> Path:
    """`groups.yaml` -> `groups.state.json`; for a folder, `groups.state.json` in it; for what is no file
    (standard input, a pipe), the same in the working folder."""
    path = Path(file)
    if path.is_dir():
        return path / ("groups" + _STATE_SUFFIX)
    if file == inputs.STDIN or (path.exists() and not path.is_file()):
        return Path("groups" + _STATE_SUFFIX)
    return path.with_name(path.stem + _STATE_SUFFIX)


def stem_of(state: Path) -> str:
    """The name of a state less its suffix, of what belongs to it."""
    return state.name.removesuffix(_STATE_SUFFIX) if state.name.endswith(_STATE_SUFFIX) else state.stem


def without_password(address: str) -> str:
    """An address of the command line. Raises UsageError where a password is in it."""
    if is_shared(address) and re.match(r"\w+://[^/@]*:[^/@]+@|.*[?&]password=", address):
        raise UsageError.of(
            Code.STATE_ADDRESS,
            Text("a password stands in an address on the command line, which others can see while it runs"),
            hint=Text(
                "set PGPASSWORD or ~/.pgpass, or the whole address as {variable}; and change the password",
                variable=STATE_VARIABLE,
            ),
        )
    return address


def is_shared(address: str) -> bool:
    """Whether this is the address of a shared state, and no path; `./git:x` is one."""
    return address.startswith(_SHARED)


def open_state(address: str) -> StateStore:
    """The state of an address. Raises StateInvalid for one that no state can have."""
    if is_shared(address):
        from zapi_sync.cli.sharing import open_shared

        store: StateStore = open_shared(address, inputs.environment())
    else:
        store = LocalState(Path(address), lambda: inputs.schema("state"), _lock, _holder, identities)
    log.info(_("state {name}", name=store.name))
    return store


def identities() -> tuple[Sequence[Identity], Sequence[Diagnostic]]:
    """The environment's, and what is odd about them. Raises CredentialsInvalid for what is none."""
    from zapi_sync.edge.identities import read_identities

    return read_identities(inputs.environment())


def keyring() -> Keyring:
    """For what is encrypted and no state: saved plans, and states that are given by hand."""
    from zapi_sync.core.sealing import Keyring

    return Keyring(identities)


def _lock(path: Path, timeout: float) -> AbstractContextManager[None]:
    from zapi_sync.edge.lock import locked

    return locked(path, timeout)


def _holder(path: Path) -> str | None:
    from zapi_sync.edge.lock import holder_of

    return holder_of(path)


def state_to_read(files: Sequence[str], state: str | None, *, sandbox: bool) -> StateStore:
    """The state of a command that reads no config. Raises ConfigInvalid where the config that the state would
    stand beside is named, and not there: a misspelt name would pass for a state without groups."""
    for file in files if state is None else ():
        if file not in (DEFAULT_FILE, inputs.STDIN) and not os.path.lexists(file):
            hint = Text("name the config with -f FILE, or the state with --state FILE")
            raise ConfigInvalid.of(
                Code.CONFIG_UNREADABLE, Text("there is no such file"), hint=hint, file=file
            )
    return open_state(state_address(files, state, inputs.environment(), sandbox=sandbox))


def state_to_change(
    files: Sequence[str], state: str | None, *, sandbox: bool, state_is_kept: bool
) -> StateStore:
    """The state, where what is written to it stays. Raises StateInvalid on CI, where it would not."""
    store = state_to_read(files, state, sandbox=sandbox)
    if not (sandbox or state_is_kept):
        check_kept(store, inputs.environment())
    return store


def current(state: StateStore) -> Known:
    """What is known under the lock, with the journal of a run that ended early folded in."""
    return state.checkpoint() if state.has_journal else state.load()


def check_kept(state: StateStore, environment: Mapping[str, str]) -> None:
    """Raises StateInvalid where this is a CI job that takes a state on its disk, or its journal, with it."""
    from zapi_sync.core.keeping import ci_of, vanishing

    ci = ci_of(environment)
    if ci is None or not isinstance(state, LocalState):
        return
    from zapi_sync.edge import git

    for what, path in {"state": state.path, "journal": state.journal_path}.items():
        complaint = vanishing(what, str(path), ci, git.whereabouts(path, environment))
        if complaint:
            raise StateInvalid([complaint])


def forecasts(plan: Plan, pacings: Pacings, now: datetime) -> list[Forecast]:
    """The course of an apply, instance by instance."""
    wanted: dict[InstanceName, int] = {}
    for step in plan.of(Create):
        wanted[step.group.instance] = wanted.get(step.group.instance, 0) + 1
    histories = plan.histories()
    return [
        forecast(instance, now, histories.get(instance, History()), pacings.of(instance), number)
        for instance, number in wanted.items()
    ]
