"""`zapi-sync drift`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zapi_sync.cli.completion import complete_known_key
from zapi_sync.cli.connecting import check_origin
from zapi_sync.cli.console import Format
from zapi_sync.cli.looking import chosen, look
from zapi_sync.cli.options import files_option, sandbox_option, state_option, with_console
from zapi_sync.cli.wiring import state_to_read
from zapi_sync.edge.inputs import environment
from zapi_sync.errors import ExitCode
from zapi_sync.language import _
from zapi_sync.render import drift as rendered

if TYPE_CHECKING:
    from zapi_sync.cli.console import Console
    from zapi_sync.core.drift import Drift


@click.command("drift")
@click.argument("keys", metavar="[KEY]...", nargs=-1, shell_complete=complete_known_key)
@files_option
@state_option
@sandbox_option
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 0 if there is no drift, 2 if there is, 1 on an error.",
)
@with_console(Format.MARKDOWN)
def command(
    console: Console,
    keys: tuple[str, ...],
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    detailed_exitcode: bool,
) -> int:
    """Show what the instances have otherwise than the state says: groups that are gone or renamed, invite
    links that changed, who joined since and who is still not in, administrators' rights that were lost.

    It changes nothing, neither there nor here. KEYs may hold * and ?.

    \b
    Every night, in CI:  zapi-sync drift --detailed-exitcode
    Some of the groups:  zapi-sync drift 'launch-*'
    """
    store = state_to_read(files, state, sandbox=sandbox)
    path = store.name
    warnings = store.warnings()
    console.complain(warnings)
    known = store.load()
    check_origin(known, path, environment(), sandbox=sandbox)
    found = look(console, path, known, chosen(known.groups, keys), sandbox=sandbox)
    console.complain(found.failures)
    told = [*warnings, *found.failures]
    match console.format:
        case Format.JSON:
            console.result(rendered.json(found.drift, known.state, told))
        case Format.MARKDOWN:
            console.result(rendered.markdown(found.drift, told))
        case _:
            console.result(rendered.text(found.drift, console.paint))
    if known.open:
        console.talk(_("Not looked at, as they are unsettled: {keys}.", keys=", ".join(sorted(known.open))))
    if found.failures:
        return ExitCode.ERROR
    return _exit_code(found.drift) if detailed_exitcode else ExitCode.DONE


def _exit_code(drift: Drift) -> ExitCode:
    return ExitCode.SOMETHING_TO_CREATE if drift.drifted else ExitCode.DONE
