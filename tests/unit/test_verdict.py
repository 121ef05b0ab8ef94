"""The compiled validator and the one that explains are held to one verdict."""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema_rs import Draft202012Validator as Draft202012

from zapi_sync.core.at_sight import MAX_LOOKS, fits_at_sight
from zapi_sync.core.config import TYPED_KEYS
from zapi_sync.core.document import parse
from zapi_sync.core.source import Source
from zapi_sync.core.state_document import state_text
from zapi_sync.core.verdict import JsonValue, violations
from zapi_sync.edge import inputs

from .drawn import QUICK, STATES

MOST = 1000
GROUPS_SCHEMA, STATE_SCHEMA = inputs.schema("groups"), inputs.schema("state")


def _ecma_pattern(
    validator: object, pattern: str, instance: object, schema: object
) -> Iterator[ValidationError]:
    """In ECMA 262 `$` is the end of the text; in Python also the place before a last line break."""
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError("pattern")


_extend = cast("Callable[..., type[Draft202012Validator]]", validators.extend)
_Reference = _extend(Draft202012Validator, {"pattern": _ecma_pattern})


def fits(schema: Mapping[str, object], data: JsonValue) -> bool:
    return bool(_Reference(schema).is_valid(data))


CONFIG: JsonValue = {
    "version": 1,
    "x-team": ["1"],
    "defaults": {"autoInvite": True},
    "pacing": {"every": "60s", "perDay": 20},
    "groups": {
        "launch-vip-01": {"groupName": "Launch", "phones": ["5544999999999", "1@lid"], "instance": "sales"},
        "b": {"groupName": "2026", "phones": ["+55 44", "ana", "all"], "autoInvite": False},
        "c-{01..03}": {"groupName": "C {n}", "phones": {"csv": "c.csv", "column": "phone"}},
    },
    "people": {"ana": "5544999999999"},
    "teams": {"all": ["ana", {"csv": "c.csv"}, "5544888888888"]},
}

_scalars: st.SearchStrategy[JsonValue] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 1_000_002) | st.sampled_from([2**63, 2**64, -(10**30), 10**400]),
    st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1.0, 20.0, 1e300]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(
        [
            "",
            "1",
            "60s",
            "5m\n",
            "1h",
            "a" * 100,
            "a" * 101,
            "é" * 101,
            "😀" * 100,
            "x@lid",
            "x@lid\n",
            "launch\n",
            "9" * 30,
        ]
    ),
)
_keys = st.sampled_from(
    [
        "a",
        "version",
        "groups",
        "x-",
        "x-y",
        "defaults",
        "every",
        "phones",
        "groupName",
        "autoInvite",
        "A b",
        "a\n",
        "",
        "instance",
        "csv",
        "a{1..9}",
        "people",
        "teams",
    ]
)
_values: st.SearchStrategy[JsonValue] = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=5,
)


def _places(data: JsonValue) -> list[dict[str, JsonValue] | list[JsonValue]]:
    """Every collection in the data."""
    if isinstance(data, dict):
        return [data, *(place for each in data.values() for place in _places(each))]
    if isinstance(data, list):
        return [data, *(place for each in data for place in _places(each))]
    return []


def mutated(draw: st.DrawFn, original: JsonValue) -> JsonValue:
    """The data with up to three values replaced, added or taken away."""
    data = copy.deepcopy(original)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(_places(data)))
        if isinstance(place, list):
            place.insert(draw(st.integers(0, len(place))), draw(_values))
        elif place and bool(draw(st.integers(0, 1))):
            del place[draw(st.sampled_from(sorted(place)))]
        else:
            place[draw(_keys | st.sampled_from(sorted(place) or ["a"]))] = draw(_values)
    return data


@st.composite
def configs(draw: st.DrawFn) -> JsonValue:
    return mutated(draw, CONFIG)


@st.composite
def states(draw: st.DrawFn) -> JsonValue:
    return mutated(draw, cast(JsonValue, json.loads(state_text(draw(STATES)))))


@QUICK
@given(configs())
def test_both_validators_agree_on_configs(data: JsonValue) -> None:
    assert bool(violations(GROUPS_SCHEMA, data, most=MOST)) is not fits(GROUPS_SCHEMA, data)


@QUICK
@given(states())
def test_both_validators_agree_on_states(data: JsonValue) -> None:
    assert bool(violations(STATE_SCHEMA, data, most=MOST)) is not fits(STATE_SCHEMA, data)


@QUICK
@given(_values, st.sampled_from([GROUPS_SCHEMA, STATE_SCHEMA]))
def test_both_validators_agree_on_anything(data: JsonValue, schema: Mapping[str, object]) -> None:
    assert bool(violations(schema, data, most=MOST)) is not fits(schema, data)


@QUICK
@given(configs() | _values, st.sampled_from([GROUPS_SCHEMA, STATE_SCHEMA]))
def test_what_fits_at_sight_fits(data: JsonValue, schema: Mapping[str, object]) -> None:
    assert not fits_at_sight(schema, data) or fits(schema, data)


@QUICK
@given(states())
def test_a_state_that_fits_at_sight_fits(data: JsonValue) -> None:
    assert not fits_at_sight(STATE_SCHEMA, data) or fits(STATE_SCHEMA, data)


CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*/*.yaml"))


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_all_three_agree_on_the_corpus(file: Path) -> None:
    data = cast(
        JsonValue, parse(Source(str(file), file.read_text("utf-8", "replace")), typed_keys=TYPED_KEYS).data
    )
    fit = fits(GROUPS_SCHEMA, data)
    assert Draft202012(dict(GROUPS_SCHEMA)).is_valid(data) is fit
    assert fit or not fits_at_sight(GROUPS_SCHEMA, data)


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(configs() | states() | _values, st.sampled_from([GROUPS_SCHEMA, STATE_SCHEMA]))
def test_all_three_agree_on_very_much(data: JsonValue, schema: Mapping[str, object]) -> None:
    fit = fits(schema, data)
    assert Draft202012(dict(schema)).is_valid(data) is fit
    assert fit or not fits_at_sight(schema, data)


def test_small_data_that_fits_is_seen_to_fit() -> None:
    assert fits_at_sight(GROUPS_SCHEMA, CONFIG)


def test_many_values_are_left_to_the_validator() -> None:
    data: JsonValue = {
        "version": 1,
        "groups": {f"g{n}": {"groupName": "A", "phones": ["1"]} for n in range(MAX_LOOKS)},
    }
    assert fits(GROUPS_SCHEMA, data)
    assert not fits_at_sight(GROUPS_SCHEMA, data)


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        ({"contains": {"const": 1}}, [2]),  # a keyword that is not known
        ({"properties": {"a": {"type": "string"}}}, {"a": 1}),  # nobody says what others may be
        ({"$ref": "#/$defs/nowhere"}, 1),
        ({"type": "integer"}, 1.0),  # which is one, by JSON Schema, and not seen at once
        (False, 1),
    ],
)
def test_what_is_not_sure_is_no_yes(schema: Mapping[str, object], data: object) -> None:
    assert not fits_at_sight({"type": "array", "items": schema}, [data])


def test_what_the_compiled_validator_refuses_is_always_explained() -> None:
    data: JsonValue = {
        "version": 1,
        "groups": {"a\n": {"groupName": "A", "phones": ["1@lid\n"], "instance": "b\n"}},
    }
    found = {(each.path, each.keyword) for each in violations(GROUPS_SCHEMA, data, most=MOST)}
    assert found == {
        (("groups", "a\n"), "propertyNames"),
        (("groups", "a\n", "phones", 0), "pattern"),
        (("groups", "a\n", "instance"), "pattern"),
    }


def test_every_violation_is_found_at_once_and_each_once() -> None:
    data: JsonValue = {
        "version": 2,
        "nope": 1,
        "groups": {"A": {"groupName": "", "phones": [], "x": 1, "y": 2}, "b": [], "c": {}},
    }
    assert sorted((each.path, each.keyword) for each in violations(GROUPS_SCHEMA, data, most=MOST)) == [
        (("groups", "A"), "propertyNames"),
        (("groups", "A", "groupName"), "minLength"),
        (("groups", "A", "phones"), "minItems"),
        (("groups", "A", "x"), "additionalProperties"),
        (("groups", "A", "y"), "additionalProperties"),
        (("groups", "b"), "type"),
        (("groups", "c", "groupName"), "required"),
        (("groups", "c", "phones"), "required"),
        (("nope",), "additionalProperties"),
        (("version",), "const"),
    ]


def test_no_more_are_collected_than_anybody_reads() -> None:
    data: JsonValue = {"version": 1, "groups": {f"g{n}": "x" for n in range(MOST + 500)}}
    assert len(violations(GROUPS_SCHEMA, data, most=MOST)) == MOST


@pytest.mark.parametrize("schema", [GROUPS_SCHEMA, STATE_SCHEMA])
def test_the_published_schemas_are_schemas(schema: Mapping[str, object]) -> None:
    Draft202012Validator.check_schema(schema)


def test_a_list_that_many_groups_share_is_looked_through_and_told_of_once() -> None:
    team: JsonValue = [*("5544999999999" for _ in range(999)), "None"]
    shared: JsonValue = {f"g{n}": {"groupName": "A", "phones": team} for n in range(100)}
    begun = time.process_time()
    found = violations(GROUPS_SCHEMA, {"version": 1, "groups": shared}, most=MOST)
    assert time.process_time() - begun < 2
    assert [each.path for each in found] == [("groups", "g0", "phones", 999)]


def test_a_phone_of_any_length_is_judged_at_once() -> None:
    phones: JsonValue = ["1" * 200_000 + "a", "-" * 200_000, "1" * 200_000]
    begun = time.process_time()
    data: JsonValue = {"version": 1, "groups": {"a": {"groupName": "A", "phones": phones}}}
    found = violations(GROUPS_SCHEMA, data, most=MOST)
    assert time.process_time() - begun < 2
    assert [each.path[-1] for each in found] == [0, 1]


def test_of_many_unknown_attributes_no_more_than_the_bound_are_explained() -> None:
    unknown: dict[str, JsonValue] = {f"k{n}": 1 for n in range(3 * MOST)}
    data: JsonValue = {"version": 1, "groups": {}, **unknown}
    assert len(violations(GROUPS_SCHEMA, data, most=MOST)) == MOST
