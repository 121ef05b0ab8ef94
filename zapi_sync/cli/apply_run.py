"""An apply that holds the lock: settle, list, plan, ask, adopt, create."""

from __future__ import annotations

import os
import random
import signal
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from zapi_sync.apply import Applier
from zapi_sync.cli.approval import approve
from zapi_sync.cli.progress import follow
from zapi_sync.cli.wiring import doubts, forecasts, is_for_others, plan_of, recipients_of
from zapi_sync.core.evidence import Found, NotThere, StillOpen
from zapi_sync.core.existing import to_be_listed, with_existing
from zapi_sync.core.journal import LinkFound
from zapi_sync.core.looking import about
from zapi_sync.core.model import How
from zapi_sync.core.moments import timestamp
from zapi_sync.core.moves import moved
from zapi_sync.core.phone_doubts import own_number_errors
from zapi_sync.core.plan import Adopt, Create
from zapi_sync.core.progress import Finished, Skipped, SkipReason
from zapi_sync.core.state import State
from zapi_sync.dataclass import dataclass, field, replace
from zapi_sync.edge.clock import SystemClock
from zapi_sync.errors import (
    Code,
    ConfigInvalid,
    Diagnostic,
    ExitCode,
    RemoteUnavailable,
    Severity,
    ZapiSyncError,
)
from zapi_sync.lanes import side_by_side
from zapi_sync.language import Joined, Text, _, ngettext
from zapi_sync.render import results, text
from zapi_sync.settle import Settler, adopt, link_of, lister, settle_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from zapi_sync.cli.connecting import Api
    from zapi_sync.cli.console import Console
    from zapi_sync.core.config import Config
    from zapi_sync.core.evidence import Settlement
    from zapi_sync.core.existing import Existing
    from zapi_sync.core.journal import Event
    from zapi_sync.core.known import Known, OpenAttempt
    from zapi_sync.core.lookup import Listed
    from zapi_sync.core.model import GroupId, GroupKey, InstanceName
    from zapi_sync.core.pacing import Pacings
    from zapi_sync.core.plan import Plan
    from zapi_sync.core.progress import Progress
    from zapi_sync.state.store import Journal, StateStore

