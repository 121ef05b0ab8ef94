"""For a person at a terminal: what a command did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.model import How
from zapi_sync.core.moments import timestamp
from zapi_sync.core.outcome import Created, Rejected, Unknown, Unsent, remedy
from zapi_sync.core.progress import SkipReason
from zapi_sync.core.scaffold import Fate
from zapi_sync.language import _
from zapi_sync.render.safe import printable
from zapi_sync.render.text import doubt
from zapi_sync.render.words import seconds, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zapi_sync.core.model import Group, GroupKey, Record
    from zapi_sync.core.progress import Finished, Skipped
    from zapi_sync.core.scaffold import Piece
    from zapi_sync.render.paint import Paint


def finished(finished: Finished, paint: Paint) -> str:
    """One line on what became of a group; more than one where a person has to do something."""
    group = finished.group
    name = _name(group)
    match finished.outcome:
        case Created(phone):
            word = "found" if finished.how is How.SETTLED else str(finished.how or "created")
            return f"{paint.green(word)}{' ' * (10 - len(word))}{name}  {phone}"
        case Rejected(cause, said, retry_after):
            wait = _(" (it asks to wait {time})", time=seconds(retry_after)) if retry_after else ""
            return _(
                "{red}  {name}: Z-API says: {said}{wait}\n          hint: {remedy}",
                red=paint.red("rejected"),
                name=name,
                said=printable(said),
                wait=wait,
                remedy=remedy(cause, group.instance),
            )
        case Unsent(reason):
            return _(
                "{red}  {name}: {reason}\n          hint: nothing left this machine: check network and ZAPI_BASE_URL, then apply again",
                red=paint.red(_("not sent")),
                name=name,
                reason=printable(reason),
            )
        case Unknown(reason):
            return f"{paint.yellow('UNKNOWN')}   {name}: {printable(reason)}\n          {doubt(group)}"


def skipped(skipped: Skipped) -> str:
    """One line on a group that was not tried."""
    return _("not tried {key}: {why}", key=skipped.group.key, why=why_skipped(skipped))


def why_skipped(skipped: Skipped) -> str:
    """Why a group was not tried, and from when it may be."""
    instance = skipped.group.instance
    match skipped.reason:
        case SkipReason.INTERRUPTED:
            return _("interrupted before its turn")
        case SkipReason.RUN_STOPPED:
            return _("the run was stopped")
        case SkipReason.INSTANCE_STOPPED:
            return _(
                'the instance "{instance}" was stopped for this run, for the reason above', instance=instance
            )
        case SkipReason.OUT_OF_BUDGET:
            until = timestamp(skipped.until) if skipped.until else "later"
            return _(
                'the budget of a day is used up on the instance "{instance}"; run again after {until}',
                instance=instance,
                until=until,
            )
        case SkipReason.OUT_OF_TIME:
            return _("its turn would come after the --deadline")


def created(groups: Sequence[tuple[Group, Created]], paint: Paint) -> str:
    """The table of ids and invite links, and who could not be added."""
    head = ("KEY", "GROUP", "ID", _("INVITE LINK"))
    rows = [
        (group.key, printable(group.group_name), made.phone, made.invitation_link or _("(none was given)"))
        for group, made in groups
    ]
    first, *others = table(head, rows, paint)
    lines = [first]
    for (group, made), row in zip(groups, others, strict=True):
        lines.append(row)
        if made.phones_not_added:
            what = _("invited privately") if group.auto_invite else _("could not be added")
            lines.append(paint.yellow(f"  {what}: {', '.join(map(printable, made.phones_not_added))}"))
    return "\n".join(lines)


def invites(groups: Mapping[GroupKey, Record], paint: Paint) -> str:
    """The table of invite links, by key."""
    if not groups:
        return _("No group was created yet.")
    rows = [
        (key, printable(record.group_name), record.invitation_link or _("(none yet: apply fetches it)"))
        for key, record in sorted(groups.items())
    ]
    return "\n".join(table(("KEY", "GROUP", _("INVITE LINK")), rows, paint))


def scaffold(pieces: Sequence[Piece], paint: Paint, *, dry_run: bool) -> str:
    """What init wrote; of what it would write, also the text."""
    lines = []
    for piece in pieces:
        would = _("would be ") if dry_run and piece.fate is not Fate.LEFT else ""
        note = _(", as it is") if piece.fate is Fate.LEFT else ""
        lines.append(paint.bold(f"{piece.path}: {would}{piece.fate}{note}"))
        if piece.text and (dry_run or piece.fate is Fate.EXTENDED):
            lines += [f"  {line}".rstrip() for line in piece.text.strip("\n").split("\n")]
    return "\n".join(lines)


def _name(group: Group) -> str:
    return _('{key} "{group_name}"', key=printable(group.key), group_name=printable(group.group_name))
