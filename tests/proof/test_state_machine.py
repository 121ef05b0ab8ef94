"""Every operation that writes a state, in any order, over every backend, against a model of what exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from .machine import INSTANCES, KINDS, ROOTS, Counts, Ground
from .machine_steps import FAULTS, KILLABLE, NEVER_THERE, QUICK, Steps
from .world import APPLY, World

Figure = Callable[[object], None]
CHEAP = ("file", "postgresql")
EVERY_KIND = [pytest.param(kind, marks=() if kind in CHEAP else pytest.mark.slow) for kind in KINDS]
ROOT = st.sampled_from(ROOTS)
FAULT = st.sampled_from(FAULTS)
THEN = st.sampled_from([None, None, "plain", "plain", "plain", "unsettled", "adopt", "fail", "absent"])
"""The apply after a change of the config, if any."""
NUMBER = st.sampled_from([1, 1, 1, 2, 2, 3, 4, 6])
KILL = st.tuples(st.sampled_from(["before", "after", "half"]), NUMBER, st.integers(0, 99))


class Machine(RuleBasedStateMachine):
    """The steps as rules. What a rule draws depends on nothing that may differ from one run to the next.

    Hypothesis fills sequences up with the first rule that draws nothing: apply_the_saved_plan, which does
    nothing without a saved plan.
    """

    ground: ClassVar[Ground]
    counts: ClassVar[Counts]
    steps: Steps

    @initialize(is_unsettled=st.booleans())
    def begin(self, is_unsettled: bool) -> None:
        self.steps = Steps(self.ground, self.counts)
        if is_unsettled:
            self.steps.begin_with_an_unsettled_attempt()

    @rule(root=ROOT, instance=st.sampled_from(INSTANCES), then=THEN)
    def want(self, root: str, instance: str, then: str | None) -> None:
        self.steps.want_more(root, instance)
        self.apply_then(then)

    @rule(root=ROOT, then=THEN)
    def want_no_more(self, root: str, then: str | None) -> None:
        self.steps.want_no_more(root)
        self.apply_then(then)

    @rule(root=ROOT, then=THEN)
    def rename(self, root: str, then: str | None) -> None:
        self.steps.rename(root)
        self.apply_then(then)

    @rule(root=ROOT, then=THEN)
    def move_in_the_config(self, root: str, then: str | None) -> None:
        self.steps.move_in_the_config(root)
        self.apply_then(then)

    @rule(root=ROOT, then=THEN)
    def use_the_other_instance(self, root: str, then: str | None) -> None:
        self.steps.use_the_other_instance(root)
        self.apply_then(then)

    @rule(number=st.integers(0, 2), then=THEN)
    def change_the_recipients(self, number: int, then: str | None) -> None:
        self.steps.change_the_recipients(number)
        self.apply_then(then)

    @rule(root=ROOT, instance=st.sampled_from(INSTANCES), by_stranger=st.booleans(), wanted=st.booleans())
    def a_person_makes_a_group(self, root: str, instance: str, by_stranger: bool, wanted: bool) -> None:
        self.steps.make_a_group(root, instance, by_stranger=by_stranger, has_wanted_name=wanted)

    @precondition(lambda self: self.ground.kind == "file")
    @rule()
    def lose_the_state(self) -> None:
        self.steps.lose_the_state()

    @precondition(lambda self: self.ground.kind == "file")
    @rule()
    def keep_a_copy(self) -> None:
        self.steps.keep_a_copy()

    @precondition(lambda self: self.ground.kind == "file")
    @rule()
    def restore_the_copy(self) -> None:
        self.steps.restore_the_copy()

    @precondition(lambda self: self.ground.kind != "file")
    @rule()
    def take_turns(self) -> None:
        self.steps.take_turns()

    @rule(then=THEN)
    def apply(self, then: str | None) -> None:
        self.apply_then(then or "plain")

    def apply_then(self, how: str | None) -> None:
        match how:
            case "plain":
                self.steps.apply()
            case "adopt" | "fail":
                self.steps.apply_to_what_exists(how)
            case "absent":
                self.steps.apply_with_absence_as_proof()
            case "unsettled":
                self.steps.apply_with_a_fault(NEVER_THERE)

    @rule(fault=FAULT, held_back=st.integers(0, 1), times=st.integers(1, 3))
    def apply_with_a_fault(self, fault: str, held_back: int, times: int) -> None:
        self.steps.apply_with_a_fault(fault, held_back, times)

    @rule()
    def apply_while_the_listing_lags(self) -> None:
        self.steps.apply_while_the_listing_lags()

    @rule(kill=KILL, fault=st.none() | FAULT)
    def apply_killed(self, kill: tuple[str, int, int], fault: str | None) -> None:
        self.steps.apply_killed(kill, fault)

    @rule(waits=st.booleans())
    def apply_twice_at_once(self, waits: bool) -> None:
        self.steps.apply_twice_at_once(waits=waits)

    @rule(which=st.sampled_from(KILLABLE), kill=KILL, root=ROOT)
    def a_command_killed(self, which: str, kill: tuple[str, int, int], root: str) -> None:
        self.steps.a_command_killed(which, kill, root)

    @rule()
    def save_a_plan(self) -> None:
        self.steps.save_a_plan()

    @rule()
    def apply_the_saved_plan(self) -> None:
        self.steps.apply_the_saved_plan()

    @rule()
    def resolve_by_what_is_known(self) -> None:
        self.steps.resolve_by_what_is_known()

    @rule(root=ROOT)
    def import_by_what_is_known(self, root: str) -> None:
        self.steps.import_by_what_is_known(root)

    @rule()
    def import_all(self) -> None:
        self.steps.import_all()

    @rule()
    def refresh(self) -> None:
        self.steps.refresh()

    @rule(root=ROOT)
    def state_mv(self, root: str) -> None:
        self.steps.move(root)

    @rule(root=ROOT)
    def state_rm(self, root: str) -> None:
        self.steps.remove(root)

    @rule()
    def state_push(self) -> None:
        self.steps.push()

    @rule(number=st.integers(0, 9))
    def state_push_an_old_one(self, number: int) -> None:
        self.steps.push_an_old_one(number)

    @rule(elsewhere=st.booleans())
    def state_migrate(self, elsewhere: bool) -> None:
        self.steps.migrate(elsewhere=elsewhere)

    @rule()
    def state_unlock(self) -> None:
        self.steps.take_the_lock_away()

    def teardown(self) -> None:
        if hasattr(self, "steps"):
            self.steps.close()


def run_machine(ground: Ground, examples: int, counts: Counts, *, fixed: bool) -> None:
    """Run that many sequences, and count their steps."""

    class Fresh(Machine):
        pass

    Fresh.ground, Fresh.counts = ground, counts
    chosen = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        derandomize=fixed,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate] + [Phase.shrink] * (ground.kind in CHEAP),
        print_blob=True,
    )
    run_state_machine_as_test(Fresh, settings=chosen)


@pytest.fixture
def ground(new_world: Callable[[], World], tmp_path: Path, request: pytest.FixtureRequest) -> Ground:
    return Ground(request.param, new_world, tmp_path)


@pytest.fixture
def steps(ground: Ground) -> Iterator[Steps]:
    made = Steps(ground, Counts())
    yield made
    made.close()


@pytest.mark.parametrize("ground", EVERY_KIND, indirect=True)
def test_new_instance_keeps_unsettled_attempts(steps: Steps) -> None:
    """While the request for one key is unsettled, another key is the first one on a new instance."""
    world, alpha = steps.world, steps.wishes["k1"].name
    steps.want("k0", is_wanted=False)
    world.remote.fault("create-close-after")
    world.remote.fault("groups-lag", 100)
    codes = [world.run(*APPLY, *QUICK).code]
    steps.use_the_other_instance("k2")
    codes += [world.run(*APPLY, *QUICK).code for _ in range(2)]
    assert (codes, steps.sent()) == ([4, 4, 4], {alpha: 1, steps.wishes["k2"].name: 1})
    steps.remote.heal()
    assert steps.apply() == 0


@pytest.mark.parametrize("ground", EVERY_KIND, indirect=True)
def test_every_operation_keeps_an_unsettled_attempt(steps: Steps, figure: Figure) -> None:
    """Each operation once, killed and not, while the same attempt stays unsettled from first to last."""
    steps.apply()
    steps.push()
    steps.begin_with_an_unsettled_attempt()
    (attempt,) = steps.known.unsettled
    for operation in every_operation(steps):
        operation()
        assert attempt in steps.known.unsettled, "I6: forgotten"
    steps.resolve_by_what_is_known()
    steps.apply()
    assert steps.wishes["k2"].key in steps.known.records
    figure(steps.counts)


def every_operation(steps: Steps) -> Iterator[Callable[[], object]]:
    """Each operation that writes a state, with its preparation; a yielded one is run at once."""
    for number in (1, 2, 0):
        steps.change_the_recipients(number)
        yield steps.apply
    steps.use_the_other_instance("k3")
    yield steps.apply
    for root in ("k2", "k1"):
        steps.move_in_the_config(root)
        yield steps.apply
        yield partial(steps.move, root)
    steps.make_a_group("k4", "sales", by_stranger=True, has_wanted_name=False)
    yield steps.import_all
    steps.want("k4")
    steps.make_a_group("k4", "default", by_stranger=True, has_wanted_name=True)
    yield partial(steps.import_by_what_is_known, "k4")
    yield steps.refresh
    yield partial(steps.remove, "k4")
    yield partial(steps.apply_to_what_exists, "adopt")
    yield steps.push
    for elsewhere in (False, True, False, True):
        yield partial(steps.migrate, elsewhere=elsewhere)
        steps.rename("k0")
        yield steps.save_a_plan
        yield steps.apply_the_saved_plan
        steps.want("k0", is_wanted=False)
        yield steps.apply_the_saved_plan
        steps.want("k0")
    yield steps.take_turns
    yield partial(steps.apply_twice_at_once, waits=True)
    for way, which in product(("before", "after"), KILLABLE):
        yield partial(steps.a_command_killed, which, (way, 1, 0), "k1")
        yield steps.take_the_lock_away
    yield partial(steps.push_an_old_one, 0)


@pytest.mark.parametrize("ground", CHEAP, indirect=True)
def test_a_few_sequences(ground: Ground, figure: Figure) -> None:
    """The same sequences each time."""
    counts = Counts()
    run_machine(ground, 4, counts, fixed=True)
    figure(counts)


@pytest.mark.slow
@pytest.mark.parametrize("ground", KINDS, indirect=True)
def test_many_sequences(ground: Ground, figure: Figure) -> None:
    """Other sequences each time."""
    counts, (examples, least) = Counts(), (8, 150) if ground.kind == "git" else (20, 500)
    while counts.steps.total() < least:
        run_machine(ground, examples, counts, fixed=False)
    figure(counts)
