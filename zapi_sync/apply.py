"""Carries out a plan step by step, each written down before the next, and tells what happens meanwhile."""

from __future__ import annotations

import uuid
from threading import Lock
from typing import TYPE_CHECKING

from zapi_sync.core.evidence import Found, StillOpen, another_keys
from zapi_sync.core.journal import Adopted, Concluded, Intent, Sending
from zapi_sync.core.known import OpenAttempt
from zapi_sync.core.model import How
from zapi_sync.core.outcome import Created, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import next_turn
from zapi_sync.core.plan import Adopt, Create
from zapi_sync.core.progress import Doubtful, Finished, Skipped, SkipReason, Started, Waiting
from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import StateUnwritable
from zapi_sync.language import Joined, Text

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from zapi_sync.core.evidence import Settlement
    from zapi_sync.core.journal import Event
    from zapi_sync.core.known import Known
    from zapi_sync.core.model import Group, GroupId, InstanceName
    from zapi_sync.core.outcome import Outcome
    from zapi_sync.core.pacing import Pacing, Pacings, Turn
    from zapi_sync.core.plan import Plan
    from zapi_sync.core.progress import Progress
    from zapi_sync.ports import Clock, GroupCreator
    from zapi_sync.state.store import Journal

UNKNOWNS_IN_A_ROW = 2
"""So many unknown outcomes one after another stop an instance for the run: something is wrong with it."""


@dataclass(slots=True)
class _Lane:
    """An instance during a run: what it created and when, and whether it goes on."""

    pacing: Pacing
    creations: list[datetime]
    owned: set[GroupId]
    unknowns: int = 0
    stopped: bool = False

    def saw(self, outcome: Outcome, at: datetime) -> None:
        self.unknowns = self.unknowns + 1 if isinstance(outcome, Unknown) else 0
        match outcome:
            case Created(phone):
                self.creations.append(at)
                self.owned.add(phone)
            case Unknown():
                self.creations.append(at)
                self.stopped = self.unknowns >= UNKNOWNS_IN_A_ROW
            case Rejected(cause):
                self.stopped = cause.concerns_instance
            case Unsent():
                self.stopped = True


