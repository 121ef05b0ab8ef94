"""How fast groups may be created on one instance: a distance between creations, and a budget of a day.

What was created when comes from the state, so the pace holds on a fresh CI runner too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, cast

from zapi_sync.core.model import InstanceName
from zapi_sync.dataclass import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

DAY = timedelta(hours=24)
HORIZON = timedelta(days=366)
"""Nothing is forecast beyond this."""

JITTER = 0.1
"""A wait is longer by up to this share, drawn by chance: a machine's rhythm is what WhatsApp looks for."""

_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Pacing:
    """At least `every` seconds between two creations, at most `per_day` in any 24 hours; None is no bound."""

    every: float = 60.0
    per_day: int | None = 20


@dataclass(frozen=True, slots=True)
class Pacings:
    """The pace of each instance: its own, else the usual one."""

    usual: Pacing = field(default_factory=Pacing)
    of_instances: Mapping[InstanceName, Pacing] = field(default_factory=dict)

    def of(self, instance: InstanceName) -> Pacing:
        return self.of_instances.get(instance, self.usual)

    def overridden(self, every: float | None, per_day: int | None) -> Pacings:
        """With these for all instances, where they are given."""

        def changed(pacing: Pacing) -> Pacing:
            return Pacing(
                pacing.every if every is None else every, pacing.per_day if per_day is None else per_day
            )

        own = {instance: changed(pacing) for instance, pacing in self.of_instances.items()}
        return Pacings(changed(self.usual), own)


def pacings_of(raw: Mapping[str, object]) -> Pacings:
    """The paces that a config's `pacing` asks for; what an instance does not say is as usual."""
    usual = _pacing(raw, Pacing())
    own = cast(Mapping[InstanceName, Mapping[str, object]], raw.get("instances", {}))
    return Pacings(usual, {instance: _pacing(members, usual) for instance, members in own.items()})


def _pacing(raw: Mapping[str, object], usual: Pacing) -> Pacing:
    return Pacing(
        every=_seconds(str(raw["every"])) if "every" in raw else usual.every,
        per_day=cast("int | None", raw.get("perDay", usual.per_day)),
    )


def _seconds(duration: str) -> float:
    number = duration.rstrip("smh")
    return float(number) * _UNIT_SECONDS[duration[len(number) :]]


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
    """How an apply that starts now will fare on one instance, the API's own time left out; times in seconds.

    It makes `creations` in `seconds`, as the day's budget has `room` for so many (None: no budget). The
    `left_over` are for later ones: the first of them in `again`, the last in `finished`; None beyond a year.
    """

    instance: InstanceName
    creations: int
    seconds: float
    room: int | None = None
    left_over: int = 0
    again: float | None = None
    finished: float | None = None


def forecast(
    instance: InstanceName, now: datetime, creations: Sequence[datetime], pacing: Pacing, wanted: int
) -> Forecast:
    """The course of `wanted` creations on an instance whose creations (sorted) were at these times."""
    turns = list(_turns(now, creations, pacing, wanted))
    in_time = list(takewhile(lambda turn: not turn.out_of_budget, turns))
    left_over = wanted - len(in_time)

    def seconds_until(turn: Turn) -> float:
        return (turn.at - now).total_seconds()

    return Forecast(
        instance,
        len(in_time),
        seconds_until(in_time[-1]) if in_time else 0.0,
        None
        if pacing.per_day is None
        else max(0, pacing.per_day - sum(each > now - DAY for each in creations)),
        left_over,
        seconds_until(turns[len(in_time)]) if len(turns) > len(in_time) else None,
        seconds_until(turns[-1]) if left_over and len(turns) == wanted else None,
    )


def _turns(now: datetime, creations: Sequence[datetime], pacing: Pacing, wanted: int) -> Iterator[Turn]:
    """The turns of so many creations, each at its time, and none beyond the horizon."""
    window = deque(creations, maxlen=pacing.per_day or 1)
    clock = now
    for _ in range(wanted):
        turn = next_turn(clock, window, pacing, chance=0.5)
        if turn.at > now + HORIZON:
            return
        yield turn
        clock = turn.at
        window.append(clock)
