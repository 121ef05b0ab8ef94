"""`zapi-sync import --all`: the groups that exist already, as YAML, and into the state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from zapi_sync.cli.apply_run import first_state, write_down
from zapi_sync.cli.approval import approve
from zapi_sync.cli.console import Console
from zapi_sync.cli.wiring import (
    Api,
    check_kept,
    connect,
    current,
    load_config,
    load_state,
    open_state,
    state_file,
)
from zapi_sync.core.importing import LeftOut, Proposal, Stranger, config_text, proposals
from zapi_sync.core.journal import Adopted, Known
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, How, InstanceName
from zapi_sync.core.outcome import Created
from zapi_sync.core.state import check_remote
from zapi_sync.edge.clock import SystemClock
from zapi_sync.edge.inputs import STDIN, environment
from zapi_sync.edge.local_state import LocalState
from zapi_sync.edge.lock import locked
from zapi_sync.edge.new_file import write_new
from zapi_sync.errors import ExitCode
from zapi_sync.render import importing as rendered
from zapi_sync.render.text import count
from zapi_sync.settle import complete_listing

LOOKUP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks for: which instances, where the YAML goes, whether the state is written."""

    instances: tuple[str, ...]
    out: str | None
    write: bool
    auto_approve: bool
    state_is_kept: bool
    lock_timeout: float


def import_all(
    console: Console, order: Order, files: Sequence[str], state: str | None, *, sandbox: bool
) -> ExitCode:
    """Look at every group of the instances that no state knows, tell them, and write what is asked for."""
    there = [file for file in files if file == STDIN or Path(file).exists()]  # it may be the first thing done
    wanted = load_config(there).groups if there else ()
    path = state_file(files, state, environment(), sandbox=sandbox)
    local = open_state(path)
    console.complain(local.warnings())
    if order.write and not (sandbox or order.state_is_kept):
        check_kept(local, environment())
    with locked(local.lock_path, timeout=order.lock_timeout) if order.write else nullcontext():
        known = current(local) if order.write else load_state(local)
        instances = _instances(order, wanted)
        with closing(
            connect(path, environment(), instances, (), LOOKUP_SECONDS, _nowhere, sandbox=sandbox)
        ) as api:
            if known.state:
                check_remote(known.state, api.remote.origin, api.digests, str(path))
            found = _look(console, api, known, wanted)
            made = [each for each in found if isinstance(each, Proposal)]
            left = [each for each in found if isinstance(each, LeftOut)]
            if order.write and made and not order.auto_approve:
                console.talk(rendered.table(made, console.talk_paint))
                approve(
                    f"Take {count(len(made), 'group')} into the state",
                    command="import --all --write",
                    hint="run it with --auto-approve once the YAML was reviewed",
                    nothing="nothing was written",
                )
            if order.out is not None:
                write_new(Path(order.out), config_text(found))
            if order.write and made:
                _take_in(local, known, api, made)
    _report(console, order, made, left)
    return ExitCode.DONE


def _instances(order: Order, wanted: Sequence[Group]) -> list[InstanceName]:
    named = [InstanceName(name) for name in dict.fromkeys(order.instances)]
    return named or sorted({group.instance for group in wanted}) or [DEFAULT_INSTANCE]


def _look(console: Console, api: Api, known: Known, wanted: Sequence[Group]) -> list[Proposal | LeftOut]:
    """Raises RemoteUnavailable: what is not whole is not told."""
    own_phones: dict[InstanceName, str | None] = {}
    strangers = list(_strangers(console, api, known, own_phones))
    return list(proposals(strangers, own_phones, wanted, (*known.groups, *known.open)))


def _strangers(
    console: Console, api: Api, known: Known, own_phones: dict[InstanceName, str | None]
) -> Iterator[Stranger]:
    clock = SystemClock()
    owned = {record.phone for record in known.groups.values()}
    for instance, client in sorted(api.clients.items()):
        listing = complete_listing(client, known.owned(instance), clock)
        unknown = [each.phone for each in listing if each.phone not in owned]
        own_phones[instance] = client.own_phone()
        for number, phone in enumerate(unknown, start=1):
            yield Stranger(instance, phone, client.details(phone))
            if number % 50 == 0:
                console.talk(f'looked at {number} of {len(unknown)} groups of the instance "{instance}"')


def _take_in(local: LocalState, known: Known, api: Api, made: Sequence[Proposal]) -> None:
    now = SystemClock().now()
    events = [
        Adopted(
            now,
            each.group,
            Created(each.phone, each.invitation_link),
            each.created_at or now,
            How.IMPORTED,
        )
        for each in made
    ]
    write_down(local, first_state(local, known, api), events)


def _report(console: Console, order: Order, made: Sequence[Proposal], left: Sequence[LeftOut]) -> None:
    if console.json:
        console.result(rendered.json(made, left, out=order.out, written=order.write))
        return
    if order.out is None:
        console.result(config_text([*made, *left]).removesuffix("\n"))
    console.talk(rendered.summary(made, left, out=order.out, written=order.write))


def _nowhere(_: InstanceName) -> None:
    """The place of a name that no config was asked for."""
