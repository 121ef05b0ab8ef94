"""What a person at a terminal reads; nothing from outside acts on that terminal."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from zapi_sync.core.known import Known
from zapi_sync.core.model import DEFAULT_INSTANCE, GroupId, GroupKey, How, InstanceName
from zapi_sync.core.outcome import Cause, Created, Outcome, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import Forecast
from zapi_sync.core.plan import Adopt, Plan, Taken, Unsettled, make_plan
from zapi_sync.core.progress import Finished
from zapi_sync.render import results, text
from zapi_sync.render.paint import Paint
from zapi_sync.render.words import seconds

from .made import group, open_attempt, record, state

PLAIN = Paint(on=False)
MADE = Created(GroupId("120363019502650977-group"), "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct")
EVIL = "\x1b]0;x\x07\u202e\n\ud800"


def plan_of(*wanted: str, known: Known | None = None, forecasts: tuple[Forecast, ...] = ()) -> list[str]:
    groups = [group(key, name=f"Name of {key}") for key in wanted]
    return text.plan(make_plan(groups, known or Known()), forecasts, PLAIN).splitlines()


def test_with_nothing_to_create_a_plan_is_one_line() -> None:
    assert plan_of() == ["Nothing to create. 0 unchanged."]


def test_a_group_to_create_is_shown_with_all_that_is_sent() -> None:
    phones = tuple(f"55449999999{n:02}" for n in range(11))
    wanted = [group("a", phones=phones, auto_invite=True), group("b", name="B", instance="sales")]
    assert text.plan(
        make_plan(wanted, Known()),
        [Forecast(DEFAULT_INSTANCE, 1, 60), Forecast(InstanceName("sales"), 1, 0)],
        PLAIN,
    ).splitlines() == [
        "+ a",
        "    groupName   VIP 01",
        "    instance    default",
        f"    phones      {', '.join(phones[:8])} and 3 more",
        "    autoInvite  true (up to 11 private invitations, to who cannot be added directly)",
        "+ b",
        "    groupName   B",
        "    instance    sales",
        "    phones      5544999999999",
        "    autoInvite  false",
        "",
        "Plan: 2 to create; 0 unchanged.",
        "Up to 11 private invitations will be sent.",
        "At this pace it takes about 60 s, the instances side by side.",
    ]


def test_what_is_not_created_is_shown_and_left() -> None:
    known = Known(
        state({"changed": record(), "orphan": record(), "same": record(group("same", name="Name of same"))}),
        {GroupKey("doubt"): open_attempt(group("doubt"))},
    )
    lines = plan_of("changed", "same", "doubt", known=known)
    assert lines[:5] == [
        "~ changed  shown only: apply never changes a group",
        "    groupName   VIP 01 -> Name of changed",
        "- orphan  no longer in the config; the group stays as it is",
        "    groupName   VIP 01",
        "    id          120363019502650977-group",
    ]
    assert lines[5:8] == [
        "? doubt  unsettled",
        "    groupName   VIP 01",
        "    sent        2026-11-23T10:00:00Z; lost",
    ]
    assert lines[-1] == "Nothing to create. 1 unchanged, 1 changed, 1 orphaned, 1 unsettled."


def test_a_group_that_seems_renamed_by_key_is_not_created_and_told_why() -> None:
    known = Known(state({"old": record(group("old", name="Name of new"))}))
    lines = plan_of("new", known=known)
    assert lines[:3] == [
        "= new  not created: the name is taken",
        "    groupName   Name of new",
        "    id          120363019502650977-group",
    ]
    assert "    The group of the key old has this name, whatever the config calls it now." in lines


def test_the_days_budget_is_told_of_each_instance_that_it_does_not_do_for() -> None:
    short = Forecast(DEFAULT_INSTANCE, 20, 1140, 20, 5, 86_400, 172_800)
    never = Forecast(InstanceName("sales"), 2, 60, 2, 1)
    enough = Forecast(InstanceName("support"), 2, 60, 20)
    assert plan_of("a", forecasts=(short, never, enough))[-3:] == [
        "At this pace it takes about 19 min, the instances side by side.",
        'The day\'s budget on the instance "default" allows 20 of 25 now. Apply again in 24 h for the next; '
        "the last can be there in 48 h.",
        'At the pace of the instance "sales", 1 of 3 are more than a year away.',
    ]


def test_of_many_instances_only_the_first_have_their_budget_told() -> None:
    many = tuple(Forecast(InstanceName(f"n{number}"), 0, 0, 0, 1, 60, 60) for number in range(12))
    assert plan_of("a", forecasts=many)[-1] == "The same is so on 2 more instances."


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (0, "0 s"),
        (1.4, "1 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (1140, "19 min"),
        (5369, "89 min"),
        (5400, "1 h 30 min"),
        (12000, "3 h 20 min"),
        (timedelta(days=2).total_seconds(), "48 h"),
    ],
)
def test_a_time_is_told_as_one_says_it(length: float, told: str) -> None:
    assert seconds(length) == told


@pytest.mark.parametrize(
    ("outcome", "head"),
    [
        (MADE, 'created   vip-01 "VIP 01"  120363019502650977-group'),
        (
            Rejected(Cause.INPUT, "Phone not exists"),
            'rejected  vip-01 "VIP 01": Z-API says: Phone not exists',
        ),
        (Unsent("h refuses connections"), 'not sent  vip-01 "VIP 01": h refuses connections'),
        (Unknown("reset"), 'UNKNOWN   vip-01 "VIP 01": reset'),
    ],
)
def test_an_outcome_is_told_first_and_what_to_do_after_it(outcome: Outcome, head: str) -> None:
    first, *rest = results.finished(Finished(group(), outcome), PLAIN).splitlines()
    assert first == head
    assert bool(rest) is not isinstance(outcome, Created)


@pytest.mark.parametrize(
    ("how", "word"), [(How.SETTLED, "found"), (How.ADOPTED, "adopted"), (How.IMPORTED, "imported")]
)
def test_a_group_that_was_not_created_here_is_told_as_what_it_is(how: How, word: str) -> None:
    assert results.finished(Finished(group(), MADE, how), PLAIN) == f'{word:<10}vip-01 "VIP 01"  {MADE.phone}'


def test_a_group_in_doubt_is_told_with_the_ways_on() -> None:
    (block,) = text.unsettled([Unsettled(GroupKey("vip-01"), open_attempt())], PLAIN)
    assert "zapi-sync resolve vip-01 --adopt ID" in block
    assert "zapi-sync resolve vip-01 --retry" in block


@pytest.mark.parametrize("ids", [("12345-group",), ("12345-group", "12346-group")])
def test_a_name_that_is_taken_is_told_with_the_ways_on(ids: tuple[str, ...]) -> None:
    (block,) = text.taken([Taken(group(), tuple(map(GroupId, ids)))], PLAIN)
    assert block.splitlines()[:3] == [
        "= vip-01  not created: the name is taken",
        "    groupName   VIP 01",
        f"    id          {', '.join(ids)}",
    ]
    assert ("zapi-sync import vip-01 12345-group" in block) is (len(ids) == 1)
    assert "apply --existing create" in block


def test_a_group_to_adopt_is_told_apart_from_one_to_create() -> None:
    lines = text.plan(Plan((Adopt(group(), GroupId("12345-group")),)), [], PLAIN).splitlines()
    assert lines[:3] == [
        "= vip-01  adopted: a group of this name exists",
        "    groupName   VIP 01",
        "    id          12345-group",
    ]
    assert lines[4] == "Plan: 0 to create; 0 unchanged, 1 adopt."


def test_the_table_of_links_stands_in_columns_whatever_the_names() -> None:
    made = [
        (group("a", name="字字"), MADE),
        (group("launch-vip-01", name="Ação"), Created(MADE.phone, None, ("5544777777777",))),
    ]
    lines = results.created(made, PLAIN).splitlines()
    assert lines[:3] == [
        "KEY            GROUP  ID                        INVITE LINK",
        "a              字字   120363019502650977-group  https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
        "launch-vip-01  Ação   120363019502650977-group  (none was given)",
    ]
    assert lines[3:] == ["  could not be added: 5544777777777"]


def test_who_gets_a_private_invitation_is_told_as_that() -> None:
    made = Created(MADE.phone, MADE.invitation_link, ("5544777777777", "1@lid"))
    assert results.created([(group(auto_invite=True), made)], PLAIN).splitlines()[2:] == [
        "  invited privately: 5544777777777, 1@lid"
    ]


def test_nothing_from_outside_reaches_the_terminal_as_it_came() -> None:
    evil = group(name=EVIL)
    known = Known(
        state({"o": record(evil), "vip-02": record()}), {GroupKey("d"): open_attempt(evil, reason=EVIL)}
    )
    shown = [
        text.plan(make_plan([evil, group("vip-02", name=EVIL)], known), [], PLAIN),
        results.created([(evil, Created(MADE.phone, None, (EVIL,)))], PLAIN),
        *text.unsettled([Unsettled(GroupKey("d"), open_attempt(evil, reason=EVIL))], PLAIN),
        *text.taken([Taken(evil, (MADE.phone, MADE.phone))], PLAIN),
        *(
            results.finished(Finished(evil, each), PLAIN)
            for each in (MADE, Rejected(Cause.INPUT, EVIL), Unsent(EVIL), Unknown(EVIL))
        ),
    ]
    assert re.findall("[^\n -~]", "".join(shown)) == []


def test_colours_change_nothing_but_colours() -> None:
    plan = make_plan([group("new")], Known(state({"o": record()})))
    coloured = text.plan(plan, [], Paint(on=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text.plan(plan, [], PLAIN) != coloured
