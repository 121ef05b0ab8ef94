"""`zapi-sync plan`"""

from __future__ import annotations

import click

from zapi_sync.cli.console import Console, Format
from zapi_sync.cli.options import (
    detailed_exitcode_option,
    files_option,
    sandbox_option,
    state_option,
    with_console,
)
from zapi_sync.cli.wiring import (
    doubts,
    forecasts,
    load_config,
    load_state,
    open_state,
    remote_warnings,
    state_file,
)
from zapi_sync.core.pacing import UNPACED, Pacings
from zapi_sync.core.plan import Create, Plan, Taken, Unsettled, make_plan
from zapi_sync.edge.clock import SystemClock
from zapi_sync.edge.inputs import environment
from zapi_sync.errors import ExitCode
from zapi_sync.render import json, markdown, text


@click.command("plan")
@files_option
@state_option
@sandbox_option
@detailed_exitcode_option
@with_console(Format.MARKDOWN)
def command(
    console: Console, files: tuple[str, ...], state: str | None, sandbox: bool, detailed_exitcode: bool
) -> int:
    """Show what is missing: the config against the state. Offline: needs no credentials and no network.

    \b
    In a pull request:  zapi-sync plan --detailed-exitcode
    For a program:      zapi-sync plan --format json
    """
    config = load_config(files)
    path = state_file(files, state, environment(), sandbox=sandbox)
    local = open_state(path)
    known = load_state(local)
    plan = make_plan(config.groups, known, config.moves)
    warnings = [
        *config.warnings_with([*doubts(config, plan), *config.blocked_moves(known)]),
        *local.warnings(),
        *remote_warnings(known, path, environment(), sandbox=sandbox),
    ]
    console.complain(warnings)
    pacings = Pacings(UNPACED) if sandbox else config.pacings
    course = forecasts(plan, known, pacings, SystemClock().now())
    match console.format:
        case Format.JSON:
            console.result(json.plan(plan, course, known.state, warnings))
        case Format.MARKDOWN:
            console.result(markdown.plan(plan, course, warnings))
        case _:
            console.result(text.plan(plan, course, console.paint))
    return _exit_code(plan) if detailed_exitcode else ExitCode.DONE


def _exit_code(plan: Plan) -> ExitCode:
    if plan.of(Create):
        return ExitCode.SOMETHING_TO_CREATE
    return ExitCode.UNSETTLED if any([plan.of(Unsettled), plan.of(Taken)]) else ExitCode.DONE
