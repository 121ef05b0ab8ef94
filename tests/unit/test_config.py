"""Documents -> groups: what holds between values, and all that the schema alone cannot tell."""

from __future__ import annotations

import unicodedata

import pytest
import yaml
from hypothesis import given

from zapi_sync.core.config import Config, read_config
from zapi_sync.core.model import InstanceName
from zapi_sync.core.pacing import Pacings
from zapi_sync.core.participants import MAX_PARTICIPANTS
from zapi_sync.core.verdict import JsonValue
from zapi_sync.errors import Code, ConfigInvalid, Location, Severity

from .configs import LID, Schema, config, invalid, one
from .drawn import QUICK
from .made import document, group, told, with_tables
from .test_verdict import GROUPS_SCHEMA, configs


def test_a_group_is_read_with_all_its_attributes(groups_schema: Schema) -> None:
    text = one('[5544999999999, "+55 44 88888-8888"]', "    instance: sales\n    autoInvite: true\n")
    phones = ("5544999999999", "5544888888888")
    found = config(groups_schema, text)
    assert found.groups == (group("a", instance="sales", name="A", auto_invite=True, phones=phones),)
    assert (found.pacings, found.warnings) == (Pacings(), ())
    where = found.where_instance(InstanceName("sales"))
    assert where
    assert (where.line, where.column, where.length) == (6, 15, 5)
    assert found.where_instance(InstanceName("default")) is None


def test_groups_come_in_the_order_of_files_and_lines(groups_schema: Schema) -> None:
    second = (
        "groups:\n  b: {groupName: B, phones: [5544999999999]}\n  0a: {groupName: C, phones:"
        " [5544999999999]}\n"
    )
    assert [each.key for each in config(groups_schema, one("[5544999999999]"), second).groups] == [
        "a",
        "b",
        "0a",
    ]


@pytest.mark.parametrize(
    "text", ["groups: {}\n", "groups: {}\nx-mine: {any: [thing]}\npacing: {}\ndefaults: {}\n"]
)
def test_no_groups_are_fine(groups_schema: Schema, text: str) -> None:
    assert config(groups_schema, text) == Config((), Pacings(), (), ("1.yaml",))


@pytest.mark.parametrize(
    ("default", "own", "wanted"),
    [
        ("", "", False),
        ("true", "", True),
        ("false", "", False),
        ("true", "false", False),
        ("false", "true", True),
    ],
)
def test_no_private_invite_goes_out_unless_somebody_wrote_so(
    groups_schema: Schema, default: str, own: str, wanted: bool
) -> None:
    text = one("[5544999999999]", f"    autoInvite: {own}\n" if own else "")
    text += f"defaults: {{autoInvite: {default}}}\n" if default else ""
    assert config(groups_schema, text).groups[0].auto_invite is wanted


def test_defaults_hold_for_their_own_file(groups_schema: Schema) -> None:
    first = "defaults: {autoInvite: true}\n" + one("[5544999999999]")
    second = "groups:\n  b: {groupName: B, phones: [5544999999999]}\n"
    assert [each.auto_invite for each in config(groups_schema, first, second).groups] == [True, False]


@pytest.mark.parametrize("name", ["2026", "No", "12:30", "1_000", "~", "1e3", "0x1F", "true", "'true'"])
def test_a_group_name_is_the_text_that_was_written(groups_schema: Schema, name: str) -> None:
    assert config(groups_schema, one("[5544999999999]", name=name)).groups[0].group_name == name.strip("'")


@pytest.mark.parametrize(
    ("phones", "also", "complaint"),
    [
        ("[5544999999999, '+55 (44) 99999-9999']", 5 + 9, "the phone 5544999999999 is in this group already"),
        ("[005544999999999, 5544999999999]", 5 + 9, "the phone 5544999999999 is in this group already"),
    ],
)
def test_a_phone_stands_once_in_a_group_however_it_is_written(
    groups_schema: Schema, phones: str, also: int, complaint: str
) -> None:
    (found,) = invalid(groups_schema, one(phones))
    place = phones.index(",") + 15
    length = len(phones) - phones.index(",") - 3
    assert told([found]) == [f"1.yaml:5:{place}+{length} error: {complaint} | remove one of the two"]
    assert [(word, where.line, where.column) for word, where in found.also] == [
        ("first written here", 5, also)
    ]


_PHONE_HELP = "write country, area and number, as in 5544999999999"


