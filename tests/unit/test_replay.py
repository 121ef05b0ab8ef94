"""What a journal means: what was created, and what stays in doubt."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.journal import (
    Adopted,
    Begin,
    Concluded,
    Event,
    Intent,
    LinkFound,
    Sending,
    record_of,
    reopened,
    replay,
)
from zapi_sync.core.known import Known, OpenAttempt
from zapi_sync.core.model import GroupId, GroupKey, How
from zapi_sync.core.outcome import Absent, Cause, Created, Outcome, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import RequestLog
from zapi_sync.core.plan import make_plan
from zapi_sync.core.state import State
from zapi_sync.dataclass import replace

from .drawn import QUICK, STATES, runs
from .made import AT, LINEAGE, group, open_attempt, record, state

GROUP = group()
KEY = GROUP.key
BEGIN, INTENT = Begin(LINEAGE, 1), Intent(AT, "a-1", GROUP)
LATER = AT + timedelta(seconds=15)
SENDING = Sending(LATER, "a-1")
MADE = Created(GroupId("120363019502650977-group"), None)
NO = Rejected(Cause.INPUT, "no")
ENDED = "the run ended before the answer was written down"


def concluded(outcome: Outcome | Absent, attempt: str = "a-1") -> Concluded:
    return Concluded(LATER + timedelta(seconds=1), attempt, outcome)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], None),
        ([INTENT], None),
        ([INTENT, SENDING], ENDED),
        ([INTENT, SENDING, concluded(Unknown("reset"))], "reset"),
        ([INTENT, SENDING, concluded(Unknown("reset")), concluded(Unknown("again"))], "again"),
        ([INTENT, SENDING, concluded(MADE)], None),
        ([INTENT, SENDING, concluded(Rejected(Cause.INPUT, "no"))], None),
        ([INTENT, SENDING, concluded(Unsent("no way"))], None),
        ([INTENT, concluded(Unsent("no way"))], None),
        ([INTENT, SENDING, concluded(Unknown("reset")), concluded(MADE)], None),
        ([INTENT, SENDING, concluded(Unknown("reset")), concluded(Absent("looked"))], None),
        ([INTENT, SENDING, Adopted(LATER, GROUP, MADE, AT, How.SETTLED)], None),
        ([INTENT, Intent(AT, "a-2", GROUP), Sending(LATER, "a-2")], ENDED),
        ([INTENT, SENDING, concluded(Rejected(Cause.INPUT, "no")), Intent(AT, "a-2", GROUP)], None),
    ],
)
def test_what_was_sent_and_not_answered_is_in_doubt_and_nothing_else(
    events: list[Event], reason: str | None
) -> None:
    known = replay(state(), [BEGIN, *events])
    assert {key: (each.reason, each.sent_at) for key, each in known.open.items()} == (
        {KEY: (reason, LATER)} if reason else {}
    )


def test_what_was_created_is_in_the_state() -> None:
    known = replay(state({"old": record()}, serial=4), [BEGIN, INTENT, SENDING, concluded(MADE)])
    assert known.state
    assert known.groups == {"old": record(), KEY: record_of(GROUP, MADE, LATER + timedelta(seconds=1))}
    assert known.state.serial == 5


def test_a_group_that_was_adopted_is_in_the_state_with_how_and_since_when() -> None:
    known = replay(state(), [BEGIN, INTENT, SENDING, Adopted(LATER, GROUP, MADE, AT, How.SETTLED)])
    assert known.groups == {KEY: replace(record_of(GROUP, MADE, AT), how=How.SETTLED)}


def test_a_link_that_was_found_later_is_in_the_state() -> None:
    link = "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"
    events: list[Event] = [BEGIN, INTENT, SENDING, concluded(MADE), LinkFound(LATER, KEY, link)]
    assert replay(state(), events).groups[KEY].invitation_link == link
    assert replay(state(), [BEGIN, LinkFound(LATER, KEY, link)]).groups == {}


def test_without_a_creation_the_state_is_the_one_that_was_there() -> None:
    before = state()
    assert replay(before, [BEGIN, INTENT, SENDING]).state is before


def test_an_unknown_outcome_without_a_sending_counts_from_its_own_moment() -> None:
    known = replay(state(), [BEGIN, INTENT, concluded(Unknown("odd"))])
    assert known.open[KEY].sent_at == LATER + timedelta(seconds=1)


def test_a_key_that_the_state_knows_is_never_in_doubt() -> None:
    assert replay(state({KEY: record()}), [BEGIN, INTENT, SENDING]).open == {}


@QUICK
@given(STATES, runs())
def test_replaying_twice_changes_nothing(before: State, events: list[Event]) -> None:
    once = replay(before, events)
    assert once.state
    assert replay(once.state, events) == once


@QUICK
@given(STATES, runs())
def test_a_replay_forgets_nothing_and_invents_nothing(before: State, events: list[Event]) -> None:
    known = replay(before, events)
    groups = {event.attempt: event.group for event in events if isinstance(event, Intent)}
    made = {
        groups[each.attempt].key
        for each in events
        if isinstance(each, Concluded) and isinstance(each.outcome, Created)
    }
    made |= {each.group.key for each in events if isinstance(each, Adopted)}
    assert set(known.groups) == set(before.groups) | made
    touched = made | {each.key for each in events if isinstance(each, LinkFound)}
    assert all(known.groups[key] == before.groups[key] for key in set(before.groups) - touched)


@QUICK
@given(STATES, runs())
def test_whatever_was_sent_is_created_settled_or_in_doubt(before: State, events: list[Event]) -> None:
    known = replay(before, events)
    keys = {event.attempt: event.group.key for event in events if isinstance(event, Intent)}
    ended = [each for each in events if isinstance(each, Concluded) and not isinstance(each.outcome, Unknown)]
    sent = {keys[event.attempt] for event in events if isinstance(event, Sending)}
    assert sent - {keys[each.attempt] for each in ended} <= set(known.open) | set(known.groups)


@QUICK
@given(STATES, runs())
def test_a_fresh_journal_of_what_is_in_doubt_says_the_same(before: State, events: list[Event]) -> None:
    known = replay(before, events)
    assert known.state
    again = replay(known.state, reopened(known.state, known.open.values()))
    assert again == known


def test_a_fresh_journal_goes_on_from_this_very_state() -> None:
    assert reopened(state(serial=7), [])[0] == Begin(LINEAGE, 7)


def test_requests_are_known_by_instance_unsettled_ones_among_them() -> None:
    sales = group("s", instance="sales")
    known = Known(
        state({"a": record(at=LATER), "s": record(sales, at=AT)}),
        {
            GroupKey("b"): OpenAttempt(INTENT, AT, "lost"),
            GroupKey("t"): open_attempt(group("t", instance="other")),
        },
    )
    histories = make_plan([], known).histories()
    assert {name: list(each.requests) for name, each in histories.items()} == {
        "default": [AT, LATER],
        "sales": [AT],
        "other": [AT],
    }


def refused(number: int, outcome: Outcome | Absent, not_before: datetime | None = None) -> list[Event]:
    """An attempt that was sent `number` hours after AT, and its end a second later."""
    at, attempt = AT + timedelta(hours=number), f"b-{number}"
    intent = Intent(at, attempt, group(f"k{number}"))
    return [
        intent,
        Sending(at, attempt),
        Concluded(at + timedelta(seconds=1), attempt, outcome, not_before),
    ]


def test_requests_that_made_nothing_are_kept_for_a_day() -> None:
    events = [BEGIN, *(each for hour in range(0, 30, 6) for each in refused(hour, NO))]
    events += refused(30, Unknown("no", refused=True))
    known = replay(state(), events)
    assert known.state
    assert known.state.requests == {
        "default": RequestLog({f"b-{hour}": AT + timedelta(hours=hour) for hour in (12, 18, 24)})
    }
    (attempt,) = known.open.values()
    assert attempt.refused_at == AT + timedelta(hours=30, seconds=1)
    assert attempt.settles_at == AT + timedelta(hours=30, minutes=10, seconds=1)
    absent = Concluded(AT + timedelta(hours=31), "b-30", Absent("not listed"))
    later = replay(known.state, [*reopened(known.state, known.open.values()), absent])
    assert later.open == {}
    assert later.state
    assert set(later.state.requests["default"].fruitless) == {"b-12", "b-18", "b-24", "b-30"}  # type: ignore[index]


def test_a_request_counts_when_its_key_adopts_an_older_group() -> None:
    """`resolve --adopt` may name a group that the request did not make."""
    sent: list[Event] = [BEGIN, INTENT, SENDING, concluded(Unknown("no", refused=True))]
    for created_at, is_counted in ((AT - timedelta(days=400), True), (LATER + timedelta(minutes=1), False)):
        known = replay(state(), [*sent, Adopted(LATER, GROUP, MADE, created_at, How.ADOPTED)])
        assert known.state
        assert known.open == {}
        expected = {"default": RequestLog({"a-1": LATER})} if is_counted else {}
        assert known.state.requests == expected, created_at


def test_a_rate_limit_is_kept_until_a_creation() -> None:
    first, second = AT + timedelta(hours=2), AT + timedelta(hours=5)
    events = [BEGIN, *refused(1, Unknown("slow"), first), *refused(3, Unknown("slow"), second)]
    known = replay(state(), events)
    assert known.state
    assert known.state.requests == {"default": RequestLog(rate_limits=2, not_before=second)}
    after = replay(known.state, [BEGIN, *refused(6, MADE)])
    assert after.state
    assert after.state.requests == {}
    both = replay(
        state(), [*events, *refused(6, replace(MADE, phone=GroupId("12345-group")), AT + timedelta(hours=8))]
    )
    assert both.state
    assert both.state.requests == {"default": RequestLog(rate_limits=1, not_before=AT + timedelta(hours=8))}


@QUICK
@given(
    st.lists(
        st.tuples(
            st.sampled_from([NO, Unknown("no", refused=True), Absent("x"), MADE, Unsent("off")]),
            st.none() | st.integers(0, 40).map(lambda hour: AT + timedelta(hours=hour)),
        ),
        max_size=6,
    )
)
def test_a_journal_that_is_folded_in_twice_counts_once(
    script: list[tuple[Outcome | Absent, datetime | None]],
) -> None:
    """As after a crash between the write of the state and that of the journal."""
    made = [
        replace(outcome, phone=GroupId(f"12345{number}-group")) if isinstance(outcome, Created) else outcome
        for number, (outcome, _) in enumerate(script)
    ]
    events = [
        each for number, outcome in enumerate(made) for each in refused(number, outcome, script[number][1])
    ]
    once = replay(state(), [BEGIN, *events])
    assert once.state
    assert replay(once.state, [BEGIN, *events]) == once


def test_where_nothing_ever_was_nothing_is_known() -> None:
    assert (Known().state, dict(Known().groups), dict(Known().open)) == (None, {}, {})
