"""`zapi-sync completion`, and what is completed besides commands and options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from zapi_sync.cli.lang_option import lang_option
from zapi_sync.cli.short_way import COMPLETION_VARIABLE
from zapi_sync.errors import ExitCode, ZapiSyncError
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.core.model import Group

MAX_BYTES = 4 * 1024 * 1024
"""Whoever presses a key waits for a config of this size a moment, and not longer."""


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@lang_option
def command(shell: str) -> int:
    """Print what makes a shell complete commands, options, files, and the keys of the config's groups.

    \b
    bash, in ~/.bashrc:  eval "$(zapi-sync completion bash)"
    zsh, in ~/.zshrc:    eval "$(zapi-sync completion zsh)"
    fish:                zapi-sync completion fish > ~/.config/fish/completions/zapi-sync.fish
    """
    root = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind  # noqa: S101  click has these three
    click.echo(kind(root, {}, "zapi-sync", COMPLETION_VARIABLE).source())
    return ExitCode.DONE


def complete_key(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The keys of the config that -f names; none, and not a word, where it cannot be read."""
    return [
        CompletionItem(group.key, help=printable(group.group_name))
        for group in _wanted(ctx)
        if group.key.startswith(incomplete)
    ]


def complete_instance(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The instances of the config that -f names."""
    names = sorted({group.instance for group in _wanted(ctx)})
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _wanted(ctx: click.Context) -> Sequence[Group]:
    from zapi_sync.cli.wiring import load_config

    files: Sequence[str] = ctx.params["files"]
    try:
        return load_config(files).groups if _at_hand(files) else ()
    except ZapiSyncError:
        return ()


def complete_known_key(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The keys of the state that the options name; none, and not a word, where it cannot be read."""
    from zapi_sync.cli.wiring import open_state, state_address
    from zapi_sync.core.known import Known
    from zapi_sync.edge.inputs import environment

    options = ctx.params
    try:
        path = state_address(options["files"], options["state"], environment(), sandbox=options["sandbox"])
        known = open_state(path).load() if _at_hand([str(path)]) else Known()
    except ZapiSyncError:
        return []
    names = {key: record.group_name for key, record in known.groups.items()}
    names |= {key: attempt.intent.group.group_name for key, attempt in known.open.items()}
    return [
        CompletionItem(key, help=printable(name))
        for key, name in sorted(names.items())
        if key.startswith(incomplete)
    ]


def complete_file(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Whatever files the shell knows."""
    return [CompletionItem(incomplete, type="file")]


def _at_hand(names: Sequence[str]) -> bool:
    """Whether these are files, which can be read twice, and small enough."""
    try:
        files = [
            file for name in names for file in (Path(name).iterdir() if Path(name).is_dir() else [Path(name)])
        ]
        return all(map(Path.is_file, files)) and sum(file.stat().st_size for file in files) <= MAX_BYTES
    except (OSError, ValueError):
        return False
