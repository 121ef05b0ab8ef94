"""`zapi-sync import --all`: the groups that no state knows, as a config, and into the state."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from zapi_sync.cli.apply_run import first_state, write_down
from zapi_sync.cli.approval import approve
from zapi_sync.cli.connecting import connect_to_look
from zapi_sync.cli.looking import teller
from zapi_sync.cli.wiring import check_kept, current, load_config, open_state, recipients_of, state_address
from zapi_sync.core.forms import INSTANCE_NAME
from zapi_sync.core.importing import adopted, importing
from zapi_sync.core.model import DEFAULT_INSTANCE, InstanceName
from zapi_sync.dataclass import dataclass
from zapi_sync.edge.clock import SystemClock
from zapi_sync.edge.inputs import STDIN, environment
from zapi_sync.edge.new_file import check_new, write_new
from zapi_sync.errors import Code, ExitCode, UsageError
from zapi_sync.language import Text, ngettext
from zapi_sync.render import groups_yaml
from zapi_sync.render import importing as rendered
from zapi_sync.settle import link_of, lister
from zapi_sync.strangers import StrangerLook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zapi_sync.cli.connecting import Api
    from zapi_sync.cli.console import Console
    from zapi_sync.core.config import Config
    from zapi_sync.core.importing import Importing
    from zapi_sync.core.known import Known
    from zapi_sync.core.state import State
    from zapi_sync.errors import Location
    from zapi_sync.state.store import StateStore
    from zapi_sync.strangers import Strangers


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for: `out` is the file for the config, `write` takes the groups into the
    state, `instances` are those to look at (those of the config where none is named)."""

    files: Sequence[str]
    state: str | None
    sandbox: bool
    lock_timeout: float
    instances: Sequence[str]
    out: str | None
    write: bool
    auto_approve: bool
    state_is_kept: bool


def import_all(console: Console, wish: Wish) -> ExitCode:
    """Look, show, and write what is wished for. Where nothing can be taken in, nothing is written at all."""
    _refuse_what_makes_no_sense(wish)
    config = _config(wish.files)
    store = open_state(state_address(wish.files, wish.state, environment(), sandbox=wish.sandbox))
    warnings = store.warnings()
    console.complain(warnings)
    if wish.write and not (wish.sandbox or wish.state_is_kept):
        check_kept(store, environment())
    with ExitStack() as held:
        if wish.write:
            held.enter_context(store.lock(wish.lock_timeout))
        known = current(store) if wish.write else store.load()
        api = held.enter_context(closing(_connect(store, config, wish)))
        api.check(known, store.name)
        strangers = _look(console, known, api)
        console.complain(strangers.failures)
        wanted = config.groups if config else ()
        found = importing(strangers.seen, wanted, known, strangers.own_phones, config.moves if config else ())
        if found.imports:
            recipients = recipients_of(config, known)
            _write(console, found, lambda: first_state(store, known, api, recipients), store, api, wish)
    _tell(console, found, strangers, wish)
    if console.json:
        told = [*warnings, *strangers.failures]
        console.result(rendered.json(found, wish.out, told, written=wish.write and bool(found.imports)))
    return ExitCode.ERROR if strangers.failures else ExitCode.DONE


def _refuse_what_makes_no_sense(wish: Wish) -> None:
    for name in wish.instances:
        if not INSTANCE_NAME.fullmatch(name):
            raise _usage(
                Text('"{name}" is not the name of an instance', name=name),
                Text("a name is lower-case letters, digits, - and _"),
            )
    if wish.write and not wish.out:
        raise _usage(
            Text("--write needs --out FILE: what is in the state and in no config would be orphaned"),
            Text("zapi-sync import --all --write --out groups.yaml"),
        )
    if wish.out:
        check_new(Path(wish.out))


def _usage(message: str, hint: str) -> UsageError:
    return UsageError.of(Code.USAGE, message, hint=hint)


def _config(files: Sequence[str]) -> Config | None:
    """The config; None where there is none yet. Raises ConfigInvalid."""
    is_new = STDIN not in files and not any(map(os.path.lexists, files))
    return None if is_new else load_config(files)


def _connect(store: StateStore, config: Config | None, wish: Wish) -> Api:
    named = {group.instance for group in config.groups} if config else set()
    instances = sorted({InstanceName(name) for name in wish.instances} or named) or [DEFAULT_INSTANCE]

    def where(instance: InstanceName) -> Location | None:
        return config.where_instance(instance) if config else None

    return connect_to_look(store.name, instances, where, sandbox=wish.sandbox)


def _look(console: Console, known: Known, api: Api) -> Strangers:
    ids = {record.phone for record in known.groups.values()}
    listing = lister(api.client, known, SystemClock())
    return StrangerLook(api.client, listing, teller(console)).look(sorted(api.clients), ids)


def _write(
    console: Console, found: Importing, first: Callable[[], State], store: StateStore, api: Api, wish: Wish
) -> None:
    """The config first: a record without a config would be orphaned, and this command not find it again."""
    config = groups_yaml.config(found)
    if wish.write:
        console.talk(config)
        if not wish.auto_approve:
            approve(
                ngettext(
                    "Take {number} group into the state",
                    "Take {number} groups into the state",
                    len(found.imports),
                ),
                command="import --all",
                hint=Text("run it with --auto-approve once its result without --write was reviewed"),
                nothing=Text("nothing was written"),
            )
    if wish.out:
        write_new(Path(wish.out), config)
    if wish.write:
        now = SystemClock().now()
        events = [
            adopted(
                each, each.details.link or link_of(api.client(each.group.instance), each.details.phone), now
            )
            for each in found.imports
        ]
        write_down(store, first(), events)


def _tell(console: Console, found: Importing, strangers: Strangers, wish: Wish) -> None:
    """The config is the result, unless it went to a file; what is said of it is talk then as before."""
    told = rendered.summary(found, wish.out, written=wish.write)
    if console.json:
        return
    if wish.out:
        console.result(told)
    elif found.imports or not strangers.failures:
        console.result(groups_yaml.config(found).removesuffix("\n"))
        console.talk(told)
