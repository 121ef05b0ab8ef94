"""`zapi-sync apply`"""

from __future__ import annotations

import os
import random
import signal
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

import click

from zapi_sync.apply import Applier
from zapi_sync.cli.console import Console
from zapi_sync.cli.options import files_option, sandbox_option, state_option, with_console
from zapi_sync.cli.progress import follow
from zapi_sync.cli.wiring import (
    Api,
    check_origin,
    forecasts,
    load_config,
    load_state,
    open_state,
    real_api,
    sandbox_api,
    state_file,
)
from zapi_sync.core.config import Config
from zapi_sync.core.journal import Known
from zapi_sync.core.model import InstanceName
from zapi_sync.core.outcome import Created, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import UNPACED, Pacing
from zapi_sync.core.plan import Create, Plan, Unsettled, make_plan
from zapi_sync.core.progress import Finished, Progress, Skipped, SkipReason
from zapi_sync.core.state import State, check_remote
from zapi_sync.edge.clock import SystemClock
from zapi_sync.edge.inputs import environment
from zapi_sync.edge.local_state import LocalState
from zapi_sync.edge.lock import locked
from zapi_sync.errors import Diagnostic, ExitCode, NotApproved, StateInvalid, StateUnwritable, UsageError
from zapi_sync.render import json, text

CREATE_TIMEOUT_SECONDS = 120.0
"""Groups were seen to be born after 15 s, and gateways wait 60 s (field reports)."""


@click.command("apply")
@files_option
@state_option
@sandbox_option
@click.option("--auto-approve", is_flag=True, help="Do not ask; for machines.")
@click.option(
    "--pace",
    type=click.FloatRange(min=0, max=1e6),
    metavar="SECONDS",
    help="Least time between two creations on one instance.  [the config's pacing.every, else 60]",
)
@click.option(
    "--per-day",
    type=click.IntRange(min=1),
    metavar="N",
    help="Most creations in 24 hours on one instance.  [the config's pacing.perDay, else 20]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=3600),
    default=CREATE_TIMEOUT_SECONDS,
    metavar="SECONDS",
    help="How long to wait for the answer to a creation.  [120]",
)
@click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0, max=1e6),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for another apply to end.  [0]",
)
@with_console
def command(
    console: Console,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    auto_approve: bool,
    pace: float | None,
    per_day: int | None,
    timeout: float,
    lock_timeout: float,
) -> int:
    """Create what is missing, each group once, after showing it and asking.

    \b
    Try it without an account:  zapi-sync apply --sandbox
    In CI, after a review:      zapi-sync apply --auto-approve

    \b
    Exit codes: 0 done; 1 an error; 3 the day's budget is used up, run again later;
    4 the outcome of a creation is unknown, or was in an earlier run; 130 interrupted.
    """
    config = load_config(files)
    console.complain(config.warnings)
    path = state_file(files, state, environment(), sandbox=sandbox)
    local = open_state(path)
    known = load_state(local)
    check_origin(known, path, environment(), sandbox=sandbox)
    plan = make_plan(config.groups, known)
    if not plan.of(Create) and not local.has_journal:
        return _report(console, config, plan, [])
    instances = list(dict.fromkeys(step.group.instance for step in plan.of(Create)))
    api = sandbox_api(path, instances, timeout) if sandbox else real_api(environment(), instances, timeout)
    pacing = _pacing(config, pace, per_day, sandbox=sandbox)
    with locked(local.lock_path, timeout=lock_timeout):
        run = _Run(console, config, local, api, pacing)
        return run.carry_out(auto_approve=auto_approve)


