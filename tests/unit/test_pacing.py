"""The pace: never closer than `every`, never more than `per_day` in 24 hours, over any history."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.model import DEFAULT_INSTANCE as HERE
from zapi_sync.core.pacing import (
    DAY,
    JITTER,
    MAX_FRUITLESS,
    UNPACED,
    Forecast,
    History,
    Pacing,
    Pacings,
    RequestLog,
    Turn,
    forecast,
    next_turn,
)

from .drawn import QUICK
from .made import AT


def before(*seconds: float) -> list[datetime]:
    """Moments so many seconds before AT, in order."""
    return [AT - timedelta(seconds=each) for each in seconds]


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("creations", "pacing", "turn"),
    [
        ([], Pacing(), Turn(AT, False)),
        (before(60), Pacing(), Turn(AT, False)),
        (before(59), Pacing(), Turn(after(1), False)),
        (before(0), Pacing(), Turn(after(60), False)),
        (before(0), Pacing(0.5), Turn(after(0.5), False)),
        (before(0), UNPACED, Turn(AT, False)),
        (before(3600) * 19, Pacing(), Turn(AT, False)),
        (before(3600) * 20, Pacing(), Turn(after(23 * 3600), True)),
        (before(86400) * 20, Pacing(), Turn(AT, False)),
        (before(86399) * 20, Pacing(), Turn(after(1), True)),
        (before(0) * 1000, Pacing(60, None), Turn(after(60), False)),
        (before(7200, 3600), Pacing(0, 1), Turn(after(23 * 3600), True)),
        (before(-3600), Pacing(), Turn(after(60), False)),
        (before(-3600), Pacing(60, 1), Turn(AT + DAY, True)),
        (before(7200, -3600), Pacing(60, 2), Turn(after(22 * 3600), True)),
    ],
)
def test_the_next_turn(creations: list[datetime], pacing: Pacing, turn: Turn) -> None:
    assert next_turn(AT, History(creations), pacing) == turn


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 100), (0.5, 105), (1.0, 110)])
def test_a_wait_is_longer_by_chance_and_never_shorter(chance: float, seconds: float) -> None:
    assert next_turn(AT, History([AT]), Pacing(100), chance=chance).at == after(seconds)
    assert seconds <= 100 * (1 + JITTER)


PACINGS = st.builds(Pacing, st.integers(0, 7200).map(float), st.none() | st.integers(1, 5))
HISTORIES = st.lists(st.integers(-7200, 2 * 86400), max_size=6).map(
    lambda ages: before(*sorted(ages, reverse=True))
)
CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def course(history: list[datetime], pacing: Pacing, chances: list[float], took: float) -> list[datetime]:
    """When creations happen if each takes its turn, and an apply comes back when the budget allows it."""
    creations, clock, made = list(history), AT, []
    for chance in chances:
        while (turn := next_turn(clock, History(creations), pacing, chance=chance)).is_left_over:
            clock = turn.at
        clock = turn.at
        made.append(clock)
        creations.append(clock)
        clock += timedelta(seconds=took)
    return made


@QUICK
@given(HISTORIES, PACINGS, CHANCES, st.sampled_from([0.0, 1.5, 300.0]))
def test_two_creations_are_never_closer_than_the_pace(
    history: list[datetime], pacing: Pacing, chances: list[float], took: float
) -> None:
    made = course(history, pacing, chances, took)
    past = [each for each in history if each <= AT][-1:]
    together = past + made
    for one, next_one in pairwise(together):
        assert next_one - one >= timedelta(seconds=pacing.every) or next_one == one == AT


@QUICK
@given(HISTORIES, PACINGS, CHANCES, st.sampled_from([0.0, 1.5, 300.0]))
def test_no_24_hours_hold_more_than_the_budget(
    history: list[datetime], pacing: Pacing, chances: list[float], took: float
) -> None:
    past = [each for each in history if each <= AT]
    made = course(past, pacing, chances, took)
    for moment in made if pacing.per_day else []:
        within = [each for each in past + made if moment - DAY < each <= moment]
        assert len(within) <= (pacing.per_day or 0)


@QUICK
@given(HISTORIES, PACINGS, st.floats(0, 1))
def test_a_turn_is_never_in_the_past_and_waiting_for_it_is_enough(
    history: list[datetime], pacing: Pacing, chance: float
) -> None:
    turn = next_turn(AT, History(history), pacing, chance=chance)
    assert turn.at >= AT
    if all(each <= AT for each in history):
        again = next_turn(turn.at, History(history), pacing, chance=chance)
        assert not again.is_left_over or again.at == turn.at + DAY
        if not turn.is_left_over:
            assert again == turn


@QUICK
@given(PACINGS, st.integers(1, 400 * 86400))
def test_another_machines_clock_holds_nobody_back_for_longer_than_its_own_would(
    pacing: Pacing, ahead: int
) -> None:
    assert next_turn(AT, History([after(ahead)]), pacing) == next_turn(AT, History([AT]), pacing)


@QUICK
@given(HISTORIES, PACINGS, st.integers(0, 12))
def test_a_forecast_is_the_course_that_the_turns_take(
    history: list[datetime], pacing: Pacing, wanted: int
) -> None:
    creations, clock, turns = list(history), AT, []
    for _ in range(wanted):
        turns.append(next_turn(clock, History(creations), pacing, chance=0.5))
        clock = turns[-1].at
        creations.append(clock)
    first = next((number for number, turn in enumerate(turns) if turn.is_left_over), wanted)
    at = [(turn.at - AT).total_seconds() for turn in turns]
    course = forecast(HERE, AT, History(history), pacing, wanted)
    assert (course.creations, course.left_over) == (first, wanted - first)
    assert course.seconds == (at[first - 1] if first else 0)
    assert (course.again, course.finished) == ((at[first], at[-1]) if first < wanted else (None, None))


@pytest.mark.parametrize(
    ("history", "pacing", "wanted", "expected"),
    [
        ([], Pacing(), 0, Forecast(HERE, 0, 0, 20)),
        ([], Pacing(), 12, Forecast(HERE, 12, 11 * 63, 20)),
        ([], Pacing(), 25, Forecast(HERE, 20, 19 * 63, 20, 5, 86_400, 86_400 + 4 * 63)),
        (before(3600) * 20, Pacing(), 3, Forecast(HERE, 0, 0, 0, 3, 82_800, 82_800 + 2 * 63)),
        (before(90_000, 3600), Pacing(), 1, Forecast(HERE, 1, 0, 19)),
        (before(3600), UNPACED, 1000, Forecast(HERE, 1000, 0, None)),
        ([], Pacing(0, 10), 30, Forecast(HERE, 10, 0, 10, 20, 86_400, 2 * 86_400)),
        ([], Pacing(0, 1), 400, Forecast(HERE, 1, 0, 1, 399, 86_400, None)),
    ],
)
def test_a_forecast_in_numbers(
    history: list[datetime], pacing: Pacing, wanted: int, expected: Forecast
) -> None:
    assert forecast(HERE, AT, History(history), pacing, wanted) == expected


def test_a_pace_of_a_century_has_a_forecast_too() -> None:
    assert forecast(HERE, AT, History(), Pacing(999999 * 3600.0), 100) == Forecast(HERE, 1, 0, 20, 99)


def test_what_the_command_line_says_holds_for_all_instances() -> None:
    pacings = Pacings(Pacing(60, 20), {HERE: Pacing(10, 3)})
    assert pacings.overridden(None, None) == pacings
    assert pacings.overridden(5, None) == Pacings(Pacing(5, 20), {HERE: Pacing(5, 3)})
    assert pacings.overridden(None, 1) == Pacings(Pacing(60, 1), {HERE: Pacing(10, 1)})


def test_a_rate_limit_leaves_every_group_to_another_run() -> None:
    hour = after(3600)
    assert next_turn(AT, History((), hour), UNPACED) == Turn(hour, True)
    assert next_turn(AT, History((), AT), UNPACED) == Turn(AT)
    assert next_turn(AT, History(before(3600) * 20, hour), Pacing()) == Turn(after(23 * 3600), True)
    course = forecast(HERE, AT, History((), hour), Pacing(0, 10), 3)
    assert course == Forecast(HERE, 0, 0, 10, 3, 3600, 3600, hour)
    assert forecast(HERE, AT, History((), AT), Pacing(0, 10), 3).not_before is None


def test_a_log_keeps_a_day_and_a_bounded_number_of_requests() -> None:
    requests = {f"a-{number}": AT - timedelta(hours=number) for number in range(30)}
    log = RequestLog(requests, 3, AT - DAY)
    kept = log.since(AT - DAY)
    assert sorted(kept.fruitless) == sorted(f"a-{number}" for number in range(24))
    assert (kept.rate_limits, kept.not_before) == (0, None)
    many = RequestLog({f"a-{number}": AT + timedelta(seconds=number) for number in range(MAX_FRUITLESS + 5)})
    kept = many.since(AT - DAY)
    assert len(kept.fruitless) == MAX_FRUITLESS
    assert "a-4" not in kept.fruitless
    assert "a-5" in kept.fruitless
