"""A plan in a file, to be reviewed and carried out as it is: what it was made of, and what moved since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.model import credential_variables
from zapi_sync.core.plan import Changed, Create, Orphaned, Unchanged
from zapi_sync.dataclass import dataclass, replace
from zapi_sync.errors import Code, Diagnostic, Location, SavedPlanStale
from zapi_sync.language import Joined, Plural, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from zapi_sync.core.model import Group, GroupKey, InstanceName
    from zapi_sync.core.pacing import Pacings
    from zapi_sync.core.plan import Plan, Step

MAX_TOLD = 20
"""So many of the things that moved are told."""

_CONFIG = Text("the config was edited since")
_EITHER = Text("that comes of the state, or of an edit of the config")
_STATE = Text("the state was written since: something was created, imported, settled or removed")
_ACTIONS = {
    "create": Text("create"),
    "adopt": Text("adopt"),
    "taken": Text("taken"),
    "changed": Text("changed"),
    "orphaned": Text("orphaned"),
    "unsettled": Text("unsettled"),
    "unchanged": Text("unchanged"),
}
_ATTRIBUTES = {
    "instance": "instance",
    "group_name": "groupName",
    "auto_invite": "autoInvite",
    "phones": "phones",
}


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan, and all that it was made of.

    `files` and `state` are paths, as they were given; `lineage` and `serial` are None where there was no
    state yet; `remote` is the API's origin; `instances` has a digest of each id, None where the environment
    did not say it; `targets` are the keys that the plan was confined to, None for all.
    """

    created_at: datetime
    files: tuple[str, ...]
    state: str
    lineage: str | None
    serial: int | None
    remote: str
    instances: Mapping[InstanceName, str | None]
    pacings: Pacings
    targets: tuple[GroupKey, ...] | None
    plan: Plan
    recipients: tuple[str, ...] | None = None
    """To whom the config asked to encrypt the state; None where it did not say."""

    @property
    def creates(self) -> frozenset[GroupKey]:
        """The keys of the groups that it creates: no other one may be."""
        return frozenset(step.key for step in self.plan.of(Create))


def without_links(plan: Plan) -> Plan:
    """The plan less the invite links: whoever reviews it need not be able to join."""
    return replace(plan, steps=tuple(_without_link(step) for step in plan.steps))


def _without_link(step: Step) -> Step:
    if isinstance(step, (Unchanged, Changed, Orphaned)):
        return replace(step, record=replace(step.record, invitation_link=None))
    return step


def refuse_if_moved(saved: SavedPlan, now: SavedPlan, file: str, again: str) -> None:
    """Raises SavedPlanStale with all that is not as it was when the plan was made.

    `now` is what would be saved at this moment; `again` is the command that makes a new plan.
    """
    moved = list(_moved(saved, now))
    if not moved:
        return
    told = moved[:MAX_TOLD]
    if (more := len(moved) - MAX_TOLD) > 0:
        what = Plural(
            "{number} more things are not as they were", "{number} more things are not as they were", more
        )
        told.append((what, _CONFIG))
    remedy = Text(
        "{why}; nothing was sent. Make a new plan and review it: {command}", why=told[0][1], command=again
    )
    raise SavedPlanStale(
        Diagnostic(
            Code.PLAN_STALE,
            Text("this plan is stale: {what}", what=what),
            why if number else remedy,
            Location(file),
        )
        for number, (what, why) in enumerate(told)
    )


def _moved(saved: SavedPlan, now: SavedPlan) -> Iterator[tuple[str, str]]:
    """What is not as it was, and how that may have come about."""
    if saved.remote != now.remote:
        yield (
            Text(
                "it is for {planned}, and this run would talk to {remote}",
                planned=saved.remote,
                remote=now.remote,
            ),
            Text("ZAPI_BASE_URL is another one"),
        )
    for instance, digest in saved.instances.items():
        current = now.instances.get(instance)
        if digest and current and digest != current:
            yield (
                Text('the instance "{instance}" was another Z-API instance', instance=instance),
                Text("{variable} is another one", variable=credential_variables(instance)[0]),
            )
    if saved.lineage != now.lineage:
        yield _moved_state(saved.lineage, now.lineage), _STATE
    elif saved.serial != now.serial:
        what = Text("the state was at serial {before}, and is at {now}", before=saved.serial, now=now.serial)
        yield what, _STATE
    if saved.pacings != now.pacings:
        yield Text("the pacing is another one"), _CONFIG
    if saved.recipients != now.recipients:
        yield Text("the state is to be encrypted to other recipients"), _CONFIG
    if saved.plan.moves != now.plan.moves:
        yield Text("other keys are renamed"), _CONFIG
    same_state = (saved.lineage, saved.serial) == (now.lineage, now.serial)
    why = _CONFIG if same_state else _EITHER
    yield from ((what, why) for what in _moved_steps(saved.plan, now.plan))


def _moved_state(before: str | None, now: str | None) -> str:
    if not before:
        return Text("there was no state, and there is the state {now} now", now=now)
    if not now:
        return Text("there was the state {before}, and there is no state now", before=before)
    return Text("there was the state {before}, and there is the state {now} now", before=before, now=now)


def _moved_steps(saved: Plan, now: Plan) -> Iterator[str]:
    before = {step.key: step for step in saved.steps}
    after = {step.key: step for step in now.steps}
    for key, step in before.items():
        if key not in after:
            yield Text('the group "{key}" ({action}) is gone', key=key, action=_ACTIONS[step.action])
        elif step != after[key]:
            yield Text('the group "{key}" {difference}', key=key, difference=_difference(step, after[key]))
    for key, step in after.items():
        if key not in before:
            yield Text('the group "{key}" ({action}) is new', key=key, action=_ACTIONS[step.action])
    if list(before) != list(after) and set(before) == set(after):
        yield Text("the groups are in another order")


def _difference(before: Step, after: Step) -> str:
    was, now = _ACTIONS[before.action], _ACTIONS[after.action]
    if was != now:
        return Text("was {before}, and is {now} now", before=was, now=now)
    if isinstance(before, Create) and isinstance(after, Create):
        differing = Joined(Text(" and "), _differing(before.group, after.group))
        return Text("differs in {attributes}", attributes=differing)
    return Text("is {action} as before, and with other details", action=now)


def _differing(before: Group, after: Group) -> Iterator[str]:
    for name, attribute in _ATTRIBUTES.items():
        if getattr(before, name) != getattr(after, name):
            yield attribute
