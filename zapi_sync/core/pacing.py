"""How fast groups may be created on one instance: a distance between creations, and a budget of a day.

What was created when comes from the state, so the pace holds on a fresh CI runner too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(hours=24)
HORIZON = timedelta(days=366)
"""Nothing is forecast beyond this."""

JITTER = 0.1
"""A wait is longer by up to this share, drawn by chance: a machine's rhythm is what WhatsApp looks for."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """At least `every` seconds between two creations, at most `per_day` in any 24 hours; None is no bound."""

    every: float = 60.0
    per_day: int | None = 20


UNPACED = Pacing(every=0.0, per_day=None)


@dataclass(frozen=True, slots=True)
class Turn:
    """When the next creation may happen, and whether it is the day's budget that holds it back till then."""

    at: datetime
    out_of_budget: bool


def next_turn(now: datetime, creations: Sequence[datetime], pacing: Pacing, *, chance: float = 0.0) -> Turn:
    """The next turn on an instance whose creations (sorted) were at these times; `chance` is 0 to 1.

    A creation in the future (another machine's clock) counts as one that happens now.
    """
    if not creations:
        return Turn(now, False)
    if pacing.per_day is not None and len(creations) >= pacing.per_day:
        budget_from = min(creations[-pacing.per_day], now) + DAY
        if budget_from > now:
            return Turn(budget_from, True)
    wait = timedelta(seconds=pacing.every * (1 + JITTER * chance))
    return Turn(max(now, min(creations[-1], now) + wait), False)


@dataclass(frozen=True, slots=True)
class Forecast:
    """How an apply that starts now will fare: how many it creates, how long it waits, how many stay."""

    creations: int
    seconds: float
    left_over: int


def forecast(now: datetime, creations: Iterable[datetime], pacing: Pacing, wanted: int) -> Forecast:
    """The course of `wanted` creations on one instance, the API's own time left out."""
    horizon = now + HORIZON
    window = deque(sorted(creations), maxlen=pacing.per_day or 1)
    clock = now
    for done in range(wanted):
        turn = next_turn(clock, window, pacing, chance=0.5)
        if turn.out_of_budget or turn.at > horizon:
            return Forecast(done, (clock - now).total_seconds(), wanted - done)
        clock = turn.at
        window.append(clock)
    return Forecast(wanted, (clock - now).total_seconds(), 0)
