"""`zapi-sync schema`"""

from __future__ import annotations

import click

from zapi_sync.cli.lang_option import lang_option
from zapi_sync.edge.inputs import SCHEMAS, schema_text


@click.command("schema")
@click.argument("name", type=click.Choice(SCHEMAS), default="groups")
@lang_option
def command(name: str) -> int:
    """Print a published JSON Schema: of the config (groups), of the state, or of a command's JSON output.

    For an editor: zapi-sync schema > groups.schema.json
    """
    click.echo(schema_text(name), nl=False)
    return 0
