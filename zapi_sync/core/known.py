"""What is known when a command begins: the groups that were created, and the attempts that are in doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from zapi_sync.dataclass import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from zapi_sync.core.journal import Intent
    from zapi_sync.core.model import GroupId, GroupKey, InstanceName, Record
    from zapi_sync.core.state import State


REFUSED_ABSENT_AFTER = timedelta(minutes=10)
"""So long after a refusal, a group that a complete listing lacks counts as not made.

Assumption: a group that was created is listed within that time; no lag was ever measured.
"""


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that was sent and whose outcome nobody knows: no second request while it is open."""

    intent: Intent
    sent_at: datetime
    reason: str
    refused_at: datetime | None = None
    """When the API refused it, with words that prove nothing; None where no answer said no."""

    @property
    def settles_at(self) -> datetime | None:
        """From when an apply that finds no such group takes it for not made; None where never."""
        return self.refused_at + REFUSED_ABSENT_AFTER if self.refused_at else None


@dataclass(frozen=True, slots=True)
class Known:
    """State and journal together: what was created, and what is in doubt; no state where nothing ever was."""

    state: State | None = None
    open: Mapping[GroupKey, OpenAttempt] = field(default_factory=dict)

    @property
    def groups(self) -> Mapping[GroupKey, Record]:
        return self.state.groups if self.state else {}

    def owned(self, instance: InstanceName) -> set[GroupId]:
        """The ids that are known on an instance."""
        return {record.phone for record in self.groups.values() if record.instance == instance}
