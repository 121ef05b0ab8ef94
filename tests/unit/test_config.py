"""Documents -> groups: what holds between values, and all that the schema alone cannot tell."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

import pytest
import yaml
from hypothesis import given

from zapi_sync.core import document as limits
from zapi_sync.core.complaints import MAX_COMPLAINTS
from zapi_sync.core.config import Config, read_config
from zapi_sync.core.document import Document
from zapi_sync.core.model import InstanceName
from zapi_sync.core.pacing import Pacing, Pacings
from zapi_sync.core.participants import MAX_PARTICIPANTS
from zapi_sync.core.phone_doubts import phone_doubts
from zapi_sync.core.verdict import JsonValue
from zapi_sync.errors import Code, ConfigInvalid, Diagnostic, Location, Severity

from .drawn import QUICK
from .made import document, group, told, with_tables
from .test_verdict import GROUPS_SCHEMA, configs

Schema = Mapping[str, object]
LID = "120363025246125486@lid"


def config(schema: Schema, *texts: str) -> Config:
    return read_config(
        [document(f"version: 1\n{text}", f"{n}.yaml") for n, text in enumerate(texts, 1)], schema
    )


def invalid(schema: Schema, *texts: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(ConfigInvalid) as refused:
        config(schema, *texts)
    return refused.value.diagnostics


def one(phones: str, more: str = "", name: str = "A") -> str:
    return f"groups:\n  a:\n    groupName: {name}\n    phones: {phones}\n{more}"


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
    ("written", "seconds"),
    [
        ("60s", 60),
        ("5m", 300),
        ("1h", 3600),
        ("90", 90),
        ("0", 0),
        ("0.5s", 0.5),
        ("1.25m", 75),
        ('"60"', 60),
        ("007", 7),
    ],
)
def test_a_pace_has_units(groups_schema: Schema, written: str, seconds: float) -> None:
    assert config(groups_schema, f"groups: {{}}\npacing: {{every: {written}, perDay: 7}}").pacings == Pacings(
        Pacing(seconds, 7)
    )


def test_an_instance_has_a_pace_of_its_own_where_it_says_so(groups_schema: Schema) -> None:
    text = (
        "groups:\n"
        + "".join(
            f"  {name}: {{instance: {name}, groupName: A, phones: [5544999999999]}}\n" for name in "abc"
        )
        + "pacing: {every: 5m, instances: {a: {perDay: 3}, b: {every: 1h}}}\n"
    )
    pacings = config(groups_schema, text).pacings
    assert [pacings.of(InstanceName(name)) for name in "abc"] == [
        Pacing(300, 3),
        Pacing(3600, 20),
        Pacing(300, 20),
    ]


def test_a_pace_for_an_instance_without_groups_is_told(groups_schema: Schema) -> None:
    text = "groups:\n  a: {instance: sales, groupName: A, phones: [5544999999999]}\npacing:\n  instances:\n"
    (misspelt,) = config(groups_schema, text + "    slaes: {perDay: 3}\n").warnings
    assert (misspelt.code, misspelt.hint) == (Code.PACE_OF_NO_INSTANCE, 'did you mean "sales"?')
    assert misspelt.location
    assert (misspelt.location.line, misspelt.location.column) == (6, 5)
    (unused,) = config(groups_schema, text + "    other: {perDay: 3}\n").warnings
    assert unused.message == 'a pace for the instance "other", and no group is on it'
    assert unused.hint == "remove it, or put a group on that instance"
    broken = text.replace("groupName: A", "groupName: []") + "    slaes: {perDay: 3}\n"
    assert [each.code for each in invalid(groups_schema, broken)] == [Code.WRONG_VALUE]


def test_a_pace_stands_in_one_file_or_is_the_same_in_both(groups_schema: Schema) -> None:
    pace, other = "groups: {}\npacing: {every: 60s}", "groups: {}\npacing: {every: 5m}"
    assert config(groups_schema, "groups: {}", other).pacings == Pacings(Pacing(300))
    assert config(groups_schema, pace, "groups: {}\npacing: {every: 1m, perDay: 20}").pacings == Pacings()
    (complaint,) = invalid(groups_schema, pace, other)
    assert told([complaint]) == [
        "2.yaml:3:1+6 error: two files ask for different paces, and they hold for all files "
        "together | keep `pacing`"
        " in one file"
    ]
    assert [(word, place.file, place.line) for word, place in complaint.also] == [
        ("the other one", "1.yaml", 3)
    ]


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


def test_no_more_complaints_are_told_than_anybody_reads(groups_schema: Schema) -> None:
    phones = ", ".join(str(number) for number in range(MAX_COMPLAINTS + 5))
    found = invalid(groups_schema, one(f"[{phones}]"))
    assert len(found) == MAX_COMPLAINTS + 1
    assert (found[-1].code, found[-1].severity) == (Code.MORE_MISTAKES, Severity.ERROR)
    assert found[-1].message == "there are more errors than the 1,000 that are told at once"
    assert found[-1].location == found[-2].location


def test_more_warnings_than_are_told_keep_no_error_from_being_told(groups_schema: Schema) -> None:
    lids = ", ".join(f"{number}@lid" for number in range(MAX_COMPLAINTS + 5))
    fine = config(groups_schema, one(f"[{lids}, 5544999999999]"))
    assert len(fine.warnings) == MAX_COMPLAINTS + 1
    assert fine.warnings[-1].severity is Severity.WARNING
    found = invalid(groups_schema, one(f"[{lids}, 123]"))
    assert [each.message for each in found if each.severity is Severity.ERROR] == [
        "a phone number has 8 to 15 digits, and 123 has 3"
    ]


def test_what_cannot_be_read_for_being_too_much_is_not_read(groups_schema: Schema) -> None:
    rows = "".join(f"  g{n}: {{phones: []}}\n" for n in range(MAX_COMPLAINTS))
    found = invalid(groups_schema, f"groups:\n{rows}")
    assert found[-1].code is Code.MORE_MISTAKES
    assert len(found) == MAX_COMPLAINTS + 1


@pytest.mark.parametrize("first", ["groupName: G0, phones: *team", "groupName: '', phones: *team"])
def test_a_mistake_in_a_list_that_groups_share_is_one(groups_schema: Schema, first: str) -> None:
    rows = f"  g0: {{{first}}}\n"
    rows += "".join(f"  g{n}: {{groupName: G{n}, phones: *team}}\n" for n in range(1, MAX_COMPLAINTS + 5))
    text = f"x-t: &team [Abc, 5544999999999]\ngroups:\n{rows}  z: {{groupName: Z, phones: [12]}}\n"
    found = [each for each in invalid(groups_schema, text) if each.code is not Code.WRONG_VALUE]
    assert [(each.code, each.location and each.location.line) for each in found] == [
        (Code.NOT_A_PHONE, 2),
        (Code.NOT_A_PHONE, MAX_COMPLAINTS + 9),
    ]


def test_no_more_files_are_taken_than_have_anything_to_tell(groups_schema: Schema) -> None:
    taken: list[int] = []

    def documents() -> Iterator[Document]:
        for number in range(10):
            taken.append(number)
            rows = "".join(f"  g{number}-{n}: {{}}\n" for n in range(MAX_COMPLAINTS // 4))
            yield document(f"version: 1\ngroups:\n{rows}", f"{number}.yaml")

    with pytest.raises(ConfigInvalid) as refused:
        read_config(documents(), groups_schema)
    assert taken == [0, 1, 2]
    assert len(refused.value.diagnostics) == MAX_COMPLAINTS + 1
    assert refused.value.diagnostics[-1].code is Code.MORE_MISTAKES


def test_of_what_is_wrong_before_the_data_is_read_no_more_is_told_either(groups_schema: Schema) -> None:
    tags = ", ".join("!t x" for _ in range(MAX_COMPLAINTS + 5))
    found = invalid(groups_schema, f"x-a: [{tags}]\ngroups: {{}}\n")
    assert [each.code for each in found[-2:]] == [Code.TAG, Code.MORE_MISTAKES]
    assert len(found) == MAX_COMPLAINTS + 1


@pytest.mark.parametrize(("values", "text"), [(250, 1), (1, 500)])
def test_what_aliases_stand_for_is_bounded_over_all_files(
    groups_schema: Schema, monkeypatch: pytest.MonkeyPatch, values: int, text: int
) -> None:
    monkeypatch.setattr(limits, "MAX_EXPANDED", 1000)
    monkeypatch.setattr(limits, "MAX_EXPANDED_TEXT", 2000)
    file = f"x-a: &a {'x' * text}\nx-b: [{', '.join(['*a'] * values)}]\ngroups: {{}}\n"
    assert config(groups_schema, *[file] * 4).files == ("1.yaml", "2.yaml", "3.yaml", "4.yaml")
    most = "1,000 values" if values > 1 else "2,000 characters"
    assert told(invalid(groups_schema, *[file] * 5, "nope: not read")) == [
        f"5.yaml:1:1+1 error: the aliases of this file and of those before it stand for more than {most} | "
        "write the values out, or split them over several runs: `-f` names the files of one"
    ]


def test_doubts_take_their_place_among_the_warnings(groups_schema: Schema) -> None:
    lids = ", ".join(f"{number}@lid" for number in range(MAX_COMPLAINTS - 1))
    text = f"groups:\n  a: {{groupName: A, phones: [5544777777777, {LID}, 5544999999999]}}\n"
    many = f"groups:\n  b: {{groupName: B, phones: [5544777777777, {lids}]}}\n"
    first = config(groups_schema, text)
    assert [
        each.code for each in first.warnings_with(phone_doubts(first, {each.key for each in first.groups}))
    ] == [Code.PHONE_IMPOSSIBLE, Code.LID]
    both = config(groups_schema, text, many)
    doubts = phone_doubts(both, {each.key for each in both.groups})
    warnings = both.warnings_with(doubts)
    assert (len(both.warnings), len(doubts)) == (MAX_COMPLAINTS, 2)
    assert len(warnings) == MAX_COMPLAINTS + 1
    assert [each.location and each.location.file for each in warnings[:3]] == ["1.yaml", "2.yaml", "2.yaml"]
    assert (warnings[-1].code, warnings[-1].severity) == (Code.MORE_MISTAKES, Severity.WARNING)


def test_more_participants_than_whatsapp_takes_are_a_warning(groups_schema: Schema) -> None:
    phones = ", ".join(str(5544990000000 + n) for n in range(MAX_PARTICIPANTS + 1))
    (warning,) = config(groups_schema, one(f"[{phones}]")).warnings
    assert (warning.code, warning.severity) == (Code.TOO_MANY_PARTICIPANTS, Severity.WARNING)
    assert "1,024 participants" in warning.message


def test_a_name_is_judged_and_its_place_told(groups_schema: Schema) -> None:
    (found,) = invalid(groups_schema, one("[5544999999999]", name='"a\\nb"'))
    assert (found.code, found.location and found.location.column) == (Code.NAME_UNUSABLE, 16)
