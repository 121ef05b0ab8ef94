"""What apply needs from the world, small and real: a journal in memory, an API by script, a clock by hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from zapi_sync.apply import Applier
from zapi_sync.core.evidence import Settlement, StillOpen
from zapi_sync.core.journal import Begin, Event, replay
from zapi_sync.core.known import Known, OpenAttempt
from zapi_sync.core.model import Group, GroupId, InstanceName
from zapi_sync.core.outcome import Created, Outcome, Unsent
from zapi_sync.core.pacing import UNPACED, Pacing, Pacings
from zapi_sync.core.plan import make_plan
from zapi_sync.core.progress import Doubtful, Finished, Progress, Skipped, Started, Waiting
from zapi_sync.core.state import State
from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, StateUnwritable

from .made import AT, LINEAGE, state

MADE = Created(GroupId("120363019502650977-group"), None)


@dataclass(slots=True)
class HandClock:
    """Moves when somebody waits, or when it is moved; `stop_at` is when somebody asks to stop."""

    time: datetime = AT
    stop_at: datetime | None = None
    waits: list[float] = field(default_factory=list)

    @property
    def stopping(self) -> bool:
        return self.stop_at is not None and self.time >= self.stop_at

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        end = self.time + timedelta(seconds=seconds)
        self.time = min(end, self.stop_at) if self.stop_at else end

    def stop(self) -> None:
        self.stop_at = self.time


@dataclass(slots=True)
class MemoryJournal:
    """Keeps events in order of arrival; from the event that `fails` names on, it takes none."""

    log: list[str]
    fails: type[Event] | None = None
    events: list[Event] = field(default_factory=list)
    broken: bool = False

    def append(self, event: Event) -> None:
        self.broken = self.broken or (self.fails is not None and isinstance(event, self.fails))
        if self.broken:
            raise StateUnwritable.of(
                Code.STATE_UNWRITABLE,
                "it cannot be written: no space left on device",
                hint="make room",
                file="j",
            )
        self.events.append(event)
        self.log.append(type(event).__name__.lower())


@dataclass(slots=True)
class ScriptedApi:
    """One instance's create-group call: gives outcomes by script; Unsent is told before anything is sent."""

    log: list[str]
    clock: HandClock
    script: list[Outcome]
    took: float = 0.0
    posted: list[Group] = field(default_factory=list)
    during: Callable[[], None] = lambda: None

    def create_group(self, group: Group, sending: Callable[[], None]) -> Outcome:
        outcome = self.script.pop(0)
        if outcome is MADE:  # a group with an id of its own
            outcome = replace(MADE, phone=GroupId(f"{12345 + self.log.count('POST')}-group"))
        if isinstance(outcome, Unsent):
            return outcome
        sending()
        self.log.append("POST")
        self.posted.append(group)
        self.during()
        self.clock.time += timedelta(seconds=self.took)
        return outcome


@dataclass(slots=True)
class ScriptedLook:
    """Looks what became of an attempt in doubt: gives settlements by script, and then settles nothing."""

    log: list[str]
    script: list[Settlement]
    asked: list[tuple[OpenAttempt, set[GroupId]]] = field(default_factory=list)
    taken: list[set[GroupId]] = field(default_factory=list)
    only_once: list[bool] = field(default_factory=list)

    def settle(
        self, attempt: OpenAttempt, owned: set[GroupId], taken: set[GroupId], only_once: bool
    ) -> Settlement:
        self.log.append("look")
        self.only_once.append(only_once)
        self.asked.append((attempt, set(owned)))
        self.taken.append(set(taken))
        return self.script.pop(0) if self.script else StillOpen("nothing was found")


class World:
    """An applier with its parts, and what happened."""

    def __init__(
        self,
        scripts: Mapping[str, Sequence[Outcome]],
        *,
        pacing: Pacing = UNPACED,
        paces: Mapping[str, Pacing] | None = None,
        deadline: datetime | None = None,
        fails: type[Event] | None = None,
        took: float = 0.0,
        looks: Sequence[Settlement] = (),
        ignore_rate_limit: bool = False,
    ) -> None:
        self.log: list[str] = []
        self.clock = HandClock()
        self.journal = MemoryJournal(self.log, fails)
        self.apis = {
            InstanceName(name): ScriptedApi(self.log, self.clock, list(script), took)
            for name, script in scripts.items()
        }
        self.look = ScriptedLook(self.log, list(looks))
        own = {InstanceName(name): pace for name, pace in (paces or {}).items()}
        self.applier = Applier(
            Pacings(pacing, own),
            self.apis.__getitem__,
            self.look.settle,
            self.journal,
            self.clock,
            random.Random(7),
            deadline=deadline,
            ignore_rate_limit=ignore_rate_limit,
        )
        self.progress: list[Progress] = []

    def apply(self, groups: Iterable[Group], before: State | None = None) -> Known:
        """What is known after applying, one lane after another; what happened on the way is in `progress`,
        also after a failure."""
        known = Known(before or state())
        for each in chain(*self.applier.lanes(make_plan(list(groups), known), known)):
            self.progress.append(each)
            self.log.append(type(each).__name__.upper())
        assert known.state
        return replay(known.state, [Begin(LINEAGE, known.state.serial), *self.journal.events])

    @property
    def posted(self) -> list[str]:
        return [group.key for api in self.apis.values() for group in api.posted]

    def ended(self) -> list[str]:
        """How each group ended."""
        return [_told(each) for each in self.progress if isinstance(each, (Finished, Skipped))]

    def told(self) -> list[str]:
        """What happened, a word a step and the group's key."""
        return [_told(each) for each in self.progress]


def _told(progress: Progress) -> str:
    match progress:
        case Waiting(group, until):
            return f"{group.key} waits {(until - AT).total_seconds():g}"
        case Started(group):
            return f"{group.key} starts"
        case Doubtful(group, reason):
            return f"{group.key} in doubt: {reason}"
        case Finished(group, outcome, how):
            return f"{group.key} {how or type(outcome).__name__.lower()}"
        case Skipped(group, reason, until):
            when = f" until {(until - AT).total_seconds():g}" if until else ""
            return f"{group.key} skipped: {reason}{when}"
