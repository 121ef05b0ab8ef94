"""`zapi-sync sandbox`"""

from __future__ import annotations

import difflib
import gc
from typing import TYPE_CHECKING

import click

from zapi_sync import sandbox
from zapi_sync.cli.lang_option import lang_option
from zapi_sync.errors import ExitCode, reason
from zapi_sync.language import _, tag
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from flask import Flask

HOST = "127.0.0.1"


@click.command("sandbox")
@click.option("--port", type=click.IntRange(0, 65535), default=8787, help="0 picks a free one.  [8787]")
@click.option(
    "--db",
    "database",
    default="zapi-sandbox.db",
    metavar="FILE",
    help="Where its groups are kept; :memory: forgets them.  [zapi-sandbox.db]",
)
@click.option("--fault", "faults", multiple=True, metavar="NAME[:TIMES]", help="Misbehave; repeatable.")
@click.option("--faults", "list_faults", is_flag=True, help="List the faults, and exit.")
@lang_option
def command(port: int, database: str, faults: tuple[str, ...], list_faults: bool) -> int:
    """Serve the Z-API emulator on this machine: any instance id and token will do, and nothing real happens.

    \b
    In one terminal:  zapi-sync sandbox --port 8787
    In another:       export ZAPI_BASE_URL=http://127.0.0.1:8787 ZAPI_INSTANCE_ID=any ZAPI_TOKEN=any
                      export ZAPI_CLIENT_TOKEN=any
                      zapi-sync apply --pace 0
    """
    if list_faults:
        for name, description in sandbox.known_faults().items():
            click.echo(f"{name:<28} " + _(description))
        return ExitCode.DONE
    try:
        server = sandbox.serve(_app(database, faults), HOST, port)
    except OSError as error:
        said = _("the sandbox cannot start: {reason}", reason=reason(error))
        hint = _(
            "another --port than {port}, or another --db than {file}", port=port, file=printable(database)
        )
        click.echo(_("error") + f": {said}", err=True)
        click.echo("  " + _("hint:") + f" {hint}", err=True)
        return ExitCode.ERROR
    except ValueError as error:
        raise click.UsageError(
            _("the sandbox cannot start: {reason}", reason=_briefly(str(error), faults))
        ) from None
    click.echo(_("sandbox: http://{host}:{port}  (Ctrl-C ends it)", host=HOST, port=server.server_port))
    numbers = _(
        "connected number {number}; numbers that end in {digits} cannot be added directly",
        number=sandbox.CONNECTED_NUMBER,
        digits=sandbox.NOT_ADDABLE_SUFFIX,
    )
    click.echo(f"  {numbers}", err=True)
    click.echo("  " + _("open the address in a browser to watch what happens"), err=True)
    try:
        gc.enable()  # __main__ holds it off
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return ExitCode.DONE


def _app(database: str, faults: tuple[str, ...]) -> Flask:
    return sandbox.create_app(database, faults=faults, say=_, language=tag())


def _briefly(problem: str, faults: tuple[str, ...]) -> str:
    """The problem, without the names of all faults where one of them is near."""
    known = sandbox.known_faults()
    for fault in faults:
        near = difflib.get_close_matches(fault.partition(":")[0], known, n=3)
        if near and near[0] != fault.partition(":")[0]:
            return _(
                'there is no fault "{fault}"; did you mean {near}? (--faults lists them)',
                fault=fault,
                near=_(" or ").join(near),
            )
    return problem
