"""For a pull request: the summary first, details folded, and nothing in it that ought not to be public.

Phone numbers and invite links are left out. Text from outside stands in code spans, where a code host sees no
mention, no reference, no link and no HTML.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from zapi_sync.core.plan import Adopt, Changed, Create, Orphaned, Taken, Unsettled
from zapi_sync.core.source import shortened
from zapi_sync.dataclass import replace
from zapi_sync.errors import Severity
from zapi_sync.language import _, ngettext, told
from zapi_sync.render.complaints import SEVERITIES, place
from zapi_sync.render.paint import Paint
from zapi_sync.render.safe import printable, without_phones
from zapi_sync.render.text import summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zapi_sync.core.model import Group
    from zapi_sync.core.moves import Move
    from zapi_sync.core.pacing import Forecast
    from zapi_sync.core.plan import Plan
    from zapi_sync.errors import Diagnostic, Location

MAX_LINES = 200
"""So many groups or complaints are listed under one title."""

MAX_LISTED = 60_000
"""So many characters all lists have together: a comment on GitHub holds 65,536, and a name may be
written out at ten times its length."""

MAX_COLUMNS = 400
"""So much of a text is shown."""


def plan(
    plan: Plan,
    forecasts: Sequence[Forecast],
    warnings: Sequence[Diagnostic],
    drift: Mapping[str, Iterable[str]] | None = None,
) -> str:
    """What apply would do. `drift` are the lists of what a look at the instances found (render.drift)."""
    head, *more = summary(plan, forecasts, Paint(False))
    return _document(
        [_("### zapi-sync plan"), f"**{head}**", *more],
        {
            _("Moved (the key is renamed, the group stays as it is)"): map(_move, plan.moves),
            _("To create"): map(_create, plan.of(Create)),
            _("To adopt"): map(_adopt, plan.of(Adopt)),
            _("Not created: the name is taken"): map(_taken, plan.of(Taken)),
            _("Changed in the config (shown only: apply never changes a group)"): map(
                _changed, plan.of(Changed)
            ),
            _("No longer in the config (the group stays as it is)"): map(_orphaned, plan.of(Orphaned)),
            _("Unsettled: the group may exist or not"): map(_unsettled, plan.of(Unsettled)),
            **(drift or {}),
            **_told(warnings),
        },
    )


def valid(groups: int, warnings: Sequence[Diagnostic]) -> str:
    """That a config is valid."""
    said = ngettext("Valid: {number} group.", "Valid: {number} groups.", groups)
    return _document([_("### zapi-sync validate"), f"**{said}**"], _told(warnings))


def complaints(diagnostics: Sequence[Diagnostic]) -> str:
    """Why a command came to nothing."""
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    said = ngettext("{number} error", "{number} errors", errors)
    return _document(["### zapi-sync", f"**{said}.**"], _told(diagnostics))


def report(head: Sequence[str], lists: Mapping[str, Iterable[str]], diagnostics: Sequence[Diagnostic]) -> str:
    """What a command found: paragraphs, lists by title, complaints."""
    return _document(head, {**lists, **_told(diagnostics)})


def code(text: str) -> str:
    """A text from outside, or a message with such, as a code span, less what is private in it."""
    return _span(without_phones(shortened(told(text), MAX_COLUMNS)))


def _span(text: str) -> str:
    """A code span, whatever is in it (CommonMark 0.31, 6.1)."""
    shown = printable(text)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if shown[:1] in ("`", " ", "") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def _document(head: Sequence[str], lists: Mapping[str, Iterable[str]]) -> str:
    """What is to be seen at once, and the lists by title, folded; each has its share of the room, and
    what those before it left of theirs."""
    full = {title: items for title, lines in lists.items() if (items := list(lines))}
    parts, room = [*head], MAX_LISTED
    for number, (title, items) in enumerate(full.items()):
        shown = _fitting(items, room // (len(full) - number))
        room -= sum(map(len, shown))
        parts.append(_folded(title, items, shown))
    return "\n\n".join(parts)


def _fitting(items: Sequence[str], room: int) -> Sequence[str]:
    """The first of them, as many as there is room for."""
    ends = accumulate(map(len, items[:MAX_LINES]))
    return items[: sum(end <= room for end in ends)]


def _folded(title: str, items: Sequence[str], shown: Sequence[str]) -> str:
    left = len(items) - len(shown)
    rest = ["- " + _("... and {left} more", left=left)] if left else []
    head = f"<details><summary>{title}: {len(items)}</summary>"
    return "\n".join([head, "", *shown, *rest, "", "</details>"])


def _told(diagnostics: Sequence[Diagnostic]) -> Mapping[str, Iterable[str]]:
    return {_("Complaints"): map(_complaint, diagnostics)}


def _complaint(diagnostic: Diagnostic) -> str:
    where = f"{_place(diagnostic.location)} " if diagnostic.location else ""
    kind = told(SEVERITIES[diagnostic.severity])
    return f"- {where}{kind} {diagnostic.code}: {code(diagnostic.message)}\n  {code(diagnostic.hint)}"


def _place(location: Location) -> str:
    """Of a place the file's name alone may be private."""
    return _span(place(replace(location, file=without_phones(location.file))))


def _named(key: str, name: str, *more: str) -> str:
    return "- " + ", ".join([code(key), code(name), *more])


def _move(move: Move) -> str:
    return "- " + _("{key}, was {old}", key=code(move.target), old=code(move.source))


def _create(step: Create) -> str:
    return _named(step.key, step.group.group_name, *_size(step.group))


def _size(group: Group) -> Iterator[str]:
    yield ngettext(
        "{number} participant on {instance}",
        "{number} participants on {instance}",
        len(group.phones),
        instance=code(group.instance),
    )
    if group.auto_invite:
        yield _("with private invitations")


def _adopt(step: Adopt) -> str:
    return _named(step.key, step.group.group_name)


def _taken(step: Taken) -> str:
    return _named(
        step.key, step.group.group_name, *([_("by the key {key}", key=code(step.by))] if step.by else [])
    )


def _changed(step: Changed) -> str:
    return _named(step.key, step.record.group_name, *(each.attribute for each in step.differences))


def _orphaned(step: Orphaned) -> str:
    return _named(step.key, step.record.group_name)


def _unsettled(step: Unsettled) -> str:
    return _named(step.key, step.attempt.intent.group.group_name)
