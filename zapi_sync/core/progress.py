"""What happens during an apply, as values, in the order in which it happens."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from zapi_sync.core.model import Group, How
    from zapi_sync.core.outcome import Outcome


class SkipReason(StrEnum):
    """Why a group was not tried."""

    INSTANCE_STOPPED = "instance_stopped"
    OUT_OF_BUDGET = "out_of_budget"
    RATE_LIMITED = "rate_limited"
    OUT_OF_TIME = "out_of_time"
    INTERRUPTED = "interrupted"
    RUN_STOPPED = "run_stopped"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The pace holds the next group back until then."""

    group: Group
    until: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """The group's request is about to be made."""

    group: Group


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The answer proves nothing; the instance's groups are looked at."""

    group: Group
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a group; in the journal already. `how` tells where the answer did not say so.

    `not_before` is when a rate limit ends that the answer spoke of. `settles_at` is from when an apply that
    does not find the group takes it for not made.
    """

    group: Group
    outcome: Outcome
    how: How | None = None
    not_before: datetime | None = None
    settles_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """The group was not tried in this run; `until` says from when it may be, where that is known."""

    group: Group
    reason: SkipReason
    until: datetime | None = None


RUN_AGAIN = (SkipReason.OUT_OF_BUDGET, SkipReason.OUT_OF_TIME, SkipReason.RATE_LIMITED)
"""For these reasons a later run goes on where this one ended."""


def run_again_after(ended: Iterable[Finished | Skipped]) -> datetime | None:
    """From when another run creates more; None where nothing is left for one."""
    return min(
        (
            each.until
            for each in ended
            if isinstance(each, Skipped) and each.reason in RUN_AGAIN and each.until
        ),
        default=None,
    )


Progress: TypeAlias = Waiting | Started | Doubtful | Finished | Skipped
