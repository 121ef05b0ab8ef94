"""A saved plan reads back as it was written, says what moved, and is refused once a hand was on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.known import Known
from zapi_sync.core.model import GroupId, GroupKey, InstanceName, sha256_of
from zapi_sync.core.pacing import Pacing, Pacings, RequestLog
from zapi_sync.core.plan import Adopt, Plan, make_plan
from zapi_sync.core.saved_plan import MAX_TOLD, SavedPlan, refuse_if_moved, without_links
from zapi_sync.core.saved_plan_document import is_saved_plan, parse_saved, saved_text
from zapi_sync.dataclass import replace
from zapi_sync.edge import inputs
from zapi_sync.errors import SavedPlanInvalid, SavedPlanStale

from .drawn import KEYS, NAMES, PHONES, QUICK
from .made import AT, LINEAGE, group, open_attempt, record, refusal, state

SCHEMA = inputs.schema("saved-plan")
SALES = InstanceName("sales")


def every_kind_of_step() -> Plan:
    wanted = [
        group("new", name="Neu 🎉 ##[x]"),
        group("same", name="VIP 01"),
        group("other", name="New name"),
        group("renamed", name="VIP 09"),
        group("doubt", name="D"),
    ]
    records = {
        "same": record(group("same", name="VIP 01")),
        "other": record(group("other", name="VIP 02"), phone="120363019502650978-group"),
        "orphan": record(group("orphan", name="VIP 09"), phone="120363019502650979-group"),
    }
    known = Known(state(records), {GroupKey("doubt"): open_attempt(group("doubt", name="D"))})
    adopt = Adopt(group("there", name="There"), GroupId("120363019502650980-group"))
    return Plan((*make_plan(wanted, known).steps, adopt))


def a_limited_plan() -> Plan:
    refused = replace(open_attempt(group("doubt")), refused_at=AT)
    log = RequestLog({"a-7": AT}, 2, AT + timedelta(hours=2))
    here = state({"same": record()}).with_requests({InstanceName("default"): log})
    return make_plan([group("new")], Known(here, {GroupKey("doubt"): refused}))


def test_requests_and_refusals_are_part_of_a_saved_plan() -> None:
    text = saved_text(saved(a_limited_plan()))
    assert '"format_version": "1.2"' in text
    plan = parsed(text).plan
    assert plan == without_links(a_limited_plan())
    assert plan.histories()[InstanceName("default")].not_before == AT + timedelta(hours=2)
    jsonschema.validate(json.loads(text), SCHEMA)


def saved(plan: Plan | None = None, **more: object) -> SavedPlan:
    made = SavedPlan(
        created_at=AT,
        files=("groups.yaml",),
        state="groups.state.json",
        lineage=LINEAGE,
        serial=3,
        remote="https://api.z-api.io",
        instances={InstanceName("default"): sha256_of("ID"), SALES: None},
        pacings=Pacings(Pacing(60, 20), {SALES: Pacing(0.5, None)}),
        targets=None,
        plan=without_links(plan or every_kind_of_step()),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def parsed(text: str) -> SavedPlan:
    return parse_saved(text.encode(), SCHEMA, "a.plan")


def test_every_kind_of_step_reads_back_as_it_was_written() -> None:
    text = saved_text(saved())
    jsonschema.validate(json.loads(text), SCHEMA)
    assert parsed(text) == saved()
    assert {step.action for step in parsed(text).plan.steps} == set(every_kind_of_step().counts())
    assert "chat.whatsapp.com" not in text
    assert is_saved_plan(text.encode()[:100])
    assert not is_saved_plan(b'{\n  "groups": {}')


def test_a_plan_without_a_state_and_with_targets_reads_back() -> None:
    first = saved(make_plan([group()], Known()), lineage=None, serial=None, targets=(GroupKey("vip-01"),))
    assert parsed(saved_text(first)) == first
    assert first.creates == {"vip-01"}


GROUPS_DRAWN = st.tuples(KEYS, NAMES, st.lists(PHONES, min_size=1, max_size=3))


@QUICK
@given(st.lists(GROUPS_DRAWN, max_size=5, unique_by=lambda drawn: drawn[0]))
def test_whatever_is_to_be_created_reads_back(drawn: list[tuple[str, str, list[str]]]) -> None:
    plan = make_plan([group(key, name=name, phones=phones) for key, name, phones in drawn], Known())
    assert parsed(saved_text(saved(plan))).plan == plan


CHANGED = "it was changed after it was written"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("Neu", "Alt", CHANGED),
        ("5544999999999", "5544999999998", CHANGED),
        ('"remote"', '"steps": 1, "remote"', '"steps" stands twice in one object'),
        ('"serial": 3', '"serial": "3"', "state.serial is not as zapi-sync writes it"),
        ('"remote"', '"extra": 1, "remote"', "extra is not as zapi-sync writes it"),
        ("}\n", "", "it is not JSON"),
    ],
)
def test_what_a_hand_was_on_is_refused(old: str, new: str, why: str) -> None:
    assert unusable(saved_text(saved()).replace(old, new)) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "its outermost value is not an object"),
        ("{}", "it was not written by zapi-sync plan --out"),
    ],
    ids=["empty", "deep", "list", "object"],
)
def test_what_is_no_plan_is_refused(text: str, why: str) -> None:
    assert unusable(text) == why


def unusable(text: str) -> str:
    """Why a text is refused, less what is said of each."""
    (told,) = refusal(SavedPlanInvalid, lambda: parsed(text))
    before, _, rest = told.partition("a.plan error: this is no plan that can be carried out: ")
    why, _, hint = rest.partition(" | ")
    assert hint == "make a new one, and review it: zapi-sync plan --out FILE; nothing was sent"
    return before + why


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(SavedPlanInvalid):
        parse_saved(b"\xff\xfe", SCHEMA, "a.plan")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("createdAt",), "2026-02-31T00:00:00Z"),
        (("state", "path"), "a\0b"),
        (("state", "path"), "\ud800"),
        (("files", 0), "a\0b"),
        (("state", "serial"), 10**400),
        (("pacing", "every"), 10**400),
        (("pacing", "every"), float("nan")),
        (("pacing", "perDay"), 10**30),
        (("pacing", "perDay"), 1.0),
        (("summary", "create"), 99),
        (("steps", 1), {"action": "create", "group": {
            "key": "new", "instance": "default", "groupName": "X", "autoInvite": False,
            "phones": ["5544999999999"],
        }}),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_refused_even_with_its_digest(path: tuple[str | int, ...], value: object) -> None:
    members = json.loads(saved_text(saved()))
    del members["digest"]
    at = members
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    digest = sha256_of(json.dumps(members, sort_keys=True, separators=(",", ":")))
    (told,) = refusal(SavedPlanInvalid, lambda: parsed(json.dumps({**members, "digest": digest})))
    assert "this is no plan that can be carried out" in told


@pytest.mark.parametrize("version", ["2.0", "1.3"])
def test_a_newer_format_is_refused_by_name(version: str) -> None:
    text = saved_text(saved()).replace('"format_version": "1.0"', f'"format_version": "{version}"')
    assert refusal(SavedPlanInvalid, lambda: parsed(text)) == [
        f"a.plan error: this plan has version {version}, and this zapi-sync knows versions up to 1.2 | a "
        "newer zapi-sync wrote it: upgrade, or make a plan with this one; nothing was sent"
    ]


def test_what_has_not_moved_is_carried_out() -> None:
    refuse_if_moved(saved(), saved(created_at=AT + timedelta(days=3)), "a.plan", "again")


AGAIN = "; nothing was sent. Make a new plan and review it: zapi-sync plan --out a.plan"
CONFIG = "the config was edited since"
STATE = "the state was written since: something was created, imported, settled or removed"
EITHER = "that comes of the state, or of an edit of the config"
ONE = make_plan([group("a", name="A"), group("b", name="B")], Known())


LOUDER = make_plan(
    [group("a", name="A"), group("b", name="B", phones=("551199999",), auto_invite=True)], Known()
)


def plan_of(**names: str) -> Plan:
    return make_plan([group(key, name=name) for key, name in names.items()], Known())


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"serial": 5}, [("the state was at serial 3, and is at 5", STATE)]),
        (
            {"lineage": None, "serial": None},
            [(f"there was the state {LINEAGE}, and there is no state now", STATE)],
        ),
        (
            {"remote": "http://127.0.0.1:8080"},
            [
                (
                    "it is for https://api.z-api.io, and this run would talk to http://127.0.0.1:8080",
                    "ZAPI_BASE_URL is another one",
                )
            ],
        ),
        (
            {"instances": {InstanceName("default"): sha256_of("OTHER")}},
            [('the instance "default" was another Z-API instance', "ZAPI_INSTANCE_ID is another one")],
        ),
        ({"instances": {}}, []),
        ({"pacings": Pacings()}, [("the pacing is another one", CONFIG)]),
        ({"plan": plan_of(a="A")}, [('the group "b" (create) is gone', CONFIG)]),
        ({"plan": plan_of(a="A", b="B", c="C")}, [('the group "c" (create) is new', CONFIG)]),
        ({"plan": plan_of(a="A", b="Other")}, [('the group "b" differs in groupName', CONFIG)]),
        ({"plan": plan_of(b="B", a="A")}, [("the groups are in another order", CONFIG)]),
        (
            {"plan": LOUDER},
            [('the group "b" differs in autoInvite and phones', CONFIG)],
        ),
        (
            {"serial": 4, "plan": make_plan([group("a", name="A"), group("b", name="B")],
                                            Known(state({"a": record(group("a", name="A"))})))},
            [
                ("the state was at serial 3, and is at 4", STATE),
                ('the group "a" was create, and is unchanged now', EITHER),
            ],
        ),
    ],
)  # fmt: skip
def test_what_moved_is_told(now: Mapping[str, object], told: list[tuple[str, str]]) -> None:
    before = saved(ONE)
    moved = replace(before, **now)  # type: ignore[arg-type]
    if not told:
        refuse_if_moved(before, moved, "a.plan", "again")
        return
    complaints = refusal(
        SavedPlanStale, lambda: refuse_if_moved(before, moved, "a.plan", "zapi-sync plan --out a.plan")
    )
    assert complaints == [
        f"a.plan error: this plan is stale: {what} | {why}{AGAIN if number == 0 else ''}"
        for number, (what, why) in enumerate(told)
    ]


def test_another_detail_of_what_stays_is_a_move_too() -> None:
    def known(phone: str) -> Plan:
        return make_plan([group()], Known(state({"vip-01": record(phone=phone)})))

    before = saved(known("120363019502650977-group"))
    now = replace(before, plan=without_links(known("120363019502650978-group")))
    (told,) = refusal(SavedPlanStale, lambda: refuse_if_moved(before, now, "a.plan", "x"))
    assert 'the group "vip-01" is unchanged as before, and with other details' in told


def test_of_many_things_the_first_are_told() -> None:
    many = make_plan([group(f"g{number}", name=f"G{number}") for number in range(50)], Known())
    told = refusal(SavedPlanStale, lambda: refuse_if_moved(saved(many), saved(Plan(())), "a.plan", "x"))
    assert len(told) == MAX_TOLD + 1
    assert "30 more things are not as they were" in told[-1]


def test_a_plan_says_to_whom_the_state_is_to_be_encrypted_where_the_config_does() -> None:
    assert '"format_version": "1.0"' in saved_text(saved())
    assert "recipients" not in saved_text(saved())
    for recipients in ((), ("age1x",)):
        plan = saved(recipients=recipients)
        assert '"format_version": "1.1"' in saved_text(plan)
        jsonschema.validate(json.loads(saved_text(plan)), SCHEMA)
        assert parse_saved(saved_text(plan).encode(), SCHEMA, "a.plan") == plan
        (told,) = refusal(SavedPlanStale, lambda plan=plan: refuse_if_moved(plan, saved(), "a.plan", "x"))  # type: ignore[misc]
        assert "this plan is stale: the state is to be encrypted to other recipients | the config was" in told
