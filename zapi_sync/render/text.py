"""For a person at a terminal: plans, and what an apply did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.moments import timestamp
from zapi_sync.core.plan import Adopt, Changed, Create, Orphaned, Taken, Unsettled
from zapi_sync.language import _
from zapi_sync.render.safe import printable
from zapi_sync.render.words import count, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zapi_sync.core.model import Group, GroupKey
    from zapi_sync.core.moves import Move
    from zapi_sync.core.pacing import Forecast
    from zapi_sync.core.phones import Phone
    from zapi_sync.core.plan import Difference, Plan
    from zapi_sync.render.paint import Paint

MAX_PHONES = 8
MAX_COURSES = 10


def plan(plan: Plan, forecasts: Sequence[Forecast], paint: Paint) -> str:
    """What apply would do. What stays as it is, is only counted."""
    steps = [
        *moves(plan.moves, paint),
        *(_create(step, paint) for step in plan.of(Create)),
        *(_adopt(step, paint) for step in plan.of(Adopt)),
        *taken(plan.of(Taken), paint),
        *(_changed(step, paint) for step in plan.of(Changed)),
        *(_orphaned(step, paint) for step in plan.of(Orphaned)),
        *unsettled(plan.of(Unsettled), paint),
    ]
    return "\n".join([*steps, *([""] if steps else []), *summary(plan, forecasts, paint)])


def unsettled(steps: Sequence[Unsettled], paint: Paint) -> list[str]:
    """The groups whose creation is in doubt, each with the ways on."""
    return [_unsettled(step, paint) for step in steps]


def taken(steps: Sequence[Taken], paint: Paint) -> list[str]:
    """The groups whose name is taken, each with the ways on."""
    return [_taken(step, paint) for step in steps]


def moves(moves: Sequence[Move], paint: Paint) -> list[str]:
    """The keys that are renamed, a line each."""
    return [
        f"{paint.green('> ' + printable(move.target))}  "
        f"{paint.dim(f'moved: was {printable(move.source)}; the group stays as it is')}"
        for move in moves
    ]


def moved(moves: Sequence[Move], paint: Paint) -> list[str]:
    """The keys that were renamed, a line each."""
    return [
        _(
            "{green}     {source} is {target} now",
            green=paint.green("moved"),
            source=printable(move.source),
            target=printable(move.target),
        )
        for move in moves
    ]


def _create(step: Create, paint: Paint) -> str:
    group = step.group
    lines = [
        f"{paint.green('+ ' + group.key)}",
        f"    groupName   {printable(group.group_name)}",
        f"    instance    {group.instance}",
        f"    phones      {_phones(group.phones)}",
        _("    autoInvite  {invitations}", invitations=_invitations(group)),
    ]
    return "\n".join(lines)


def _phones(phones: Sequence[Phone]) -> str:
    shown = ", ".join(phones[:MAX_PHONES])
    left = len(phones) - MAX_PHONES
    return _("{shown} and {left} more", shown=shown, left=left) if left > 0 else shown


def _invitations(group: Group) -> str:
    if not group.auto_invite:
        return "false"
    return _(
        "true (up to {number}, to who cannot be added directly)",
        number=count(len(group.phones), _("private invitation")),
    )


def _changed(step: Changed, paint: Paint) -> str:
    lines = [f"{paint.yellow('~ ' + step.key)}  {paint.dim('shown only: apply never changes a group')}"]
    lines += [f"    {_difference(difference)}" for difference in step.differences]
    return "\n".join(lines)


def _difference(difference: Difference) -> str:
    if difference.created is None:
        return _(
            "{attribute:<11} not those that it was created with; now {wanted}",
            attribute=difference.attribute,
            wanted=difference.wanted,
        )
    return (
        f"{difference.attribute:<11} {printable(difference.created)} -> {printable(difference.wanted or '')}"
    )


def _orphaned(step: Orphaned, paint: Paint) -> str:
    return (
        f"{paint.yellow('- ' + printable(step.key))}  "
        f"{paint.dim('no longer in the config; the group stays as it is')}\n"
        f"    groupName   {printable(step.record.group_name)}\n"
        f"    id          {printable(step.record.phone)}"
    )


def _unsettled(step: Unsettled, paint: Paint) -> str:
    group = step.attempt.intent.group
    return (
        f"{paint.yellow('? ' + printable(step.key))}  {paint.dim('unsettled')}\n"
        f"    groupName   {printable(group.group_name)}\n"
        f"    sent        {timestamp(step.attempt.sent_at)}; {printable(step.attempt.reason)}\n"
        f"    {doubt(group)}"
    )


def doubt(group: Group) -> str:
    """What a creation in doubt means, and the ways on."""
    key, instance = printable(group.key), printable(group.instance)
    return _(
        'the group may exist or not, so no second request is sent. Run apply again: it looks again.\n          Or look at the phone of the instance "{instance}", and settle it by hand\n          (with the same -f, --state and --sandbox):\n            zapi-sync resolve {key} --adopt ID   the group is there\n            zapi-sync resolve {key} --retry      it is not, and never will be: create it',
        instance=instance,
        key=key,
    )


def _taken(step: Taken, paint: Paint) -> str:
    group = step.group
    lines = [
        f"{paint.yellow('= ' + step.key)}  {paint.dim('not created: the name is taken')}",
        f"    groupName   {printable(group.group_name)}",
    ]
    if step.ids:
        lines.append(f"    id          {', '.join(map(printable, step.ids))}")
    return "\n".join([*lines, *ways_on(step)])


def ways_on(step: Taken) -> Iterator[str]:
    """By whom a name is taken, and what can be done about it: a line each."""
    yield from _taken_by_key(step, step.by) if step.by else _taken_by_strangers(step)


def _taken_by_key(step: Taken, by: GroupKey) -> Iterator[str]:
    what = _("The group of") if step.ids else _("What is unsettled of")
    yield _(
        "    {what} the key {by} has this name, whatever the config calls it now.",
        what=what,
        by=printable(by),
    )
    yield _(
        "          If the two keys are one: write {by} again, or rename it in the config:", by=printable(by)
    )
    yield _("            moved: [{{from: {by}, to: {key}}}]", by=printable(by), key=step.key)
    if step.ids:
        yield _("          If a second group of this name is wanted: apply --existing create")


def _taken_by_strangers(step: Taken) -> Iterator[str]:
    instance = step.group.instance
    if len(step.ids) == 1:
        yield _(
            '    A group of this name is on the instance "{instance}" already, and in no state.',
            instance=instance,
        )
        adopt = _("zapi-sync import {key} {ids}", key=step.key, ids=step.ids[0])
        yield _("          If it is the wanted one: {adopt} (or apply --existing adopt)", adopt=adopt)
    else:
        yield _(
            '    Groups of this name are on the instance "{instance}" already, and in no state.',
            instance=instance,
        )
        yield _("          If one is the wanted one: zapi-sync import {key} ID", key=step.key)
    yield _("          If another one is wanted: apply --existing create")
    yield _("          (all with the same -f, --state and --sandbox)")


def _adopt(step: Adopt, paint: Paint) -> str:
    return (
        f"{paint.green('= ' + step.key)}  {paint.dim('adopted: a group of this name exists')}\n"
        f"    groupName   {printable(step.group.group_name)}\n"
        f"    id          {printable(step.id)}"
    )


def summary(plan: Plan, forecasts: Sequence[Forecast], paint: Paint) -> Iterator[str]:
    """How much there is to do, whom it invites, and how long it takes: a sentence a line."""
    counts = plan.counts() | ({"moved": len(plan.moves)} if plan.moves else {})
    if not counts["create"] and not counts["adopt"]:
        yield paint.bold(_("Nothing to create.")) + f" {_counts(counts)}."
        return
    yield paint.bold(_("Plan: {counts} to create", counts=counts["create"])) + f"; {_counts(counts)}."
    invitations = sum(len(step.group.phones) for step in plan.of(Create) if step.group.auto_invite)
    yield (
        _("Up to {number} will be sent.", number=count(invitations, _("private invitation")))
        if invitations
        else (_("No private invitation will be sent."))
    )
    yield from _course(forecasts)


def _course(forecasts: Sequence[Forecast]) -> Iterator[str]:
    """How long it takes, and what a day's budget leaves over."""
    took = max((each.seconds for each in forecasts), default=0)
    if took >= 1:
        together = _(", the instances side by side") if len(forecasts) > 1 else ""
        yield _("At this pace it takes about {time}{together}.", time=seconds(took), together=together)
    short = [each for each in forecasts if each.left_over]
    for each in short[:MAX_COURSES]:
        yield _shortage(each)
    if len(short) > MAX_COURSES:
        yield _("The same is so on {short_count} more instances.", short_count=len(short) - MAX_COURSES)


def _shortage(course: Forecast) -> str:
    """What a day's budget leaves over on one instance."""
    wanted = course.creations + course.left_over
    if course.again is None:
        return _(
            'At the pace of the instance "{instance}", {left_over} of {wanted} are more than a year away.',
            instance=course.instance,
            left_over=course.left_over,
            wanted=wanted,
        )
    last = (
        _("takes more than a year")
        if course.finished is None
        else _("can be there in {time}", time=seconds(course.finished))
    )
    return _(
        'The day\'s budget on the instance "{instance}" allows {creations} of {wanted} now. Apply again in {time} for the next; the last {last}.',
        instance=course.instance,
        creations=course.creations,
        wanted=wanted,
        time=seconds(course.again),
        last=last,
    )


def _counts(counts: dict[str, int]) -> str:
    words = [_("{counts} unchanged", counts=counts["unchanged"])]
    words += [
        _("{number} {action}", number=number, action=action)
        for action, number in counts.items()
        if number and action not in ("unchanged", "create")
    ]
    return ", ".join(words)
