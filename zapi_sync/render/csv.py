"""For spreadsheets: RFC 4180, and no cell that one would take for a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zapi_sync.core.model import GroupKey, Record

HEAD = ("key", "instance", "groupName", "invitationLink")

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets begin a formula at (OWASP, CSV injection), in full width too."""


def invites(groups: Mapping[GroupKey, Record]) -> str:
    """The invite links, a group a line; where there is no link, the cell is empty."""
    rows = [
        (key, record.instance, record.group_name, record.invitation_link or "")
        for key, record in sorted(groups.items())
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([HEAD, *(map(cell, row) for row in rows)])
    return text.getvalue().removesuffix("\n")


def cell(text: str) -> str:
    """A text that a spreadsheet takes for one."""
    return f"'{printable(text)}" if text.lstrip().startswith(_FORMULA) else printable(text)