LISTED_AT_ONCE = 16
"""So many instances are asked for their groups side by side."""

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the command line decides about an apply; times in seconds."""

    pacings: Pacings
    existing: Existing
    patience: float
    absent_after: float | None
    auto_approve: bool
    deadline: datetime | None
    ignore_rate_limit: bool
    only: frozenset[GroupKey] | None
    """Nothing is created or adopted but these keys; None stands for all."""


@dataclass(slots=True)
class Run:
    """One apply, and what became of it: `done` group by group, `doubts` why each attempt is still open,
    `warnings` what was told before, `failures` what went wrong besides."""

    console: Console
    config: Config
    store: StateStore
    api: Api
    policy: Policy
    clock: SystemClock = field(default_factory=SystemClock)
    done: list[Progress] = field(default_factory=list)
    doubts: dict[GroupKey, str] = field(default_factory=dict)
    warnings: list[Diagnostic] = field(default_factory=list)
    failures: list[Diagnostic] = field(default_factory=list)
    own_phones: dict[InstanceName, str | None] = field(default_factory=dict)
    interrupted: bool = False

    def carry_out(self, known: Known) -> Plan:
        """Do all of it, from what is known, and return the plan that was carried out.

        Raises what is wrong before anything is sent; what goes wrong after that is in `failures`.
        """
        self.api.check(known, self.store.name)
        known = self._encrypt(known)
        if known.state:
            known = self._fetch_links(self._settle(known, known.state), known.state)
        plan = plan_of(self.config, known, self.policy.only)
        if self.clock.stopping:
            self.done += [Skipped(step.group, SkipReason.INTERRUPTED) for step in plan.of(Create)]
            return replace(plan, moves=())
        listings = self._list(plan, known)
        plan = with_existing(plan, listings, known, self.policy.existing)
        creates, adopts = plan.of(Create), plan.of(Adopt)
        self._refuse_own_numbers(creates)
        if plan.moves or adopts or any(step.group.instance in listings for step in creates):
            self._show(plan, known)
            if not self.policy.auto_approve:
                _ask(plan)
            known = self._move(plan, known)
            self._act(plan, known, frozenset(self.api.clients) - frozenset(listings))
        else:
            self.done += [Skipped(step.group, SkipReason.INSTANCE_STOPPED) for step in creates]
        return plan

    def _encrypt(self, known: Known) -> Known:
        """Before anything is sent or written: what is encrypted can be read here, and the state is encrypted
        to those that the config names."""
        recipients = recipients_of(self.config, known)
        self.store.verify_readable(recipients)
        if known.state is None or not is_for_others(self.config, known):
            return known
        state = known.state.encrypted_to(recipients)
        self.store.replace(state, known.open.values(), backup=True)
        if recipients:
            said = ngettext(
                "The state is encrypted to {number} recipient.",
                "The state is encrypted to {number} recipients.",
                len(recipients),
            )
        else:
            said = _("The state is not encrypted any more.")
        self.console.talk(said)
        return replace(known, state=state)

    def _move(self, plan: Plan, known: Known) -> Known:
        """The keys are renamed in state and journal before anything is created by the new ones."""
        after = moved(known, plan.moves)
        if after.state and plan.moves:
            self.store.replace(after.state, after.open.values(), backup=True)
            names = {move.source: move.target for move in plan.moves}
            self.doubts = {names.get(key, key): doubt for key, doubt in self.doubts.items()}
        return after

    def _settle(self, known: Known, state: State) -> Known:
        """What earlier runs left in doubt comes first: whether a name is free depends on it."""
        if not known.open:
            return known
        settler = self._settler(self.policy.absent_after)
        with closing(self.store.open_journal(state)) as journal, self._stopping_on_signals():
            for attempt, settlement in settle_all(known, settler, journal):
                group = attempt.intent.group
                match settlement:
                    case Found(created):
                        finished = Finished(group, created, How.SETTLED)
                        self.done.append(finished)
                        self.console.talk(results.finished(finished, self.console.talk_paint))
                    case NotThere(reason):
                        self.console.talk(
                            _("{key}: {reason}, so it may be created again", key=group.key, reason=reason)
                        )
                    case StillOpen(reason):
                        self.doubts[group.key] = reason
                if self.clock.stopping or self._is_late:
                    break
        return self.store.checkpoint()

    def _fetch_links(self, known: Known, state: State) -> Known:
        """The invite links that could not be had when their groups were created."""
        events: list[Event] = []
        for key, record in known.groups.items():
            if record.invitation_link is None and record.instance in self.api.clients:
                link = link_of(self.api.client(record.instance), record.phone)
                events += [LinkFound(self.clock.now(), key, link)] if link else []
        return write_down(self.store, state, events) if events else known

    def _list(self, plan: Plan, known: Known) -> dict[InstanceName, list[Listed]]:
        """The groups of each instance that something is to be created on, where they can be had."""
        listings = {}
        instances = sorted(to_be_listed(plan, self.policy.existing))
        threads = ThreadPoolExecutor(LISTED_AT_ONCE)
        listing_of = lister(self.api.client, known, self.clock)

        def look(instance: InstanceName) -> tuple[list[Listed], str | None, Sequence[Diagnostic]]:
            listing = listing_of(instance)
            try:
                return listing, self.api.client(instance).own_phone(), ()
            except RemoteUnavailable as unavailable:
                return listing, None, unavailable.diagnostics

        looks = [threads.submit(look, instance) for instance in instances]
        try:
            for instance, seen in zip(instances, looks, strict=True):
                try:
                    listings[instance], number, why = seen.result()
                except ZapiSyncError as unavailable:
                    what = Text('nothing is created on the instance "{instance}"', instance=instance)
                    self._fail(about(what, unavailable.diagnostics))
                else:
                    self._note_own_phone(instance, number, why)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)  # Ctrl-C waits for no look-up
        return listings

    def _note_own_phone(self, instance: InstanceName, number: str | None, why: Sequence[Diagnostic]) -> None:
        """Keep an instance's connected number, or warn once that the phones cannot be checked for it."""
        self.own_phones[instance] = number
        if number:
            return
        what = Text('the connected number of the instance "{instance}" is not known', instance=instance)
        warning = Diagnostic(
            Code.LOOKUP_FAILED,
            Joined(": ", (what, *(each.message for each in why))),
            Text("make sure that no group lists it: create-group refuses such a list"),
            severity=Severity.WARNING,
        )
        self.warnings.append(warning)
        self.console.complain([warning])

    def _refuse_own_numbers(self, creates: Sequence[Create]) -> None:
        """Raises ConfigInvalid where a group that is to be created lists its instance's own number."""
        keys = {step.key for step in creates}
        errors = own_number_errors(self.config, keys, self.own_phones)
        if errors:
            raise ConfigInvalid(errors)

    @property
    def _is_late(self) -> bool:
        return self.policy.deadline is not None and self.clock.now() > self.policy.deadline

    def _fail(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.failures.extend(diagnostics)
        self.console.complain(diagnostics)

    def _show(self, plan: Plan, known: Known) -> None:
        warnings = doubts(self.config, plan)
        self.warnings += warnings
        self.console.complain(warnings)
        if self.policy.ignore_rate_limit:
            plan = self._without_rate_limits(plan)
        course = forecasts(plan, self.policy.pacings, self.clock.now())
        self.console.talk(text.plan(plan, course, self.console.talk_paint))
        if self.api.is_sandbox:
            self.console.talk(_("This is the sandbox: nothing real happens."))

    def _without_rate_limits(self, plan: Plan) -> Plan:
        """The plan as if no rate limit of an earlier run stopped an instance; each that does is named."""
        for instance, log in plan.requests.items():
            if log.not_before and log.not_before > self.clock.now():
                said = _(
                    'The rate limit of "{instance}" until {time} is ignored (--ignore-rate-limit).',
                    instance=instance,
                    time=timestamp(log.not_before),
                )
                self.console.talk(said)
        logs = {name: replace(log, not_before=None) for name, log in plan.requests.items()}
        return replace(plan, requests=logs)

    def _act(self, plan: Plan, known: Known, unlisted: frozenset[InstanceName]) -> None:
        state = first_state(self.store, known, self.api, recipients_of(self.config, known))
        with self._stopping_on_signals():
            try:
                with closing(self.store.open_journal(state)) as journal:
                    self._adopt(plan, journal)
                    lanes = self._applier(journal, unlisted).lanes(plan, known)
                    progress = side_by_side(lanes, self.clock.stop)
                    # extend() keeps what came before a failure
                    self.done.extend(follow(progress, len(plan.of(Create)), self.console, self.clock.now))
            except ZapiSyncError as failure:
                self._fail(failure.diagnostics)
                through = {each.group.key for each in self.done if isinstance(each, (Finished, Skipped))}
                meant = [step.group for step in plan.of(Adopt)] + [step.group for step in plan.of(Create)]
                left = [group for group in meant if group.key not in through]
                self.done += [Skipped(group, SkipReason.RUN_STOPPED) for group in left]
            finally:
                self._checkpoint()

    def _checkpoint(self) -> None:
        try:
            self.store.checkpoint()
        except ZapiSyncError as failure:
            self._fail(failure.diagnostics)

    def _adopt(self, plan: Plan, journal: Journal) -> None:
        for step in plan.of(Adopt):
            if self.clock.stopping or self._is_late:
                stopped = Skipped(step.group, SkipReason.INTERRUPTED)
                late = Skipped(step.group, SkipReason.OUT_OF_TIME, self.clock.now())
                self.done.append(stopped if self.clock.stopping else late)
                continue
            try:
                directory = self.api.client(step.group.instance)
                event = adopt(step.group, step.id, directory, self.clock.now(), How.ADOPTED)
            except RemoteUnavailable as unavailable:
                self._fail(about(Text('"{key}" is not adopted', key=step.key), unavailable.diagnostics))
                self.done.append(Skipped(step.group, SkipReason.RUN_STOPPED))
            else:
                journal.append(event)
                self.done.append(Finished(step.group, event.created, How.ADOPTED))

    def _applier(self, journal: Journal, unlisted: frozenset[InstanceName]) -> Applier:
        patient = self._settler(None)
        hasty = replace(patient, patience=0.0)

        def settle(
            attempt: OpenAttempt, owned: set[GroupId], taken: set[GroupId], only_once: bool
        ) -> Settlement:
            settler = hasty if only_once else patient
            return settler.settle(attempt, owned, taken, since=self.clock.now())

        return Applier(
            self.policy.pacings,
            self.api.client,
            settle,
            journal,
            self.clock,
            random.SystemRandom(),
            unlisted,
            self.policy.deadline,
            self.policy.ignore_rate_limit,
        )

    def _settler(self, absent_after: float | None) -> Settler:
        return Settler(self.api.client, self.clock, self.policy.patience, absent_after)

    @contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        """The first SIGINT or SIGTERM lets the group at hand finish; a second one leaves at once: the journal
        then says what was under way."""

        stopping = _("stopping once the group at hand is through; once more leaves at once")
        line = f"\n{stopping}\n".encode(sys.stderr.encoding or "utf-8", "backslashreplace")

        def handle(number: int, _frame: object) -> None:
            if self.interrupted and number == signal.SIGHUP:
                return  # kernel and shell both send one when a terminal goes away
            if self.interrupted:
                os._exit(ExitCode.INTERRUPTED)
            self.interrupted = True
            self.clock.stop()
            with suppress(OSError):  # a handler that raises would do so within the request
                os.write(2, line)

        heeded = [number for number in _STOPS if signal.getsignal(number) is not signal.SIG_IGN]  # nohup
        before = {number: signal.signal(number, handle) for number in heeded}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def first_state(store: StateStore, known: Known, api: Api, recipients: tuple[str, ...]) -> State:
    """Return the stored state that a journal can go on from, and store it first where it is new.

    It names all instances in use; a new one is encrypted to the recipients. Unsettled attempts stay."""
    new = State(str(uuid.uuid4()), 0, api.remote.origin, recipients=recipients)
    state = (known.state or new).with_instances(api.digests)
    if state != known.state:
        store.replace(state, known.open.values(), backup=False)
    return state


def write_down(store: StateStore, state: State, events: Sequence[Event]) -> Known:
    """Some events at once, through the journal into the state."""
    with closing(store.open_journal(state)) as journal:
        for event in events:
            journal.append(event)
    return store.checkpoint()


def _ask(plan: Plan) -> None:
    moves, creates, adopts = len(plan.moves), len(plan.of(Create)), len(plan.of(Adopt))
    deeds = {
        ngettext("move {number} key", "move {number} keys", moves): moves,
        ngettext("create {number} group", "create {number} groups", creates): creates,
        ngettext("adopt {number} group", "adopt {number} groups", adopts): adopts,
    }
    deed = _(" and ").join(deed for deed, number in deeds.items() if number)
    approve(
        deed[:1].upper() + deed[1:],
        command="apply",
        hint=Text("run it with --auto-approve once the plan was reviewed"),
        nothing=Text("nothing was created"),
    )
