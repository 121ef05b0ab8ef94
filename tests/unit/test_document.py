"""YAML text -> data: every scalar as the person wrote it, anchors and merges as YAML has them."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.document import Value
from zapi_sync.errors import ConfigInvalid

from .drawn import QUICK
from .made import document, refusal, told


@pytest.mark.parametrize(
    "written",
    [
        "5544999999999",
        "+5544999999999",
        "+55 44 99999-9999",
        "(+55) 44 98888-0101",
        "0055 44 9",
        "007",
        "0o17",
        "0x1F",
        "0b101",
        "1_000",
        "1e3",
        "1.50",
        ".5",
        "-0",
        "12:30",
        "12:30:45",
        "2026",
        "2026-11-23",
        "2026-11-23T10:00:00Z",
        "No",
        "no",
        "Yes",
        "on",
        "OFF",
        "y",
        "true",
        "True",
        "null",
        "Null",
        "~",
        ".inf",
        ".NaN",
        "=",
        "<",
        "a#b",
        "x y  z",
        "ação 😀",
        "http://a:80/b",
    ],
)
@pytest.mark.parametrize("key", ["groupName", "anything"])
def test_a_plain_scalar_is_the_text_that_was_written(written: str, key: str) -> None:
    assert document(f"{key}: {written}\n").data == {key: written}
    assert document(f"{key}:\n  - {written}\n").data == {key: [written]}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("20", 20),
        ("-3", -3),
        ("+7", 7),
        ("007", 7),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("~", "~"),
        ("null", "null"),
        ("", ""),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1e3", "1e3"),
        ("1.0", "1.0"),
        ("12:30", "12:30"),
        ("tRUE", "tRUE"),
        ("'true'", "true"),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ("|-\n  1", "1"),
    ],
)
@pytest.mark.parametrize("key", ["version", "autoInvite", "perDay"])
def test_a_typed_attribute_knows_integers_and_booleans_and_nothing_else(
    written: str, value: Value, key: str
) -> None:
    data = document(f"{key}: {written}\n").data
    assert data == {key: value}
    assert isinstance(data, dict)
    assert type(data[key]) is type(value)


def test_a_number_too_long_for_any_attribute_stays_text() -> None:
    assert document(f"version: {'9' * 19}").data == {"version": "9" * 19}
    assert document(f"perDay: {'9' * 100_000}").data == {"perDay": "9" * 100_000}


def test_only_the_value_of_a_typed_key_is_typed_and_not_what_stands_in_its_list() -> None:
    assert document("version: [1, true]\n1: 2\ntrue: x").data == {
        "version": ["1", "true"],
        "1": "2",
        "true": "x",
    }


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "---\n", "--- # x\n", "\ufeff", "~", "null", "''"]
)
def test_an_empty_text_is_no_more_than_a_blank_scalar(text: str) -> None:
    assert document(text).data in ("", "~", "null")


@pytest.mark.parametrize(
    "text",
    ["a: 1\r\nb: [2,\r\n  3]\r\n", "a: 1\nb: [2,\n  3]\n", "\ufeffa: 1\nb: [2, 3]", "a: 1\rb: [2, 3]\r"],
)
def test_line_endings_and_a_byte_order_mark_make_no_difference(text: str) -> None:
    assert document(text).data == {"a": "1", "b": ["2", "3"]}


def test_block_scalars_keep_their_lines() -> None:
    assert document("a: |\n  x\n  y\nb: >-\n  x\n  y\n").data == {"a": "x\ny\n", "b": "x y"}


def test_an_alias_stands_for_its_anchor_wherever_it_is_used() -> None:
    data = document("x-team: &team ['1', +2]\ngroups:\n  a: {phones: *team}\n  b: {phones: *team}\n").data
    assert data == {
        "x-team": ["1", "+2"],
        "groups": {"a": {"phones": ["1", "+2"]}, "b": {"phones": ["1", "+2"]}},
    }


def test_an_anchor_can_be_set_anew_and_the_last_one_above_counts() -> None:
    assert document("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").data == {"a": "1", "b": "1", "c": "2", "d": "2"}


def test_an_alias_can_be_a_key() -> None:
    assert document("a: &k name\n*k : v\n").data == {"a": "name", "name": "v"}


def test_a_plain_scalar_is_typed_where_its_alias_stands() -> None:
    assert document("x: &yes true\nautoInvite: *yes\n").data == {"x": "true", "autoInvite": True}
    assert document("autoInvite: &yes true\nx: *yes\n").data == {"autoInvite": True, "x": "true"}
    assert document("x: &yes 'true'\nautoInvite: *yes\n").data == {"x": "true", "autoInvite": "true"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<<: *one", {"a": "1", "b": "1"}),
        ("a: own\n  <<: *one", {"a": "own", "b": "1"}),
        ("<<: *one\n  a: own", {"a": "own", "b": "1"}),
        ("<<: [*one, *two]", {"a": "1", "b": "1", "c": "2"}),
        ("<<: [*two, *one]", {"a": "1", "b": "2", "c": "2"}),
        ("<<: *one\n  <<: *two", {"a": "1", "b": "1", "c": "2"}),
        ("<<: {b: inline}", {"b": "inline"}),
        ("<<: []", {}),
        ("'<<': *one", {"<<": {"a": "1", "b": "1"}}),
        ("c: {<<: *one, b: deep}", {"c": {"a": "1", "b": "deep"}}),
    ],
)
def test_merge_keys_bring_what_is_not_there_and_the_first_one_wins(text: str, value: Value) -> None:
    data = document(f"one: &one {{a: 1, b: 1}}\ntwo: &two {{b: 2, c: 2}}\nit:\n  {text}\n").data
    assert isinstance(data, dict)
    assert data["it"] == value
    assert (data["one"], data["two"]) == ({"a": "1", "b": "1"}, {"b": "2", "c": "2"})


def test_merges_nest() -> None:
    data = document("a: &a {k: 1}\nb: &b {<<: *a, l: 2}\nc: {<<: *b, k: 3}\n").data
    assert data == {"a": {"k": "1"}, "b": {"k": "1", "l": "2"}, "c": {"k": "3", "l": "2"}}


@pytest.mark.parametrize("value", ["3", "*scalar", "[1, *map]"])
def test_what_is_merged_must_be_a_mapping(value: str) -> None:
    found = document(f"a: &scalar x\nb: &map {{k: 1}}\n<<: {value}\n")
    length = len(value) if value.startswith("*") else 1
    assert told(found.problems) == [
        f"groups.yaml:3:5+{length} error: `<<` merges mappings, and this is none | write `<<:"
        " *anchor-of-a-mapping`"
    ]


_DUPLICATE = "and YAML would keep only one of the two | rename one of them, or remove it"


@pytest.mark.parametrize(
    ("text", "complaint", "first"),
    [
        ("a: 1\nb: 2\na: 3\n", f'3:1+1 error: the key "a" is written twice here, {_DUPLICATE}', (1, 1)),
        ("x:\n  - k: 1\n    k: 2\n", f'3:5+1 error: the key "k" is written twice here, {_DUPLICATE}', (2, 5)),
        ("é: {ção: 1, ção: 2}\n", f'1:13+3 error: the key "ção" is written twice here, {_DUPLICATE}', (1, 5)),
        ("'a': 1\n\"a\": 2\n", f'2:1+3 error: the key "a" is written twice here, {_DUPLICATE}', (1, 1)),
        (
            "n: &n {k: 1,\n  k: 2}\nm: *n\n",
            f'2:3+1 error: the key "k" is written twice here, {_DUPLICATE}',
            (1, 8),
        ),
        (
            "y: [[a], {z: [{k: 1, k: 2}]}]\n",
            f'1:22+1 error: the key "k" is written twice here, {_DUPLICATE}',
            (1, 16),
        ),
    ],
)
def test_a_key_written_twice_is_told_with_both_places(
    text: str, complaint: str, first: tuple[int, int]
) -> None:
    (problem,) = document(text).problems
    assert told([problem]) == [f"groups.yaml:{complaint}"]
    ((word, place),) = problem.also
    assert (word, place.line, place.column) == ("first written here", *first)


def test_the_first_writing_is_the_one_in_the_same_mapping() -> None:
    (outer, inner) = document("a: {k: 0}\na: {k: 1, k: 2}\n").problems
    assert [(each.also[0][1].line, each.also[0][1].column) for each in (outer, inner)] == [(2, 5), (1, 1)]


def test_a_key_written_three_times_is_told_twice() -> None:
    problems = document("a: 1\na: 2\na: 3\n").problems
    assert [(each.location.line, each.also[0][1].line) for each in problems if each.location] == [
        (2, 1),
        (3, 1),
    ]


def test_of_a_key_written_twice_the_first_value_is_read_on() -> None:
    assert document("a: 1\na: 2\n").data == {"a": "1"}


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  <<: {k: 1, k: 2}\n",
        "a:\n  <<: [{k: 1, k: 2}]\n",
        "a: {p: 1}\na: {k: 1, k: 2}\n",
        "a: 1\na:\n  - {k: 1, k: 2}\n",
    ],
)
def test_a_duplicate_within_a_merge_or_a_duplicate_is_told_too(text: str) -> None:
    assert any('the key "k" is written twice here' in line for line in told(document(text).problems))


def test_all_that_can_be_told_together_is() -> None:
    problems = document("a: !x 1\na: 2\n<<: 3\n").problems
    assert len(problems) == 3


def test_what_was_found_before_a_refusal_is_told_with_it() -> None:
    lines = refusal(ConfigInvalid, lambda: document("a: !x 1\nb: *none\n"))
    assert lines == [
        (
            "groups.yaml:1:4+4 error: the tag !x has no meaning here | "
            "remove it, or put a text that begins with ! in quotes"
        ),
        (
            "groups.yaml:2:4+5 error: nothing above carries the anchor &none | "
            "write the anchor above its first use, or quote the text if it is no alias"
        ),
    ]


_leaves = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\x00"), max_size=12)
_plain: st.SearchStrategy[Value] = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_leaves, inner, max_size=4),
    max_leaves=12,
)


@QUICK
@given(_plain)
def test_quoted_data_comes_back_as_it_was(data: Value) -> None:
    text = yaml.safe_dump(data, default_style='"', allow_unicode=True)
    assert document(text).data == data
    assert document(text).problems == ()
