"""What is odd about phones is asked of groups that are about to be created, and told where it stands."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from zapi_sync.core.complaints import MAX_COMPLAINTS
from zapi_sync.core.config import read_config
from zapi_sync.core.model import GroupKey, InstanceName
from zapi_sync.core.phone_doubts import own_number_errors, phone_doubts

from .made import document, told

Schema = Mapping[str, object]


def doubts(schema: Schema, text: str, *keys: str) -> list[str]:
    config = read_config([document(f"version: 1\n{text}")], schema)
    return told(phone_doubts(config, {GroupKey(key) for key in keys}))


TWO = """\
x-team: &team [554488887777, 5544999998888, +55 44 77777-7777]
groups:
  a: {groupName: A, phones: *team}
  b: {groupName: B, phones: *team}
  c:
    groupName: C
    phones: [12@lid, "00 55 (44) 7777-77777"]
"""
NINTH = (
    "groups.yaml:2:16+12 warning: 554488887777 is a Brazilian mobile number without its ninth digit | "
    "did you mean 5544988887777? (some old accounts have the short form, so it is sent as it stands)"
)
SEVEN = (
    "5544777777777 is no number that +55 (BR) gives out | write country, area and number, as in 5544999999999"
)


def test_each_place_is_told_once_although_groups_share_it(groups_schema: Schema) -> None:
    assert doubts(groups_schema, TWO, "a", "b") == [NINTH, f"groups.yaml:2:45+17 warning: {SEVEN}"]
    assert doubts(groups_schema, TWO, "a", "b", "c") == [
        NINTH,
        f"groups.yaml:2:45+17 warning: {SEVEN}",
        f"groups.yaml:8:22+23 warning: {SEVEN}",
    ]


OWN = """\
people: {ana: "5544999990001"}
teams: {launch: [ana, "+55 11 98765-4321"]}
groups:
  a: {groupName: A, phones: [launch]}
  b: {groupName: B, phones: [launch]}
  c: {groupName: C, instance: sales, phones: [launch]}
  d: {groupName: D, phones: ["551187654321", "5544999990001"]}
"""


def own_numbers(schema: Schema, *keys: str, **numbers: str | None) -> list[str]:
    config = read_config([document(f"version: 1\n{OWN}")], schema)
    phones = {InstanceName(name): number for name, number in numbers.items()}
    return told(own_number_errors(config, {GroupKey(key) for key in keys}, phones))


def test_the_own_number_is_one_error_for_each_place(groups_schema: Schema) -> None:
    remove = "remove it from the phones: the number that creates a group is in it anyway"
    team = (
        "groups.yaml:3:23+19 error: 5511987654321 is the connected number of the instance "
        f'"default", and among the phones of a, b | {remove}'
    )
    ninth = (
        "groups.yaml:8:30+14 error: 551187654321 is the connected number of the instance "
        f'"default", and among the phones of d | {remove}'
    )
    assert own_numbers(groups_schema, *"abcd", default="5511987654321") == [team, ninth]
    assert own_numbers(groups_schema, *"cd", default="5511987654321") == [ninth]
    assert own_numbers(groups_schema, *"c", sales="5511987654321") != []
    for number in ("5511987654322", None):
        assert own_numbers(groups_schema, *"abcd", default=number, sales=number) == [], number


def test_what_exists_is_not_asked_about_and_nothing_is_imported_for_it(
    groups_schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)  # an import of it fails
    assert doubts(groups_schema, TWO) == []


def test_doubts_are_bounded(groups_schema: Schema) -> None:
    keys = [f"g{n}" for n in range(10)]
    rows = ""
    for number, key in enumerate(keys):
        phones = ", ".join(str(5544700000000 + number * 200 + n) for n in range(200))
        rows += f"  {key}: {{groupName: {key}, phones: [{phones}]}}\n"
    told_of = doubts(groups_schema, f"groups:\n{rows}", *keys)
    assert len(told_of) == MAX_COMPLAINTS + 1
    assert "warning: there are more warnings than the 1,000 that are told at once |" in told_of[-1]


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("(51) 98765-4321", "51987654321 is a number of +51, and is written as one within Brazil"),
        (" (84)987654321", "84987654321 is a number of +84, and is written as one within Brazil"),
        ("+51 987 654 321", None),
        ("51987654321", None),
        ("51 98765-4321", None),
        ("+55 (51) 98765-4321", None),
    ],
)
def test_a_brazilian_area_that_is_a_countrys_code(
    groups_schema: Schema, written: str, complaint: str | None
) -> None:
    found = doubts(groups_schema, f"groups:\n  a: {{groupName: A, phones: ['{written}']}}\n", "a")
    assert [each.partition("warning: ")[2].partition(" | ")[0] for each in found] == (
        [complaint] if complaint else []
    )
