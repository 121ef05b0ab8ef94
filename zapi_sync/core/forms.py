"""The forms of what stands in state and journal, whoever wrote it there.

tests/unit/test_forms.py holds the state's schema to the same patterns.
"""

from __future__ import annotations

import re

GROUP_KEY = re.compile(r"(?=.{1,100}\Z)[a-z0-9][a-z0-9._-]*")
INSTANCE_NAME = re.compile(r"(?=.{1,40}\Z)[a-z0-9][a-z0-9_-]*")
LINEAGE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Assumption: an id begins with digits, as the two known forms do (…-group, and 5511…-1623… of before 2021);
# what follows is left open, as long as it can stand in a path and on a terminal.
GROUP_ID = re.compile(r"[0-9]{5}[0-9A-Za-z@._-]{0,123}")
PARTICIPANT = re.compile(r"[0-9]{5,20}(@lid)?")
INVITATION_LINK = re.compile(r"https://chat\.whatsapp\.com/[0-9A-Za-z_-]{4,64}")

MAX_NAME = 500
"""Characters of a group's name: WhatsApp's 100, which may each be written as several."""
MAX_SERIAL = 2**53 - 1
"""As far as whole numbers are the same in all readers of JSON (RFC 8259, 6)."""


def is_group_id(value: object) -> bool:
    """Whether this can be a group's id: opaque, but of characters that an id has."""
    return isinstance(value, str) and GROUP_ID.fullmatch(value) is not None


def as_invitation_link(value: object) -> str | None:
    """The value if it is an invite link, else None."""
    return value if isinstance(value, str) and INVITATION_LINK.fullmatch(value) else None
