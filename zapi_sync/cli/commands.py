"""All commands, as click reads them."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from zapi_sync.cli.lang_option import lang_option
from zapi_sync.core.nearest import nearest
from zapi_sync.errors import ExitCode
from zapi_sync.language import Text, _, told
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMANDS = {
    "init": Text("Begin a repository of groups: a config, a .gitignore, a workflow."),
    "validate": Text("Check the config; needs no state and no network."),
    "plan": Text("Show what is missing; needs no credentials and no network."),
    "apply": Text("Create what is missing, each group once."),
    "show": Text("Show a saved plan, or the state."),
    "drift": Text("Show what the instances have otherwise than the state says."),
    "refresh": Text("Take new invite links, and who joined, into the state."),
    "import": Text("Take a group that exists for one of the config; --all prints a config of them."),
    "invites": Text("Show the invite links of the groups that were created."),
    "doctor": Text("Look for what may keep an apply from going well."),
    "state": Text("List, show, rename and forget what the state knows; pull and push it."),
    "resolve": Text("Settle by hand a creation that is in doubt."),
    "sandbox": Text("Serve the Z-API emulator on this machine."),
    "schema": Text("Print a published JSON Schema."),
    "completion": Text("Print what makes a shell complete commands and keys."),
}
_UNWRAPPED = "\b\n"
_ELSEWHERE = {"import": ("adopt", "import_command"), "resolve": ("adopt", "resolve_command")}


class _LazyGroup(click.Group):
    """Imports a command's module when that command runs, and no sooner."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name, attribute = _ELSEWHERE.get(cmd_name, (cmd_name, "command"))
        command: click.Command = getattr(importlib.import_module(f"zapi_sync.cli.{name}"), attribute)
        return in_language(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            near = nearest(args[0], COMMANDS)
            if near:
                ctx.fail(_('No such command {name!r}; did you mean "{near}"?', name=args[0], near=near))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        commands = [(name, does) for name, does in COMMANDS.items() if name.startswith(incomplete)]
        return [CompletionItem(name, help=told(does)) for name, does in commands]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, told(does)) for name, does in COMMANDS.items()])


def paragraphs(command: click.Command) -> Iterator[tuple[str, str]]:
    """A command's help, each paragraph with click's mark of one that is not to be wrapped, or nothing."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        text = paragraph.removeprefix(_UNWRAPPED)
        yield paragraph[: len(paragraph) - len(text)], text


def in_language(command: click.Command) -> click.Command:
    """The command with its help in the language of this run, and so those under it."""
    command.help = "\n\n".join(unwrapped + _(text) for unwrapped, text in paragraphs(command))
    if command.short_help:
        command.short_help = told(command.short_help)
    for param in command.params:
        if isinstance(param, click.Option) and param.help:
            param.help = _(param.help)
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        in_language(each)
    return command


def _tell_versions(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from zapi_sync.cli.versions import tell_versions

        ctx.exit(tell_versions())


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_versions,
    help="Show the version, and those of what matters.",
)
@lang_option
def root() -> None:
    """WhatsApp groups as code: the groups of a YAML file, created through Z-API, each of them once.

    Without an account: zapi-sync apply --sandbox
    """


def by_click(arguments: Sequence[str]) -> int:
    """Run a command line as click reads it; returns its exit code."""
    in_language(root)
    try:
        return int(root.main(list(arguments), prog_name="zapi-sync", standalone_mode=False) or ExitCode.DONE)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return ExitCode.USAGE
    except click.UsageError as error:
        usage = [error.ctx.get_usage()] if error.ctx else []
        said = [printable(line.expandtabs(2)) for line in error.format_message().splitlines()]
        hint = _("zapi-sync --help, or zapi-sync COMMAND --help, tells what there is")
        first = _("error") + f": {said[0]}"
        lines = [*usage, first, *said[1:], "  " + _("hint:") + f" {hint}"]
        click.echo("\n".join(lines), err=True)
        return ExitCode.USAGE
    except click.Abort:
        raise KeyboardInterrupt from None
