"""How much of a config is read, and how much of what is wrong in it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zapi_sync.core import document as limits
from zapi_sync.core.complaints import MAX_COMPLAINTS
from zapi_sync.core.config import read_config
from zapi_sync.core.document import Document
from zapi_sync.core.phone_doubts import phone_doubts
from zapi_sync.errors import Code, ConfigInvalid, Severity

from .configs import LID, Schema, config, invalid, one
from .made import document, told


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
