"""The complaints of a run: each of them once, no more than anybody reads, in the order of the files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import Code, Diagnostic, Location, Severity
from zapi_sync.language import Amount, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_COMPLAINTS = 1000
"""So many errors, and as many warnings, are told in a run: each costs a look at where it stands, and a
hostile file would have one for each of its characters."""


@dataclass(slots=True)
class Complaints:
    """What is told, at most MAX_COMPLAINTS errors and as many warnings, and of what there was more."""

    _told: dict[Diagnostic, None] = field(default_factory=dict)
    _untold: set[Severity] = field(default_factory=set)
    _counts: Counter[Severity] = field(default_factory=Counter)

    def has_room(self, severity: Severity) -> bool:
        """Whether one more will be told; if not, that there was more is remembered."""
        if self._counts[severity] >= MAX_COMPLAINTS:
            self._untold.add(severity)
        return severity not in self._untold

    def add(self, complaint: Diagnostic) -> None:
        """What is told already, as that which stands under an anchor, is not told again."""
        if complaint.code is Code.MORE_MISTAKES:
            self.leave_untold(complaint.severity)
        elif complaint not in self._told and self.has_room(complaint.severity):
            self._counts[complaint.severity] += 1
            self._told[complaint] = None

    def has(self, severity: Severity) -> bool:
        return self._counts[severity] > 0

    def leave_untold(self, severity: Severity) -> None:
        """There is more of that kind, which nobody looks for."""
        self._untold.add(severity)

    def has_untold(self, severity: Severity) -> bool:
        return severity in self._untold

    def in_order(self, files: Sequence[str]) -> list[Diagnostic]:
        """All that is told, by file and line, and at the end that there is more."""
        order = {file: position for position, file in enumerate(files)}

        def place(complaint: Diagnostic) -> tuple[int, int, int]:
            at = complaint.location or Location("")
            return (order.get(at.file, -1), at.line or 0, at.column or 0)

        told = sorted(self._told, key=place)
        last = told[-1].location if told else None
        return told + [_more(severity, last) for severity in sorted(self._untold)]


def merged(*several: Iterable[Diagnostic], files: Sequence[str]) -> tuple[Diagnostic, ...]:
    """The complaints of several looks at the same files as those of one."""
    complaints = Complaints()
    for told in several:
        for complaint in told:
            complaints.add(complaint)
    return tuple(complaints.in_order(files))


def _more(severity: Severity, last: Location | None) -> Diagnostic:
    told = Amount(MAX_COMPLAINTS)
    return Diagnostic(
        Code.MORE_MISTAKES,
        Text("there are more errors than the {number} that are told at once", number=told)
        if severity is Severity.ERROR
        else Text("there are more warnings than the {number} that are told at once", number=told),
        Text("see to those that are told, then run this again"),
        last,
        severity,
    )
