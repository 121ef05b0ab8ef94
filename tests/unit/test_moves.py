"""Keys that are renamed: what is known goes with them, and nothing is ever created for it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.journal import reopened, replay
from zapi_sync.core.known import Known
from zapi_sync.core.model import Group, GroupKey
from zapi_sync.core.moves import Move, due, held_back, moved
from zapi_sync.core.plan import Changed, Create, Orphaned, Plan, Taken, Unchanged, Unsettled, make_plan

from .drawn import QUICK
from .made import group, open_attempt, record, state

LETTERS = [GroupKey(letter) for letter in "abcdefgh"]


def moves(*ends: str) -> list[Move]:
    """Moves as in "a>b"."""
    return [
        Move(GroupKey(source), GroupKey(target))
        for source, _, target in (each.partition(">") for each in ends)
    ]


def known(records: str = "", doubts: str = "") -> Known:
    """A group of its own under each key, and an attempt of its own."""
    return Known(
        state({key: record(group(key, name=f"Was {key}"), phone=f"{ord(key)}000-group") for key in records}),
        {GroupKey(key): open_attempt(group(key, name=f"Was {key}"), f"attempt-{key}") for key in doubts},
    )


@pytest.mark.parametrize(
    ("declared", "records", "doubts", "expected", "staying"),
    [
        (["a>b"], "a", "", ["a>b"], []),
        (["a>b"], "", "a", ["a>b"], []),
        (["a>b"], "b", "", [], []),
        (["a>b"], "c", "", [], []),
        (["a>b"], "ab", "", [], ["a>b"]),
        (["a>b"], "a", "b", [], ["a>b"]),
        (["a>b"], "b", "a", [], ["a>b"]),
        (["a>b", "b>c"], "a", "", ["a>c"], []),
        (["b>c", "a>b"], "b", "", ["b>c"], []),
        (["a>b", "b>c"], "ab", "", ["b>c"], ["a>c"]),
        (["a>b", "b>c"], "a", "b", ["b>c"], ["a>c"]),
        (["a>b", "b>c"], "ac", "b", [], ["b>c", "a>c"]),
        (["a>b", "c>d"], "a", "c", ["a>b", "c>d"], []),
        ([], "a", "b", [], []),
    ],
)
def test_what_moves_and_what_stays(
    declared: list[str], records: str, doubts: str, expected: list[str], staying: list[str]
) -> None:
    assert due(moves(*declared), known(records, doubts)) == tuple(moves(*expected))
    assert held_back(moves(*declared), known(records, doubts)) == moves(*staying)


def test_record_and_attempt_go_to_the_new_key_and_the_state_is_a_later_one() -> None:
    before = known("ax", "c")
    after = moved(before, moves("a>b", "c>d"))
    assert after.state
    assert after.state.serial == 2
    assert after.groups == {"b": before.groups[GroupKey("a")], "x": before.groups[GroupKey("x")]}
    (attempt,) = after.open.values()
    assert list(after.open) == ["d"]
    assert attempt.intent.group == group("d", name="Was c")
    assert attempt.intent.attempt == "attempt-c"


def test_an_attempt_alone_leaves_the_state_as_it_is() -> None:
    before = known("x", "c")
    assert moved(before, moves("c>d")).state is before.state
    assert moved(Known(), moves("c>d")) == Known()


def test_a_move_shows_in_the_plan_and_the_group_is_as_it_was() -> None:
    before = known("ad", "c")
    wanted = [group("b", name="Was a"), group("e", name="New name"), group("f", name="Was c")]
    plan = make_plan(wanted, before, moves("a>b", "d>e", "c>f", "x>y"))
    assert plan.moves == tuple(moves("a>b", "d>e", "c>f"))
    assert [type(step) for step in plan.steps] == [Unchanged, Changed, Unsettled]
    assert [step.key for step in plan.steps] == ["b", "e", "f"]


def test_a_record_of_the_new_key_counts_and_the_old_ones_is_orphaned() -> None:
    plan = make_plan([group("b", name="Was b")], known("ab"), moves("a>b"))
    assert plan.moves == ()
    assert [(type(step), step.key) for step in plan.steps] == [(Unchanged, "b"), (Orphaned, "a")]


def test_an_old_key_in_doubt_stays_so_where_the_new_one_has_a_record() -> None:
    plan = make_plan([group("b", name="Was b")], known("b", "a"), moves("a>b"))
    assert [(type(step), step.key) for step in plan.steps] == [(Unchanged, "b"), (Unsettled, "a")]


def test_without_the_move_it_would_be_created() -> None:
    wanted = [group("b", name="New name")]
    assert make_plan(wanted, known("a")).of(Create)
    assert not make_plan(wanted, known("a"), moves("a>b")).of(Create)


@st.composite
def renamings(draw: st.DrawFn) -> tuple[list[Group], Known, list[Move], dict[GroupKey, list[GroupKey]]]:
    """Wanted groups, what is known, moves without circles, and for each last key those that lead to it."""
    keys = draw(st.permutations(LETTERS))
    declared: list[Move] = []
    lines: dict[GroupKey, list[GroupKey]] = {}
    while keys:
        size = draw(st.integers(1, min(4, len(keys))))
        line, keys = keys[:size], keys[size:]
        lines[line[-1]] = line
        declared += [Move(source, target) for source, target in pairwise(line)]
    state_of = {key: draw(st.sampled_from(["record", "doubt", "", ""])) for key in LETTERS}
    before = known(
        "".join(key for key in LETTERS if state_of[key] == "record"),
        "".join(key for key in LETTERS if state_of[key] == "doubt"),
    )
    wanted = [
        group(end, name=draw(st.sampled_from([f"New {end}", *(f"Was {key}" for key in lines[end])])))
        for end in lines
        if draw(st.booleans()) or draw(st.booleans())
    ]
    return wanted, before, draw(st.permutations(declared)), lines


@QUICK
@given(renamings())
def test_what_is_known_under_any_old_key_is_never_created(
    world: tuple[list[Group], Known, list[Move], dict[GroupKey, list[GroupKey]]],
) -> None:
    wanted, before, declared, lines = world
    plan = make_plan(wanted, before, declared)
    for step in plan.of(Create):
        assert not any(key in before.groups or key in before.open for key in lines[step.key])
    untouched = [
        each
        for each in wanted
        if not any(key in before.groups or key in before.open for key in lines[each.key])
    ]
    held = {step.key for step in plan.steps if isinstance(step, (Create, Taken))}
    assert {each.key for each in untouched} == held


@QUICK
@given(renamings())
def test_a_move_loses_nothing_and_made_once_is_not_due_again(
    world: tuple[list[Group], Known, list[Move], dict[GroupKey, list[GroupKey]]],
) -> None:
    wanted, before, declared, _ = world
    plan = make_plan(wanted, before, declared)
    after = moved(before, plan.moves)
    assert sorted(r.phone for r in after.groups.values()) == sorted(r.phone for r in before.groups.values())
    assert sorted(a.intent.attempt for a in after.open.values()) == sorted(
        a.intent.attempt for a in before.open.values()
    )
    assert all(attempt.intent.group.key == key for key, attempt in after.open.items())
    assert not after.groups.keys() & after.open.keys()
    assert make_plan(wanted, after, declared) == Plan(plan.steps)


@QUICK
@given(renamings())
def test_a_move_that_dies_between_state_and_journal_is_made_by_the_next_run(
    world: tuple[list[Group], Known, list[Move], dict[GroupKey, list[GroupKey]]],
) -> None:
    _, before, declared, _ = world
    after = moved(before, due(declared, before))
    assert before.state
    assert after.state
    half = replay(after.state, reopened(before.state, before.open.values()))
    assert moved(half, due(declared, half)) == after
