"""`zapi-sync state migrate` and `state unlock`: a state taken to another place, and a lock that stayed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from zapi_sync.cli.approval import approve
from zapi_sync.cli.completion import complete_file
from zapi_sync.cli.options import (
    auto_approve_option,
    files_option,
    lock_timeout_option,
    sandbox_option,
    state_is_kept_option,
    state_option,
    with_console,
)
from zapi_sync.cli.wiring import check_kept, current, open_state, state_to_read, without_password
from zapi_sync.core.state_changes import named
from zapi_sync.edge.inputs import environment
from zapi_sync.errors import Code, ExitCode, StateInvalid, UsageError
from zapi_sync.language import Text, _, ngettext
from zapi_sync.render import state as rendered
from zapi_sync.render.safe import printable
from zapi_sync.shared_state import SharedState

if TYPE_CHECKING:
    from zapi_sync.cli.console import Console
    from zapi_sync.core.state import State
    from zapi_sync.state.store import StateStore


@click.command("migrate", short_help=Text("Take it to another place."))
@click.argument("source", metavar="FROM", shell_complete=complete_file)
@click.argument("target", metavar="TO", shell_complete=complete_file)
@lock_timeout_option
@state_is_kept_option
@with_console()
def migrate_command(
    console: Console, source: str, target: str, lock_timeout: float, state_is_kept: bool
) -> int:
    """Take the state at FROM to TO, with what is unsettled: each a file, or the address of a shared state.

    TO must have no state yet, or this very one. FROM stays as it is: remove it, lest somebody go on with it.

    \b
    zapi-sync state migrate groups.state.json git:zapi-state
    zapi-sync state migrate git:zapi-state 'postgresql://db.example/infra#launch'
    """
    before, after = (open_state(without_password(address)) for address in (source, target))
    if before.name == after.name:
        raise UsageError.of(
            Code.USAGE,
            Text("FROM and TO are one: {name}", name=printable(before.name)),
            hint=Text("name another place for TO"),
        )
    if not state_is_kept:
        check_kept(after, environment())
    with ExitStack() as locks:
        for store in (before, after):
            locks.enter_context(store.lock(lock_timeout))
        known = current(before)
        if known.state is None:
            raise StateInvalid.of(
                Code.NOT_IN_STATE,
                Text("there is no state here"),
                hint=Text("zapi-sync state list --state FROM shows what there is"),
                file=before.name,
            )
        _refuse_another_state(after, known.state)
        after.replace(known.state, known.open.values(), backup=True)
        if after.load() != known:
            raise StateInvalid.of(
                Code.STATE_MOVED,
                Text("what was written here does not read as what was meant"),
                hint=Text(
                    "go on with the state at {state}, and look at what keeps this one", state=before.name
                ),
                file=after.name,
            )
    if console.json:
        console.result(rendered.change_json(known.state, None, []))
        return ExitCode.DONE
    unsettled = _(", and what is unsettled: {keys}", keys=named(sorted(known.open))) if known.open else ""
    said = ngettext(
        "Migrated: {number} group, serial {serial}{unsettled}.",
        "Migrated: {number} groups, serial {serial}{unsettled}.",
        len(known.state.groups),
        serial=known.state.serial,
        unsettled=unsettled,
    )
    advice = _(
        "From now on: --state {target}, or ZAPI_SYNC_STATE. Remove {source}, lest somebody go on with it.",
        target=printable(after.name),
        source=printable(before.name),
    )
    console.result(f"{said}\n{advice}")
    return ExitCode.DONE


def _refuse_another_state(store: StateStore, wanted: State) -> None:
    """Raises StateInvalid where there is a state already, and it is another one."""
    there = store.load().state
    if there is not None and there != wanted:
        raise StateInvalid.of(
            Code.NOT_THE_NEXT_STATE,
            Text(
                "there is another state here already (lineage {lineage}, serial {serial})",
                lineage=there.lineage,
                serial=there.serial,
            ),
            hint=Text(
                "name a place that has none; zapi-sync state push puts one state in the place of another"
            ),
            file=store.name,
        )


@click.command("unlock", short_help=Text("Take a lock away that stayed."))
@click.argument("id", metavar="ID")
@auto_approve_option
@files_option
@state_option
@sandbox_option
@with_console()
def unlock_command(
    console: Console, id: str, auto_approve: bool, files: tuple[str, ...], state: str | None, sandbox: bool
) -> int:
    """Take the lock ID of a shared state away from whoever holds it, after asking.

    It is hardly ever needed: a lock ends when its holder is not heard of for a minute. Whoever had it sends
    nothing more once it notices, but a request that is under way stays so: wait for it to end.

    \b
    zapi-sync state unlock 0b2f6e0c-0f5e-4b1e-9a53-2f6a4f5f7f10 --state git:zapi-state
    """
    store = state_to_read(files, state, sandbox=sandbox)
    if not isinstance(store, SharedState):
        raise StateInvalid.of(
            Code.NO_SUCH_LOCK,
            Text("the lock of a state file is the kernel's: it ends with the process that has it"),
            hint=Text("zapi-sync doctor shows who holds it; end that process"),
            file=store.name,
        )
    if not auto_approve:
        holder = store.holder()
        console.talk(_("The lock is held by {holder}.", holder=printable(holder) if holder else _("nobody")))
        approve(
            _("Take it away"),
            command=Text("state unlock"),
            hint=Text("run it with --auto-approve once it is known that its holder is gone"),
            nothing=Text("the lock stays"),
        )
    unlocked = store.unlock(id)
    if console.json:
        known = store.load()
        if known.state:
            console.result(rendered.change_json(known.state, None, []))
    else:
        console.result(_("Unlocked: it was held by {holder}.", holder=printable(str(unlocked))))
    return ExitCode.DONE
