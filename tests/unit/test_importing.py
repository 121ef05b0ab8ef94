"""Groups that exist, as YAML that says the same of them; and why some cannot stand in a config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.config import read_config
from zapi_sync.core.importing import LeftOut, Proposal, Stranger, config_text, proposals
from zapi_sync.core.lookup import Details, Member
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, GroupId, GroupKey, InstanceName
from zapi_sync.core.names import name_problems
from zapi_sync.errors import Severity

from .drawn import QUICK
from .made import AT, document, group

Schema = Mapping[str, object]

OWN = "5511999990000"


def stranger(
    name: str | None,
    *participants: str | None,
    phone: str = "120363019502650977-group",
    instance: str = "default",
) -> Stranger:
    who = participants or ("5544999990001",)
    members = tuple(Member(each, False) for each in (OWN, *who))
    details = Details(GroupId(phone), name, OWN, None, members, AT)
    return Stranger(InstanceName(instance), GroupId(phone), details)


def found(
    *strangers: Stranger, wanted: Sequence[Group] = (), known: Sequence[str] = ()
) -> list[Proposal | LeftOut]:
    own = {DEFAULT_INSTANCE: OWN, InstanceName("sales"): OWN}
    return list(proposals(strangers, own, wanted, map(GroupKey, known)))


def keys(made: Sequence[Proposal | LeftOut]) -> list[str]:
    return [each.group.key for each in made if isinstance(each, Proposal)]


def reason(*strangers: Stranger, wanted: Sequence[Group] = ()) -> str:
    left = found(*strangers, wanted=wanted)[-1]
    assert isinstance(left, LeftOut)
    return left.reason


def test_a_key_is_made_of_the_name_and_given_once() -> None:
    made = found(
        stranger("Turma 3º B — Manhã"),
        stranger("Turma 3o B: Manha"),
        stranger("🎉", phone="120363019502650978-group"),
        stranger("x" * 100),
        stranger("new"),
        wanted=[group("turma-3o-b-manha", name="Other")],
        known=["new"],
    )
    assert keys(made) == ["turma-3o-b-manha-2", "turma-3o-b-manha-3", "group-650978", "x" * 80, "new-2"]


def test_the_participants_are_each_person_once_less_the_connected_number() -> None:
    members = ("5544999990001", "554499990001", "123456789012345@lid", None, "123")
    (made,) = found(stranger("A", *members))
    assert isinstance(made, Proposal)
    assert made.group.phones == ("5544999990001",)
    assert made.lids == ("123456789012345@lid",)
    assert (made.created_at, made.group.auto_invite) == (AT, False)


def test_why_a_group_is_left_out() -> None:
    gone = Stranger(DEFAULT_INSTANCE, GroupId("12345-group"), None)
    assert reason(gone) == "it is listed, and the API says that there is none of its id"
    assert reason(stranger(None)) == "it has no name that can be read"
    assert reason(stranger("a\nb")).startswith("this groupName holds U+000A")
    assert reason(stranger("A", "1@lid")).startswith("no phone number of a participant is told")
    assert reason(stranger("A"), stranger("A ", phone="12345-group")) == (
        "its name is that of a; if it is the same group: zapi-sync import a 12345-group"
    )
    assert reason(stranger("VIP 01"), wanted=[group()]).startswith("its name is that of vip-01; ")
    assert keys(found(stranger("VIP 01", instance="sales"), wanted=[group()])) == ["vip-01-2"]


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda name: not any(each.severity is Severity.ERROR for each in name_problems(name))
)


@QUICK
@given(st.lists(NAMES, max_size=6))
def test_the_yaml_says_the_same_of_them(groups_schema: Schema, names: list[str]) -> None:
    made = found(*(stranger(name, phone=f"{12345 + at}-group") for at, name in enumerate(names)))
    wanted = read_config([document(config_text(made))], groups_schema).groups
    assert list(wanted) == [each.group for each in made if isinstance(each, Proposal)]


def test_what_is_left_out_stands_in_a_comment_in_one_line(groups_schema: Schema) -> None:
    text = config_text(found(stranger("a\n- b: c", phone="12345-group")))
    assert "groups: {}\n" in text
    assert '# left out: 12345-group "a\\n- b: c" on default: ' in text
    assert read_config([document(text)], groups_schema).groups == ()


def test_the_yaml_in_full() -> None:
    text = config_text(found(stranger("Turma 1", "5544999990001", "99@lid", instance="sales")))
    assert text == (
        "# Groups that existed already (zapi-sync import --all). A key is for ever: choose before --write.\n"
        "version: 1\n"
        "groups:\n"
        "  turma-1:  # 120363019502650977-group\n"
        "    instance: sales\n"
        '    groupName: "Turma 1"\n'
        "    phones:\n"
        '      - "5544999990001"\n'
        "      # not a phone number: 99@lid\n"
    )
