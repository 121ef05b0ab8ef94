"""The plan: exactly what is wanted, not known, and not in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.existing import Existing, with_existing
from zapi_sync.core.journal import Intent, record_of
from zapi_sync.core.known import Known, OpenAttempt
from zapi_sync.core.lookup import Listed
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, GroupId, GroupKey, InstanceName, Record
from zapi_sync.core.outcome import Created
from zapi_sync.core.plan import (
    Adopt,
    Changed,
    Create,
    Difference,
    Orphaned,
    Plan,
    Step,
    Taken,
    Unchanged,
    Unsettled,
    make_plan,
)
from zapi_sync.core.state import State

from .drawn import GROUPS, KEYS, QUICK, RECORDS
from .made import AT, group, open_attempt, record, state

WANTED = st.lists(GROUPS, max_size=6, unique_by=lambda group: group.key)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Group], Known]:
    """Wanted groups, some of them known as they are, known otherwise, or in doubt; and others besides."""
    wanted = draw(WANTED)
    keys = draw(st.permutations([each.key for each in wanted] + draw(st.lists(KEYS, max_size=3))))
    records: dict[str, Record] = {key: draw(RECORDS) for key in keys[: len(keys) // 3]}
    records |= {each.key: record(each) for each in wanted if draw(st.booleans()) and draw(st.booleans())}
    doubts = {
        key: OpenAttempt(Intent(AT, f"a-{key}", group(key)), AT, "lost")
        for key in keys[len(keys) // 3 : len(keys) // 2]
        if key not in records
    }
    return wanted, Known(state(records), doubts)


@QUICK
@given(worlds())
def test_what_is_created_is_what_is_wanted_and_neither_known_nor_in_doubt(
    world: tuple[list[Group], Known],
) -> None:
    wanted, known = world
    creates = [step.group for step in make_plan(wanted, known).of(Create)]
    missing = [each for each in wanted if each.key not in known.groups and each.key not in known.open]
    taken = [step.group for step in make_plan(wanted, known).of(Taken)]
    assert creates == [each for each in missing if each not in taken]
    assert all(each in missing for each in taken)


@QUICK
@given(worlds())
def test_every_key_has_exactly_one_step(world: tuple[list[Group], Known]) -> None:
    wanted, known = world
    plan = make_plan(wanted, known)
    keys = [step.key for step in plan.steps]
    assert sorted(keys) == sorted({each.key for each in wanted} | set(known.groups) | set(known.open))
    assert sum(plan.counts().values()) == len(plan.steps)


@QUICK
@given(worlds())
def test_the_configs_order_comes_first_and_then_the_others_by_key(world: tuple[list[Group], Known]) -> None:
    wanted, known = world
    keys = [step.key for step in make_plan(wanted, known).steps]
    mine = [each.key for each in wanted]
    orphans = sorted(set(known.groups) - set(mine))
    assert keys == mine + orphans + sorted(set(known.open) - set(mine))


@QUICK
@given(worlds())
def test_once_all_is_created_nothing_is_left_to_create(world: tuple[list[Group], Known]) -> None:
    wanted, known = world
    made = {step.key: created(step.group) for step in make_plan(wanted, known).of(Create)}
    after = make_plan(wanted, Known(with_records(known, made), known.open))
    assert after.of(Create) == []
    assert {step.key for step in after.of(Unchanged)} >= set(made)


def created(of: Group) -> Record:
    return record_of(of, Created(GroupId("12345-group"), None), AT)


def with_records(known: Known, made: Mapping[GroupKey, Record]) -> State:
    assert known.state
    return known.state.with_groups({**known.groups, **made})


@QUICK
@given(worlds())
def test_changed_is_told_exactly_where_a_group_is_wanted_otherwise(world: tuple[list[Group], Known]) -> None:
    wanted, known = world
    plan = make_plan(wanted, known)
    for step in plan.of(Unchanged):
        (mine,) = [each for each in wanted if each.key == step.key]
        assert created(mine).phones_digest == step.record.phones_digest
        assert (mine.instance, mine.group_name, mine.auto_invite) == (
            step.record.instance, step.record.group_name, step.record.auto_invite,
        )  # fmt: skip
    assert all(step.differences for step in plan.of(Changed))


OTHERS: Sequence[tuple[Group, tuple[Difference, ...]]] = [
    (group(name="New"), (Difference("groupName", "VIP 01", "New"),)),
    (group(instance="sales"), (Difference("instance", "default", "sales"),)),
    (group(auto_invite=True), (Difference("autoInvite", "false", "true"),)),
    (group(phones=("5544999999999", "5544888888888")), (Difference("phones", None, "2 phones"),)),
    (
        group(name="New", instance="sales", auto_invite=True, phones=("5544888888888",)),
        (
            Difference("instance", "default", "sales"),
            Difference("groupName", "VIP 01", "New"),
            Difference("autoInvite", "false", "true"),
            Difference("phones", None, "1 phones"),
        ),
    ),
]


@pytest.mark.parametrize(("wanted", "differences"), OTHERS)
def test_what_differs_is_told_attribute_by_attribute(
    wanted: Group, differences: tuple[Difference, ...]
) -> None:
    plan = make_plan([wanted], Known(state({"vip-01": record()})))
    assert plan == Plan((Changed(GroupKey("vip-01"), record(), differences),))


def test_the_order_of_phones_is_no_difference() -> None:
    made = record(group(phones=("5544999999999", "5544888888888")))
    plan = make_plan([group(phones=("5544888888888", "5544999999999"))], Known(state({"vip-01": made})))
    assert plan == Plan((Unchanged(GroupKey("vip-01"), made),))


def test_what_is_no_longer_wanted_is_shown_and_left() -> None:
    assert make_plan([], Known(state({"b": record(), "a": record()}))) == Plan(
        (Orphaned(GroupKey("a"), record()), Orphaned(GroupKey("b"), record()))
    )


def test_what_is_in_doubt_is_never_created_wanted_or_not() -> None:
    known = Known(state(), {GroupKey(key): open_attempt(group(key)) for key in ("vip-01", "gone")})
    plan = make_plan([group()], known)
    assert [type(step) for step in plan.steps] == [Unsettled, Unsettled]
    assert [step.key for step in plan.steps] == ["vip-01", "gone"]


ID = GroupId("120363019502650977-group")


@pytest.mark.parametrize(
    ("orphan", "step"),
    [
        (record(), Taken(group("new"), (ID,), GroupKey("old"))),
        (record(group(name=" VIP  01 ")), Taken(group("new"), (ID,), GroupKey("old"))),
        (record(group(instance="sales")), Create(group("new"))),
        (record(group(name="Other")), Create(group("new"))),
    ],
)
def test_a_group_under_a_new_key_does_not_become_a_second_group(orphan: Record, step: Step) -> None:
    assert make_plan([group("new")], Known(state({"old": orphan}))).steps[0] == step


def test_an_attempt_in_doubt_under_an_old_key_holds_its_name() -> None:
    known = Known(state(), {GroupKey("old"): open_attempt(group("old"))})
    assert make_plan([group("new")], known).steps[0] == Taken(group("new"), (), GroupKey("old"))


def test_the_name_of_a_group_is_held_whatever_its_key_is_to_be_called_now() -> None:
    wanted = [group("old", name="Renamed"), group("new")]
    (taken,) = make_plan(wanted, Known(state({"old": record(phone=ID)}))).of(Taken)
    assert taken == Taken(group("new"), (GroupId(ID),), GroupKey("old"))
    (taken,) = make_plan(wanted, Known(state(), {GroupKey("old"): open_attempt(group("old"))})).of(Taken)
    assert taken == Taken(group("new"), (), GroupKey("old"))


def test_without_any_state_all_that_is_wanted_is_created() -> None:
    assert make_plan([group("a"), group("b")], Known()) == Plan((Create(group("a")), Create(group("b"))))
    assert set(make_plan([], Known()).counts().values()) == {0}


# what exists on the instance already

OTHER = GroupId("120363000000000002-group")


def listed(*entries: tuple[GroupId, str | None]) -> dict[InstanceName, list[Listed]]:
    return {InstanceName("default"): [Listed(phone, name) for phone, name in entries]}


@pytest.mark.parametrize(
    ("entries", "policy", "step"),
    [
        ([], Existing.FAIL, Create(group())),
        ([(ID, "Another"), (OTHER, None)], Existing.FAIL, Create(group())),
        ([(ID, "VIP 01")], Existing.FAIL, Taken(group(), (ID,))),
        ([(ID, " VIP  01 ")], Existing.FAIL, Taken(group(), (ID,))),
        ([(ID, "VIP 01"), (OTHER, "VIP 01")], Existing.FAIL, Taken(group(), (ID, OTHER))),
        ([(ID, "VIP 01")], Existing.ADOPT, Adopt(group(), ID)),
        ([(ID, "VIP 01"), (OTHER, "VIP 01")], Existing.ADOPT, Taken(group(), (ID, OTHER))),
        ([(ID, "VIP 01")], Existing.CREATE, Create(group(), same_name=(ID,))),
    ],
)
def test_a_name_that_exists_is_never_created_again_by_accident(
    entries: list[tuple[GroupId, str | None]], policy: Existing, step: Step
) -> None:
    plan = make_plan([group()], Known(state()))
    assert with_existing(plan, listed(*entries), Known(state()), policy) == Plan((step,))


@pytest.mark.parametrize(
    ("policy", "creates"), [(Existing.FAIL, 0), (Existing.ADOPT, 0), (Existing.CREATE, 1)]
)
def test_a_name_held_by_an_old_key_is_created_again_only_where_somebody_says_so(
    policy: Existing, creates: int
) -> None:
    known = Known(state({"old": record(phone=ID)}))
    after = with_existing(make_plan([group()], known), listed((ID, "VIP 01")), known, policy)
    assert len(after.of(Create)) == creates
    assert len(after.of(Taken)) == 1 - creates


@pytest.mark.parametrize("policy", list(Existing))
def test_a_name_held_by_an_attempt_in_doubt_is_never_created_again(policy: Existing) -> None:
    known = Known(state(), {GroupKey("old"): open_attempt(group("old"))})
    assert with_existing(make_plan([group()], known), listed(), known, policy).of(Create) == []


def test_a_group_of_that_name_on_another_instance_is_another_group() -> None:
    plan = make_plan([group(instance="sales")], Known(state()))
    assert with_existing(plan, listed((ID, "VIP 01")), Known(state()), Existing.FAIL) == plan


def test_a_group_that_two_instances_list_is_adopted_once() -> None:
    sales = InstanceName("sales")
    wanted = [group("a", name="X"), group("b", name="X", instance="sales")]
    plan = make_plan(wanted, Known(state()))
    listings = {DEFAULT_INSTANCE: [Listed(ID, "X")], sales: [Listed(ID, "X")]}
    after = with_existing(plan, listings, Known(state()), Existing.ADOPT)
    assert after.steps == (Adopt(wanted[0], ID), Create(wanted[1], (ID,)))
