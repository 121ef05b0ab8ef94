"""`zapi-sync refresh`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zapi_sync.cli.approval import approve
from zapi_sync.cli.completion import complete_known_key
from zapi_sync.cli.connecting import check_origin
from zapi_sync.cli.looking import chosen, look
from zapi_sync.cli.options import (
    auto_approve_option,
    files_option,
    lock_timeout_option,
    sandbox_option,
    state_is_kept_option,
    state_option,
    with_console,
)
from zapi_sync.cli.wiring import current, state_to_change
from zapi_sync.core.drift import refreshments
from zapi_sync.edge.inputs import environment
from zapi_sync.errors import Code, ExitCode, StateInvalid
from zapi_sync.language import Text, _, ngettext
from zapi_sync.render import drift as rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zapi_sync.cli.console import Console
    from zapi_sync.core.known import Known
    from zapi_sync.core.model import GroupKey, Record
    from zapi_sync.core.state import State
    from zapi_sync.state.store import StateStore


@click.command("refresh")
@click.argument("keys", metavar="[KEY]...", nargs=-1, shell_complete=complete_known_key)
@files_option
@state_option
@sandbox_option
@auto_approve_option
@lock_timeout_option
@state_is_kept_option
@with_console()
def command(
    console: Console,
    keys: tuple[str, ...],
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    auto_approve: bool,
    lock_timeout: float,
    state_is_kept: bool,
) -> int:
    """Take into the state what became of the groups, after showing it and asking: new invite links, and that
    who could not be added is in by now.

    What the groups were created with stays as it is, and nothing is changed on the instances. KEYs may hold *
    and ?. The state that was is kept as the backup.

    \b
    After `drift` told of new links:  zapi-sync refresh
    Some of the groups, unasked:      zapi-sync refresh 'launch-*' --auto-approve
    """
    store = state_to_change(files, state, sandbox=sandbox, state_is_kept=state_is_kept)
    path = store.name
    warnings = store.warnings()
    console.complain(warnings)
    known = store.load()
    check_origin(known, path, environment(), sandbox=sandbox)
    found = look(console, path, known, chosen(known.groups, keys), sandbox=sandbox)
    console.complain(found.failures)
    fresh = refreshments(found.drift)
    after = known.state
    if fresh:
        console.talk(rendered.refresh_text(known.groups, fresh, console.talk_paint))
        if not auto_approve:
            approve(
                ngettext(
                    "Write {number} group anew into the state",
                    "Write {number} groups anew into the state",
                    len(fresh),
                ),
                command="refresh",
                hint=Text("run it with --auto-approve once drift was reviewed"),
                nothing=Text("the state is as it was"),
            )
        with store.lock(lock_timeout):
            after = _write(store, known, fresh)
    if console.json:
        told = [*warnings, *found.failures]
        console.result(rendered.refresh_json(known.groups, fresh, after, told))
    else:
        said = ngettext("Refreshed: {number} group.", "Refreshed: {number} groups.", len(fresh))
        console.result(said if fresh else _("Nothing to refresh."))
    return ExitCode.ERROR if found.failures else ExitCode.DONE


def _write(store: StateStore, seen: Known, fresh: Mapping[GroupKey, Record]) -> State:
    """Writes the records into the state, if it still is the one that was looked at."""
    if store.load().state != seen.state or seen.state is None:
        raise StateInvalid.of(
            Code.STATE_MOVED,
            Text("the state is not the one that the look began with: something wrote to it meanwhile"),
            hint=Text("run refresh again; nothing was written"),
            file=store.name,
        )
    known = current(store)
    after = seen.state.with_groups({**seen.groups, **fresh})
    store.replace(after, known.open.values(), backup=True)
    return after
