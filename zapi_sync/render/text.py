"""For a person at a terminal: plans, and what an apply did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.moments import timestamp
from zapi_sync.core.plan import Adopt, Changed, Create, Orphaned, Taken, Unsettled
from zapi_sync.language import _, ngettext
from zapi_sync.render.safe import pad, printable, width
from zapi_sync.render.words import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from zapi_sync.core.model import Group, GroupKey, InstanceName
    from zapi_sync.core.moves import Move
    from zapi_sync.core.pacing import Forecast
    from zapi_sync.core.phones import Phone
    from zapi_sync.core.plan import Difference, Plan
    from zapi_sync.render.paint import Paint

MAX_PHONES = 8
MAX_COURSES = 10
_FURTHER = " " * 10


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
        paint.green("> " + printable(move.target))
        + "  "
        + paint.dim(_("moved: was {old}; the group stays as it is", old=printable(move.source)))
        for move in moves
    ]


def moved(moves: Sequence[Move], paint: Paint) -> list[str]:
    """The keys that were renamed, a line each."""
    word = _("moved")
    blanks = " " * (10 - width(word))
    return [
        f"{paint.green(word)}{blanks}"
        + _("{old} is {key} now", old=printable(move.source), key=printable(move.target))
        for move in moves
    ]


def _create(step: Create, paint: Paint) -> str:
    group = step.group
    lines = [
        f"{paint.green('+ ' + group.key)}",
        f"    groupName   {printable(group.group_name)}",
        f"    instance    {group.instance}",
        f"    phones      {_phones(group.phones)}",
        f"    {'autoInvite':<11} {_invitations(group)}",
    ]
    return "\n".join(lines)


def _phones(phones: Sequence[Phone]) -> str:
    shown = ", ".join(phones[:MAX_PHONES])
    left = len(phones) - MAX_PHONES
    return _("{shown} and {left} more", shown=shown, left=left) if left > 0 else shown


def _invitations(group: Group) -> str:
    if not group.auto_invite:
        return "false"
    return ngettext(
        "true (up to {number} private invitation, to who cannot be added directly)",
        "true (up to {number} private invitations, to who cannot be added directly)",
        len(group.phones),
    )


def _changed(step: Changed, paint: Paint) -> str:
    note = _("shown only: apply never changes a group")
    lines = [f"{paint.yellow('~ ' + step.key)}  {paint.dim(note)}"]
    lines += [f"    {_difference(difference)}" for difference in step.differences]
    return "\n".join(lines)


def _difference(difference: Difference) -> str:
    if difference.created is None:
        now = _("not those that it was created with; now {wanted}", wanted=difference.wanted)
        return f"{difference.attribute:<11} {now}"
    return (
        f"{difference.attribute:<11} {printable(difference.created)} -> {printable(difference.wanted or '')}"
    )


def _orphaned(step: Orphaned, paint: Paint) -> str:
    note = _("no longer in the config; the group stays as it is")
    return (
        f"{paint.yellow('- ' + printable(step.key))}  {paint.dim(note)}\n"
        f"    groupName   {printable(step.record.group_name)}\n"
        f"    id          {printable(step.record.phone)}"
    )


def _unsettled(step: Unsettled, paint: Paint) -> str:
    group = step.attempt.intent.group
    note, sent = _("unsettled"), pad(_("sent"), 11)
    return (
        f"{paint.yellow('? ' + printable(step.key))}  {paint.dim(note)}\n"
        f"    groupName   {printable(group.group_name)}\n"
        f"    {sent} {timestamp(step.attempt.sent_at)}; {printable(step.attempt.reason)}\n"
        f"    {doubt(group, step.attempt.settles_at)}"
    )


def rate_limit(instance: InstanceName, until: datetime) -> str:
    """That an instance creates nothing until then."""
    return _(
        'A rate limit stops the instance "{instance}": apply creates nothing on it before {until} '
        "(--ignore-rate-limit overrides).",
        instance=printable(instance),
        until=timestamp(until),
    )


def doubt(group: Group, settles_at: datetime | None) -> str:
    """What an unsettled creation means, and the ways on; `settles_at` is when absence settles it."""
    key, instance = printable(group.key), printable(group.instance)
    if settles_at:
        further = [
            _("The API refused it, and the group may exist all the same, so no second request is sent."),
            _(
                "Run apply again after {time}: if the group is not listed then, apply creates it.",
                time=timestamp(settles_at),
            ),
        ]
    else:
        further = [
            _("the group may exist or not, so no second request is sent. Run apply again: it looks again.")
        ]
    lines = [
        *further,
        _('Or look at the phone of the instance "{instance}", and settle it by hand', instance=instance),
        _("(with the same -f, --state and --sandbox):"),
        "  " + _("zapi-sync resolve {key} --adopt ID   the group is there", key=key),
        "  " + _("zapi-sync resolve {key} --retry      it is not, and never will be: create it", key=key),
    ]
    return "\n          ".join(lines)


def _taken(step: Taken, paint: Paint) -> str:
    group = step.group
    note = _("not created: the name is taken")
    lines = [
        f"{paint.yellow('= ' + step.key)}  {paint.dim(note)}",
        f"    groupName   {printable(group.group_name)}",
    ]
    if step.ids:
        lines.append(f"    id          {', '.join(map(printable, step.ids))}")
    return "\n".join([*lines, *ways_on(step)])


def ways_on(step: Taken) -> Iterator[str]:
    """By whom a name is taken, and what can be done about it: a line each."""
    yield from _taken_by_key(step, step.by) if step.by else _taken_by_strangers(step)


def _taken_by_key(step: Taken, by: GroupKey) -> Iterator[str]:
    other = printable(by)
    if step.ids:
        said = _("The group of the key {key} has this name, whatever the config calls it now.", key=other)
    else:
        said = _(
            "What is unsettled of the key {key} has this name, whatever the config calls it now.", key=other
        )
    yield f"    {said}"
    yield _FURTHER + _("If the two keys are one: write {key} again, or rename it in the config:", key=other)
    yield f"{_FURTHER}  " + _("moved: [{{from: {old}, to: {key}}}]", old=other, key=step.key)
    if step.ids:
        yield _FURTHER + _("If a second group of this name is wanted: apply --existing create")


def _taken_by_strangers(step: Taken) -> Iterator[str]:
    instance = step.group.instance
    if len(step.ids) == 1:
        yield "    " + _(
            'A group of this name is on the instance "{instance}" already, and in no state.',
            instance=instance,
        )
        yield _FURTHER + _(
            "If it is the wanted one: zapi-sync import {key} {id} (or apply --existing adopt)",
            key=step.key,
            id=step.ids[0],
        )
    else:
        yield "    " + _(
            'Groups of this name are on the instance "{instance}" already, and in no state.',
            instance=instance,
        )
        yield _FURTHER + _("If one is the wanted one: zapi-sync import {key} ID", key=step.key)
    yield _FURTHER + _("If another one is wanted: apply --existing create")
    yield _FURTHER + _("(all with the same -f, --state and --sandbox)")


def _adopt(step: Adopt, paint: Paint) -> str:
    note = _("adopted: a group of this name exists")
    return (
        f"{paint.green('= ' + step.key)}  {paint.dim(note)}\n"
        f"    groupName   {printable(step.group.group_name)}\n"
        f"    id          {printable(step.id)}"
    )


def summary(plan: Plan, forecasts: Sequence[Forecast], paint: Paint) -> Iterator[str]:
    """How much there is to do, whom it invites, and how long it takes: a sentence a line."""
    counts = plan.counts() | ({"moved": len(plan.moves)} if plan.moves else {})
    if not counts["create"] and not counts["adopt"]:
        yield paint.bold(_("Nothing to create.")) + f" {_counts(counts)}."
        return
    yield paint.bold(_("Plan: {count} to create", count=counts["create"])) + f"; {_counts(counts)}."
    invitations = sum(len(step.group.phones) for step in plan.of(Create) if step.group.auto_invite)
    if invitations:
        yield ngettext(
            "Up to {number} private invitation will be sent.",
            "Up to {number} private invitations will be sent.",
            invitations,
        )
    else:
        yield _("No private invitation will be sent.")
    yield from _course(forecasts)


def _course(forecasts: Sequence[Forecast]) -> Iterator[str]:
    """How long it takes, and what a day's budget leaves over."""
    took = max((each.seconds for each in forecasts), default=0)
    if took >= 1:
        together = _(", the instances side by side") if len(forecasts) > 1 else ""
        yield _("At this pace it takes about {time}{together}.", time=seconds(took), together=together)
    for each in forecasts:
        if each.not_before:
            yield rate_limit(each.instance, each.not_before)
    short = [each for each in forecasts if each.left_over and not each.not_before]
    for each in short[:MAX_COURSES]:
        yield _shortage(each)
    if len(short) > MAX_COURSES:
        yield ngettext(
            "The same is so on {number} more instances.",
            "The same is so on {number} more instances.",
            len(short) - MAX_COURSES,
        )


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
        'The day\'s budget on the instance "{instance}" allows {creations} of {wanted} now. '
        "Apply again in {time} for the next; the last {last}.",
        instance=course.instance,
        creations=course.creations,
        wanted=wanted,
        time=seconds(course.again),
        last=last,
    )


def _counts(counts: dict[str, int]) -> str:
    unchanged = counts["unchanged"]
    words = [ngettext("{count} unchanged", "{count} unchanged", unchanged, count=unchanged)]
    words += [_counted(action, number) for action, number in counts.items() if number]
    return ", ".join(filter(None, words))


def _counted(action: str, number: int) -> str:
    """So many steps of an action; of those that are told elsewhere, nothing."""
    match action:
        case "adopt":
            return ngettext("{count} adopt", "{count} adopt", number, count=number)
        case "taken":
            return ngettext("{count} taken", "{count} taken", number, count=number)
        case "changed":
            return ngettext("{count} changed", "{count} changed", number, count=number)
        case "orphaned":
            return ngettext("{count} orphaned", "{count} orphaned", number, count=number)
        case "unsettled":
            return ngettext("{count} unsettled", "{count} unsettled", number, count=number)
        case "moved":
            return ngettext("{count} moved", "{count} moved", number, count=number)
        case _other:
            return ""
