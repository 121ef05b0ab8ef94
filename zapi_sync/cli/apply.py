"""`zapi-sync apply`"""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from zapi_sync.cli.apply_run import Policy, Run
from zapi_sync.cli.completion import complete_file
from zapi_sync.cli.connecting import SANDBOX, check_origin, connect
from zapi_sync.cli.console import Format
from zapi_sync.cli.keys import targeted
from zapi_sync.cli.options import (
    Seconds,
    auto_approve_option,
    files_option,
    lock_timeout_option,
    sandbox_option,
    state_is_kept_option,
    state_option,
    target_option,
    with_console,
)
from zapi_sync.cli.report import report
from zapi_sync.cli.saving import (
    load_plan,
    refuse_if_elsewhere,
    refuse_if_stale,
    refuse_what_a_plan_says,
    state_of,
)
from zapi_sync.cli.wiring import (
    check_kept,
    current,
    is_for_others,
    load_config,
    open_state,
    paces,
    plan_of,
    state_address,
)
from zapi_sync.core.existing import Existing, to_be_listed
from zapi_sync.core.plan import Unsettled
from zapi_sync.edge.clock import SystemClock
from zapi_sync.edge.inputs import environment

if TYPE_CHECKING:
    from zapi_sync.cli.console import Console
    from zapi_sync.core.config import Config
    from zapi_sync.core.known import Known
    from zapi_sync.core.model import InstanceName
    from zapi_sync.core.plan import Plan

CREATE_TIMEOUT_SECONDS = 120.0
"""Groups were seen to be born after 15 s, and gateways wait 60 s (field reports)."""

SETTLE_SECONDS = 30.0


@click.command("apply")
@click.argument("plan_file", metavar="[PLANFILE]", required=False, shell_complete=complete_file)
@files_option
@state_option
@sandbox_option
@target_option
@auto_approve_option
@click.option(
    "--existing",
    type=click.Choice([each.value for each in Existing]),
    default=Existing.FAIL.value,
    help="What to do about a name that a group on the instance bears already: leave it alone and say so, "
    "take that group for the wanted one, or create another.  [fail]",
)
@click.option(
    "--pace",
    type=Seconds(),
    metavar="SECONDS",
    help="Least time between two creations on one instance.  [the config's pacing.every, else 60]",
)
@click.option(
    "--per-day",
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help="Most creations in 24 hours on one instance.  [the config's pacing.perDay, else 20]",
)
@click.option(
    "--timeout",
    type=Seconds(0.1),
    default=CREATE_TIMEOUT_SECONDS,
    metavar="SECONDS",
    help="How long to wait for the answer to a creation; for a look-up's, at most 30.  [120]",
)
@click.option(
    "--settle",
    "patience",
    type=Seconds(),
    default=SETTLE_SECONDS,
    metavar="SECONDS",
    help="How long to look for a group, where the answer to its creation proves nothing.  [30]",
)
@click.option(
    "--absent-after",
    type=Seconds(),
    metavar="SECONDS",
    help="So long after such a request, a group that is not listed counts as not created.  "
    "[600 after a refusal, else never]",
)
@click.option(
    "--deadline",
    type=Seconds(),
    metavar="SECONDS",
    help="Begin no group later than that after the start; the one at hand is finished, which takes "
    "--timeout and --settle at most.  [none]",
)
@click.option(
    "--ignore-rate-limit",
    is_flag=True,
    help="Create groups although a rate limit of an earlier apply has not ended.",
)
@lock_timeout_option
@state_is_kept_option
@with_console(Format.HTML)
def command(
    console: Console,
    plan_file: str | None,
    files: tuple[str, ...],
    state: str | None,
    sandbox: bool,
    targets: tuple[str, ...],
    auto_approve: bool,
    existing: str,
    pace: float | None,
    per_day: int | None,
    timeout: float,
    patience: float,
    absent_after: float | None,
    deadline: float | None,
    ignore_rate_limit: bool,
    lock_timeout: float,
    state_is_kept: bool,
) -> int:
    """Create what is missing, each group once, after showing it and asking.

    With a PLANFILE, of plan --out: create exactly what it says, without asking; refused once the config, the
    state or an instance is not as it was.

    \b
    Try it without an account:  zapi-sync apply --sandbox
    In CI, after a review:      zapi-sync apply --auto-approve

    \b
    Exit codes: 0 done; 1 an error; 3 the day's budget or the time is used up, or a rate limit
    stops an instance: run again later; 4 a creation is unsettled, or a name is taken: what to
    do is said; 130 interrupted.
    """
    began = SystemClock().now()
    saved = load_plan(plan_file) if plan_file else None
    if saved:
        refuse_what_a_plan_says(("files", "state", "sandbox", "targets", "existing"))
        refuse_if_elsewhere(saved, str(plan_file))
        files, sandbox = saved.files, saved.remote == SANDBOX.origin
    config = load_config(files)
    address = state_of(saved, environment(), str(plan_file)) if saved else None
    store = open_state(address or state_address(files, state, environment(), sandbox=sandbox))
    path = store.name
    known = store.load()
    warnings = [*config.warnings_with(config.blocked_moves(known)), *store.warnings()]
    console.complain(warnings)
    check_origin(known, path, environment(), sandbox=sandbox)
    if saved and plan_file:
        refuse_if_stale(saved, config, known, environment(), plan_file)
    if not (sandbox or state_is_kept):
        check_kept(store, environment())
    policy = Policy(
        pacings=paces(config, sandbox=sandbox).overridden(pace, per_day),
        existing=Existing(existing),
        patience=patience,
        absent_after=absent_after,
        auto_approve=auto_approve or saved is not None,
        deadline=None if deadline is None else began + timedelta(seconds=deadline),
        ignore_rate_limit=ignore_rate_limit,
        only=saved.creates if saved else targeted(config, targets),
    )
    plan = plan_of(config, known, policy.only)
    stays = not plan.moves and not is_for_others(config, known)
    idle = stays and not any(_instances(config, plan, known, policy.existing))
    if idle and not store.has_journal:
        return report(console, warnings, plan)
    with store.lock(lock_timeout):
        known = current(store)  # another apply may have been at work until now
        if saved and plan_file:
            refuse_if_stale(saved, config, known, environment(), plan_file)
        plan = plan_of(config, known, policy.only)
        needed, useful = _instances(config, plan, known, policy.existing)
        with closing(
            connect(path, environment(), needed, useful, timeout, config.where_instance, sandbox=sandbox)
        ) as api:
            run = Run(console, config, store, api, policy)
            plan = run.carry_out(known)
            return report(
                console,
                [*warnings, *run.warnings],
                plan,
                run.done,
                run.doubts,
                run.failures,
                interrupted=run.interrupted,
            )


def _instances(
    config: Config, plan: Plan, known: Known, existing: Existing
) -> tuple[set[InstanceName], set[InstanceName]]:
    """The instances without which an apply cannot work, and those on which a link is still to be had."""
    needed = to_be_listed(plan, existing)
    needed |= {attempt.intent.group.instance for attempt in known.open.values()}
    in_doubt = {step.key for step in plan.of(Unsettled)}
    needed |= {group.instance for group in config.groups if group.key in in_doubt}
    useful = {each.instance for each in known.groups.values() if each.invitation_link is None}
    return needed, useful - needed
