"""`zapi-sync init`"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zapi_sync.cli.console import Format
from zapi_sync.cli.options import with_console
from zapi_sync.core.scaffold import GITIGNORE, SCHEMA, CodeHost, Fate, workflows
from zapi_sync.edge import git, scaffold
from zapi_sync.edge.inputs import environment, schema_text
from zapi_sync.errors import Code, Diagnostic, ExitCode, Location, Severity
from zapi_sync.language import Text, _
from zapi_sync.render import json, results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zapi_sync.cli.console import Console
    from zapi_sync.core.scaffold import Piece


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".")
@click.option(
    "--ci",
    type=click.Choice([each.value for each in CodeHost]),
    default=CodeHost.GITHUB.value,
    help="For whom to write a workflow.  [github]",
)
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@with_console()
def command(console: Console, folder: str, ci: str, dry_run: bool) -> int:
    """Begin a repository of groups in DIR: an explained groups.yaml, the schema that editors complete it by,
    a .gitignore, and a workflow that plans on pull requests and applies on merges.

    What is there already is left as it is; a .gitignore gets the lines that it lacks.

    \b
    Here:                 zapi-sync init
    For GitLab:           zapi-sync init --ci gitlab
    To see it first:      zapi-sync init my-groups --dry-run
    Then:                 zapi-sync plan --sandbox
    """
    root = Path(folder)
    found = workflows(CodeHost(ci))
    texts = {
        "groups.yaml": scaffold.template("groups.yaml"),
        SCHEMA: schema_text("groups"),
        GITIGNORE: scaffold.template("gitignore"),
        **{path: scaffold.template(f"{host.value}.yml") for host, path in found.items()},
    }
    pieces = scaffold.lay_out(root, texts, dry_run=dry_run)
    warnings = list(_unseen(root, pieces))
    console.complain(warnings)
    if console.format is Format.JSON:
        console.result(json.scaffold(pieces, warnings, dry_run=dry_run))
    else:
        console.result(results.scaffold(pieces, console.paint, dry_run=dry_run))
        if not dry_run:
            console.talk(_next(folder, workflow=bool(found)))
    return ExitCode.DONE


def _unseen(root: Path, pieces: list[Piece]) -> Iterator[Diagnostic]:
    """Workflows that were written below the root of the repository."""
    there = next(folder for folder in (root.absolute(), *root.absolute().parents) if folder.is_dir())
    top = git.top_of(there, environment())
    if top is None or top == root.resolve():
        return
    for host, path in workflows(CodeHost.BOTH).items():
        if any(piece.path == path and piece.fate is Fate.CREATED for piece in pieces):
            name = {CodeHost.GITHUB: "GitHub", CodeHost.GITLAB: "GitLab"}[host]
            yield Diagnostic(
                Code.WORKFLOW_UNSEEN,
                Text(
                    "{host} looks for workflows at the repository's root alone, and that is {folder}",
                    host=name,
                    folder=top,
                ),
                Text("move it there, and name this folder in it as working-directory")
                if host is CodeHost.GITHUB
                else Text("move it there, and change to this folder in its scripts"),
                Location(str(root / path)),
                Severity.WARNING,
            )


def _next(folder: str, *, workflow: bool) -> str:
    if folder == ".":
        said = _("Next: zapi-sync plan --sandbox")
    else:
        said = _("Next: cd {folder} && zapi-sync plan --sandbox", folder=shlex.quote(folder))
    lines = [f"\n{said}"]
    if workflow:
        lines.append(
            _(
                "The workflow needs three secrets, and an owner in place of THE_OWNER: "
                "its first lines say more."
            )
        )
    return "\n".join(lines)
