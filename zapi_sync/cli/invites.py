"""`zapi-sync invites`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zapi_sync.cli.completion import complete_file, complete_known_key
from zapi_sync.cli.console import Format
from zapi_sync.cli.options import files_option, sandbox_option, state_option, with_console
from zapi_sync.cli.streams import without_secrets
from zapi_sync.cli.wiring import state_to_read
from zapi_sync.core.drift import current_links
from zapi_sync.core.redact import secrets_of
from zapi_sync.edge.inputs import environment
from zapi_sync.edge.private_files import make_private_folder, write_private
from zapi_sync.errors import Code, ExitCode, UsageError
from zapi_sync.language import Text, _
from zapi_sync.render.paint import Paint
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zapi_sync.cli.console import Console
    from zapi_sync.core.known import Known
    from zapi_sync.core.model import GroupKey, Record

_PICTURES = (Format.SVG, Format.PNG)


@click.command("invites")
@files_option
@state_option
@sandbox_option
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="KEY",
    shell_complete=complete_known_key,
    help="Confine it to this group, or to those whose key fits a pattern ('launch-*'); repeatable.  [all]",
)
@click.option(
    "--refresh", is_flag=True, help="Ask the API for the links as they are now; it changes nothing."
)
@click.option("--qr", "with_codes", is_flag=True, help="Draw the QR codes, for a camera before the terminal.")
@click.option(
    "--out",
    metavar="PATH",
    shell_complete=complete_file,
    help="Write it into this file instead; svg and png: a file a group into this folder.",
)
@with_console(Format.CSV, Format.HTML, *_PICTURES)
def command(
    console: Console,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    targets: tuple[str, ...],
    refresh: bool,
    with_codes: bool,
    out: str | None,
) -> int:
    """Show the invite links of the groups that were created; from the state, so it needs no network.

    Whoever has a link can join: mind where the output goes. What --out writes is for its owner alone.

    \b
    To scan from the terminal:  zapi-sync invites --qr --target launch-vip-01
    To print and hang up:       zapi-sync invites --format html --out invites.html
    To lay out elsewhere:       zapi-sync invites --format svg --out codes
    For a spreadsheet:          zapi-sync invites --format csv > invites.csv
    """
    _refuse_what_does_not_go_together(console.format, out, with_codes=with_codes)
    store = state_to_read(files, state, sandbox=sandbox)
    console.complain(store.warnings())
    known = store.load()
    groups, complete = known.groups, True
    if targets:
        from zapi_sync.cli.looking import chosen

        groups = chosen(groups, targets)
    if refresh:
        groups, complete = _refreshed(console, store.name, known, groups, sandbox=sandbox)
    missing = [key for key, record in sorted(groups.items()) if record.invitation_link is None]
    if missing and (with_codes or console.format in (Format.HTML, *_PICTURES)):
        from zapi_sync.render import invites

        console.talk(invites.without_link(missing))
    if console.format in _PICTURES:
        _draw(console, groups, Path(out or ""))
    else:
        _show(console, groups, out, with_codes=with_codes)
    return ExitCode.DONE if complete else ExitCode.ERROR


def _refuse_what_does_not_go_together(output: Format, out: str | None, *, with_codes: bool) -> None:
    if with_codes and output is not Format.TEXT:
        raise UsageError.of(
            Code.USAGE,
            Text("--qr draws on the terminal, and goes with no --format but text"),
            hint=Text("for files: --format svg --out FOLDER; for a page to print: --format html"),
        )
    if output in _PICTURES and not out:
        raise UsageError.of(
            Code.USAGE,
            Text(
                "--format {format} writes a file for each group, and needs a folder for them", format=output
            ),
            hint=Text("name one: --out FOLDER"),
        )


def _refreshed(
    console: Console, state: str, known: Known, groups: Mapping[GroupKey, Record], *, sandbox: bool
) -> tuple[Mapping[GroupKey, Record], bool]:
    """The groups with the links that they have now, and whether all could be asked for; what the
    state has otherwise is told."""
    from zapi_sync.cli.connecting import check_origin
    from zapi_sync.cli.looking import look
    from zapi_sync.render import invites

    check_origin(known, state, environment(), sandbox=sandbox)
    found = look(console, state, known, groups, sandbox=sandbox)
    console.complain(found.failures)
    if told := invites.news(found.drift, console.talk_paint):
        console.talk(told)
    return current_links(found.drift), not found.failures


def _show(console: Console, groups: Mapping[GroupKey, Record], out: str | None, *, with_codes: bool) -> None:
    paint = console.paint if out is None else Paint(False)
    text = _rendered(console.format, groups, paint, with_codes=with_codes)
    if out is None:
        console.result(text)
    else:
        clean = without_secrets(f"{text}\n", secrets_of(environment()))
        write_private(Path(out), clean.encode("utf-8", "backslashreplace"))
        console.talk(_("Written: {path}. Whoever has a link can join.", path=printable(out)))


def _rendered(output: Format, groups: Mapping[GroupKey, Record], paint: Paint, *, with_codes: bool) -> str:
    match output:
        case Format.JSON:
            from zapi_sync.render import json

            return json.invites(groups)
        case Format.CSV:
            from zapi_sync.render import csv

            return csv.invites(groups)
        case Format.HTML:
            from zapi_sync.render import invites

            return invites.html(groups)
        case _ if with_codes:
            from zapi_sync.render import invites

            return invites.terminal(groups, paint)
        case _:
            from zapi_sync.render import results

            return results.invites(groups, paint)


def _draw(console: Console, groups: Mapping[GroupKey, Record], folder: Path) -> None:
    """A file for each group that has a link, named by its key."""
    from zapi_sync.render import qr

    draw = qr.svg if console.format is Format.SVG else qr.png
    links = {key: record.invitation_link for key, record in sorted(groups.items()) if record.invitation_link}
    if not links:
        console.talk(_("There is no invite link yet, and nothing was written."))
        return
    make_private_folder(folder)
    for key, link in links.items():
        path = folder / f"{key}.{console.format}"
        write_private(path, draw(link))
        console.result(printable(str(path)))
