"""What is known when a command begins: the groups that were created, and the attempts that are in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.dataclass import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from zapi_sync.core.journal import Intent
    from zapi_sync.core.model import GroupId, GroupKey, InstanceName, Record
    from zapi_sync.core.state import State


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that was sent and whose outcome nobody knows: no second request while it is open."""

    intent: Intent
    sent_at: datetime
    reason: str


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

    def creations(self, instance: InstanceName) -> list[datetime]:
        """When groups were created, or may have been, on an instance; sorted."""
        created = [record.created_at for record in self.groups.values() if record.instance == instance]
        sent = [each.sent_at for each in self.open.values() if each.intent.group.instance == instance]
        return sorted(created + sent)
