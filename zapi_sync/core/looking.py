"""What is told of a look at an instance's groups that did not see all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, Diagnostic
from zapi_sync.language import Joined, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zapi_sync.core.model import InstanceName

UNANSWERED_IN_A_ROW = 3
"""So many groups one after another that cannot be looked at end the look at their instance."""


def about(what: str, diagnostics: Iterable[Diagnostic], code: Code | None = None) -> list[Diagnostic]:
    """The complaints, each with what could not be done for it, and under another code where one is given."""
    return [
        replace(each, code=code or each.code, message=Joined(": ", (what, each.message)))
        for each in diagnostics
    ]


def look_ended(instance: InstanceName, left: int) -> Diagnostic:
    """The complaint about an instance whose groups give no answer any more; `left` were not looked at."""
    return Diagnostic(
        Code.LOOK_ENDED,
        Text(
            '{count} groups in a row of the instance "{instance}" gave no usable answer, '
            "so the look at it ended; not looked at: {left}",
            count=UNANSWERED_IN_A_ROW,
            instance=instance,
            left=left,
        ),
        Text("see whether Z-API is well and the instance is connected, then run this again"),
    )
