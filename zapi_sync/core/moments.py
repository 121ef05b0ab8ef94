"""Moments as they are written down."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, datetime


def timestamp(moment: datetime) -> str:
    """A moment as it stands in state and journal: UTC, whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def moment_of(timestamp: str) -> datetime:
    """The moment that a timestamp of state or journal names. Raises ValueError, also for one at the end of
    all time, to which nothing can be added."""
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None or not MINYEAR < moment.year < MAXYEAR:
        raise ValueError(timestamp)
    in_utc = moment.astimezone(UTC)
    if not MINYEAR < in_utc.year < MAXYEAR:
        raise ValueError(timestamp)
    return in_utc
