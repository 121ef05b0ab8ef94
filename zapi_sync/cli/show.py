"""`zapi-sync show`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zapi_sync.cli.completion import complete_file
from zapi_sync.cli.connecting import SANDBOX
from zapi_sync.cli.console import Format
from zapi_sync.cli.options import files_option, sandbox_option, state_option, with_console
from zapi_sync.cli.saving import load_plan, refuse_what_a_plan_says
from zapi_sync.cli.wiring import forecasts, state_to_read
from zapi_sync.core.pacing import UNPACED, Pacings
from zapi_sync.core.saved_plan_document import saved_members
from zapi_sync.edge.clock import SystemClock
from zapi_sync.errors import Code, ExitCode, UsageError
from zapi_sync.language import Text
from zapi_sync.render import json, markdown, text
from zapi_sync.render import known as rendered

if TYPE_CHECKING:
    from zapi_sync.cli.console import Console


@click.command("show")
@click.argument("plan_file", metavar="[PLANFILE]", required=False, shell_complete=complete_file)
@files_option
@state_option
@sandbox_option
@with_console(Format.MARKDOWN, Format.HTML)
def command(
    console: Console, plan_file: str | None, files: tuple[str, ...], state: str | None, sandbox: bool
) -> int:
    """Show a saved plan (plan --out), or the state.

    \b
    What would be applied:  zapi-sync show launch.plan
    What was created:       zapi-sync show
    """
    if plan_file:
        refuse_what_a_plan_says(("files", "state", "sandbox"))
        return _show_plan(console, plan_file)
    if console.format is Format.HTML:
        raise UsageError.of(
            Code.USAGE,
            Text("there is no page of a state: --format html shows a saved plan"),
            hint=Text("name a PLANFILE; for a page of the invite links: zapi-sync invites --format html"),
        )
    store = state_to_read(files, state, sandbox=sandbox)
    console.complain(store.warnings())
    known = store.load()
    match console.format:
        case Format.JSON:
            console.result(json.known(known))
        case Format.MARKDOWN:
            console.result(rendered.markdown(known))
        case _:
            console.result(rendered.text(known, console.paint))
    return ExitCode.DONE


def _show_plan(console: Console, plan_file: str) -> ExitCode:
    saved = load_plan(plan_file)
    pacings = Pacings(UNPACED) if saved.remote == SANDBOX.origin else saved.pacings
    course = forecasts(saved.plan, pacings, SystemClock().now())
    match console.format:
        case Format.JSON:
            console.result(json.document(saved_members(saved)))
        case Format.MARKDOWN:
            console.result(markdown.plan(saved.plan, course, []))
        case Format.HTML:
            from zapi_sync.render import html

            console.result(html.plan(saved.plan, course, [], about=rendered.made_of(saved)))
        case _:
            console.talk(rendered.made_of(saved))
            console.result(text.plan(saved.plan, course, console.paint))
    return ExitCode.DONE
