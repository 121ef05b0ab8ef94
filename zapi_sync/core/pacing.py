"""How fast create requests may leave on one instance: a distance between two, and a budget of a day.

Every request that left counts, whatever was answered. Their times come from the state, so pace, budget and
the stop after a rate limit hold on a fresh CI runner too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, cast

from zapi_sync.core.model import InstanceName
from zapi_sync.dataclass import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

DAY = timedelta(hours=24)
FIRST_BACK_OFF = timedelta(hours=1)
"""So long an instance rests after a rate limit; twice as long after each further one, at most a day."""
MAX_FRUITLESS = 10_000
"""So many requests that made no group are kept for an instance, the newest."""
HORIZON = timedelta(days=366)
"""Nothing is forecast beyond this."""

JITTER = 0.1
"""A wait is longer by up to this share, drawn by chance: a machine's rhythm is what WhatsApp looks for."""

_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Pacing:
    """At least `every` seconds between two requests, at most `per_day` in any 24 hours; None is no bound."""

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
class RequestLog:
    """What the state keeps of an instance's create requests, next to its groups and unsettled attempts.

    `fruitless` are the requests of the last 24 hours that made no group: when each was sent, by its attempt's
    id. `rate_limits` counts the rate limits since the last creation, and `not_before` is when the last of
    them ends.
    """

    fruitless: Mapping[str, datetime] = field(default_factory=dict)
    rate_limits: int = 0
    not_before: datetime | None = None

    def with_fruitless(self, attempt: str, sent_at: datetime) -> RequestLog:
        """The log with one more request that made no group."""
        return replace(self, fruitless={**self.fruitless, attempt: sent_at})

    def limited(self, not_before: datetime) -> RequestLog:
        """The log after a rate limit; itself when it knows of one that ends no earlier."""
        if self.not_before and not_before <= self.not_before:
            return self
        return replace(self, rate_limits=self.rate_limits + 1, not_before=not_before)

    def after_creation(self) -> RequestLog:
        """The log without the rate limits: a request went well."""
        return replace(self, rate_limits=0, not_before=None)

    def next_stop(self, now: datetime, retry_after: int | None) -> datetime:
        """When a rate limit that is met now ends: after `retry_after` seconds, else 1, 2, 4 … 24 hours."""
        if retry_after is not None:
            return now + timedelta(seconds=retry_after)
        return now + min(FIRST_BACK_OFF * (1 << min(self.rate_limits, 10)), DAY)

    def since(self, moment: datetime) -> RequestLog:
        """The log without what ended before that moment, and at most the newest MAX_FRUITLESS requests."""
        left = sorted(
            (pair for pair in self.fruitless.items() if pair[1] > moment), key=lambda pair: pair[::-1]
        )
        log = replace(self, fruitless=dict(left[-MAX_FRUITLESS:]))
        return log.after_creation() if self.not_before and self.not_before <= moment else log


@dataclass(frozen=True, slots=True)
class History:
    """When create requests left on an instance (sorted), and until when a rate limit stops it."""

    requests: Sequence[datetime] = ()
    not_before: datetime | None = None

    def is_limited(self, now: datetime) -> bool:
        """Whether a rate limit stops the instance now."""
        return self.not_before is not None and self.not_before > now


@dataclass(frozen=True, slots=True)
class Turn:
    """When the next request may leave. `is_left_over`: a budget or a rate limit leaves it to another run."""

    at: datetime
    is_left_over: bool = False


def next_turn(now: datetime, history: History, pacing: Pacing, *, chance: float = 0.0) -> Turn:
    """The next turn on an instance with this history; `chance` is 0 to 1.

    A request in the future (another machine's clock) counts as one that leaves now.
    """
    turn = _paced_turn(now, history.requests, pacing, chance)
    if history.not_before and history.not_before > now:
        return Turn(max(turn.at, history.not_before), True)
    return turn


def _paced_turn(now: datetime, requests: Sequence[datetime], pacing: Pacing, chance: float) -> Turn:
    if not requests:
        return Turn(now)
    if pacing.per_day is not None and len(requests) >= pacing.per_day:
        budget_from = min(requests[-pacing.per_day], now) + DAY
        if budget_from > now:
            return Turn(budget_from, True)
    wait = timedelta(seconds=pacing.every * (1 + JITTER * chance))
    return Turn(max(now, min(requests[-1], now) + wait))


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
    not_before: datetime | None = None
    """Until then a rate limit stops the instance."""


def forecast(
    instance: InstanceName, now: datetime, history: History, pacing: Pacing, wanted: int
) -> Forecast:
    """The course of `wanted` creations on an instance with this history."""
    turns = list(_turns(now, history, pacing, wanted))
    in_time = list(takewhile(lambda turn: not turn.is_left_over, turns))
    left_over = wanted - len(in_time)

    def seconds_until(turn: Turn) -> float:
        return (turn.at - now).total_seconds()

    return Forecast(
        instance,
        len(in_time),
        seconds_until(in_time[-1]) if in_time else 0.0,
        None
        if pacing.per_day is None
        else max(0, pacing.per_day - sum(each > now - DAY for each in history.requests)),
        left_over,
        seconds_until(turns[len(in_time)]) if len(turns) > len(in_time) else None,
        seconds_until(turns[-1]) if left_over and len(turns) == wanted else None,
        history.not_before if history.is_limited(now) else None,
    )


def _turns(now: datetime, history: History, pacing: Pacing, wanted: int) -> Iterator[Turn]:
    """The turns of so many creations, each at its time, and none beyond the horizon."""
    window = deque(history.requests, maxlen=pacing.per_day or 1)
    clock = now
    for _ in range(wanted):
        turn = next_turn(clock, History(window, history.not_before), pacing, chance=0.5)
        if turn.at > now + HORIZON:
            return
        yield turn
        clock = turn.at
        window.append(clock)
