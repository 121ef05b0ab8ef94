"""Carries out a plan step by step, each written down before the next, and tells what happens meanwhile."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from zapi_sync.core.journal import Concluded, Intent, Known, Sending
from zapi_sync.core.model import Group, InstanceName
from zapi_sync.core.outcome import Created, Outcome, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import Pacing, Turn, next_turn
from zapi_sync.core.plan import Create, Plan
from zapi_sync.core.progress import Finished, Progress, Skipped, SkipReason, Started, Waiting
from zapi_sync.errors import StateUnwritable
from zapi_sync.ports import Clock, GroupCreator, Journal

UNKNOWNS_IN_A_ROW = 2
"""So many unknown outcomes one after another stop an instance for the run: something is wrong with it."""


@dataclass(slots=True)
class _Lane:
    """An instance during a run: when it created, and whether it goes on."""

    creations: list[datetime]
    unknowns: int = 0
    stopped: bool = False

    def saw(self, outcome: Outcome, at: datetime) -> None:
        self.unknowns = self.unknowns + 1 if isinstance(outcome, Unknown) else 0
        match outcome:
            case Created():
                self.creations.append(at)
            case Unknown():
                self.creations.append(at)
                self.stopped = self.unknowns >= UNKNOWNS_IN_A_ROW
            case Rejected(cause):
                self.stopped = cause.concerns_instance
            case Unsent():
                self.stopped = True


@dataclass(slots=True)
class Applier:
    """The collaborators of one apply; `creators` gives the create-group call of an instance."""

    pacing: Pacing
    creators: Callable[[InstanceName], GroupCreator]
    journal: Journal
    clock: Clock
    chance: random.Random
    _lanes: dict[InstanceName, _Lane] = field(default_factory=dict)

    def apply(self, plan: Plan, known: Known) -> Iterator[Progress]:
        """Creates what the plan says is missing, one group after another.

        Raises StateUnwritable as soon as something cannot be written down; nothing is sent after that.
        """
        for step in plan.of(Create):
            group = step.group
            lane = self._lane(group.instance, known)
            turn = next_turn(self.clock.now(), lane.creations, self.pacing, chance=self.chance.random())
            if not lane.stopped and not turn.out_of_budget and turn.at > self.clock.now():
                yield Waiting(group, turn.at)
                self._wait_until(turn.at)
            skipped = self._skip(group, lane, turn)
            if skipped:
                yield skipped
            else:
                yield Started(group)
                yield from self._create(group, lane)

    def _lane(self, instance: InstanceName, known: Known) -> _Lane:
        if instance not in self._lanes:
            self._lanes[instance] = _Lane(known.creations(instance))
        return self._lanes[instance]

    def _skip(self, group: Group, lane: _Lane, turn: Turn) -> Skipped | None:
        if self.clock.stopping:
            return Skipped(group, SkipReason.INTERRUPTED)
        if lane.stopped:
            return Skipped(group, SkipReason.INSTANCE_STOPPED)
        if turn.out_of_budget:
            return Skipped(group, SkipReason.OUT_OF_BUDGET, turn.at)
        return None

    def _wait_until(self, moment: datetime) -> None:
        while not self.clock.stopping:
            left = (moment - self.clock.now()).total_seconds()
            if left <= 0:
                return
            self.clock.wait(left)

    def _create(self, group: Group, lane: _Lane) -> Iterator[Finished]:
        attempt = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

        def sending() -> None:
            self.journal.append(Sending(self.clock.now(), attempt))

        self.journal.append(Intent(self.clock.now(), attempt, group))
        outcome = self.creators(group.instance).create_group(group, sending)
        at = self.clock.now()
        failure = self._write_down(Concluded(at, attempt, outcome))
        lane.saw(outcome, at)
        yield Finished(group, outcome)
        if failure:
            raise failure

    def _write_down(self, concluded: Concluded) -> StateUnwritable | None:
        """The failure to do so, which must not keep the outcome from being told."""
        try:
            self.journal.append(concluded)
        except StateUnwritable as failure:
            return failure
        return None