@pytest.mark.parametrize(
    ("phone", "complaint"),
    [
        (
            "1234567",
            f"1.yaml:5:14+7 error: a phone number has 8 to 15 digits, and 1234567 has 7 | {_PHONE_HELP}",
        ),
        (
            "'1234567890123456'",
            (
                "1.yaml:5:14+18 error: a phone number has 8 to 15 digits, and 1234567890123456 has 16 |"
                f" {_PHONE_HELP}"
            ),
        ),
        ("'00'", f'1.yaml:5:14+4 error: "00" is not a phone number | {_PHONE_HELP} or +55 44 99999-9999'),
        (
            "55449999#9999",
            (
                f'1.yaml:5:14+13 error: "55449999#9999" is not a phone number | {_PHONE_HELP} or +55 44'
                " 99999-9999"
            ),
        ),
        (
            "+-+5544999999",
            (
                f'1.yaml:5:14+13 error: "+-+5544999999" is not a phone number | {_PHONE_HELP} or +55 44'
                " 99999-9999"
            ),
        ),
        (
            "\u0665\u0665\u0664\u0664999999999",
            (
                '1.yaml:5:14+13 error: "\u0665\u0665\u0664\u0664999999999" is not a phone number | '
                f"{_PHONE_HELP} or +55 44 99999-9999"
            ),
        ),
        (
            "x y@lid",
            f'1.yaml:5:14+7 error: "x y@lid" is not a phone number | {_PHONE_HELP} or +55 44 99999-9999',
        ),
    ],
)
def test_what_cannot_be_a_phone_is_told(groups_schema: Schema, phone: str, complaint: str) -> None:
    assert told(invalid(groups_schema, one(f"[{phone}]"))) == [complaint]


def test_an_lid_is_left_out_with_a_warning(groups_schema: Schema) -> None:
    found = config(groups_schema, one(f"[{LID}, 5544999999999]"))
    assert found.groups[0].phones == ("5544999999999",)
    assert told(found.warnings) == [
        f"1.yaml:5:14+22 warning: {LID} is a private @lid, and create-group leaves those out | "
        "the group is created without it; write the phone number if you know it"
    ]


def test_a_group_of_lids_alone_is_an_error(groups_schema: Schema) -> None:
    found = invalid(groups_schema, one(f"[{LID}, 1@lid]"))
    assert [each.severity for each in found] == [Severity.ERROR, Severity.WARNING, Severity.WARNING]
    assert (
        told(found)[0]
        == "1.yaml:5:13+1 error: all participants of this group are @lid entries, and create-group leaves"
        " those out | add at least one phone number"
    )


def test_a_key_in_two_files_is_told_with_both_places(groups_schema: Schema) -> None:
    (found,) = invalid(groups_schema, one("[5544999999999]"), one("[5544999999999]", name="Other"))
    assert told([found]) == [
        '2.yaml:3:3+1 error: the group "a" is written in two files | rename one of the two keys, or'
        " remove one"
    ]
    assert [(word, at.file, at.line, at.column) for word, at in found.also] == [
        ("first written here", "1.yaml", 3, 3)
    ]


def named(first: str, second: str, instance: str = "default") -> str:
    return (
        f"groups:\n  a: {{groupName: {first}, phones: [5544999999999]}}\n"
        f"  b: {{groupName: {second}, phones: [5544999999999], instance: {instance}}}\n"
    )


def test_a_name_is_wanted_once_on_an_instance_in_whatever_form(groups_schema: Schema) -> None:
    composed = "Ação"
    decomposed = unicodedata.normalize("NFD", composed)
    same_look = f'looks the same as "{composed}", and both are wanted'
    for second, alike in ((composed, "is wanted twice"), (decomposed, same_look)):
        (found,) = invalid(groups_schema, named(composed, second))
        assert told([found]) == [
            f'1.yaml:4:18+{len(second)} error: the groupName "{second}" {alike} on the instance'
            ' "default"; WhatsApp tells groups apart by nothing else, so an interrupted apply could not |'
            " give one of the two another name"
        ]
        assert [(word, at.line, at.column) for word, at in found.also] == [("first wanted here", 3, 18)]
    assert len(config(groups_schema, named(composed, composed, "sales")).groups) == 2
    assert len(config(groups_schema, named("Vip", "VIP")).groups) == 2


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("x-n: &n A\ngroups:\n  a: {groupName: *n, phones: [5544999999999]}\n"
         "  b: {groupName: *n, phones: [5544999999999]}\n  c: {groupName: *n, phones: [5544999999999]}\n",
         [("5:7+9", "4:7+9"), ("6:7+9", "4:7+9")]),
        ("x-g: &g {groupName: A, phones: [5544999999999]}\ngroups:\n  a: {<<: *g}\n  b: *g\n  c: *g\n",
         [("5:3+1", "4:3+1"), ("6:3+1", "4:3+1")]),
    ],
)  # fmt: skip
def test_a_name_wanted_twice_through_an_anchor_is_told_where_it_is_used(
    groups_schema: Schema, text: str, places: list[tuple[str, str]]
) -> None:
    found = invalid(groups_schema, text)
    assert {each.code for each in found} == {Code.NAME_TWICE}
    assert [(spot(each.location), *(spot(at) for _, at in each.also)) for each in found] == places


