"""The options that commands share, and the way from a command's function to its exit code."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import click

from zapi_sync.cli import log
from zapi_sync.cli.completion import complete_file, complete_key
from zapi_sync.cli.console import Console, Format, carried_out
from zapi_sync.cli.lang_option import lang_option
from zapi_sync.cli.wiring import DEFAULT_FILE, STATE_VARIABLE
from zapi_sync.language import _

if TYPE_CHECKING:
    from collections.abc import Callable


class Seconds(click.FloatRange):
    """A length of time in seconds, up to a year; no NaN, which is neither more nor less than anything."""

    def __init__(self, least: float = 0.0) -> None:
        super().__init__(min=least, max=366 * 86400.0)

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(_("this is no number of seconds"), param, ctx)
        return seconds


files_option = click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    default=(DEFAULT_FILE,),
    metavar="PATH",
    shell_complete=complete_file,
    help=f"The config: a file, a folder of *.yaml, - for standard input; repeatable.  [{DEFAULT_FILE}]",
)
state_option = click.option(
    "--state",
    "state",
    metavar="FILE",
    shell_complete=complete_file,
    help=f"The state file.  [beside the config: groups.state.json; environment: {STATE_VARIABLE}]",
)
sandbox_option = click.option(
    "--sandbox",
    is_flag=True,
    help="Talk to the embedded emulator, with a state of its own: no account, nothing real happens.",
)
lock_timeout_option = click.option(
    "--lock-timeout",
    type=Seconds(),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for another zapi-sync to end.  [0]",
)
auto_approve_option = click.option("--auto-approve", is_flag=True, help="Do not ask; for machines.")
state_is_kept_option = click.option(
    "--state-is-kept",
    is_flag=True,
    help="On CI: do not refuse a state that git would not keep; something else does.",
)
detailed_exitcode_option = click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 0 if there is nothing to do, 2 if there is something to create, 4 if one is held.",
)


target_option = click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="KEY",
    shell_complete=complete_key,
    help="Confine it to this group, or to those whose key fits a pattern ('launch-*'); repeatable.  [all]",
)


def with_console(*more: Format) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Gives a command its console from --format, --no-color and -v, and turns errors into exit codes.

    All commands can speak text and JSON; `more` is what this one can besides.
    """
    formats = [each.value for each in (Format.TEXT, Format.JSON, *more)]

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @click.option(
            "--format",
            "output_format",
            type=click.Choice(formats),
            default=Format.TEXT.value,
            help="The form of the result.  [text]",
        )
        @click.option("--no-color", is_flag=True, help="No colours, as with the environment's NO_COLOR.")
        @lang_option
        @click.option("-v", "--verbose", count=True, help="Say what is read; -vv also what is sent.")
        @functools.wraps(function)
        def command(output_format: str, no_color: bool, verbose: int, **options: object) -> int:
            log.listen(verbose)
            console = Console(Format(output_format), colorful=not no_color)
            return carried_out(console, lambda: function(console, **options))

        return command

    return decorate