@dataclass(slots=True)
class Applier:
    """The collaborators of one apply, which its lanes share.

    `creators` gives the create-group call of an instance; `settle` looks what became of an attempt in doubt,
    given the ids that the state owns on its instance, and those that are any key's. Nothing is begun after
    the `deadline`.
    """

    pacings: Pacings
    creators: Callable[[InstanceName], GroupCreator]
    settle: Callable[[OpenAttempt, set[GroupId], set[GroupId]], Settlement]
    journal: Journal
    clock: Clock
    chance: random.Random
    unlisted: frozenset[InstanceName] = frozenset()
    """Instances whose groups could not be listed: nothing is created on them, as it might exist already."""
    deadline: datetime | None = None
    _broken: bool = False
    _claimed: set[GroupId] = field(default_factory=set)
    """The groups of all keys, on whatever instance."""
    _claiming: Lock = field(default_factory=Lock)

    def lanes(self, plan: Plan, known: Known) -> list[Iterator[Progress]]:
        """What creates what the plan says is missing: a lane an instance, one group after another in each.

        They may run side by side. Each raises StateUnwritable as soon as something cannot be written down;
        no lane sends anything after that.
        """
        self._claimed |= {record.phone for record in known.groups.values()}
        self._claimed |= {step.id for step in plan.of(Adopt)}
        steps: dict[InstanceName, list[Create]] = {}
        for step in plan.of(Create):
            steps.setdefault(step.group.instance, []).append(step)
        return [self._run(each, self._lane(instance, known)) for instance, each in steps.items()]

    def _lane(self, instance: InstanceName, known: Known) -> _Lane:
        return _Lane(
            self.pacings.of(instance),
            known.creations(instance),
            known.owned(instance),
            stopped=instance in self.unlisted,
        )

    def _run(self, steps: Sequence[Create], lane: _Lane) -> Iterator[Progress]:
        try:
            for step in steps:
                yield from self._take(step, lane)
        except StateUnwritable:
            self._broken = True
            raise

    def _take(self, step: Create, lane: _Lane) -> Iterator[Progress]:
        turn = next_turn(self.clock.now(), lane.creations, lane.pacing, chance=self.chance.random())
        if not self._skip(step.group, lane, turn) and turn.at > self.clock.now():
            yield Waiting(step.group, turn.at)
            self._wait_until(turn.at)
        skipped = self._skip(step.group, lane, turn)
        if skipped:
            yield skipped
        else:
            yield Started(step.group)
            yield from self._create(step, lane)

    def _skip(self, group: Group, lane: _Lane, turn: Turn) -> Skipped | None:
        if self._broken:
            return Skipped(group, SkipReason.RUN_STOPPED)
        if self.clock.stopping:
            return Skipped(group, SkipReason.INTERRUPTED)
        if lane.stopped:
            return Skipped(group, SkipReason.INSTANCE_STOPPED)
        if turn.out_of_budget:
            return Skipped(group, SkipReason.OUT_OF_BUDGET, turn.at)
        if self.deadline and max(turn.at, self.clock.now()) > self.deadline:
            return Skipped(group, SkipReason.OUT_OF_TIME, turn.at)
        return None

    def _wait_until(self, moment: datetime) -> None:
        while not self.clock.stopping:
            left = (moment - self.clock.now()).total_seconds()
            if left <= 0:
                return
            self.clock.wait(left)

    def _create(self, step: Create, lane: _Lane) -> Iterator[Progress]:
        group = step.group
        attempt = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        intent = Intent(self.clock.now(), attempt, group, step.same_name)
        sent_at = intent.at

        def sending() -> None:
            nonlocal sent_at
            sent_at = self.clock.now()
            self.journal.append(Sending(sent_at, attempt))

        self.journal.append(intent)
        outcome = self.creators(group.instance).create_group(group, sending)
        if isinstance(outcome, Created) and not self._claim(outcome.phone):
            outcome = Unknown(Text("the API named {id}, which is the group of another key", id=outcome.phone))
        at = self.clock.now()
        failure = self._write_down(Concluded(at, attempt, outcome))
        if isinstance(outcome, Unknown) and not failure:
            yield from self._look_for(OpenAttempt(intent, sent_at, outcome.reason), lane, at)
            return
        lane.saw(outcome, at)
        yield Finished(group, outcome)
        if failure:
            raise failure

    def _claim(self, phone: GroupId) -> bool:
        """Takes a group for the key at hand; not where it is another key's, on whatever instance."""
        with self._claiming:
            is_free = phone not in self._claimed
            self._claimed.add(phone)
            return is_free

    def _look_for(self, attempt: OpenAttempt, lane: _Lane, at: datetime) -> Iterator[Progress]:
        """An unknown outcome is settled at once, where it can be: the trail is never fresher."""
        group = attempt.intent.group
        yield Doubtful(group, attempt.reason)
        with self._claiming:
            claimed = set(self._claimed)
        settlement = self.settle(attempt, lane.owned, claimed)
        if isinstance(settlement, Found) and not self._claim(settlement.created.phone):
            settlement = another_keys(settlement)
        if not isinstance(settlement, Found):
            more = (settlement.reason,) if isinstance(settlement, StillOpen) else ()
            outcome = Unknown(Joined("; ", (attempt.reason, *more)))
            lane.saw(outcome, at)
            yield Finished(group, outcome)
            return
        adopted = Adopted(self.clock.now(), group, settlement.created, attempt.sent_at, How.SETTLED)
        failure = self._write_down(adopted)
        lane.saw(settlement.created, at)
        yield Finished(group, settlement.created, How.SETTLED)
        if failure:
            raise failure

    def _write_down(self, event: Event) -> StateUnwritable | None:
        """The failure to do so, which must not keep the outcome from being told."""
        try:
            self.journal.append(event)
        except StateUnwritable as failure:
            return failure
        return None
