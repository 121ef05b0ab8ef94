"""Apply, step by step: each is written down before the next, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.evidence import Found
from zapi_sync.core.journal import Adopted, Concluded, Event, Intent, Sending
from zapi_sync.core.known import Known
from zapi_sync.core.model import Group, GroupId, How
from zapi_sync.core.outcome import Cause, Outcome, RateLimit, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import Pacing, RequestLog
from zapi_sync.core.plan import Adopt, Plan, make_plan
from zapi_sync.core.progress import Finished, Skipped, SkipReason
from zapi_sync.dataclass import replace
from zapi_sync.errors import StateUnwritable

from .drawn import QUICK
from .made import AT, group, open_attempt, record, state
from .parts import MADE, World

NO_INPUT, NO_KEY = Rejected(Cause.INPUT, "bad phone"), Rejected(Cause.CREDENTIALS, "no token")
FIRST = replace(MADE, phone=GroupId("12345-group"))
LOST, OFFLINE = Unknown("reset"), Unsent("refused")
NO_OTHER_INPUT = Rejected(Cause.INPUT, "another reason")
REFUSED = Unknown("the API answered 400: no", refused=True)
SLOW = Unknown("the API answered 400: rate-overlimit", refused=True, rate_limit=RateLimit())
SLOWER = replace(SLOW, rate_limit=RateLimit(7))
AT_ONCE = replace(SLOW, rate_limit=RateLimit(0))


def groups(*keys: str, instance: str = "default") -> list[Group]:
    return [group(key, name=key, instance=instance) for key in keys]


def test_each_step_is_written_down_before_the_next() -> None:
    world = World({"default": [MADE, NO_INPUT, LOST]})
    world.apply(groups("a", "b", "c"))
    steps = ["STARTED", "intent", "sending", "POST", "concluded"]
    assert world.log == [*steps, "FINISHED", *steps, "FINISHED", *steps, "DOUBTFUL", "look", "FINISHED"]


def test_what_is_written_down_is_the_whole_request_under_one_attempt_each() -> None:
    world = World({"default": [MADE, MADE]}, took=15)
    wanted = groups("a", "b")
    world.apply(wanted)
    intents = [each for each in world.journal.events if isinstance(each, Intent)]
    assert [each.group for each in intents] == wanted
    assert len({each.attempt for each in intents}) == 2
    assert world.journal.events[:3] == [
        Intent(AT, intents[0].attempt, wanted[0]),
        Sending(AT, intents[0].attempt),
        Concluded(AT + timedelta(seconds=15), intents[0].attempt, FIRST),
    ]


def test_what_never_left_has_no_sending() -> None:
    world = World({"default": [OFFLINE]})
    world.apply(groups("a"))
    assert world.log == ["STARTED", "intent", "concluded", "FINISHED"]


def test_only_what_the_plan_creates_is_sent() -> None:
    world = World({"default": [MADE]})
    world.apply(groups("old", "new"), state({"old": record(group("old", name="old")), "orphan": record()}))
    assert world.posted == ["new"]


def test_with_nothing_to_create_nothing_happens() -> None:
    world = World({})
    world.apply([], state({"old": record()}))
    assert (world.log, world.journal.events) == ([], [])


@pytest.mark.parametrize("fails", [Intent, Sending])
def test_what_cannot_be_written_down_beforehand_is_not_sent(fails: type[Event]) -> None:
    world = World({"default": [MADE, MADE]}, fails=fails)
    with pytest.raises(StateUnwritable, match="no space left"):
        world.apply(groups("a", "b"))
    assert world.posted == []
    assert world.told() == ["a starts"]


def test_an_outcome_that_cannot_be_written_down_is_told_and_ends_the_run() -> None:
    world = World({"default": [MADE, MADE]}, fails=Concluded)
    with pytest.raises(StateUnwritable, match="no space left"):
        world.apply(groups("a", "b"))
    assert world.posted == ["a"]
    assert world.progress[-1] == Finished(groups("a")[0], FIRST)


def test_an_unknown_outcome_is_looked_into_at_once_and_what_is_found_is_written_down() -> None:
    world = World({"default": [LOST, MADE]}, looks=[Found(MADE)], took=15)
    known = world.apply(groups("a", "b"), state({"old": record(phone="99999-group")}))
    assert world.log[:9] == [
        "STARTED", "intent", "sending", "POST", "concluded", "DOUBTFUL", "look", "adopted", "FINISHED",
    ]  # fmt: skip
    assert world.ended() == ["a settled", "b created"]
    assert known.groups[group("a").key].how is How.SETTLED
    assert known.open == {}
    ((attempt, owned),) = world.look.asked
    assert (attempt.intent.group, attempt.reason, owned) == (*groups("a"), "reset", {"99999-group"})


def test_what_is_not_found_stays_in_doubt_with_the_reason_of_both() -> None:
    world = World({"default": [LOST]})
    known = world.apply(groups("a"))
    assert world.progress[-1] == Finished(groups("a")[0], Unknown("reset; nothing was found"))
    assert set(known.open) == {"a"}


def test_what_was_found_belongs_to_one_key_alone() -> None:
    world = World({"default": [LOST, LOST]}, looks=[Found(MADE)])
    world.apply(groups("a", "b"))
    assert [owned for _, owned in world.look.asked] == [set(), {MADE.phone}]


def test_an_id_that_is_another_keys_proves_nothing() -> None:
    world = World({"default": [replace(MADE), replace(MADE)]})
    known = world.apply(groups("a", "b"))
    assert world.ended() == ["a created", "b unknown"]
    assert set(known.open) == {"b"}
    assert f"the API named {MADE.phone}, which is the group of another key" in world.told()[-2]


def test_an_id_that_is_known_on_another_instance_proves_nothing_either() -> None:
    world = World({"default": [MADE], "sales": [FIRST]})
    known = world.apply([*groups("a"), *groups("b", instance="sales")])
    assert world.ended() == ["a created", "b unknown"]
    assert set(known.open) == {"b"}


def test_what_was_found_and_is_known_on_another_instance_stays_in_doubt() -> None:
    world = World({"default": [MADE], "sales": [LOST]}, looks=[Found(FIRST)])
    known = world.apply([*groups("a"), *groups("b", instance="sales")])
    assert world.ended() == ["a created", "b unknown"]
    assert set(known.open) == {"b"}


def test_what_was_found_and_cannot_be_written_down_is_told_and_ends_the_run() -> None:
    world = World({"default": [LOST, MADE]}, looks=[Found(MADE)], fails=Adopted)
    with pytest.raises(StateUnwritable, match="no space left"):
        world.apply(groups("a", "b"))
    assert world.ended() == ["a settled"]
    assert world.posted == ["a"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ([MADE, MADE, MADE], ["created", "created", "created"]),
        ([NO_INPUT, NO_OTHER_INPUT, MADE], ["rejected", "rejected", "created"]),
        ([NO_INPUT, MADE, NO_INPUT], ["rejected", "created", "rejected"]),
        ([NO_INPUT, NO_INPUT], ["rejected", "rejected", "skipped: instance_stopped"]),
        ([REFUSED, MADE, REFUSED], ["unknown", "created", "unknown"]),
        ([REFUSED, REFUSED], ["unknown", "unknown", "skipped: instance_stopped"]),
        ([LOST, MADE, LOST], ["unknown", "created", "unknown"]),
        ([LOST, NO_INPUT, LOST], ["unknown", "rejected", "unknown"]),
        ([LOST, LOST], ["unknown", "unknown", "skipped: instance_stopped"]),
        ([NO_KEY], ["rejected", "skipped: instance_stopped", "skipped: instance_stopped"]),
        ([SLOW], ["unknown", "skipped: rate_limited until 3600", "skipped: rate_limited until 3600"]),
        ([SLOWER], ["unknown", "skipped: rate_limited until 7", "skipped: rate_limited until 7"]),
        ([AT_ONCE], ["unknown", "skipped: rate_limited until 0", "skipped: rate_limited until 0"]),
        (
            [replace(MADE, rate_limit=RateLimit())],
            ["created", "skipped: rate_limited until 3600", "skipped: rate_limited until 3600"],
        ),
        ([OFFLINE], ["unsent", "skipped: instance_stopped", "skipped: instance_stopped"]),
        ([MADE, OFFLINE], ["created", "unsent", "skipped: instance_stopped"]),
    ],
)
def test_an_instance_stops_where_the_next_group_would_fare_no_better(
    script: Sequence[Outcome], told: list[str]
) -> None:
    world = World({"default": script})
    world.apply(groups("a", "b", "c"))
    assert world.ended() == [f"{key} {what}" for key, what in zip("abc", told, strict=True)]


def test_every_cause_but_the_groups_own_stops_the_instance() -> None:
    for cause in Cause:
        world = World({"default": [Rejected(cause, "no"), MADE]})
        world.apply(groups("a", "b"))
        is_own = cause in (Cause.INPUT, Cause.OWN_NUMBER)
        assert world.ended()[-1] == ("b created" if is_own else "b skipped: instance_stopped"), cause


def test_a_rate_limit_is_looked_into_once_and_kept_for_the_next_run() -> None:
    world = World({"default": [SLOW], "sales": [LOST]})
    known = world.apply([*groups("a", "b"), *groups("s", instance="sales")])
    assert world.look.only_once == [True, False]
    assert known.state
    assert known.state.requests == {"default": RequestLog(rate_limits=1, not_before=AT + timedelta(hours=1))}
    assert known.open[group("a").key].refused_at == AT

    again = World({"default": [MADE]})
    for _ in chain(*again.applier.lanes(make_plan(groups("a", "b"), known), known)):
        pass
    assert again.posted == []


def test_an_apply_may_ignore_the_rate_limit_of_an_earlier_run() -> None:
    limited = state().with_requests(
        {group("a").instance: RequestLog(rate_limits=2, not_before=AT + timedelta(hours=2))}
    )
    world = World({"default": [SLOW, MADE]}, ignore_rate_limit=True)
    known = world.apply(groups("a", "b"), limited)
    assert world.posted == ["a"]
    assert known.state
    assert known.state.requests["default"] == RequestLog(rate_limits=3, not_before=AT + timedelta(hours=4))  # type: ignore[index]


def test_a_rate_limit_doubles_up_to_a_day_and_ends_with_a_creation() -> None:
    limits, now = RequestLog(), AT
    for hours in (1, 2, 4, 8, 16, 24, 24):
        limits = limits.limited(limits.next_stop(now, None))
        assert limits.not_before == now + timedelta(hours=hours)
        now = limits.not_before
    assert limits.limited(AT) == limits
    assert limits.after_creation() == RequestLog()
    assert limits.next_stop(AT, 90) == AT + timedelta(seconds=90)


def test_a_creation_that_went_well_ends_the_rate_limits() -> None:
    limited = state().with_requests({group("a").instance: RequestLog(rate_limits=2, not_before=AT)})
    known = World({"default": [MADE]}).apply(groups("a"), limited)
    assert known.state
    assert known.state.requests == {}


def test_the_other_instances_go_on() -> None:
    world = World({"default": [NO_KEY], "sales": [MADE, LOST, LOST], "support": [MADE]})
    mixed = [
        *groups("a", "b"),
        *groups("s1", "s2", "s3", "s4", instance="sales"),
        *groups("t", instance="support"),
    ]
    world.apply(mixed)
    assert world.ended() == [
        "a rejected", "b skipped: instance_stopped",
        "s1 created", "s2 unknown", "s3 unknown", "s4 skipped: instance_stopped",
        "t created",
    ]  # fmt: skip


def test_unknowns_on_two_instances_are_not_two_in_a_row() -> None:
    world = World({"default": [LOST, MADE], "sales": [LOST, MADE]})
    world.apply([*groups("a"), *groups("s", instance="sales"), *groups("b"), *groups("t", instance="sales")])
    assert "skipped" not in " ".join(world.told())


def test_the_pace_is_waited_for_from_the_answer_on() -> None:
    world = World({"default": [MADE, LOST, MADE]}, pacing=Pacing(60, None), took=15)
    world.apply(groups("a", "b", "c"))
    waited = [line for line in world.told() if "waits" in line]
    assert len(waited) == 2
    assert all(60 <= seconds <= 66 for seconds in world.clock.waits)
    assert [line.partition(" waits")[0] for line in waited] == ["b", "c"]


def test_the_pace_holds_across_runs() -> None:
    world = World({"default": [MADE]}, pacing=Pacing(60, None))
    world.apply(groups("new"), state({"old": record(at=AT - timedelta(seconds=10))}))
    assert len(world.clock.waits) == 1
    assert 50 <= world.clock.waits[0] <= 56


def test_each_instance_has_a_pace_of_its_own() -> None:
    world = World({"default": [MADE], "sales": [MADE]}, pacing=Pacing(60, None))
    world.apply([*groups("a"), *groups("s", instance="sales")])
    assert world.clock.waits == []


def test_every_request_that_left_holds_the_next_one_back() -> None:
    for outcome in (MADE, LOST, REFUSED, NO_INPUT):
        world = World({"default": [outcome, MADE]}, pacing=Pacing(60, None))
        world.apply(groups("a", "b"))
        assert len(world.clock.waits) == 1, outcome
        assert 60 <= world.clock.waits[0] <= 66, outcome


def test_a_request_that_made_nothing_counts_for_later_runs() -> None:
    for refusal in (NO_INPUT, NO_KEY):
        first = World({"default": [refusal]}, pacing=Pacing(60, 1))
        known = first.apply(groups("a"))
        assert known.state
        later = World({"default": [MADE]}, pacing=Pacing(60, 1))
        assert later.apply(groups("a"), known.state).groups == {}, refusal
        assert later.ended() == ["a skipped: out_of_budget until 86400"], refusal


def test_what_never_left_does_not_count() -> None:
    world = World({"default": [OFFLINE]}, pacing=Pacing(60, 1))
    known = world.apply(groups("a"))
    assert known.state
    assert known.state.requests == {}


def test_beyond_the_days_budget_a_group_is_told_when_to_come_back() -> None:
    world = World({"default": [MADE, MADE], "sales": [MADE]}, pacing=Pacing(0, 2), took=1)
    world.apply([*groups("a", "b", "c"), *groups("s", instance="sales")])
    assert world.ended() == ["a created", "b created", "c skipped: out_of_budget until 86401", "s created"]
    assert world.clock.waits == []


def test_an_attempt_in_doubt_counts_for_pace_and_budget() -> None:
    world = World({"default": [LOST]}, pacing=Pacing(0, 1))
    world.apply(groups("a", "b"))
    assert world.told()[-1] == "b skipped: out_of_budget until 86400"


def test_an_attempt_of_an_earlier_run_in_doubt_counts_too() -> None:
    world = World({"default": []}, pacing=Pacing(0, 1))
    known = Known(state(), {group("a").key: open_attempt(group("a"))})
    assert [*chain(*world.applier.lanes(make_plan(groups("b"), known), known))] == [
        Skipped(groups("b")[0], SkipReason.OUT_OF_BUDGET, AT + timedelta(days=1))
    ]


def test_each_instance_goes_at_its_own_pace() -> None:
    world = World(
        {"default": [MADE, MADE], "sales": [MADE, MADE]},
        pacing=Pacing(60, None),
        paces={"sales": Pacing(5, None)},
    )
    world.apply([*groups("a", "b"), *groups("s", "t", instance="sales")])
    assert [round(wait) for wait in world.clock.waits] in (
        [60, 5],
        [61, 5],
        [62, 5],
        [63, 5],
        [64, 5],
        [65, 5],
    )


def test_what_cannot_begin_before_the_deadline_is_not_waited_for() -> None:
    world = World({"default": [MADE]}, pacing=Pacing(60, None), deadline=AT + timedelta(seconds=30))
    world.apply(groups("a", "b", "c"))
    assert world.posted == ["a"]
    assert world.ended()[1].startswith("b skipped: out_of_time until 6")
    assert world.clock.waits == []


def test_nothing_begins_after_the_deadline() -> None:
    world = World({"default": [MADE, MADE]}, took=31, deadline=AT + timedelta(seconds=30))
    world.apply(groups("a", "b"))
    assert world.ended() == ["a created", "b skipped: out_of_time until 31"]


def test_the_days_budget_comes_before_the_deadline_as_the_reason() -> None:
    world = World({"default": [MADE]}, pacing=Pacing(0, 1), deadline=AT + timedelta(seconds=30))
    world.apply(groups("a", "b"))
    assert world.ended() == ["a created", "b skipped: out_of_budget until 86400"]


def test_an_id_that_is_to_be_adopted_is_no_creations() -> None:
    world = World({"default": [FIRST]})
    known = Known(state())
    plan = Plan((Adopt(group("there"), FIRST.phone), *make_plan(groups("a"), known).steps))
    world.progress += [*chain(*world.applier.lanes(plan, known))]
    assert world.ended() == ["a unknown"]
    assert world.look.taken == [{FIRST.phone}]


def test_once_a_lane_cannot_write_no_other_one_sends() -> None:
    world = World({"default": [MADE], "sales": [MADE]}, fails=Concluded)
    known = Known(state())
    plan = make_plan([*groups("a"), *groups("s", instance="sales")], known)
    first, second = world.applier.lanes(plan, known)
    with pytest.raises(StateUnwritable):
        world.progress += [*first]
    world.progress += [*second]
    assert world.posted == ["a"]
    assert [each for each in world.progress if isinstance(each, Skipped)] == [
        Skipped(groups("s", instance="sales")[0], SkipReason.RUN_STOPPED)
    ]


def test_a_group_that_two_lanes_are_told_of_is_only_the_firsts() -> None:
    twin = replace(MADE, phone=GroupId("120363011111111111-group"))
    world = World({"default": [twin], "sales": [twin]})
    known = world.apply([*groups("a"), *groups("s", instance="sales")])
    assert world.ended() == ["a created", "s unknown"]
    assert (set(known.groups), set(known.open)) == ({"a"}, {"s"})


def test_once_somebody_asks_to_stop_nothing_further_is_started() -> None:
    world = World({"default": [MADE, MADE, MADE]})
    world.apis[groups("a")[0].instance].during = world.clock.stop
    known = world.apply(groups("a", "b", "c"))
    assert world.ended() == ["a created", "b skipped: interrupted", "c skipped: interrupted"]
    assert set(known.groups) == {"a"}


def test_a_stop_ends_the_wait_and_nothing_is_sent_after_it() -> None:
    world = World({"default": [MADE, MADE]}, pacing=Pacing(60, None))
    world.clock.stop_at = AT + timedelta(seconds=5)
    world.apply(groups("a", "b"))
    assert world.posted == ["a"]
    assert world.told()[-1] == "b skipped: interrupted"
    assert world.clock.time == AT + timedelta(seconds=5)


def test_after_a_stop_no_further_wait_is_told() -> None:
    world = World({"default": [MADE, MADE]}, pacing=Pacing(60, None))
    world.clock.stop_at = AT + timedelta(seconds=5)
    world.apply(groups("a", "b", "c", "d"))
    assert [line for line in world.told() if "waits" in line and line[0] in "cd"] == []


SCRIPTS = st.lists(
    st.sampled_from([MADE, NO_INPUT, NO_KEY, SLOW, REFUSED, LOST, OFFLINE]), min_size=8, max_size=8
)


@QUICK
@given(SCRIPTS, st.integers(1, 4), st.integers(1, 4))
def test_over_any_runs_a_key_is_sent_again_only_where_nothing_can_have_come_of_it(
    script: list[Outcome], first: int, second: int
) -> None:
    keys = "abcd"
    world = World({"default": script})
    known = world.apply(groups(*keys[:first]))
    again = World({"default": script})
    assert known.state
    for _ in chain(*again.applier.lanes(make_plan(groups(*keys[:second]), known), known)):
        pass
    in_doubt_or_made = set(known.open) | set(known.groups)
    assert not in_doubt_or_made & set(again.posted)
    assert len(set(world.posted)) == len(world.posted)
