"""For a person at a terminal: plans, and what an apply did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.model import How
from zapi_sync.core.outcome import Created, Rejected, Unknown, Unsent, remedy
from zapi_sync.core.plan import Adopt, Changed, Create, Orphaned, Taken, Unsettled
from zapi_sync.core.scaffold import Fate
from zapi_sync.core.state import timestamp
from zapi_sync.render.safe import pad, printable, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zapi_sync.core.model import Group, GroupKey, Record
    from zapi_sync.core.moves import Move
    from zapi_sync.core.pacing import Forecast
    from zapi_sync.core.phones import Phone
    from zapi_sync.core.plan import Difference, Plan
    from zapi_sync.core.progress import Finished
    from zapi_sync.core.scaffold import Piece
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


def seconds(duration: float) -> str:
    """A length of time as one says it: 40 s, 12 min, 3 h 20 min, 5 days."""
    if duration < 90:
        return f"{duration:.0f} s"
    minutes = round(duration / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours >= 72:
        return f"{round(hours / 24)} days"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def finished(finished: Finished, paint: Paint) -> str:
    """One line on what became of a group; more than one where a person has to do something."""
    group = finished.group
    name = _name(group)
    match finished.outcome:
        case Created(phone):
            word = "found" if finished.how is How.SETTLED else str(finished.how or "created")
            return f"{paint.green(word)}{' ' * (10 - len(word))}{name}  {phone}"
        case Rejected(cause, said, retry_after):
            wait = f" (it asks to wait {seconds(retry_after)})" if retry_after else ""
            return (
                f"{paint.red('rejected')}  {name}: Z-API says: {printable(said)}{wait}\n"
                f"          hint: {remedy(cause, group.instance)}"
            )
        case Unsent(reason):
            return (
                f"{paint.red('not sent')}  {name}: {printable(reason)}\n"
                "          hint: nothing left this machine: check network and ZAPI_BASE_URL, then apply again"
            )
        case Unknown(reason):
            return f"{paint.yellow('UNKNOWN')}   {name}: {printable(reason)}\n          {_doubt(group)}"


def created(groups: Sequence[tuple[Group, Created]], paint: Paint) -> str:
    """The table of ids and invite links, and who could not be added."""
    head = ("KEY", "GROUP", "ID", "INVITE LINK")
    rows = [
        (group.key, printable(group.group_name), made.phone, made.invitation_link or "(none was given)")
        for group, made in groups
    ]
    first, *others = table(head, rows, paint)
    lines = [first]
    for (group, made), row in zip(groups, others, strict=True):
        lines.append(row)
        if made.phones_not_added:
            what = "invited privately" if group.auto_invite else "could not be added"
            lines.append(paint.yellow(f"  {what}: {', '.join(map(printable, made.phones_not_added))}"))
    return "\n".join(lines)


def invites(groups: Mapping[GroupKey, Record], paint: Paint) -> str:
    """The table of invite links, by key."""
    if not groups:
        return "No group was created yet."
    rows = [
        (key, printable(record.group_name), record.invitation_link or "(none yet: apply fetches it)")
        for key, record in sorted(groups.items())
    ]
    return "\n".join(table(("KEY", "GROUP", "INVITE LINK"), rows, paint))


def scaffold(pieces: Sequence[Piece], paint: Paint, *, dry_run: bool) -> str:
    """What init wrote; of what it would write, also the text."""
    lines = []
    for piece in pieces:
        would = "would be " if dry_run and piece.fate is not Fate.LEFT else ""
        note = ", as it is" if piece.fate is Fate.LEFT else ""
        lines.append(paint.bold(f"{piece.path}: {would}{piece.fate}{note}"))
        if piece.text and (dry_run or piece.fate is Fate.EXTENDED):
            lines += [f"  {line}".rstrip() for line in piece.text.strip("\n").split("\n")]
    return "\n".join(lines)


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
        f"{paint.green('moved')}     {printable(move.source)} is {printable(move.target)} now"
        for move in moves
    ]


def count(number: int, what: str) -> str:
    """A number of things: 1 group, 2 groups."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], paint: Paint) -> list[str]:
    """A line a row, the columns under each other; the last one is as wide as it is."""
    widths = [max(width(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    return [paint.bold(_row(head, widths)), *(_row(row, widths) for row in rows)]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [pad(cell, columns) for cell, columns in zip(cells, widths, strict=False)]
    return "  ".join([*padded, cells[-1]])


def _name(group: Group) -> str:
    return f'{printable(group.key)} "{printable(group.group_name)}"'


def _create(step: Create, paint: Paint) -> str:
    group = step.group
    lines = [
        f"{paint.green('+ ' + group.key)}",
        f"    groupName   {printable(group.group_name)}",
        f"    instance    {group.instance}",
        f"    phones      {_phones(group.phones)}",
        f"    autoInvite  {_invitations(group)}",
    ]
    return "\n".join(lines)


def _phones(phones: Sequence[Phone]) -> str:
    shown = ", ".join(phones[:MAX_PHONES])
    left = len(phones) - MAX_PHONES
    return f"{shown} and {left} more" if left > 0 else shown


def _invitations(group: Group) -> str:
    if not group.auto_invite:
        return "false"
    return f"true (up to {count(len(group.phones), 'private invitation')}, to who cannot be added directly)"


def _changed(step: Changed, paint: Paint) -> str:
    lines = [f"{paint.yellow('~ ' + step.key)}  {paint.dim('shown only: apply never changes a group')}"]
    lines += [f"    {_difference(difference)}" for difference in step.differences]
    return "\n".join(lines)


def _difference(difference: Difference) -> str:
    if difference.created is None:
        return f"{difference.attribute:<11} not those that it was created with; now {difference.wanted}"
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
        f"    {_doubt(group)}"
    )


def _doubt(group: Group) -> str:
    key, instance = printable(group.key), printable(group.instance)
    return (
        "the group may exist or not, so no second request is sent. Run apply again: it looks again.\n"
        f'          Or look at the phone of the instance "{instance}", and settle it by hand\n'
        "          (with the same -f, --state and --sandbox):\n"
        f"            zapi-sync resolve {key} --adopt ID   the group is there\n"
        f"            zapi-sync resolve {key} --retry      it is not, and never will be: create it"
    )


def _taken(step: Taken, paint: Paint) -> str:
    group = step.group
    lines = [
        f"{paint.yellow('= ' + step.key)}  {paint.dim('not created: the name is taken')}",
        f"    groupName   {printable(group.group_name)}",
    ]
    if step.ids:
        lines.append(f"    id          {', '.join(map(printable, step.ids))}")
    return "\n".join([*lines, *(_taken_by_key(step, step.by) if step.by else _taken_by_strangers(step))])


def _taken_by_key(step: Taken, by: GroupKey) -> Iterator[str]:
    what = "The group of" if step.ids else "What is unsettled of"
    yield f"    {what} the key {printable(by)} has this name, whatever the config calls it now."
    yield f"          If the two keys are one: write {printable(by)} again, or rename it in the config:"
    yield f"            moved: [{{from: {printable(by)}, to: {step.key}}}]"
    if step.ids:
        yield "          If a second group of this name is wanted: apply --existing create"


def _taken_by_strangers(step: Taken) -> Iterator[str]:
    instance = step.group.instance
    if len(step.ids) == 1:
        yield f'    A group of this name is on the instance "{instance}" already, and in no state.'
        adopt = f"zapi-sync import {step.key} {step.ids[0]}"
        yield f"          If it is the wanted one: {adopt} (or apply --existing adopt)"
    else:
        yield f'    Groups of this name are on the instance "{instance}" already, and in no state.'
        yield f"          If one is the wanted one: zapi-sync import {step.key} ID"
    yield "          If another one is wanted: apply --existing create"
    yield "          (all with the same -f, --state and --sandbox)"


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
        yield paint.bold("Nothing to create.") + f" {_counts(counts)}."
        return
    yield paint.bold(f"Plan: {counts['create']} to create") + f"; {_counts(counts)}."
    invitations = sum(len(step.group.phones) for step in plan.of(Create) if step.group.auto_invite)
    yield (
        f"Up to {count(invitations, 'private invitation')} will be sent."
        if invitations
        else ("No private invitation will be sent.")
    )
    yield from _course(forecasts)


def _course(forecasts: Sequence[Forecast]) -> Iterator[str]:
    """How long it takes, and what a day's budget leaves over."""
    took = max((each.seconds for each in forecasts), default=0)
    if took >= 1:
        together = ", the instances side by side" if len(forecasts) > 1 else ""
        yield f"At this pace it takes about {seconds(took)}{together}."
    short = [each for each in forecasts if each.left_over]
    for each in short[:MAX_COURSES]:
        yield _shortage(each)
    if len(short) > MAX_COURSES:
        yield f"The same is so on {len(short) - MAX_COURSES} more instances."


def _shortage(course: Forecast) -> str:
    """What a day's budget leaves over on one instance."""
    wanted = course.creations + course.left_over
    if course.again is None:
        return (
            f'At the pace of the instance "{course.instance}", {course.left_over} of {wanted} are more than '
            "a year away."
        )
    last = (
        "takes more than a year" if course.finished is None else f"can be there in {seconds(course.finished)}"
    )
    return (
        f'The day\'s budget on the instance "{course.instance}" allows {course.creations} of {wanted} now. '
        f"Apply again in {seconds(course.again)} for the next; the last {last}."
    )


def _counts(counts: dict[str, int]) -> str:
    words = [f"{counts['unchanged']} unchanged"]
    words += [
        f"{number} {action}"
        for action, number in counts.items()
        if number and action not in ("unchanged", "create")
    ]
    return ", ".join(words)
