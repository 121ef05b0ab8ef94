"""`zapi-sync plan`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zapi_sync.cli.completion import complete_file
from zapi_sync.cli.console import Format
from zapi_sync.cli.options import (
    detailed_exitcode_option,
    files_option,
    sandbox_option,
    state_option,
    target_option,
    with_console,
)
from zapi_sync.cli.plan_run import PlanOptions, run

if TYPE_CHECKING:
    from zapi_sync.cli.console import Console


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
@with_console(Format.MARKDOWN, Format.HTML)
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
    For who approves it:    zapi-sync plan --format html > plan.html
    What is there already:  zapi-sync plan --refresh
    To be applied as it is: zapi-sync plan --out launch.plan, then zapi-sync apply launch.plan
    """
    options = PlanOptions(files, state, sandbox, targets, refresh, detailed_exitcode, out)
    return run(console, options)
