"""A key with a range is the groups written out: their keys, names, places and complaints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.config import Config, read_config
from zapi_sync.core.known import Known
from zapi_sync.core.phone_doubts import phone_doubts
from zapi_sync.core.plan import make_plan
from zapi_sync.core.ranges import MAX_RANGE, range_of
from zapi_sync.errors import ConfigInvalid

from .drawn import QUICK
from .made import document, refusal, told
from .test_verdict import GROUPS_SCHEMA

ANA, BIA = "5544999990001", "5544999990002"


def config(*texts: str) -> Config:
    documents = [document(f"version: 1\ngroups:\n{text}", f"{n}.yaml") for n, text in enumerate(texts, 1)]
    return read_config(documents, GROUPS_SCHEMA)


def wrong(*texts: str) -> list[str]:
    return refusal(ConfigInvalid, lambda: config(*texts))


def one(key: str, name: str = "L {n}", phones: str = f"['{ANA}']") -> str:
    return f"  {key}:\n    groupName: {name}\n    phones: {phones}\n"


@pytest.mark.parametrize(
    ("key", "keys"),
    [
        ("a{1..3}", ["a1", "a2", "a3"]),
        ("a{01..03}", ["a01", "a02", "a03"]),
        ("a{8..11}-x", ["a8-x", "a9-x", "a10-x", "a11-x"]),
        ("a{08..11}", ["a08", "a09", "a10", "a11"]),
        ("a{9..011}", ["a009", "a010", "a011"]),
        ("a{0..1}", ["a0", "a1"]),
        ("a{7..7}", ["a7"]),
    ],
)
def test_a_range_counts_as_bash_does(key: str, keys: list[str]) -> None:
    found = config(one(key)).groups
    assert [each.key for each in found] == keys
    assert [each.group_name for each in found] == [f"L {each[1:].removesuffix('-x')}" for each in keys]


@pytest.mark.parametrize("key", ["a", "a{1..2", "a1..2}", "a{1..2}{1..2}", "a{a..b}", "a{1.2}", "a{-1..2}"])
def test_what_is_no_range_stands_for_one_group(key: str) -> None:
    assert range_of(key) is None


def test_braces_in_the_name_of_one_group_are_text() -> None:
    assert config(one("a", "Launch {n} {1..2}")).groups[0].group_name == "Launch {n} {1..2}"
    assert config(one("a{5..5}", "Launch")).groups[0].group_name == "Launch"
    twice = config(one("a{1..2}", "'{n} of {n}x {1..2}'")).groups
    assert [each.group_name for each in twice] == ["1 of 1x {1..2}", "2 of 2x {1..2}"]


def test_the_groups_of_a_range_share_all_else() -> None:
    text = one("a{1..3}") + "    autoInvite: true\n    instance: sales\n"
    first, *others = config(text).groups
    assert (first.auto_invite, first.instance) == (True, "sales")
    assert all(each.phones is first.phones for each in others)


_RULE = "a range is two numbers, the lower one first, as in launch-{01..40}, and one in a key"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (one("a{3..1}"), "1.yaml:3:3+7 error: the range {3..1} counts down | write {1..3}"),
        (
            one(f"a{{1..{MAX_RANGE + 1}}}"),
            "1.yaml:3:3+11 error: the range {1..10001} stands for 10,001 groups, and 10,000 is the most | "
            "shorten it, or write several ranges",
        ),
        (
            one("a{1..2}", "Launch"),
            '1.yaml:4:16+6 error: all 2 groups of "a{1..2}" would be called "Launch" | write {n} where the '
            "number belongs, as in `Launch {n}`",
        ),
        (
            one("a{1..2}-{1..2}"),
            f'1.yaml:3:3+14 error: "a{{1..2}}-{{1..2}}" cannot be the key of a range of groups | {_RULE}',
        ),
        (
            one("a{1-2}"),
            f'1.yaml:3:3+6 error: "a{{1-2}}" cannot be the key of a range of groups | {_RULE}',
        ),
        (
            one("a{1..2}", "' L {n}'"),
            "1.yaml:4:16+8 warning",
        ),
        (
            one("a{98..101}", "x" * 97 + "{n}"),
            "",
        ),
        (
            one("a{99998..99999}", "x" * 97 + "{n}"),
            "1.yaml:4:16+100 error: this groupName is 102 characters long, and 100 is the most "
            "(in a99998) | shorten it",
        ),
        (
            one("a{1..3}") + one("a2", "B"),
            '1.yaml:6:3+2 error: the group "a2" is written twice: as "a{1..3}" and as "a2" | rename one of '
            "the two keys, or remove one",
        ),
        (
            one("a{1..4}") + one("a{3..9}", "M {n}"),
            '1.yaml:6:3+7 error: the group "a3" is written twice: as "a{1..4}" and as "a{3..9}" (in a3) | '
            "rename one of the two keys, or remove one",
        ),
        (
            one("a{1..3}") + one("b", "L 2"),
            '1.yaml:7:16+3 error: the groupName "L 2" is wanted twice on the instance "default"; WhatsApp '
            "tells groups apart by nothing else, so an interrupted apply could not | give one of the two "
            "another name",
        ),
        (
            one("b", "L 2") + one("a{1..3}"),
            '1.yaml:7:16+5 error: the groupName "L 2" is wanted twice on the instance "default"; WhatsApp '
            "tells groups apart by nothing else, so an interrupted apply could not (in a2) | give one of the "
            "two another name",
        ),
        (
            one("a{1..40}", phones="['12', '12']"),
            "1.yaml:5:14+4 error: a phone number has 8 to 15 digits, and 12 has 2 | write country, area and "
            "number, as in 5544999999999",
        ),
    ],
)
def test_what_is_wrong_in_a_range_is_told_once_and_where_it_stands(text: str, complaint: str) -> None:
    if complaint.endswith("warning"):
        (found,) = told(config(text).warnings)
        assert found.startswith(complaint)
        assert "(in a1) |" in found
    elif not complaint:
        assert len(config(text).groups) == 4
    else:
        assert wrong(text)[0] == complaint


def test_the_ranges_of_two_files_meet() -> None:
    (found,) = wrong(one("a{1..4}"), one("a{1..4}", "M {n}"))
    assert found.startswith('2.yaml:3:3+7 error: the group "a1" is written in two files (in a1)')


def test_what_ranges_stand_for_is_bounded() -> None:
    phones = ", ".join(f"'{n}'" for n in range(5544900000000, 5544900000200))
    (found,) = wrong(one("a{1..9000}", phones=f"[{phones}]"))
    assert found.startswith(
        "1.yaml:3:3+10 error: what ranges, names, CSV files and aliases stand for up to here is more than "
        "1,000,000 values | "
    )


def test_doubts_about_a_phone_of_a_range_come_once() -> None:
    found = config(one("a{1..40}", phones="['11111111111']"))
    assert len(phone_doubts(found, {group.key for group in found.groups})) == 1


@QUICK
@given(
    st.integers(0, 999),
    st.integers(1, 30),
    st.integers(0, 4),
    st.sampled_from(["", "-x"]),
    st.sampled_from(["L {n}", "{n}", "{n}/{n}"]),
)
def test_a_range_plans_what_its_groups_written_out_do(
    first: int, number: int, width: int, after: str, name: str
) -> None:
    """Whatever the range: its plan is that of the groups written by hand."""
    last = first + number - 1
    is_padded = len(str(first)) < width
    ends = (f"{first:0{width}}", str(last))
    numbers = [f"{n:0{max(len(ends[0]), len(ends[1])) if is_padded else 0}}" for n in range(first, last + 1)]
    by_hand = "".join(one(f"a-{n}{after}", name.replace("{n}", n).join("''")) for n in numbers)
    in_short = one(f"a-{{{ends[0]}..{ends[1]}}}{after}", f"'{name}'")
    long, short = config(by_hand), config(in_short)
    nothing = Known(None)
    assert make_plan(short.groups, nothing) == make_plan(long.groups, nothing)
    assert len(short.groups) == number