def spot(location: Location | None) -> str:
    return f"{location.line}:{location.column}+{location.length}" if location else ""


def test_a_phone_written_twice_through_an_anchor_is_told_where_it_is_used(groups_schema: Schema) -> None:
    (found,) = invalid(groups_schema, "x-p: &p 5544999999999\n" + one("[*p, *p]"))
    assert [spot(found.location), *(spot(at) for _, at in found.also)] == ["6:18+2", "6:14+2"]


def test_emoji_and_joiners_are_names(groups_schema: Schema) -> None:
    assert config(groups_schema, one("[5544999999999]", name="👨‍👩‍👧 Família")).warnings == ()


def instances(*names: str) -> str:
    rows = [f"  {name}: {{groupName: {name}, phones: [5544999999999], instance: {name}}}" for name in names]
    return "groups:\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (
            ("client",),
            '1.yaml:3:66+6 error: the instances "client" and "default" would both read ZAPI_CLIENT_TOKEN',
        ),
        (
            ("a-b", "a_b"),
            '1.yaml:4:60+3 error: the instances "a_b" and "a-b" would both read ZAPI_A_B_INSTANCE_ID',
        ),
        (
            ("a", "a-client"),
            '1.yaml:4:70+8 error: the instances "a-client" and "a" would both read ZAPI_A_CLIENT_TOKEN',
        ),
    ],
)
def test_two_instances_never_read_one_variable(
    groups_schema: Schema, names: tuple[str, ...], complaint: str
) -> None:
    assert told(invalid(groups_schema, instances(*names))) == [
        f'{complaint} | give "{names[-1]}" another name'
    ]


def test_instances_that_read_their_own_variables_are_fine(groups_schema: Schema) -> None:
    assert len(config(groups_schema, instances("default", "a", "b", "sales-2", "clients")).groups) == 5


def test_complaints_come_in_the_order_of_files_and_lines(groups_schema: Schema) -> None:
    bad = (
        "groups:\n  a: {groupName: A, phones: [123], phonse: []}\n  b: {groupName: A, phones:"
        " [12]}\nnope: 1\n"
    )
    found = invalid(groups_schema, bad, "groups: {}\nnope: 1\n" + bad.replace("groups:", "x-groups:", 1), bad)
    places = [(at.file, at.line or 0, at.column or 0) for at in (each.location for each in found) if at]
    assert places == sorted(places)
    assert len({file for file, _, _ in places}) == 3
    assert len(found) > 8


def test_a_mistake_in_one_group_does_not_hide_those_of_another(groups_schema: Schema) -> None:
    text = "groups:\n  a: {groupName: 1}\n  b: {groupName: B, phones: [12]}\n"
    assert [line.partition(" error")[0] for line in told(invalid(groups_schema, text))] == [
        "1.yaml:3:3+1",
        "1.yaml:4:30+2",
    ]


@QUICK
@given(configs())
def test_any_near_valid_config_is_groups_or_complaints_with_a_place(data: JsonValue) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    try:
        found = read_config([with_tables(document(text), {"c.csv": "phone\n5544977777777\n"})], GROUPS_SCHEMA)
    except ConfigInvalid as refused:
        complaints = refused.diagnostics
    else:
        complaints = found.warnings
        assert all(group.phones and group.group_name for group in found.groups)
    for complaint in complaints:
        assert complaint.message
        assert complaint.hint
        assert complaint.location
        assert complaint.location.line


def test_more_participants_than_whatsapp_takes_are_a_warning(groups_schema: Schema) -> None:
    phones = ", ".join(str(5544990000000 + n) for n in range(MAX_PARTICIPANTS + 1))
    (warning,) = config(groups_schema, one(f"[{phones}]")).warnings
    assert (warning.code, warning.severity) == (Code.TOO_MANY_PARTICIPANTS, Severity.WARNING)
    assert "1,024 participants" in warning.message


def test_a_name_is_judged_and_its_place_told(groups_schema: Schema) -> None:
    (found,) = invalid(groups_schema, one("[5544999999999]", name='"a\\nb"'))
    assert (found.code, found.location and found.location.column) == (Code.NAME_UNUSABLE, 16)
