"""What a config says of the pace of its instances."""

from __future__ import annotations

import pytest

from zapi_sync.core.model import InstanceName
from zapi_sync.core.pacing import Pacing, Pacings
from zapi_sync.errors import Code

from .configs import Schema, config, invalid
from .made import told


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
