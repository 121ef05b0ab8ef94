"""A plan from the options to its words: config against state, and with --refresh against the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from zapi_sync.cli.console import Format
from zapi_sync.cli.wiring import (
    doubts,
    forecasts,
    is_for_others,
    load_config,
    open_state,
    paces,
    plan_of,
    recipients_of,
    state_address,
)
from zapi_sync.core.plan import Create, Taken, Unsettled
from zapi_sync.dataclass import dataclass, replace
from zapi_sync.edge.inputs import environment
from zapi_sync.errors import Code, ExitCode, UsageError, ZapiSyncError
from zapi_sync.language import Text, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.cli.console import Console
    from zapi_sync.cli.looking import Look
    from zapi_sync.core.config import Config
    from zapi_sync.core.drift import Drift
    from zapi_sync.core.known import Known
    from zapi_sync.core.model import GroupKey
    from zapi_sync.core.pacing import Forecast
    from zapi_sync.core.plan import Plan
    from zapi_sync.errors import Diagnostic


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the command line says of a plan."""

    files: Sequence[str]
    state: str | None
    sandbox: bool
    targets: Sequence[str]
    refresh: bool
    detailed_exitcode: bool
    out: str | None


@dataclass(frozen=True, slots=True)
class _Planned:
    """A plan, and what is told with it."""

    plan: Plan
    course: Sequence[Forecast]
    known: Known
    warnings: Sequence[Diagnostic]
    drift: Drift | None


def run(console: Console, options: PlanOptions) -> int:
    """Show the plan, and save it where that was asked for."""
    if options.refresh and options.out is not None:
        raise UsageError.of(
            Code.USAGE,
            Text("--refresh and --out do not go together: what the API said is no part of a saved plan"),
            hint=Text(
                "look with --refresh first, then save with --out: apply FILE looks again before it creates"
            ),
        )
    config = load_config(options.files)
    address = state_address(options.files, options.state, environment(), sandbox=options.sandbox)
    store = open_state(address)
    path = store.name
    known = store.load()
    only = _targeted(config, options.targets) if options.targets else None
    plan = plan_of(config, known, only)
    found = _look(console, path, known, plan, only, sandbox=options.sandbox) if options.refresh else None
    if found:
        from zapi_sync.core.existing import Existing, with_existing

        plan = with_existing(plan, found.listings, known, Existing.FAIL)
        found = _with_own_numbers(found, config, plan)
    warnings = [
        *config.warnings_with([*doubts(config, plan), *config.blocked_moves(known)]),
        *store.warnings(),
        *(found.failures if found else _remote_warnings(known, path, sandbox=options.sandbox)),
    ]
    console.complain(warnings)
    now = datetime.now(UTC)
    course = forecasts(plan, paces(config, sandbox=options.sandbox), now)
    saved = _save(config, known, path, plan, only, now, options) if options.out is not None else None
    _show(console, _Planned(plan, course, known, warnings, found.drift if found else None))
    if is_for_others(config, known):
        console.talk(_encryption(len(recipients_of(config, known))))
    if saved:
        console.talk(saved)
    if found and found.failures:
        return ExitCode.ERROR
    return _exit_code(plan) if options.detailed_exitcode else ExitCode.DONE


def _targeted(config: Config, targets: Sequence[str]) -> frozenset[GroupKey] | None:
    from zapi_sync.cli.keys import targeted

    return targeted(config, targets)


def _encryption(recipients: int) -> str:
    if not recipients:
        return _("An apply decrypts the state.")
    return ngettext(
        "An apply encrypts the state to {number} recipient.",
        "An apply encrypts the state to {number} recipients.",
        recipients,
    )


def _show(console: Console, planned: _Planned) -> None:
    plan, course, warnings, drift = planned.plan, planned.course, planned.warnings, planned.drift
    if drift:
        from zapi_sync.render import drift as drifted
    seen = drift if drift and drift.groups else None
    match console.format:
        case Format.JSON:
            from zapi_sync.render import json

            members = drifted.members(drift) if drift else None
            console.result(json.plan(plan, course, planned.known.state, warnings, members))
        case Format.MARKDOWN:
            from zapi_sync.render import markdown

            console.result(markdown.plan(plan, course, warnings, drifted.lists(seen) if seen else None))
        case Format.HTML:
            from zapi_sync.render import html

            console.result(html.plan(plan, course, warnings, seen))
        case _:
            from zapi_sync.render import text

            told = [text.plan(plan, course, console.paint)]
            told += [drifted.text(seen, console.paint)] if seen else []
            console.result("\n\n".join(told))


def _save(
    config: Config,
    known: Known,
    path: str,
    plan: Plan,
    only: frozenset[GroupKey] | None,
    now: datetime,
    options: PlanOptions,
) -> str:
    from zapi_sync.cli.saving import save_plan, the_plan

    sandbox = options.sandbox
    saved = the_plan(plan, config, known, options.files, path, environment(), only, now, sandbox=sandbox)
    return save_plan(saved, options.out or "", recipients_of(config, known))


def _remote_warnings(known: Known, path: str, *, sandbox: bool) -> Sequence[Diagnostic]:
    if not known.state:
        return ()
    from zapi_sync.cli.connecting import remote_warnings

    return remote_warnings(known, path, environment(), sandbox=sandbox)


def _look(
    console: Console,
    path: str,
    known: Known,
    plan: Plan,
    only: frozenset[GroupKey] | None,
    *,
    sandbox: bool,
) -> Look:
    """What the API says; where it cannot even be asked, that is a failure, and the plan is shown without."""
    from zapi_sync.cli.looking import Look, look
    from zapi_sync.core.drift import Drift
    from zapi_sync.core.existing import Existing, to_be_listed
    from zapi_sync.core.moves import moved

    instances = to_be_listed(plan, Existing.FAIL)
    known = moved(known, plan.moves)
    records = {key: record for key, record in known.groups.items() if only is None or key in only}
    try:
        return look(console, path, known, records, instances, sandbox=sandbox)
    except ZapiSyncError as refusal:
        return Look(Drift(()), {}, refusal.diagnostics)


def _with_own_numbers(found: Look, config: Config, plan: Plan) -> Look:
    """What the API says, and the errors about groups that list the connected number."""
    from zapi_sync.core.phone_doubts import own_number_errors

    errors = own_number_errors(config, {step.key for step in plan.of(Create)}, found.own_phones)
    return replace(found, failures=[*found.failures, *errors])


def _exit_code(plan: Plan) -> ExitCode:
    if plan.of(Create):
        return ExitCode.SOMETHING_TO_CREATE
    return ExitCode.UNSETTLED if any([plan.of(Unsettled), plan.of(Taken)]) else ExitCode.DONE
