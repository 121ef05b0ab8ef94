"""For a pull request: the summary first, details folded, and nothing in it that ought not to be public.

Phone numbers and invite links are left out. Text from outside stands in code spans, where a code host sees no
mention, no reference, no link and no HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from zapi_sync.core.model import Group
from zapi_sync.core.pacing import Forecast
from zapi_sync.core.plan import Adopt, Changed, Create, Orphaned, Plan, Taken, Unsettled
from zapi_sync.core.source import shortened
from zapi_sync.errors import Diagnostic, Location, Severity
from zapi_sync.render.complaints import place
from zapi_sync.render.paint import Paint
from zapi_sync.render.safe import printable, without_phones
from zapi_sync.render.text import count, summary

MAX_LINES = 200
"""So many groups or complaints are listed: a comment holds 65,536 characters (GitHub), a line about 300."""

MAX_COLUMNS = 400
"""So much of a text is shown."""


def plan(plan: Plan, forecasts: Sequence[Forecast], warnings: Sequence[Diagnostic]) -> str:
    """What apply would do."""
    head, *more = summary(plan, forecasts, Paint(False))
    sections = [
        _folded("To create", map(_create, plan.of(Create))),
        _folded("To adopt", map(_adopt, plan.of(Adopt))),
        _folded("Not created: the name is taken", map(_taken, plan.of(Taken))),
        _folded(
            "Changed in the config (shown only: apply never changes a group)", map(_changed, plan.of(Changed))
        ),
        _folded("No longer in the config (the group stays as it is)", map(_orphaned, plan.of(Orphaned))),
        _folded("Unsettled: the group may exist or not", map(_unsettled, plan.of(Unsettled))),
        _told(warnings),
    ]
    return "\n\n".join(["### zapi-sync plan", f"**{head}**", *more, *filter(None, sections)])


def valid(groups: int, warnings: Sequence[Diagnostic]) -> str:
    """That a config is valid."""
    return "\n\n".join(
        ["### zapi-sync validate", f"**Valid: {count(groups, 'group')}.**", *filter(None, [_told(warnings)])]
    )


def complaints(diagnostics: Sequence[Diagnostic]) -> str:
    """Why a command came to nothing."""
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    return "\n\n".join(["### zapi-sync", f"**{count(errors, 'error')}.**", _told(diagnostics)])


def code(text: str) -> str:
    """A text from outside as a code span, less what is private in it."""
    return _span(without_phones(shortened(text, MAX_COLUMNS)))


def _span(text: str) -> str:
    """A code span, whatever is in it (CommonMark 0.31, 6.1)."""
    shown = printable(text)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if shown[:1] in ("`", " ", "") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def _folded(title: str, lines: Iterable[str]) -> str:
    items = list(lines)
    if not items:
        return ""
    left = len(items) - MAX_LINES
    shown = [*items[:MAX_LINES], *([f"- ... and {left} more"] if left > 0 else [])]
    return "\n".join([f"<details><summary>{title}: {len(items)}</summary>", "", *shown, "", "</details>"])


def _told(diagnostics: Sequence[Diagnostic]) -> str:
    return _folded("Complaints", map(_complaint, diagnostics))


def _complaint(diagnostic: Diagnostic) -> str:
    where = f"{_place(diagnostic.location)} " if diagnostic.location else ""
    said = code(diagnostic.message)
    return f"- {where}{diagnostic.severity} {diagnostic.code}: {said}\n  {code(diagnostic.hint)}"


def _place(location: Location) -> str:
    """Of a place the file's name alone may be private."""
    return _span(place(replace(location, file=without_phones(location.file))))


def _named(key: str, name: str, *more: str) -> str:
    return "- " + ", ".join([code(key), code(name), *more])


def _create(step: Create) -> str:
    return _named(step.key, step.group.group_name, *_size(step.group))


def _size(group: Group) -> Iterator[str]:
    yield f"{count(len(group.phones), 'participant')} on {code(group.instance)}"
    if group.auto_invite:
        yield "with private invitations"


def _adopt(step: Adopt) -> str:
    return _named(step.key, step.group.group_name)


def _taken(step: Taken) -> str:
    return _named(step.key, step.group.group_name, *([f"by the key {code(step.by)}"] if step.by else []))


def _changed(step: Changed) -> str:
    return _named(step.key, step.record.group_name, *(each.attribute for each in step.differences))


def _orphaned(step: Orphaned) -> str:
    return _named(step.key, step.record.group_name)


def _unsettled(step: Unsettled) -> str:
    return _named(step.key, step.attempt.intent.group.group_name)
