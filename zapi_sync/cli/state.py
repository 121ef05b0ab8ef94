"""`zapi-sync state`: the state by key, and the state as a whole."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from zapi_sync.cli.approval import approve
from zapi_sync.cli.completion import complete_file, complete_known_key
from zapi_sync.cli.connecting import check_origin
from zapi_sync.cli.keys import matching
from zapi_sync.cli.lang_option import lang_option
from zapi_sync.cli.options import (
    auto_approve_option,
    files_option,
    lock_timeout_option,
    sandbox_option,
    state_is_kept_option,
    state_option,
    with_console,
)
from zapi_sync.cli.state_places import migrate_command, unlock_command
from zapi_sync.cli.wiring import (
    current,
    keyring,
    load_config,
    state_to_change,
    state_to_read,
)
from zapi_sync.core.known import Known
from zapi_sync.core.model import GroupKey
from zapi_sync.core.moves import Move, moved
from zapi_sync.core.state_changes import (
    named,
    why_not_forgotten,
    why_not_known,
    why_not_moved,
    why_not_pushed,
    with_requests_of,
)
from zapi_sync.core.state_document import state_text
from zapi_sync.core.stored import state_of
from zapi_sync.dataclass import replace
from zapi_sync.edge.clock import SystemClock
from zapi_sync.edge.inputs import environment, schema
from zapi_sync.edge.local_state import LocalState, read_given
from zapi_sync.errors import Code, ConfigInvalid, Diagnostic, ExitCode, Severity, StateInvalid
from zapi_sync.language import Text, _, ngettext
from zapi_sync.render import state as rendered
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zapi_sync.cli.console import Console
    from zapi_sync.core.config import Config
    from zapi_sync.core.state import State
    from zapi_sync.state.store import StateStore


@click.group("state")
@lang_option
def command() -> None:
    """List, show, rename and forget what the state knows; take it out and put it back whole.

    What changes it holds the lock, and keeps the state before as ....state.json.backup.

    \b
    zapi-sync state list 'launch-*'
    zapi-sync state mv launch-vip-01 vip-01
    """


command.add_command(migrate_command)
command.add_command(unlock_command)


@command.command("list", short_help=Text("List the keys of the state."))
@click.argument("patterns", nargs=-1, metavar="[KEY]...", shell_complete=complete_known_key)
@files_option
@state_option
@sandbox_option
@with_console()
def list_command(
    console: Console, patterns: tuple[str, ...], files: tuple[str, ...], state: str | None, sandbox: bool
) -> int:
    """List the keys of the state, or those that are like KEY (* and ? stand for anything).

    \b
    zapi-sync state list
    zapi-sync state list 'launch-*' --format json
    """
    entries = _entries(_store(console, files, state, sandbox=sandbox).load())
    if patterns:
        hint = Text("without a KEY, state list shows all")
        chosen = matching(patterns, entries, whose=Text("the state"), hint=hint)
        entries = {key: entry for key, entry in entries.items() if key in chosen}
    as_json = console.json
    console.result(rendered.listing_json(entries) if as_json else rendered.listing(entries, console.paint))
    return ExitCode.DONE


@command.command("show", short_help=Text("Show all that it knows under a key."))
@click.argument("key", shell_complete=complete_known_key)
@files_option
@state_option
@sandbox_option
@with_console()
def show_command(console: Console, key: str, files: tuple[str, ...], state: str | None, sandbox: bool) -> int:
    """Show all that the state knows under KEY, its invite link included: whoever has that can join.

    \b
    zapi-sync state show launch-vip-01
    """
    store = _store(console, files, state, sandbox=sandbox)
    known = store.load()
    unknown = why_not_known(key, known, store.name)
    if unknown:
        raise StateInvalid([unknown])
    entry = _entries(known)[GroupKey(key)]
    if console.json:
        console.result(rendered.entry_json(GroupKey(key), entry))
    else:
        console.result(rendered.entry(GroupKey(key), entry, console.paint))
    return ExitCode.DONE


@command.command("rm", short_help=Text("Have it forget keys; the groups stay."))
@click.argument("keys", nargs=-1, required=True, metavar="KEY...", shell_complete=complete_known_key)
@auto_approve_option
@files_option
@state_option
@sandbox_option
@lock_timeout_option
@state_is_kept_option
@with_console()
def rm_command(
    console: Console,
    keys: tuple[str, ...],
    auto_approve: bool,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    lock_timeout: float,
    state_is_kept: bool,
) -> int:
    """Have the state forget each KEY, after asking. The group itself stays as it is.

    Where the config still has the key, the next apply would create a group for it AGAIN.

    \b
    zapi-sync state rm launch-vip-01
    """
    store = state_to_change(files, state, sandbox=sandbox, state_is_kept=state_is_kept)
    console.complain(store.warnings())
    with store.lock(lock_timeout):
        known = current(store)
        forgotten = [GroupKey(key) for key in dict.fromkeys(keys)]
        _refuse(why_not_forgotten(forgotten, known, store.name))
        wanted = _wanted(_config(console, files))
        warnings = [_wanted_still(key, known) for key in forgotten if key in wanted]
        console.complain(warnings)
        if not auto_approve:
            console.talk(rendered.listing({key: known.groups[key] for key in forgotten}, console.talk_paint))
            approve(
                ngettext(
                    "Have the state forget {number} key (the groups stay as they are)",
                    "Have the state forget {number} keys (the groups stay as they are)",
                    len(forgotten),
                ),
                command=Text("state rm"),
                hint=Text("run it with --auto-approve once it is sure that they are to be forgotten"),
                nothing=Text("nothing was forgotten"),
            )
        left = {key: record for key, record in known.groups.items() if key not in forgotten}
        before = _state_of(known)
        after = with_requests_of(before.with_groups(left), before, SystemClock().now())
        store.replace(after, known.open.values(), backup=True)
    if console.json:
        backup = store.backup
        console.result(rendered.change_json(after, backup, warnings, removed=forgotten))
    else:
        console.result(_("Forgotten: {keys}. {kept}", keys=named(forgotten), kept=_kept(store)))
    return ExitCode.DONE


@command.command("mv", short_help=Text("Rename a key in it."))
@click.argument("source", metavar="FROM", shell_complete=complete_known_key)
@click.argument("target", metavar="TO")
@files_option
@state_option
@sandbox_option
@lock_timeout_option
@state_is_kept_option
@with_console()
def mv_command(
    console: Console,
    source: str,
    target: str,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    lock_timeout: float,
    state_is_kept: bool,
) -> int:
    """Rename the key FROM to TO in the state. The group itself stays as it is.

    Where a state is shared, `moved` in the config does the same for everybody, and after a review.

    \b
    zapi-sync state mv launch-vip-01 vip-01
    """
    store = state_to_change(files, state, sandbox=sandbox, state_is_kept=state_is_kept)
    console.complain(store.warnings())
    move = Move(GroupKey(source), GroupKey(target))
    with store.lock(lock_timeout):
        known = current(store)
        _refuse(why_not_moved(move, known, store.name))
        known = moved(known, [move])
        store.replace(_state_of(known), known.open.values(), backup=True)
    config = _config(console, files)
    keys = {group.key for group in config.groups} if config else set()
    if source in keys and target not in keys:
        console.talk(
            _(
                "The config still says {old}: write {key} there.",
                old=printable(source),
                key=target,
            )
        )
    if console.json:
        backup = store.backup
        console.result(rendered.change_json(_state_of(known), backup, [], moves=[move]))
    else:
        console.result(
            _(
                "Moved: {old} is {key} now. {kept}",
                old=printable(source),
                key=target,
                kept=_kept(store),
            )
        )
    return ExitCode.DONE


@command.command("pull", short_help=Text("Print it as JSON."))
@click.option("--backup", is_flag=True, help="The state before the last change by hand.")
@files_option
@state_option
@sandbox_option
@with_console()
def pull_command(
    console: Console, backup: bool, files: tuple[str, ...], state: str | None, sandbox: bool
) -> int:
    """Print the state as JSON, with what the journal says folded in. It holds invite links.

    \b
    zapi-sync state pull > pulled.json
    """
    store = _store(console, files, state, sandbox=sandbox)
    known = Known(store.load_backup()) if backup else store.load()
    if known.state is None:
        raise StateInvalid.of(
            Code.NOT_IN_STATE,
            Text("there is no backup: no state was changed by hand")
            if backup
            else Text("there is no state yet"),
            hint=Text("apply makes a state, state rm, mv and push a backup; is --state right?"),
            file=store.name,
        )
    if known.open:
        console.talk(_("Not in it, as they are unsettled: {keys}.", keys=named(sorted(known.open))))
    for_a_file = sys.stdout.encoding.lower() == "utf-8" and not sys.stdout.isatty()
    console.result(state_text(known.state, ascii_only=not for_a_file).removesuffix("\n"))
    return ExitCode.DONE


@command.command("push", short_help=Text("Put another one in its place."))
@click.argument("file", metavar="FILE", shell_complete=complete_file)
@click.option("--force", is_flag=True, help="Also one that is older, of another lineage, or without groups.")
@files_option
@state_option
@sandbox_option
@lock_timeout_option
@state_is_kept_option
@with_console()
def push_command(
    console: Console,
    file: str,
    force: bool,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    lock_timeout: float,
    state_is_kept: bool,
) -> int:
    """Put the state of FILE (- for standard input) in the place of the one that is there.

    Refused where it does not go on from that one, or groups would be forgotten; --force does it all the
    same, but never while a creation is unsettled that it would lose.

    \b
    zapi-sync state push pulled.json
    """
    store = state_to_change(files, state, sandbox=sandbox, state_is_kept=state_is_kept)
    console.complain(store.warnings())
    pushed = state_of(read_given(file), schema("state"), keyring(), "<stdin>" if file == "-" else file)
    check_origin(Known(pushed), store.name, environment(), sandbox=sandbox)
    with store.lock(lock_timeout):
        known = current(store)
        before = known.state
        if before and not pushed.recipients:  # what came from before it was encrypted does not decrypt it
            pushed = replace(pushed, recipients=before.recipients)
        if pushed != before:
            _refuse(why_not_pushed(pushed, known, file, force=force))
            pushed = pushed.after(before)
            if before:
                pushed = with_requests_of(pushed, before, SystemClock().now())
            store.replace(pushed, known.open.values(), backup=True)
    is_new = pushed != before
    if console.json:
        backup = store.backup if is_new and before else None
        console.result(rendered.change_json(pushed, backup, []))
    elif is_new:
        said = ngettext(
            "Pushed: {number} group, serial {serial}.",
            "Pushed: {number} groups, serial {serial}.",
            len(pushed.groups),
            serial=pushed.serial,
        )
        console.result(f"{said} {_kept(store)}" if before else said)
    else:
        console.result(_("Nothing to push: this is the state that is there."))
    return ExitCode.DONE


def _store(console: Console, files: tuple[str, ...], state: str | None, *, sandbox: bool) -> StateStore:
    store = state_to_read(files, state, sandbox=sandbox)
    console.complain(store.warnings())
    return store


def _entries(known: Known) -> Mapping[GroupKey, rendered.Entry]:
    return {**known.groups, **known.open}


def _refuse(complaints: Sequence[Diagnostic]) -> None:
    if complaints:
        raise StateInvalid(complaints)


def _state_of(known: Known) -> State:
    """The state that has the keys which were just found in it."""
    assert known.state  # noqa: S101
    return known.state


def _config(console: Console, files: Sequence[str]) -> Config | None:
    """The config; without it the state can be changed all the same."""
    try:
        return load_config(files)
    except ConfigInvalid:
        console.talk(_("The config cannot be read, so it is not known what it still wants."))
        return None


def _wanted(config: Config | None) -> set[GroupKey]:
    """The keys of the state that the config has, or renames."""
    if config is None:
        return set()
    return {group.key for group in config.groups} | {move.source for move in config.moves}


def _wanted_still(key: GroupKey, known: Known) -> Diagnostic:
    record = known.groups[key]
    return Diagnostic(
        Code.FORGOTTEN_AND_WANTED,
        Text(
            'the config still has "{key}": once it is forgotten, the next apply creates a group for it '
            'AGAIN, unless it finds one of its name on the instance "{instance}"',
            key=key,
            instance=record.instance,
        ),
        Text("take the key out of the config, too; if it was renamed, zapi-sync state mv is what is wanted"),
        severity=Severity.WARNING,
    )


def _kept(store: StateStore) -> str:
    if isinstance(store, LocalState):
        return _("The state before is kept in {file}.", file=printable(store.backup_path.name))
    return _("The state before is kept: zapi-sync state pull --backup.")
