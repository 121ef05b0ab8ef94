"""The result of an apply, and its exit code, which does not depend on the format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.cli.console import Format
from zapi_sync.core.moments import timestamp
from zapi_sync.core.outcome import Created, Rejected, Unknown, Unsent
from zapi_sync.core.plan import Taken, Unsettled
from zapi_sync.core.progress import RUN_AGAIN, Finished, Skipped, run_again_after
from zapi_sync.dataclass import replace
from zapi_sync.errors import ExitCode
from zapi_sync.language import Joined, _, ngettext
from zapi_sync.render import json, results, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zapi_sync.cli.console import Console
    from zapi_sync.core.model import GroupKey
    from zapi_sync.core.plan import Plan, Step
    from zapi_sync.core.progress import Progress
    from zapi_sync.errors import Diagnostic


def report(
    console: Console,
    warnings: Sequence[Diagnostic],
    plan: Plan,
    done: Sequence[Progress] = (),
    doubts: Mapping[GroupKey, str] | None = None,
    failures: Sequence[Diagnostic] = (),
    *,
    interrupted: bool = False,
) -> ExitCode:
    """Tell what became of a plan. `doubts` says why each attempt of earlier runs is still open."""
    place = {step.key: number for number, step in enumerate(plan.steps)}  # the instances go side by side
    ended = sorted(
        (each for each in done if isinstance(each, (Finished, Skipped))),
        key=lambda each: place.get(each.group.key, len(place)),
    )
    plan = replace(plan, steps=tuple(_with_doubt(step, doubts or {}) for step in plan.steps))
    open_steps = plan.of(Unsettled)
    taken = plan.of(Taken)
    if console.json:
        console.result(json.applied(ended, taken, open_steps, [*warnings, *failures], plan.moves))
    elif console.format is Format.HTML:
        from zapi_sync.render import html

        console.result(html.applied(plan, ended, failures, warnings))
    elif not ended and not taken and not failures and not plan.moves:
        console.result(text.plan(plan, [], console.paint))
    else:
        if plan.moves:
            console.result("\n".join(text.moved(plan.moves, console.paint)))
        _report_text(console, ended, taken, open_steps)
    if interrupted:
        return ExitCode.INTERRUPTED
    return _exit_code(ended, taken, open_steps, failures)


def _with_doubt(step: Step, doubts: Mapping[GroupKey, str]) -> Step:
    doubt = doubts.get(step.key)
    if not isinstance(step, Unsettled) or not doubt or doubt in step.attempt.reason:
        return step
    return replace(step, attempt=replace(step.attempt, reason=Joined("; ", (step.attempt.reason, doubt))))


def _report_text(
    console: Console,
    ended: Sequence[Finished | Skipped],
    taken: Sequence[Taken],
    open_steps: Sequence[Unsettled],
) -> None:
    made = [
        (each.group, each.outcome)
        for each in ended
        if isinstance(each, Finished) and isinstance(each.outcome, Created)
    ]
    if made:
        console.result(results.created(made, console.paint))
    paint = console.talk_paint
    if taken or open_steps:
        console.talk("\n" + "\n".join([*text.taken(taken, paint), *text.unsettled(open_steps, paint)]))
    meant = len(ended) + len(taken) + len(open_steps)
    if meant:
        said = ngettext(
            "{done} of {number} group done.", "{done} of {number} groups done.", meant, done=len(made)
        )
        console.talk(f"\n{said}")
    if again := run_again_after(ended):
        console.talk(_("For the rest, run zapi-sync apply again after {time}.", time=timestamp(again)))


def _exit_code(
    ended: Sequence[Finished | Skipped],
    taken: Sequence[Taken],
    open_steps: Sequence[Unsettled],
    failures: Sequence[Diagnostic],
) -> ExitCode:
    outcomes = [each.outcome for each in ended if isinstance(each, Finished)]
    skipped = {each.reason for each in ended if isinstance(each, Skipped)}
    if failures or any(isinstance(outcome, (Rejected, Unsent)) for outcome in outcomes):
        return ExitCode.ERROR
    if taken or open_steps or any(isinstance(outcome, Unknown) for outcome in outcomes):
        return ExitCode.UNSETTLED
    return ExitCode.RUN_AGAIN_LATER if skipped.intersection(RUN_AGAIN) else ExitCode.DONE
