"""From a plan to its file and back: what `plan --out`, `show FILE` and `apply FILE` share."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from zapi_sync.cli.connecting import SANDBOX
from zapi_sync.cli.wiring import (
    DEFAULT_FILE,
    STATE_VARIABLE,
    is_shared,
    keyring,
    open_state,
    plan_of,
    state_address,
)
from zapi_sync.core.model import credential_variables, sha256_of
from zapi_sync.core.plan import Create
from zapi_sync.core.saved_plan import SavedPlan, refuse_if_moved, without_links
from zapi_sync.core.saved_plan_document import is_saved_plan, parse_saved, saved_text
from zapi_sync.core.sealing import is_sealed, seal
from zapi_sync.edge import inputs
from zapi_sync.edge.credentials import read_remote
from zapi_sync.edge.plan_file import read_plan, write_plan
from zapi_sync.errors import (
    Code,
    CredentialsInvalid,
    SavedPlanInvalid,
    SavedPlanStale,
    StateInvalid,
    UsageError,
)
from zapi_sync.language import Text, _
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from zapi_sync.core.config import Config
    from zapi_sync.core.known import Known
    from zapi_sync.core.model import GroupKey, InstanceName
    from zapi_sync.core.plan import Plan


def the_plan(
    plan: Plan,
    config: Config,
    known: Known,
    files: Sequence[str],
    state: str,
    environment: Mapping[str, str],
    targets: frozenset[GroupKey] | None,
    now: datetime,
    *,
    sandbox: bool,
) -> SavedPlan:
    """A plan with all that it was made of. Raises CredentialsInvalid for an address that cannot be."""
    instances = sorted({step.group.instance for step in plan.of(Create)})
    return SavedPlan(
        created_at=now,
        files=tuple(files),
        state=state if is_shared(state) or all(map(_is_relative, files)) else str(Path(state).absolute()),
        lineage=known.state.lineage if known.state else None,
        serial=known.state.serial if known.state else None,
        remote=(SANDBOX if sandbox else read_remote(environment)).origin,
        instances={} if sandbox else {name: _digest(name, environment) for name in instances},
        pacings=config.pacings,
        targets=None if targets is None else tuple(sorted(targets)),
        plan=without_links(plan),
        recipients=config.recipients,
    )


def _is_relative(file: str) -> bool:
    """Whether a config is only found from the same working folder, in which the state is then found, too."""
    return file != inputs.STDIN and not Path(file).is_absolute()


def _digest(instance: InstanceName, environment: Mapping[str, str]) -> str | None:
    """As the state has it, where the environment says which instance it is: a plan needs no credentials."""
    instance_id = environment.get(credential_variables(instance)[0], "").strip()
    return sha256_of(instance_id) if instance_id and instance_id.isascii() else None


def save_plan(saved: SavedPlan, out: str, recipients: tuple[str, ...]) -> str:
    """Write a plan to its file; returns what to tell about it. Raises SavedPlanInvalid."""
    text = saved_text(saved).encode()
    write_plan(Path(out), seal(text, recipients) if recipients else text, lambda raw: _is_a_plan(raw, out))
    file = printable(shlex.quote(out))
    return _("Saved: zapi-sync apply {file} creates exactly this, as long as nothing has moved.", file=file)


def _is_a_plan(raw: bytes, file: str) -> bool:
    """Whether a file may be written over by a plan; what is encrypted may be a state as well."""
    with suppress(StateInvalid, CredentialsInvalid):
        return is_saved_plan(keyring().opened(raw, file) if is_sealed(raw) else raw)
    return False


def load_plan(file: str) -> SavedPlan:
    """Raises SavedPlanInvalid."""
    raw = read_plan(Path(file))
    if is_sealed(raw):
        raw = keyring().opened(raw, file, refusal=SavedPlanInvalid)
    return parse_saved(raw, inputs.schema("saved-plan"), file)


def state_of(saved: SavedPlan, environment: Mapping[str, str], file: str) -> str:
    """The address of the state that a plan was made of: its file holds no password, the environment may.

    Raises SavedPlanStale where the environment names another state, as after `state migrate`: what is created
    would be recorded where nobody looks any more.
    """
    if not environment.get(STATE_VARIABLE):
        return saved.state
    sandbox = saved.remote == SANDBOX.origin
    chosen = state_address(saved.files, None, environment, sandbox=sandbox)
    name = open_state(chosen).name if is_shared(chosen) else chosen
    if name == saved.state or Path(name).absolute() == Path(saved.state).absolute():
        return chosen
    raise SavedPlanStale.of(
        Code.PLAN_STALE,
        Text(
            "this plan is of the state {planned}, and {variable} names {name}",
            planned=saved.state,
            variable=STATE_VARIABLE,
            name=name,
        ),
        hint=Text("make a new plan: {command}; nothing was sent", command=shlex.join(_again(saved, file))),
        file=file,
    )


def refuse_if_elsewhere(saved: SavedPlan, file: str) -> None:
    """Raises SavedPlanStale where the plan's config is not to be found from the working folder."""
    missing = [name for name in saved.files if name != inputs.STDIN and not Path(name).exists()]
    if missing:
        raise SavedPlanStale.of(
            Code.PLAN_STALE,
            Text("this plan is of {file}, and there is no such file here", file=missing[0]),
            hint=Text("run it in the folder that the plan was made in; nothing was sent"),
            file=file,
        )


def refuse_if_stale(
    saved: SavedPlan, config: Config, known: Known, environment: Mapping[str, str], file: str
) -> None:
    """Raises SavedPlanStale where a plan that is made now is another one than the saved one."""
    keys = None if saved.targets is None else frozenset(saved.targets)
    sandbox = saved.remote == SANDBOX.origin
    plan = plan_of(config, known, keys)
    now = the_plan(
        plan, config, known, saved.files, saved.state, environment, keys, saved.created_at, sandbox=sandbox
    )
    refuse_if_moved(saved, now, file, shlex.join(_again(saved, file)))


def _again(saved: SavedPlan, file: str) -> list[str]:
    """The command that makes a plan as this one was made."""
    words = ["zapi-sync", "plan"]
    if saved.files != (DEFAULT_FILE,):
        words += [word for name in saved.files for word in ("-f", name)]
    sandbox = saved.remote == SANDBOX.origin
    usual = None
    with suppress(UsageError):  # there are two that it could be
        usual = state_address(saved.files, None, {}, sandbox=sandbox)
    if saved.state != usual:
        words += ["--state", saved.state]
    words += ["--sandbox"] if sandbox else []
    words += [word for key in saved.targets or () for word in ("--target", key)]
    return [*words, "--out", file]


def refuse_what_a_plan_says(names: Sequence[str]) -> None:
    """Raises UsageError where one of these options was given beside a saved plan, which says it already."""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if parameter.name in names and given:
            raise UsageError.of(
                Code.PLAN_AND_MORE,
                Text(
                    "{option} does not go with a saved plan, which says what there is to say",
                    option=parameter.opts[-1],
                ),
                hint=Text("leave it out: what was reviewed is done as it is, or not at all"),
            )
