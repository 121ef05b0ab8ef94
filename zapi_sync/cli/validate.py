"""`zapi-sync validate`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zapi_sync.cli.console import Format
from zapi_sync.cli.options import files_option, with_console
from zapi_sync.cli.validate_run import run

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
    return run(console, files, strict=strict)
