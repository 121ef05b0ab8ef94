"""Who holds a state, and what a backend keeps of it."""

from __future__ import annotations

import json

from zapi_sync.core.source import shortened
from zapi_sync.dataclass import dataclass
from zapi_sync.language import Text


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the lock of a state; `id` is of this one time that it was taken."""

    id: str
    who: str
    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        who, host, since = map(shortened, (self.who, self.host, self.since))
        return Text(
            "{who} on {host}, process {pid}, since {since}, lock {id}",
            who=who,
            host=host,
            pid=self.pid,
            since=since,
            id=shortened(self.id),
        )


def holder_text(holder: Holder) -> str:
    """A holder as JSON."""
    members = {"id": holder.id, "who": holder.who, "host": holder.host, "pid": holder.pid}
    return json.dumps({**members, "since": holder.since})


def read_holder(text: str | bytes) -> Holder:
    """Raises ValueError for what is none."""
    try:
        members = json.loads(text)
        who, host, since = (str(members[name]) for name in ("who", "host", "since"))
        return Holder(str(members["id"]), who, host, int(members["pid"]), since)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("holder") from error


@dataclass(frozen=True, slots=True)
class Kept:
    """The bytes of a state, of its journal and of its backup, None where there is none."""

    state: bytes | None = None
    journal: bytes = b""
    backup: bytes | None = None
