"""Groups that no state knows: which are taken in, under which key, and YAML that says the same of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.config import read_config
from zapi_sync.core.forms import GROUP_KEY
from zapi_sync.core.importing import Import, Importing, LeftOut, Seen, adopted, importing, slug, unique
from zapi_sync.core.journal import replay
from zapi_sync.core.known import Known
from zapi_sync.core.lookup import Details, Member
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, GroupId, GroupKey, How, InstanceName
from zapi_sync.core.plan import Unchanged, make_plan
from zapi_sync.render import groups_yaml
from zapi_sync.render import importing as rendered

from .drawn import QUICK
from .made import AT, document, group, open_attempt, record, state

OWN = "5511900000000"
SALES = InstanceName("sales")
OWN_PHONES = {DEFAULT_INSTANCE: OWN, SALES: "5511900000001"}
ANA = Member("5544999990001", False)
BIA = Member("5544999990002", False)
ME = Member(OWN, True)
ID = "120363019502650977-group"


def seen(
    name: str | None = "VIP",
    *members: Member,
    phone: str = ID,
    instance: InstanceName = DEFAULT_INSTANCE,
    owner: str | None = OWN,
    age: int = 0,
) -> Seen:
    """A group that is there; `age` in days."""
    link = "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"
    created_at = AT - timedelta(days=age)
    details = Details(GroupId(phone), name, owner, link, members or (ME, ANA), created_at)
    return Seen(instance, GroupId(phone), name, details)


def found(*groups: Seen, wanted: tuple[Group, ...] = (), known: Known | None = None) -> Importing:
    return importing(groups, wanted, known or Known(), OWN_PHONES)


def why_not(*groups: Seen, wanted: tuple[Group, ...] = (), known: Known | None = None) -> str:
    """Why the one group that is left out is."""
    (left_out,) = found(*groups, wanted=wanted, known=known).left_out
    return f"{left_out.reason} | {left_out.hint}"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Launch VIP 01", "launch-vip-01"),
        ("Formação — 3ª B!", "formacao-3a-b"),
        ("  (x)  ", "x"),
        ("2026", "2026"),
        ("家族", "group"),
        ("\U0001f389", "group"),
        ("a" * 100, "a" * 80),
        ("a" * 79 + " b", "a" * 79),
    ],
)
def test_a_key_is_made_from_the_name(name: str, key: str) -> None:
    assert slug(name) == key


def test_a_key_is_nobody_elses() -> None:
    assert unique("vip", set()) == "vip"
    assert unique("vip", {"vip", "vip-2"}) == "vip-3"
    known = Known(state({"vip-2": record(phone="1-group")}), {GroupKey("vip-3"): open_attempt()})
    (taken_in,) = found(seen("vip"), wanted=(group("vip", name="Other"),), known=known).imports
    assert taken_in.group.key == "vip-4"


def test_the_participants_are_those_of_the_group_but_the_connected_number() -> None:
    members = (
        ME,
        ANA,
        Member("554499990001", False),
        Member("99887766554433@lid", False),
        Member("12345", None),
        Member(None, None),
    )
    (taken_in,) = found(seen("VIP", *members)).imports
    assert taken_in.group == group("vip", name="VIP", phones=("5544999990001",))
    assert taken_in.others == (
        ("554499990001", "the same person as 5544999990001"),
        ("99887766554433@lid", "a private @lid, which create-group leaves out"),
        ("12345", "a phone number has 8 to 15 digits, and 12345 has 5"),
        ("somebody", "neither a phone number nor an @lid is told"),
    )


@pytest.mark.parametrize(("owner", "own"), [(OWN, True), ("5544999990001", False), (None, None)])
def test_whose_group_it_is(owner: str | None, own: bool | None) -> None:
    (taken_in,) = found(seen(owner=owner)).imports
    assert taken_in.is_own is own


@pytest.mark.parametrize(
    ("group_seen", "reason"),
    [
        (Seen(DEFAULT_INSTANCE, GroupId(ID), "VIP", None), "it is gone meanwhile | None"),
        (Seen(DEFAULT_INSTANCE, GroupId(ID), "VIP", None, "no answer"), "no answer | None"),
        (seen(None), "it has no name, and a group is known by nothing else | None"),
        (
            seen("VIP", ME, Member("1234567890@lid", False)),
            "nobody in it but the connected number is known by a phone number | None",
        ),
        (
            seen("a\nb"),
            "this groupName holds U+000A (a line break): WhatsApp shows a name on one line"
            " | rename it on the phone, then run this again",
        ),
        (
            seen("a" * 101),
            "its name is longer than 100 characters | rename it on the phone, then run this again",
        ),
        (
            seen("a\ud800"),
            "its name holds half of a character | rename it on the phone, then run this again",
        ),
    ],
)
def test_what_no_config_can_say_is_left_out(group_seen: Seen, reason: str) -> None:
    assert why_not(group_seen) == reason


def test_a_name_that_the_config_wants_is_for_import_key() -> None:
    reason = 'the config wants it as "a" | zapi-sync import a 120363019502650977-group'
    assert why_not(seen("V  I P"), wanted=(group("a", name="V I P"),)) == reason
    known = Known(state({"a": record(group("a", name="VIP"), phone="77777-group")}))
    reason = 'its name is that of "a", which has another group | None'
    assert why_not(seen("VIP"), wanted=(group("a", name="VIP"),), known=known) == reason
    assert not found(seen("VIP"), wanted=(group("a", name="VIP", instance="sales"),)).left_out


def test_what_may_be_an_attempts_group_is_for_resolve() -> None:
    attempt = open_attempt(group("a", name="VIP"))
    reason = (
        'it may be what became of "a", whose creation is in doubt'
        " | zapi-sync resolve a --adopt 120363019502650977-group"
    )
    wanted = (group("a", name="VIP"),)
    assert why_not(seen("VIP"), wanted=wanted, known=Known(state(), {GroupKey("a"): attempt})) == reason


def test_of_two_of_one_name_the_older_one_has_it() -> None:
    young, old = seen("VIP", phone="11111-group"), seen("vip ", phone="22222-group", age=3)
    assert [each.details.phone for each in found(young, old).imports] == ["22222-group", "11111-group"]
    young = seen("vip", phone="11111-group")
    (taken_in,) = found(young, old).imports
    assert (taken_in.details.phone, taken_in.group.key) == ("22222-group", "vip")
    assert why_not(young, old) == (
        'its name is that of "vip", and a name stands for one group of an instance'
        " | rename one of the two on the phone, then run this again"
    )


def test_a_group_that_two_instances_list_is_taken_in_once() -> None:
    here, there = seen("VIP"), seen("VIP", instance=SALES)
    assert why_not(there, here) == 'it is taken in on the instance "default", which lists it, too | None'
    other = seen("VIP", instance=SALES, phone="22222-group")
    assert [each.group.key for each in found(here, other).imports] == ["vip", "vip-2"]


def everything(
    groups: list[tuple[str, str]], schema: Mapping[str, object]
) -> tuple[Importing, tuple[Group, ...], object]:
    """What is taken in of groups of these names, what its YAML is read as, here and by others."""
    sights = [
        seen(name, ME, ANA, BIA, Member("1@lid\n", None), phone=f"{10000 + number}-group", instance=SALES)
        if instance == "sales"
        else seen(name, ME, ANA, phone=f"{10000 + number}-group", owner="5544999990001")
        for number, (name, instance) in enumerate(groups)
    ]
    result = found(*sights)
    text = groups_yaml.config(result)
    return result, read_config([document(text)], schema).groups, yaml.safe_load(text)


AWKWARD = st.sampled_from(
    ["", "#", ": ", '"', "\\", "'", "- ", "null", "~", "0x1F", "\u2028", "\x85", "\ufeff", "{{", "%", "##[x]"]
)
ANY = st.text(st.characters(), max_size=12)
NAMES = st.builds("{}{}{}".format, AWKWARD, ANY, AWKWARD)


@QUICK
@given(st.lists(st.tuples(NAMES, st.sampled_from(["default", "sales"])), max_size=6))
def test_the_yaml_reads_as_the_same_groups_whatever_their_names(groups: list[tuple[str, str]]) -> None:
    from zapi_sync.edge import inputs

    result, ours, theirs = everything(groups, inputs.schema("groups"))
    wanted = tuple(each.group for each in result.imports)
    assert ours == wanted
    assert isinstance(theirs, dict)
    assert {key: each["groupName"] for key, each in theirs["groups"].items()} == {
        each.key: each.group_name for each in wanted
    }
    assert len(wanted) + len(result.left_out) == len(groups)
    assert all(GROUP_KEY.fullmatch(each.key) for each in wanted)


def test_the_yaml_is_made_to_be_read(groups_schema: Mapping[str, object]) -> None:
    lid = Member("99887766554433@lid", False)
    result = found(
        seen("No", ME, ANA, lid),
        seen('Say "x" \U0001f468\u200d\U0001f469 ##[group]', ANA, phone="11111-group", instance=SALES),
        seen("\x1b[2J", phone="22222-group"),
        seen("Y", ANA, phone="33333-group", instance=SALES, owner=OWN_PHONES[SALES]),
    )
    text = groups_yaml.config(result)
    assert text.splitlines() == [
        "version: 1",
        "groups:",
        '  "no":  # 120363019502650977-group',
        '    groupName: "No"',
        "    phones:",
        '      - "5544999990001"',
        "      # 99887766554433@lid: a private @lid, which create-group leaves out",
        "  say-x-group:  # 11111-group, which another number owns",
        '    groupName: "Say \\"x\\" \U0001f468\u200d\U0001f469 #\\x23[group]"',
        '    instance: "sales"',
        "    phones:",
        '      - "5544999990001"',
        '  "y":  # 33333-group',
        '    groupName: "Y"',
        '    instance: "sales"',
        "    phones:",
        '      - "5544999990001"',
        '  # left out: 22222-group, "\\u{1b}[2J": this groupName holds U+001B (a control character): '
        "WhatsApp shows a name on one line",
        "  #   hint: rename it on the phone, then run this again",
    ]
    assert read_config([document(text)], groups_schema).groups == tuple(each.group for each in result.imports)
    assert groups_yaml.config(Importing((), ())) == "version: 1\ngroups: {}\n"


def test_what_is_written_down_makes_a_plan_of_nothing_to_do() -> None:
    result = found(seen("A", phone="11111-group", age=2), seen("B", ME, ANA, BIA, phone="22222-group"))
    events = [adopted(each, each.details.link, AT) for each in result.imports]
    known = replay(state(), events)
    plan = make_plan([each.group for each in result.imports], known)
    assert [type(step) for step in plan.steps] == [Unchanged, Unchanged]
    first = known.groups[GroupKey("a")]
    assert (first.how, first.created_at, first.phones_not_added) == (How.IMPORTED, AT - timedelta(days=2), ())


def of_one(hint: str | None = None) -> Importing:
    (taken_in,) = found(seen()).imports
    assert isinstance(taken_in, Import)
    return Importing((taken_in,), (LeftOut(seen(phone="33333-group"), "why", hint),) if hint else ())


@pytest.mark.parametrize(
    ("what", "out", "written", "said"),
    [
        (Importing((), ()), None, False, "Nothing to import."),
        (Importing((), of_one("x").left_out), "f", True, "Nothing to import; left out: 1 group."),
        (of_one(), None, False, "Found 1 group, and the state is as it was."),
        (of_one(), "f\x1b", False, "Found 1 group written to f\\u{1b}, and the state is as it was."),
        (
            of_one("x"),
            "f",
            True,
            "Imported 1 group into the state; the config of them is f; left out: 1 group.",
        ),
    ],
)
def test_the_summary(what: Importing, out: str | None, written: bool, said: str) -> None:
    assert rendered.summary(what, out, written=written).splitlines()[0] == said


def test_no_invite_link_is_in_yaml_or_json() -> None:
    texts = (groups_yaml.config(of_one("x")), rendered.json(of_one("x"), None, [], written=False))
    assert not any(re.search("chat.whatsapp", text) for text in texts)
