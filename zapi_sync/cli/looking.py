"""The look at the instances, as drift, refresh and plan --refresh take it."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from zapi_sync.cli.connecting import connect_to_look
from zapi_sync.cli.keys import matching
from zapi_sync.core.drift import Drift, drift_of
from zapi_sync.dataclass import dataclass, field
from zapi_sync.edge.clock import SystemClock
from zapi_sync.errors import Code
from zapi_sync.language import Text, ngettext
from zapi_sync.settle import lister
from zapi_sync.survey import Surveyor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from zapi_sync.cli.console import Console
    from zapi_sync.core.known import Known
    from zapi_sync.core.lookup import Listed
    from zapi_sync.core.model import GroupKey, InstanceName, Record
    from zapi_sync.errors import Diagnostic


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found, the connected numbers, and `failures`: what it could not find out."""

    drift: Drift
    listings: Mapping[InstanceName, Sequence[Listed]]
    failures: Sequence[Diagnostic]
    own_phones: Mapping[InstanceName, str | None] = field(default_factory=dict)


def chosen(records: Mapping[GroupKey, Record], patterns: Sequence[str]) -> dict[GroupKey, Record]:
    """The records of these keys (* and ? and [] stand for what they do in a shell), or all of them.

    Raises UsageError for one that fits none.
    """
    hint = Text("the keys of the state: zapi-sync state list")
    wanted = matching(patterns, records, whose=Text("the state"), hint=hint) if patterns else records.keys()
    return {key: record for key, record in records.items() if key in wanted}


def look(
    console: Console,
    state: str,
    known: Known,
    records: Mapping[GroupKey, Record],
    to_be_listed: Collection[InstanceName] = (),
    *,
    sandbox: bool,
) -> Look:
    """Look at these groups, and list the instances `to_be_listed` besides.

    Raises CredentialsInvalid, and StateInvalid where the state speaks of another API or instance; an API that
    gives no answer is among the failures.
    """
    instances = {record.instance for record in records.values()} | set(to_be_listed)
    if not instances:
        return Look(Drift(()), {}, ())
    with closing(connect_to_look(state, instances, sandbox=sandbox)) as api:
        api.check(known, state)
        surveyor = Surveyor(api.client, lister(api.client, known, SystemClock()), teller(console))
        survey = surveyor.survey(records, to_be_listed)
    if sys.stderr.isatty() and any(each.code is Code.LOOK_ENDED for each in survey.failures):
        console.talk("")  # the count that stands there goes no further
    drift = drift_of(records, survey.sights, survey.own_phones)
    return Look(drift, survey.listings, survey.failures, survey.own_phones)


def teller(console: Console) -> Callable[[InstanceName, int, int], None]:
    """Tells how far a look is: in place at a terminal, elsewhere once an instance is through."""

    def looked(instance: InstanceName, number: int, total: int) -> None:
        said = ngettext(
            'looked at {done} of {number} group of the instance "{instance}"',
            'looked at {done} of {number} groups of the instance "{instance}"',
            total,
            done=number,
            instance=instance,
        )
        if sys.stderr.isatty():
            click.echo(f"\r{said}", nl=number == total, err=True)
        elif number == total:
            console.talk(said)

    return looked
