"""For a person at a terminal: what a command did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.model import How
from zapi_sync.core.moments import timestamp
from zapi_sync.core.outcome import Created, Rejected, Unknown, Unsent
from zapi_sync.core.progress import SkipReason
from zapi_sync.core.scaffold import Fate
from zapi_sync.language import Text, _, told
from zapi_sync.render.complaints import HINT
from zapi_sync.render.safe import printable, width
from zapi_sync.render.text import doubt, rate_limit
from zapi_sync.render.words import table
from zapi_sync.zapi.outcomes import remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from zapi_sync.core.model import Group, GroupKey, Record
    from zapi_sync.core.progress import Finished, Skipped
    from zapi_sync.core.scaffold import Piece
    from zapi_sync.render.paint import Paint

_FOUND = {
    None: Text("created"),
    How.SETTLED: Text("found"),
    How.ADOPTED: Text("adopted"),
    How.IMPORTED: Text("imported"),
}
_REJECTED, _NOT_SENT, _UNKNOWN = Text("rejected"), Text("not sent"), Text("UNKNOWN")
_FATES = {
    (Fate.CREATED, False): Text("created"),
    (Fate.CREATED, True): Text("would be created"),
    (Fate.EXTENDED, False): Text("extended"),
    (Fate.EXTENDED, True): Text("would be extended"),
    (Fate.LEFT, False): Text("left, as it is"),
    (Fate.LEFT, True): Text("left, as it is"),
}


def finished(finished: Finished, paint: Paint) -> str:
    """One line on what became of a group; more than one where a person has to do something."""
    group = finished.group
    name = _name(group)
    match finished.outcome:
        case Created(phone):
            return f"{_word(_FOUND[finished.how], paint.green)}{name}  {phone}{_rest(finished)}"
        case Rejected(cause, said):
            says = _("Z-API says: {said}", said=printable(said))
            what = f"{_word(_REJECTED, paint.red)}{name}: {says}{_rest(finished)}"
            return f"{what}\n{_hint(remedy(cause, group.instance))}"
        case Unsent(reason):
            hint = Text("nothing left this machine: check network and ZAPI_BASE_URL, then apply again")
            return f"{_word(_NOT_SENT, paint.red)}{name}: {printable(reason)}\n{_hint(hint)}"
        case Unknown(reason):
            what = f"{_word(_UNKNOWN, paint.yellow)}{name}: {printable(reason)}{_rest(finished)}"
            return f"{what}\n          {doubt(group, again_at(finished))}"


def again_at(finished: Finished) -> datetime | None:
    """From when another apply settles an unknown outcome and goes on: not before a rate limit ends."""
    if finished.settles_at is None or finished.not_before is None:
        return finished.settles_at
    return max(finished.settles_at, finished.not_before)


def _rest(finished: Finished) -> str:
    """A further line on the rate limit that an answer spoke of."""
    if finished.not_before is None:
        return ""
    return "\n          " + rate_limit(finished.group.instance, finished.not_before)


def _word(word: Text, tint: Callable[[str], str]) -> str:
    """What became of a group, as wide as the widest of these words and two blanks."""
    words = [*_FOUND.values(), _REJECTED, _NOT_SENT, _UNKNOWN]
    columns = max(width(told(each)) for each in words) + 2
    return tint(told(word)) + " " * (columns - width(told(word)))


def _hint(hint: str) -> str:
    return f"          {told(HINT)} {told(hint)}"


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
            until = timestamp(skipped.until) if skipped.until else _("later")
            return _(
                'the budget of a day is used up on the instance "{instance}"; run again after {until}',
                instance=instance,
                until=until,
            )
        case SkipReason.RATE_LIMITED:
            until = timestamp(skipped.until) if skipped.until else _("later")
            return _(
                'a rate limit stops the instance "{instance}"; run again after {until}',
                instance=instance,
                until=until,
            )
        case SkipReason.OUT_OF_TIME:
            return _("its turn would come after the --deadline")


def created(groups: Sequence[tuple[Group, Created]], paint: Paint) -> str:
    """The table of ids and invite links, and who could not be added."""
    head = (_("KEY"), _("GROUP"), "ID", _("INVITE LINK"))
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
    return "\n".join(table((_("KEY"), _("GROUP"), _("INVITE LINK")), rows, paint))


def scaffold(pieces: Sequence[Piece], paint: Paint, *, dry_run: bool) -> str:
    """What init wrote; of what it would write, also the text."""
    lines = []
    for piece in pieces:
        lines.append(paint.bold(f"{piece.path}: {told(_FATES[piece.fate, dry_run])}"))
        if piece.text and (dry_run or piece.fate is Fate.EXTENDED):
            lines += [f"  {line}".rstrip() for line in piece.text.strip("\n").split("\n")]
    return "\n".join(lines)


def _name(group: Group) -> str:
    return f'{printable(group.key)} "{printable(group.group_name)}"'
