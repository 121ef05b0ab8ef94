"""`zapi-sync import` and `zapi-sync resolve`: what a person knows, put into the state."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

import click

from zapi_sync.cli.apply_run import first_state, write_down
from zapi_sync.cli.completion import complete_file, complete_instance, complete_key
from zapi_sync.cli.connecting import connect_to_look, nowhere
from zapi_sync.cli.import_all import Wish, import_all
from zapi_sync.cli.options import (
    files_option,
    lock_timeout_option,
    sandbox_option,
    state_is_kept_option,
    state_option,
    with_console,
)
from zapi_sync.cli.wiring import current, load_config, recipients_of, state_to_change
from zapi_sync.core.forms import is_group_id
from zapi_sync.core.journal import Concluded
from zapi_sync.core.model import GroupId, GroupKey, How
from zapi_sync.core.moves import due
from zapi_sync.core.nearest import nearest
from zapi_sync.core.outcome import Absent
from zapi_sync.core.progress import Finished
from zapi_sync.edge.clock import SystemClock
from zapi_sync.errors import Code, ConfigInvalid, ExitCode, StateInvalid, UsageError
from zapi_sync.language import Text, _
from zapi_sync.render import json, results
from zapi_sync.settle import adopt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zapi_sync.cli.console import Console
    from zapi_sync.core.config import Config
    from zapi_sync.core.known import Known, OpenAttempt
    from zapi_sync.core.model import Group
    from zapi_sync.state.store import StateStore


@click.command("import")
@click.argument("key", required=False, shell_complete=complete_key)
@click.argument("group_id", required=False)
@click.option("--all", "everything", is_flag=True, help="All groups that no state knows, as a config.")
@click.option(
    "--instance",
    "instances",
    metavar="NAME",
    multiple=True,
    shell_complete=complete_instance,
    help="With --all: look at this instance; repeatable.  [those of the config]",
)
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=complete_file,
    help="With --all: write the config to this new file, and not to standard output.",
)
@click.option("--write", is_flag=True, help="With --all and --out: take the groups into the state as well.")
@click.option("--auto-approve", is_flag=True, help="With --write: do not ask; for machines.")
@state_is_kept_option
@files_option
@state_option
@sandbox_option
@lock_timeout_option
@with_console()
def import_command(
    console: Console,
    key: str | None,
    group_id: str | None,
    everything: bool,
    instances: tuple[str, ...],
    out: str | None,
    write: bool,
    auto_approve: bool,
    state_is_kept: bool,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    lock_timeout: float,
) -> int:
    """Take a group that exists for the one under KEY in the config: reads its name and link through the API.

    With --all, print a config of all groups that exist and that the state does not know. What cannot be taken
    in stands there as a comment, with the reason. Without --write the state is as it was.

    \b
    One:                  zapi-sync import launch-vip-01 120363019502650977-group
    All, to look at:      zapi-sync import --all
    All, into the state:  zapi-sync import --all --write --out groups.yaml
    """
    if everything and not (key or group_id):
        wish = Wish(files, state, sandbox, lock_timeout, instances, out, write, auto_approve, state_is_kept)
        return import_all(console, wish)
    if everything or not (key and group_id) or instances or out or write or auto_approve:
        raise UsageError.of(
            Code.USAGE,
            Text("import takes KEY and GROUP_ID, or --all and what goes with it"),
            hint=Text("zapi-sync import --help"),
        )
    config = load_config(files)
    group = _wanted(config, key)
    store = state_to_change(files, state, sandbox=sandbox, state_is_kept=state_is_kept)
    console.complain(store.warnings())
    with store.lock(lock_timeout):
        known = current(store)
        _refuse_a_known_key(config, known, group.key, store.name)
        return _adopt(console, store, known, group, group_id, How.IMPORTED, config, sandbox=sandbox)


@click.command("resolve")
@click.argument("key", shell_complete=complete_key)
@click.option("--adopt", "group_id", metavar="ID", help="The group is there: it has this id.")
@click.option("--retry", is_flag=True, help="It is not there and never will be: apply may create it.")
@files_option
@state_option
@sandbox_option
@lock_timeout_option
@state_is_kept_option
@with_console()
def resolve_command(
    console: Console,
    key: str,
    group_id: str | None,
    retry: bool,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    lock_timeout: float,
    state_is_kept: bool,
) -> int:
    """Settle by hand what became of KEY, whose creation is in doubt, after a look at the phone.

    \b
    zapi-sync resolve launch-vip-01 --adopt 120363019502650977-group
    zapi-sync resolve launch-vip-01 --retry
    """
    if bool(group_id) == retry:
        raise UsageError.of(
            Code.USAGE,
            Text("resolve takes either --adopt ID or --retry"),
            hint=Text("zapi-sync resolve --help"),
        )
    store = state_to_change(files, state, sandbox=sandbox, state_is_kept=state_is_kept)
    console.complain(store.warnings())
    with store.lock(lock_timeout):
        known = current(store)
        attempt = known.open.get(GroupKey(key)) or _moved_to(key, known, files)
        if attempt is None:
            raise StateInvalid.of(
                Code.NOT_UNSETTLED,
                Text('"{key}" is not unsettled{near}', key=key, near=_near(key, known.open)),
                hint=Text("zapi-sync plan shows what is; a group that merely exists is taken in with import"),
                file=store.name,
            )
        if group_id:
            group = attempt.intent.group
            return _adopt(console, store, known, group, group_id, How.ADOPTED, None, sandbox=sandbox)
        reason = Absent(Text("a person looked, and said that it was not created (resolve --retry)"))
        conclusion = Concluded(SystemClock().now(), attempt.intent.attempt, reason)
        if known.state:
            write_down(store, known.state, [conclusion])
        console.talk(_("{key} is settled as not created; zapi-sync apply creates it", key=key))
        if console.json:
            console.result(json.applied([], [], [], []))
        return ExitCode.DONE


def _refuse_a_known_key(config: Config, known: Known, key: GroupKey, file: str) -> None:
    """Raises StateInvalid where the key has a group, or one that `moved` is about to give it."""
    if key in known.groups:
        raise StateInvalid.of(
            Code.KEY_IN_STATE,
            Text('"{key}" is in the state already, as {phone}', key=key, phone=known.groups[key].phone),
            hint=Text("nothing was changed; a key stands for one group, for ever"),
            file=file,
        )
    source = next((move.source for move in due(config.moves, known) if move.target == key), None)
    if source:
        raise StateInvalid.of(
            Code.KEY_IN_STATE,
            Text('"{key}" is in the state already, as "{old}", which `moved` renames', key=key, old=source),
            hint=Text("nothing was changed; zapi-sync apply renames it"),
            file=file,
        )


def _moved_to(key: str, known: Known, files: Sequence[str]) -> OpenAttempt | None:
    """The attempt in doubt under the old key of one that the config renames, until an apply does so."""
    with suppress(ConfigInvalid):
        for move in due(load_config(files).moves, known):
            if move.target == key:
                return known.open.get(move.source)
    return None


def _wanted(config: Config, key: str) -> Group:
    groups = {group.key: group for group in config.groups}
    if GroupKey(key) not in groups:
        raise UsageError.of(
            Code.NO_SUCH_GROUP,
            Text('the config has no group "{key}"{near}', key=key, near=_near(key, groups)),
            hint=Text("write the group into the config first: its key is what the state knows it by"),
        )
    return groups[GroupKey(key)]


def _near(key: str, keys: Iterable[str]) -> str:
    close = nearest(key, keys)
    return Text('; did you mean "{near}"?', near=close) if close else ""


def _adopt(
    console: Console,
    store: StateStore,
    known: Known,
    group: Group,
    group_id: str,
    how: How,
    config: Config | None,
    *,
    sandbox: bool,
) -> ExitCode:
    """Look the group up, and write it down as the key's."""
    _check_id(store.name, known, group_id)
    where = config.where_instance if config else nowhere
    with closing(connect_to_look(store.name, [group.instance], where, sandbox=sandbox)) as api:
        api.check(known, store.name)
        event = adopt(group, GroupId(group_id), api.client(group.instance), SystemClock().now(), how)
        write_down(store, first_state(store, known, api, recipients_of(config, known)), [event])
    finished = Finished(event.group, event.created, how)
    if console.json:
        console.result(json.applied([finished], [], [], []))
    else:
        console.result(results.created([(event.group, event.created)], console.paint))
    return ExitCode.DONE


def _check_id(state: str, known: Known, group_id: str) -> None:
    if not is_group_id(group_id):
        raise UsageError.of(
            Code.NOT_A_GROUP_ID,
            Text('"{id}" is not the id of a group', id=group_id),
            hint=Text("an id looks like 120363019502650977-group"),
        )
    owner = next((key for key, record in known.groups.items() if record.phone == group_id), None)
    if owner:
        raise StateInvalid.of(
            Code.GROUP_OF_ANOTHER_KEY,
            Text('{id} is the group of "{key}" already', id=group_id, key=owner),
            hint=Text("nothing was changed; two keys never stand for one group"),
            file=str(state),
        )