def _pacing(config: Config, pace: float | None, per_day: int | None, *, sandbox: bool) -> Pacing:
    pacing = UNPACED if sandbox else config.pacing
    return Pacing(
        every=pacing.every if pace is None else pace,
        per_day=pacing.per_day if per_day is None else per_day,
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """An apply that holds the lock."""

    console: Console
    config: Config
    local: LocalState
    api: Api
    pacing: Pacing

    def carry_out(self, *, auto_approve: bool) -> ExitCode:
        known = self.local.checkpoint() if self.local.has_journal else load_state(self.local)
        plan = make_plan(self.config.groups, known)
        if not plan.of(Create):
            return _report(self.console, self.config, plan, [])
        digests = self.api.instance_digests()
        if known.state:
            check_remote(known.state, self.api.remote.origin, digests, str(self.local.path))
        clock = SystemClock()
        self.console.talk(
            text.plan(plan, forecasts(plan, known, self.pacing, clock.now()), self.console.talk_paint)
        )
        if self.api.remote.origin == "sandbox":
            self.console.talk("This is the sandbox: nothing real happens.")
        if not auto_approve:
            _ask(len(plan.of(Create)))
        return self._create(plan, known, digests, clock)

    def _create(
        self, plan: Plan, known: Known, digests: dict[InstanceName, str], clock: SystemClock
    ) -> ExitCode:
        state = known.state or State(str(uuid.uuid4()), 0, self.api.remote.origin)
        state = state.with_instances(digests)
        if state != known.state:
            self.local.save(state)
        done: list[Progress] = []
        failures: list[Diagnostic] = []
        with closing(self.local.open_journal(state)) as journal, _stopping_on_signals(clock):
            chance = random.SystemRandom()
            applier = Applier(self.pacing, self.api.creator, journal, clock, chance)
            total = len(plan.of(Create))
            try:
                # extend() keeps what came before a failure
                done.extend(follow(applier.apply(plan, known), total, self.console, clock.now))
            except StateUnwritable as failure:
                failures.extend(failure.diagnostics)
        try:
            self.local.checkpoint()
        except (StateUnwritable, StateInvalid) as failure:
            failures.extend(failure.diagnostics)
        return _report(self.console, self.config, plan, done, failures)


def _ask(creations: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError.of(
            "apply asks before it creates, and there is no terminal to ask at",
            help="run it with --auto-approve once the plan was reviewed",
        )
    what = "this group" if creations == 1 else f"these {creations} groups"
    click.echo(f"\nCreate {what}? Only yes is taken for a yes: ", nl=False, err=True)
    if sys.stdin.readline().strip() != "yes":
        raise NotApproved.of("not approved, and nothing was created", help="run apply again when it is right")


@contextmanager
def _stopping_on_signals(clock: SystemClock) -> Iterator[None]:
    """The first SIGINT or SIGTERM lets the group at hand finish; a second one leaves at once, and the journal
    then says what was under way."""

    def handle(_number: int, _frame: object) -> None:
        if clock.stopping:
            os._exit(ExitCode.INTERRUPTED)
        clock.stop()
        os.write(2, b"\nstopping once the group at hand is through; once more leaves at once\n")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(
    console: Console,
    config: Config,
    plan: Plan,
    done: Sequence[Progress],
    failures: Sequence[Diagnostic] = (),
) -> ExitCode:
    """The result of an apply, and its exit code."""
    unsettled = plan.of(Unsettled)
    ended = [each for each in done if isinstance(each, (Finished, Skipped))]
    created = [
        (each.group, each.outcome)
        for each in done
        if isinstance(each, Finished) and isinstance(each.outcome, Created)
    ]
    if console.json:
        console.result(json.applied(done, unsettled, [*config.warnings, *failures]))
    elif not done:
        console.result(text.plan(plan, [], console.paint))
    else:
        if created:
            console.result(text.created(created, console.paint))
        console.talk(f"\nCreated {len(created)} of {len(ended)}.")
        if unsettled:
            console.talk("Still unsettled from an earlier run:")
            console.talk(text.unsettled(unsettled, console.talk_paint))
    console.complain(failures)
    return _exit_code(done, unsettled, failures)


def _exit_code(
    done: Sequence[Progress], unsettled: Sequence[Unsettled], failures: Sequence[Diagnostic]
) -> ExitCode:
    outcomes = [each.outcome for each in done if isinstance(each, Finished)]
    skipped = {each.reason for each in done if isinstance(each, Skipped)}
    if SkipReason.INTERRUPTED in skipped:
        return ExitCode.INTERRUPTED
    if failures or any(isinstance(outcome, (Rejected, Unsent)) for outcome in outcomes):
        return ExitCode.ERROR
    if unsettled or any(isinstance(outcome, Unknown) for outcome in outcomes):
        return ExitCode.UNSETTLED
    return ExitCode.RUN_AGAIN_LATER if SkipReason.OUT_OF_BUDGET in skipped else ExitCode.DONE
