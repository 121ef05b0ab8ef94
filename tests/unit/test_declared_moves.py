"""`moved` in the config: what can be declared, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from zapi_sync.core.config import read_config
from zapi_sync.core.known import Known
from zapi_sync.errors import ConfigInvalid

from .made import document, group, open_attempt, record, refusal, state, told

GROUPS = """version: 1
groups:
  new: {groupName: New, phones: ["5544999999999"]}
  team: {groupName: Team, phones: ["5544999999998"]}
moved:
"""
Schema = Mapping[str, object]


def complaints(groups_schema: Schema, *entries: str) -> list[str]:
    text = GROUPS + "".join(f"  - {entry}\n" for entry in entries)
    return [
        line.removeprefix("groups.yaml:")
        for line in refusal(ConfigInvalid, lambda: read_config([document(text)], groups_schema))
    ]


def test_moves_are_read_in_order_and_may_be_chained(groups_schema: Schema) -> None:
    config = read_config([document(GROUPS + "  - {from: a, to: b}\n  - {from: b, to: new}\n")], groups_schema)
    assert [(move.source, move.target) for move in config.moves] == [("a", "b"), ("b", "new")]
    assert config.warnings == ()


def test_a_key_is_read_as_the_text_that_stands_there(groups_schema: Schema) -> None:
    config = read_config([document(GROUPS + "  - {from: 007, to: new}\n")], groups_schema)
    assert [move.source for move in config.moves] == ["007"]


def test_the_new_key_may_stand_in_another_file(groups_schema: Schema) -> None:
    other = document('version: 1\ngroups: {x: {groupName: X, phones: ["5544999999999"]}}', "other.yaml")
    config = read_config([document(GROUPS + "  - {from: a, to: x}\n"), other], groups_schema)
    assert len(config.moves) == 1


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            ["{from: a, to: b}", "{from: b, to: c}", "{from: c, to: a}"],
            "6:12+1 error: these keys are moved in a circle: a -> b -> c -> a | "
            "remove the move away from the key that stands in `groups`",
        ),
        (
            ["{from: a, to: new}", "{from: a, to: team}"],
            '7:12+1 error: the key "a" is moved twice, and one group has one key | '
            "remove one of the two moves",
        ),
        (
            ["{from: a, to: new}", "{from: b, to: new}"],
            '7:19+3 error: two keys are moved to "new", and one group has one key | '
            "remove one of the two moves",
        ),
        (
            ["{from: team, to: new}"],
            '6:12+4 error: the key "team" is moved to "new", and still stands in `groups` | '
            'write the group there as "new", or remove this move',
        ),
        (
            ["{from: a, to: teem}"],
            '6:19+4 error: the key "a" is moved to "teem", which is no key in `groups` | '
            'did you mean "team"? If not, write the group under that key, or remove this move',
        ),
        (
            ["{from: a, to: elsewhere}"],
            '6:19+9 error: the key "a" is moved to "elsewhere", which is no key in `groups` | '
            "write the group under that key, or remove this move",
        ),
        (
            ["{from: new, to: new}"],
            '6:21+3 error: the key "new" is moved to itself | '
            "write the new key here, as it stands in `groups`",
        ),
    ],
)
def test_what_cannot_be_is_told_where_it_stands(
    groups_schema: Schema, entries: list[str], expected: str
) -> None:
    assert complaints(groups_schema, *entries) == [expected]


def test_a_long_circle_is_not_told_to_its_end_and_what_leads_into_it_is_refused_with_it(
    groups_schema: Schema,
) -> None:
    ring = [f"{{from: k{number}, to: k{(number + 1) % 9}}}" for number in range(9)]
    assert complaints(groups_schema, *ring) == [
        "6:12+2 error: these keys are moved in a circle: k0 -> k1 -> k2 -> k3 -> k4 -> ... -> k0 | "
        "remove the move away from the key that stands in `groups`"
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{from: A B, to: new}", "`from` of `moved` must be the key that a group had: 1 to 100 of a-z"),
        ("{from: a, to: [new]}", "`to` of `moved` must be the key that a group has now: 1 to 100 of a-z"),
        (f"{{from: {'a' * 101}, to: new}}", "`from` of `moved` is 101 characters long, and 100 is the most"),
        ("{form: a, to: new}", 'unknown attribute "form" of `moved` | did you mean "from"?'),
        ("{from: a}", '`moved` has no "to"'),
        (
            "vip",
            "this entry of `moved` must be a move, as in `- from: launch-1`, and `to: launch-01` under it",
        ),
    ],
)
def test_what_is_no_move_is_told_in_words(groups_schema: Schema, entry: str, expected: str) -> None:
    (line,) = complaints(groups_schema, entry)
    assert expected in line


def test_a_list_is_wanted_and_not_endlessly_long(groups_schema: Schema) -> None:
    (line,) = refusal(ConfigInvalid, lambda: read_config([document(GROUPS + "  a: new\n")], groups_schema))
    assert "`moved` must be a list of moves, each with `from` and `to`, and this is a mapping" in line
    text = GROUPS + "  - &move {from: a, to: new}\n" + "  - *move\n" * 10_000
    (line,) = refusal(ConfigInvalid, lambda: read_config([document(text)], groups_schema))
    assert line.endswith("is the most | remove the moves that every state has taken over")


def test_of_many_keys_none_is_proposed_lest_it_take_for_ever(groups_schema: Schema) -> None:
    entries = [f"{{from: k{number}, to: teem}}" for number in range(2000)]
    groups = "".join(f'  g{n}: {{groupName: N{n}, phones: ["5544999999999"]}}\n' for n in range(100))
    text = GROUPS.replace("groups:\n", f"groups:\n{groups}") + "".join(f"  - {each}\n" for each in entries)
    lines = refusal(ConfigInvalid, lambda: read_config([document(text)], groups_schema))
    assert lines[0].endswith(
        "which is no key in `groups` | write the group under that key, or remove this move"
    )


def test_a_group_that_cannot_be_read_is_still_a_key(groups_schema: Schema) -> None:
    text = "version: 1\ngroups: {new: {groupName: New}}\nmoved: [{from: a, to: new}]\n"
    (line,) = refusal(ConfigInvalid, lambda: read_config([document(text)], groups_schema))
    assert 'the group "new" has no "phones"' in line


def test_where_not_all_keys_are_known_none_is_missed(groups_schema: Schema) -> None:
    broken = document("version: 1\ngroups: 3\n", "other.yaml")
    (line,) = refusal(
        ConfigInvalid,
        lambda: read_config([document(GROUPS + "  - {from: a, to: x}\n"), broken], groups_schema),
    )
    assert "other.yaml" in line


def test_a_move_that_cannot_be_made_is_a_warning(groups_schema: Schema) -> None:
    config = read_config([document(GROUPS + "  - {from: a, to: b}\n  - {from: b, to: new}\n")], groups_schema)
    records = {"a": record(phone="11111-group"), "new": record(phone="22222-group")}
    ways = (
        "if they are one group, have the state forget one of the two (zapi-sync state rm); "
        "if not, remove this move"
    )
    assert told(config.blocked_moves(Known(state(records)))) == [
        'groups.yaml:6:12+1 warning: "a" is not moved: "new" is the group 22222-group, and "a" is the group '
        f"11111-group | {ways}"
    ]
    doubt = open_attempt(group("b"))
    known = Known(state({"a": records["a"]}), {doubt.intent.group.key: doubt})
    assert told(config.blocked_moves(known))[0].startswith("groups.yaml:6:12+1 warning: ")
    assert "is what another key becomes" in told(config.blocked_moves(known))[0]
