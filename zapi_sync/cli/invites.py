"""`zapi-sync invites`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zapi_sync.cli.console import Format
from zapi_sync.cli.options import files_option, sandbox_option, state_option, with_console
from zapi_sync.cli.wiring import state_to_read
from zapi_sync.errors import ExitCode
from zapi_sync.render import csv, json, results

if TYPE_CHECKING:
    from zapi_sync.cli.console import Console


@click.command("invites")
@files_option
@state_option
@sandbox_option
@with_console(Format.CSV)
def command(console: Console, files: tuple[str, ...], state: str | None, sandbox: bool) -> int:
    """Show the invite links of the groups that were created; from the state, so it needs no network.

    Whoever has a link can join: mind where the output goes.

    \b
    For a spreadsheet:  zapi-sync invites --format csv > invites.csv
    """
    store = state_to_read(files, state, sandbox=sandbox)
    console.complain(store.warnings())
    groups = store.load().groups
    match console.format:
        case Format.JSON:
            console.result(json.invites(groups))
        case Format.CSV:
            console.result(csv.invites(groups))
        case _:
            console.result(results.invites(groups, console.paint))
    return ExitCode.DONE
