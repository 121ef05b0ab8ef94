"""`zapi-sync validate`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zapi_sync.cli.console import Format
from zapi_sync.cli.options import files_option, with_console
from zapi_sync.cli.wiring import load_config
from zapi_sync.core.phone_doubts import phone_doubts
from zapi_sync.errors import ExitCode
from zapi_sync.render import json, markdown, sarif
from zapi_sync.render.words import count

if TYPE_CHECKING:
    from zapi_sync.cli.console import Console


@click.command("validate")
@files_option
@click.option("--strict", is_flag=True, help="Warnings are errors, too: exit with 1 where there is one.")
@with_console(Format.SARIF, Format.MARKDOWN)
def command(console: Console, files: tuple[str, ...], strict: bool) -> int:
    """Check the config, and say everything that is wrong with it at once. Needs no state and no network.

    \b
    Before a commit:           zapi-sync validate
    Notes in a pull request:   zapi-sync validate --format sarif > zapi-sync.sarif
    """
    config = load_config(files)
    warnings = config.warnings_with(phone_doubts(config, {group.key for group in config.groups}))
    console.complain(warnings)
    match console.format:
        case Format.JSON:
            console.result(json.valid(len(config.groups), warnings))
        case Format.MARKDOWN:
            console.result(markdown.valid(len(config.groups), warnings))
        case Format.SARIF:
            console.result(sarif.log(warnings))
        case _:
            console.result(f"Valid: {count(len(config.groups), 'group')}.")
    return ExitCode.ERROR if strict and warnings else ExitCode.DONE
