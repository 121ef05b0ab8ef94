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
from zapi_sync.core.pacing import History, RequestLog, next_turn
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

FAILURES_IN_A_ROW = 2
"""So many unknown outcomes, or refusals in the same words, one after another stop an instance for the run:
something is wrong with the instance, and not with the groups."""


_NO_DIGITS = str.maketrans("", "", "0123456789")
"""An error may name the phone that it is about."""


@dataclass(slots=True)
class _Lane:
    """An instance during a run: which requests left it and when, and whether it goes on.

    `not_before` is when the rate limit ends that this run met or found in the state. Until the run ends,
    nothing more leaves the instance then.
    """

    pacing: Pacing
    log: RequestLog
    requests: list[datetime]
    not_before: datetime | None
    owned: set[GroupId]
    unknowns: int = 0
    refusals: int = 0
    refused: str = ""
    stopped: bool = False

    def heed(self, outcome: Outcome, now: datetime) -> datetime | None:
        """Note what an answer says of rate limits; return when the one ends that it speaks of, if any."""
        if isinstance(outcome, Created):
            self.log = self.log.after_creation()
        if isinstance(outcome, Unsent) or outcome.rate_limit is None:
            return None
        self.log = self.log.limited(self.log.next_stop(now, outcome.rate_limit.retry_after))
        self.not_before = self.log.not_before
        return self.not_before

    def saw(self, outcome: Outcome, at: datetime) -> None:
        """Take what became of a request into account."""
        if not isinstance(outcome, Unsent):
            self.requests.append(at)
        self.unknowns = self.unknowns + 1 if isinstance(outcome, Unknown) else 0
        self._count_refusal(outcome)
        self.stopped = max(self.unknowns, self.refusals) >= FAILURES_IN_A_ROW
        match outcome:
            case Created(phone):
                self.owned.add(phone)
            case Rejected(cause):
                self.stopped = self.stopped or cause.concerns_instance
            case Unsent():
                self.stopped = True

    def _count_refusal(self, outcome: Outcome) -> None:
        said = outcome.said.translate(_NO_DIGITS) if isinstance(outcome, Rejected) else ""
        self.refusals = self.refusals + 1 if said and said == self.refused else min(len(said), 1)
        self.refused = said


@dataclass(slots=True)
class Applier:
    """The collaborators of one apply, which its lanes share.

    `creators` gives the create-group call of an instance; `settle` looks what became of an attempt in doubt,
    given the ids that the state owns on its instance, those that are any key's, and whether to look only
    once, as after a rate limit. Nothing is begun after the `deadline`.
    """

    pacings: Pacings
    creators: Callable[[InstanceName], GroupCreator]
    settle: Callable[[OpenAttempt, set[GroupId], set[GroupId], bool], Settlement]
    journal: Journal
    clock: Clock
    chance: random.Random
    unlisted: frozenset[InstanceName] = frozenset()
    """Instances whose groups could not be listed: nothing is created on them, as it might exist already."""
    deadline: datetime | None = None
    ignore_rate_limit: bool = False
    """Requests leave although a rate limit of an earlier run has not ended."""
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
        histories = plan.histories()
        return [
            self._run(each, self._lane(instance, plan, histories.get(instance, History()), known))
            for instance, each in steps.items()
        ]

    def _lane(self, instance: InstanceName, plan: Plan, history: History, known: Known) -> _Lane:
        is_limited = not self.ignore_rate_limit and history.is_limited(self.clock.now())
        return _Lane(
            self.pacings.of(instance),
            plan.requests.get(instance, RequestLog()),
            list(history.requests),
            history.not_before if is_limited else None,
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
        history = History(lane.requests)
        turn = next_turn(self.clock.now(), history, lane.pacing, chance=self.chance.random())
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
        if lane.not_before:
            return Skipped(group, SkipReason.RATE_LIMITED, max(turn.at, lane.not_before))
        if lane.stopped:
            return Skipped(group, SkipReason.INSTANCE_STOPPED)
        if turn.is_left_over:
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
        not_before = lane.heed(outcome, at)
        failure = self._write_down(Concluded(at, attempt, outcome, not_before))
        if isinstance(outcome, Unknown) and not failure:
            refused_at = at if outcome.refused else None
            yield from self._look_for(OpenAttempt(intent, sent_at, outcome.reason, refused_at), lane, at)
            return
        lane.saw(outcome, at)
        yield Finished(group, outcome, not_before=not_before)
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
        settlement = self.settle(attempt, lane.owned, claimed, lane.not_before is not None)
        if isinstance(settlement, Found) and not self._claim(settlement.created.phone):
            settlement = another_keys(settlement)
        if not isinstance(settlement, Found):
            more = (settlement.reason,) if isinstance(settlement, StillOpen) else ()
            outcome = Unknown(Joined("; ", (attempt.reason, *more)), attempt.refused_at is not None)
            lane.saw(outcome, at)
            yield Finished(group, outcome, not_before=lane.not_before, settles_at=attempt.settles_at)
            return
        adopted = Adopted(self.clock.now(), group, settlement.created, attempt.sent_at, How.SETTLED)
        failure = self._write_down(adopted)
        lane.saw(settlement.created, at)
        yield Finished(group, settlement.created, How.SETTLED, not_before=lane.not_before)
        if failure:
            raise failure

    def _write_down(self, event: Event) -> StateUnwritable | None:
        """The failure to do so, which must not keep the outcome from being told."""
        try:
            self.journal.append(event)
        except StateUnwritable as failure:
            return failure
        return None
