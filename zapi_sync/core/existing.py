"""Groups that exist on an instance already, and bear a name that is wanted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from zapi_sync.core.names import comparable_name
from zapi_sync.core.plan import Adopt, Create, Taken, name_on_instance
from zapi_sync.dataclass import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from zapi_sync.core.known import Known
    from zapi_sync.core.lookup import Listed
    from zapi_sync.core.model import GroupId, InstanceName
    from zapi_sync.core.plan import Plan, Step


class Existing(StrEnum):
    """What to do about a wanted name that a group on the instance bears already (--existing)."""

    FAIL = "fail"
    ADOPT = "adopt"
    CREATE = "create"


def to_be_listed(plan: Plan, policy: Existing) -> set[InstanceName]:
    """The instances that something may be created on, whose groups are to be listed before."""
    creates = {step.group.instance for step in plan.of(Create)}
    if policy is not Existing.CREATE:
        return creates
    return creates | {step.group.instance for step in plan.of(Taken) if step.ids}


def with_existing(
    plan: Plan, listings: Mapping[InstanceName, Sequence[Listed]], known: Known, policy: Existing
) -> Plan:
    """The plan once the instances' groups are listed: no step makes a second group of a name by accident."""
    owned = {record.phone for record in known.groups.values()}
    bearing: dict[tuple[InstanceName, str], list[GroupId]] = {}
    for instance, listing in listings.items():
        for each in listing:
            if each.name:
                bearing.setdefault((instance, comparable_name(each.name)), []).append(each.phone)
    steps: list[Step] = []
    for step in plan.steps:
        steps.append(_with_existing(step, bearing, owned, policy))
        if isinstance(steps[-1], Adopt):  # two instances may list one group: it is the first key's alone
            owned.add(steps[-1].id)
    return replace(plan, steps=tuple(steps))


def _with_existing(
    step: Step,
    bearing: Mapping[tuple[InstanceName, str], Sequence[GroupId]],
    owned: Collection[GroupId],
    policy: Existing,
) -> Step:
    if isinstance(step, Taken) and step.ids and policy is Existing.CREATE:
        step = Create(step.group)
    if not isinstance(step, Create):
        return step
    ids = tuple(bearing.get(name_on_instance(step.group), ()))
    strangers = tuple(phone for phone in ids if phone not in owned)
    if not strangers or policy is Existing.CREATE:
        return replace(step, same_name=ids)
    if policy is Existing.ADOPT and len(strangers) == 1:
        return Adopt(step.group, strangers[0])
    return Taken(step.group, strangers)
