"""Plans, and what an apply did, as pages: for whoever approves them without a terminal.

They hold what markdown holds: no invite link, and of a phone number the last digits. What a template lays out
is text, made here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zapi_sync.core.moments import timestamp
from zapi_sync.core.outcome import Created, Rejected, Unknown, Unsent
from zapi_sync.core.plan import Adopt, Changed, Create, Orphaned, Taken, Unsettled
from zapi_sync.core.progress import Finished, Skipped, run_again_after
from zapi_sync.core.redact import CUT
from zapi_sync.core.source import shortened
from zapi_sync.dataclass import dataclass
from zapi_sync.errors import Severity
from zapi_sync.language import _, ngettext, told
from zapi_sync.render.complaints import place
from zapi_sync.render.drift import said_of
from zapi_sync.render.pages import page
from zapi_sync.render.paint import Paint
from zapi_sync.render.results import again_at, why_skipped
from zapi_sync.render.safe import printable, without_phones
from zapi_sync.render.text import MAX_PHONES, doubt, rate_limit, summary, ways_on
from zapi_sync.zapi.outcomes import remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from zapi_sync.core.drift import Drift
    from zapi_sync.core.model import Group, Record
    from zapi_sync.core.moves import Move
    from zapi_sync.core.pacing import Forecast
    from zapi_sync.core.plan import Difference, Plan
    from zapi_sync.errors import Diagnostic

MAX_COLUMNS = 400
"""So much of a text is shown."""

_LAST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a group, under its label; `notable` is what is not to be overlooked."""

    label: str
    value: str
    notable: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A group: its key, its name where there is one, what is known of it, and the ways on, a line each."""

    key: str
    name: str | None
    facts: Sequence[Fact]
    ways: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Groups that something is to be done about, or was, or cannot be. `tone` is how it looks: good, plain,
    warn, bad."""

    title: str
    tone: str
    rows: Sequence[Row]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A warning or an error: where, what, and what to do."""

    is_error: bool
    code: str
    place: str
    message: str
    hint: str


def plan(
    plan: Plan,
    forecasts: Sequence[Forecast],
    warnings: Sequence[Diagnostic],
    drift: Drift | None = None,
    about: str = "",
) -> str:
    """What apply would do. `about` tells which plan this is, where it is a saved one."""
    head, *more = summary(plan, forecasts, Paint(False))
    sections = [
        *_missing(plan),
        Section(
            _("Changed in the config"),
            "warn",
            [_changed(step) for step in plan.of(Changed)],
            _("Shown only: apply never changes a group."),
        ),
        Section(
            _("No longer in the config"),
            "warn",
            [_of_record(step.key, step.record) for step in plan.of(Orphaned)],
            _("The groups stay as they are."),
        ),
        _unsettled(plan.of(Unsettled)),
        *(_drifted(drift) if drift else ()),
    ]
    sentences = [*more, *([shown(about)] if about else [])]
    return _report(_("Plan"), head, sentences, sections, warnings)


def applied(
    plan: Plan,
    ended: Sequence[Finished | Skipped],
    failures: Sequence[Diagnostic],
    warnings: Sequence[Diagnostic],
) -> str:
    """What an apply did: the plan, what became of each group that it tried, and what went wrong besides."""
    taken, unsettled = plan.of(Taken), plan.of(Unsettled)
    outcomes = [(each, each.outcome) for each in ended if isinstance(each, Finished)]
    made = [_made(each, outcome) for each, outcome in outcomes if isinstance(outcome, Created)]
    total = len(ended) + len(taken) + len(unsettled)
    sentences = []
    if total:
        head = ngettext(
            "{made} of {number} group done.", "{made} of {number} groups done.", total, made=len(made)
        )
    else:
        head = next(summary(plan, (), Paint(False)))
    if again := run_again_after(ended):
        sentences.append(
            _("For the rest, run zapi-sync apply again after {moment}.", moment=timestamp(again))
        )
    if made:
        sentences.append(_("The invite links stand in the state: zapi-sync invites --format html"))
    sections = [
        Section(_("Moved"), "plain", [_move(move) for move in plan.moves], _("The key was renamed.")),
        Section(_("Done"), "good", made),
        Section(
            _("Rejected"),
            "bad",
            [_rejected(each, outcome) for each, outcome in outcomes if isinstance(outcome, Rejected)],
        ),
        Section(
            _("Not sent"),
            "bad",
            [_unsent(each, outcome) for each, outcome in outcomes if isinstance(outcome, Unsent)],
        ),
        Section(
            _("Unknown"),
            "warn",
            [_unknown(each, outcome) for each, outcome in outcomes if isinstance(outcome, Unknown)],
            _("The group may exist or not."),
        ),
        _taken(taken),
        _unsettled(unsettled),
        Section(
            _("Not tried"),
            "warn",
            [_skipped(each) for each in ended if isinstance(each, Skipped)],
        ),
    ]
    return _report(_("Apply"), head, sentences, sections, [*failures, *warnings])


def complaints(diagnostics: Sequence[Diagnostic]) -> str:
    """Why a command came to nothing."""
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    return _report(_("Errors"), ngettext("{number} error.", "{number} errors.", errors), (), (), diagnostics)


def shown(text: str) -> str:
    """A text from outside for a page, less what is private in it."""
    return printable(without_phones(shortened(told(text), MAX_COLUMNS)))


def _report(
    title: str,
    head: str,
    sentences: Sequence[str],
    sections: Iterable[Section],
    diagnostics: Sequence[Diagnostic],
) -> str:
    full = [section for section in sections if section.rows]
    return page(
        "report.html",
        title=title,
        head=head,
        sentences=sentences,
        sections=full,
        complaints=[_complaint(each) for each in diagnostics],
    )


def _missing(plan: Plan) -> Iterator[Section]:
    """What is renamed, and what is not there yet."""
    about = _("The key is renamed; the group stays as it is.")
    yield Section(_("To move"), "plain", [_move(move) for move in plan.moves], about)
    yield Section(_("To create"), "good", [_create(step.group) for step in plan.of(Create)])
    adopted = [_of_group(step.group, Fact(_("Id"), shown(step.id))) for step in plan.of(Adopt)]
    yield Section(_("To adopt"), "good", adopted, _("A group of this name exists, and is taken for it."))
    yield _taken(plan.of(Taken))


def _move(move: Move) -> Row:
    return Row(shown(move.target), None, [Fact(_("Before"), shown(move.source))])


def _create(group: Group) -> Row:
    people = ngettext("{number} participant", "{number} participants", len(group.phones))
    facts = [Fact(_("Participants"), f"{people} ({_last_digits(group.phones)})"), _invitations(group)]
    return _of_group(group, *facts)


def _invitations(group: Group) -> Fact:
    label = _("Private invitations")
    if not group.auto_invite:
        return Fact(label, _("none"))
    number = len(group.phones)
    said = ngettext(
        "up to {number}, to who cannot be added directly",
        "up to {number}, to those who cannot be added directly",
        number,
    )
    return Fact(label, said, notable=True)


def _last_digits(phones: Sequence[str]) -> str:
    """Of each number what tells people in one group apart, and no number."""
    listed = ", ".join(
        CUT + re.sub(r"\D", "", phone.partition("@")[0])[-_LAST_DIGITS:] for phone in phones[:MAX_PHONES]
    )
    left = len(phones) - MAX_PHONES
    return _("{shown} and {left} more", shown=listed, left=left) if left > 0 else listed


def _changed(step: Changed) -> Row:
    return Row(
        shown(step.key), shown(step.record.group_name), [_difference(each) for each in step.differences]
    )


def _difference(difference: Difference) -> Fact:
    label = shown(difference.attribute)
    if difference.created is None:
        wanted = shown(difference.wanted or "")
        return Fact(label, _("not those that it was created with; now {wanted}", wanted=wanted))
    return Fact(label, f"{shown(difference.created)} → {shown(difference.wanted or '')}")


def _taken(steps: Sequence[Taken]) -> Section:
    rows = [
        _of_group(step.group, *(Fact(_("Id"), shown(each)) for each in step.ids), ways=ways_on(step))
        for step in steps
    ]
    return Section(_("Not created: the name is taken"), "warn", rows)


def _unsettled(steps: Sequence[Unsettled]) -> Section:
    rows = [
        _of_group(
            step.attempt.intent.group,
            Fact(_("Sent"), timestamp(step.attempt.sent_at)),
            Fact(_("Reason"), shown(step.attempt.reason)),
            ways=[doubt(step.attempt.intent.group, step.attempt.settles_at)],
        )
        for step in steps
    ]
    return Section(_("Unsettled"), "warn", rows, _("The group may exist or not."))


def _drifted(drift: Drift) -> Iterator[Section]:
    rows = [
        _of_record(
            each.key,
            each.record,
            Fact(
                _("Now"),
                ", ".join(said_of(finding, shown) for finding in each.findings if finding.kind.is_drift),
                notable=True,
            ),
        )
        for each in drift.drifted
    ]
    yield Section(_("Drift"), "warn", rows, _("On the instance these groups are not as the state says."))
    unseen = [_of_record(each.key, each.record) for each in drift.unseen]
    yield Section(_("Not looked at"), "warn", unseen)


def _made(finished: Finished, created: Created) -> Row:
    group, left_out = finished.group, created.phones_not_added
    facts = [Fact(_("Id"), shown(created.phone))]
    if left_out:
        label = _("Invited privately") if group.auto_invite else _("Could not be added")
        facts.append(Fact(label, f"{len(left_out)} ({_last_digits(left_out)})", notable=True))
    return _of_group(group, *facts, ways=_rest(finished))


def _rest(finished: Finished) -> list[str]:
    """The rate limit that an answer spoke of."""
    return [rate_limit(finished.group.instance, finished.not_before)] if finished.not_before else []


def _rejected(finished: Finished, rejected: Rejected) -> Row:
    said = shown(rejected.said)
    hint = shown(remedy(rejected.cause, finished.group.instance))
    return _of_group(finished.group, Fact(_("Z-API says"), said), ways=[*_rest(finished), hint])


def _unsent(finished: Finished, unsent: Unsent) -> Row:
    hint = _("Nothing left this machine: check network and ZAPI_BASE_URL, then apply again.")
    return _of_group(finished.group, Fact(_("Reason"), shown(unsent.reason)), ways=[hint])


def _unknown(finished: Finished, unknown: Unknown) -> Row:
    reason = Fact(_("Reason"), shown(unknown.reason))
    return _of_group(
        finished.group, reason, ways=[*_rest(finished), doubt(finished.group, again_at(finished))]
    )


def _skipped(skipped: Skipped) -> Row:
    return _of_group(skipped.group, Fact(_("Reason"), shown(why_skipped(skipped))))


def _of_group(group: Group, *facts: Fact, ways: Iterable[str] = ()) -> Row:
    instance = Fact(_("Instance"), shown(group.instance))
    lines = [line.strip() for way in ways for line in without_phones(way).split("\n")]
    return Row(shown(group.key), shown(group.group_name), [instance, *facts], lines)


def _of_record(key: str, record: Record, *facts: Fact) -> Row:
    about = [Fact(_("Instance"), shown(record.instance)), Fact(_("Id"), shown(record.phone))]
    return Row(shown(key), shown(record.group_name), [*about, *facts])


def _complaint(diagnostic: Diagnostic) -> Complaint:
    return Complaint(
        diagnostic.severity is Severity.ERROR,
        diagnostic.code,
        shown(place(diagnostic.location)) if diagnostic.location else "",
        shown(diagnostic.message),
        shown(diagnostic.hint),
    )
