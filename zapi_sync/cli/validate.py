"""`zapi-sync validate`"""

from __future__ import annotations

import click

from zapi_sync.cli.console import Console
from zapi_sync.cli.options import files_option, with_console
from zapi_sync.cli.wiring import load_config
from zapi_sync.errors import ExitCode
from zapi_sync.render import json, text


@click.command("validate")
@files_option
@with_console
def command(console: Console, files: tuple[str, ...]) -> int:
    """Check the config, and say everything that is wrong with it at once. Needs no state and no network."""
    config = load_config(files)
    console.complain(config.warnings)
    if console.json:
        console.result(json.valid(len(config.groups), config.warnings))
    else:
        console.result(f"Valid: {text.count(len(config.groups), 'group')}.")
    return ExitCode.DONE
