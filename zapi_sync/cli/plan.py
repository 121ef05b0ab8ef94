"""`zapi-sync plan`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zapi_sync.cli.completion import complete_file
from zapi_sync.cli.connecting import remote_warnings
from zapi_sync.cli.console import Format
from zapi_sync.cli.keys import targeted
from zapi_sync.cli.options import (
    detailed_exitcode_option,
    files_option,
    sandbox_option,
    state_option,
    target_option,
    with_console,
)
from zapi_sync.cli.wiring import doubts, forecasts, load_config, load_state, open_state, plan_of, state_file
from zapi_sync.core.moves import moved
from zapi_sync.core.pacing import UNPACED, Pacings
from zapi_sync.core.plan import (
    Create,
    Existing,
    Taken,
    Unsettled,
    to_be_listed,
    with_existing,
)
from zapi_sync.edge.clock import SystemClock
from zapi_sync.edge.inputs import environment
from zapi_sync.errors import Code, ExitCode, UsageError, ZapiSyncError
from zapi_sync.render import json, markdown, text

if TYPE_CHECKING:
    from pathlib import Path

    from zapi_sync.cli.console import Console
    from zapi_sync.cli.looking import Look
    from zapi_sync.core.known import Known
    from zapi_sync.core.model import GroupKey
    from zapi_sync.core.plan import (
        Plan,
    )


@click.command("plan")
@files_option
@state_option
@sandbox_option
@target_option
@click.option(
    "--refresh",
    is_flag=True,
    help="Ask the API, too: names that are taken there, and drift of the state's groups.",
)
@detailed_exitcode_option
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=complete_file,
    help="Save the plan, for `show FILE` and `apply FILE`. It holds the phone numbers.",
)
@with_console(Format.MARKDOWN)
def command(
    console: Console,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    targets: tuple[str, ...],
    refresh: bool,
    detailed_exitcode: bool,
    out: str | None,
) -> int:
    """Show what is missing: the config against the state. Offline: needs no credentials and no network,
    unless --refresh asks the API.

    \b
    In a pull request:      zapi-sync plan --detailed-exitcode
    For a program:          zapi-sync plan --format json
    What is there already:  zapi-sync plan --refresh
    To be applied as it is: zapi-sync plan --out launch.plan, then zapi-sync apply launch.plan
    """
    if refresh and out is not None:
        raise UsageError.of(
            Code.USAGE,
            "--refresh and --out do not go together: what the API said is no part of a saved plan",
            hint="look with --refresh first, then save with --out: apply FILE looks again before it creates",
        )
    config = load_config(files)
    path = state_file(files, state, environment(), sandbox=sandbox)
    local = open_state(path)
    known = load_state(local)
    only = targeted(config, targets)
    plan = plan_of(config, known, only)
    found = _look(console, path, known, plan, only, sandbox=sandbox) if refresh else None
    if found:
        from zapi_sync.render import drift

        plan = with_existing(plan, found.listings, known, Existing.FAIL)
    warnings = [
        *config.warnings_with([*doubts(config, plan), *config.blocked_moves(known)]),
        *local.warnings(),
        *([] if refresh else remote_warnings(known, path, environment(), sandbox=sandbox)),
        *(found.failures if found else ()),
    ]
    console.complain(warnings)
    pacings = Pacings(UNPACED) if sandbox else config.pacings
    now = SystemClock().now()
    course = forecasts(plan, pacings, now)
    seen = found.drift if found and found.drift.groups else None
    saving = None
    if out is not None:
        from zapi_sync.cli.saving import save_plan, the_plan

        saved = the_plan(plan, config, known, files, path, environment(), only, now, sandbox=sandbox)
        saving = save_plan(saved, out)
    match console.format:
        case Format.JSON:
            console.result(
                json.plan(plan, course, known.state, warnings, drift.members(found.drift) if found else None)
            )
        case Format.MARKDOWN:
            console.result(markdown.plan(plan, course, warnings, drift.lists(seen) if seen else None))
        case _:
            told = [
                text.plan(plan, course, console.paint),
                *([drift.text(seen, console.paint)] if seen else []),
            ]
            console.result("\n\n".join(told))
    if saving:
        console.talk(saving)
    if found and found.failures:
        return ExitCode.ERROR
    return _exit_code(plan) if detailed_exitcode else ExitCode.DONE


def _look(
    console: Console,
    path: Path,
    known: Known,
    plan: Plan,
    only: frozenset[GroupKey] | None,
    *,
    sandbox: bool,
) -> Look:
    """What the API says; where it cannot even be asked, that is a failure, and the plan is shown without."""
    from zapi_sync.cli.looking import Look, look
    from zapi_sync.core.drift import Drift

    instances = to_be_listed(plan, Existing.FAIL)
    known = moved(known, plan.moves)
    records = {key: record for key, record in known.groups.items() if only is None or key in only}
    try:
        return look(console, path, known, records, instances, sandbox=sandbox)
    except ZapiSyncError as refusal:
        return Look(Drift(()), {}, refusal.diagnostics)


def _exit_code(plan: Plan) -> ExitCode:
    if plan.of(Create):
        return ExitCode.SOMETHING_TO_CREATE
    return ExitCode.UNSETTLED if any([plan.of(Unsettled), plan.of(Taken)]) else ExitCode.DONE
