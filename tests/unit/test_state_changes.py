"""What may be changed in the state by hand, and what is said where it may not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from zapi_sync.core.forms import MAX_SERIAL
from zapi_sync.core.known import Known
from zapi_sync.core.model import DEFAULT_INSTANCE, GroupKey, InstanceName
from zapi_sync.core.moves import Move
from zapi_sync.core.pacing import RequestLog
from zapi_sync.core.state import State
from zapi_sync.core.state_changes import (
    named,
    why_not_forgotten,
    why_not_known,
    why_not_moved,
    why_not_pushed,
    with_requests_of,
)
from zapi_sync.dataclass import replace

from .made import AT, group, open_attempt, record, state, told

FILE = "groups.state.json"
HERE = state(
    {"vip-01": record(), "team": record(phone="22222-group")}, serial=3, instances={"default": "sha256:a"}
)
QUIET = Known(HERE)
DOUBT = Known(HERE, {GroupKey("doubt"): open_attempt(group("doubt"))})
SETTLE = (
    "settle it first: zapi-sync apply looks again, zapi-sync resolve doubt settles it by hand; "
    "nothing was changed"
)
UNSETTLED = (
    f'{FILE} error: "doubt" is unsettled: what became of its creation is not known, '
    f"and must not be forgotten | {SETTLE}"
)


def test_a_key_in_state_or_in_doubt_is_known_and_a_near_miss_is_told() -> None:
    assert why_not_known("vip-01", DOUBT, FILE) is None
    assert why_not_known("doubt", DOUBT, FILE) is None
    miss = why_not_known("vip-1", DOUBT, FILE)
    assert miss
    assert told([miss]) == [
        f'{FILE} error: the state has no "vip-1"; did you mean "vip-01"? | '
        "zapi-sync state list shows what it has"
    ]


def test_a_state_that_replaces_another_keeps_its_requests() -> None:
    old, new = AT - timedelta(days=2), AT - timedelta(hours=1)
    here = InstanceName("default")
    before = state(
        {
            "stays": record(at=new),
            "old": record(phone="22222-group", at=old),
            "new": record(phone="33333-group", at=new),
        }
    ).with_requests({here: RequestLog({"a-1": new, "a-2": old}, 2, AT + timedelta(hours=3))})
    after = with_requests_of(before.with_groups({GroupKey("stays"): record(at=new)}), before, AT)
    assert after.requests == {here: RequestLog({"a-1": new, "33333-group": new}, 2, AT + timedelta(hours=3))}
    pushed = state({}).with_requests({here: RequestLog({"a-9": new}, 1, AT + timedelta(hours=1))})
    assert with_requests_of(pushed, before, AT).requests[here] == RequestLog(
        {"a-1": new, "a-9": new, "33333-group": new, record().phone: new}, 2, AT + timedelta(hours=3)
    )
    assert with_requests_of(state({}), state({"old": record(at=old)}), AT).requests == {}


def test_all_that_keeps_keys_from_being_forgotten_is_told() -> None:
    assert why_not_forgotten(["vip-01", "team"], DOUBT, FILE) == []
    assert told(why_not_forgotten(["vip-01", "doubt", "zzz"], DOUBT, FILE)) == [
        UNSETTLED,
        f'{FILE} error: the state has no "zzz" | zapi-sync state list shows what it has',
    ]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("vip-01", "vip-1", []),
        (
            "vip-01",
            "VIP 1",
            [
                'error: "VIP 1" cannot be the key of a group | '
                "a key is 1 to 100 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter or digit"
            ],
        ),
        (
            "vip-01",
            "team",
            [
                f'{FILE} error: "team" is in the state already, as 22222-group | '
                "nothing was changed; a key stands for one group, for ever"
            ],
        ),
        ("vip-01", "doubt", [UNSETTLED]),
        ("doubt", "other", [UNSETTLED]),
        ("zzz", "other", [f'{FILE} error: the state has no "zzz" | zapi-sync state list shows what it has']),
    ],
)
def test_a_key_is_renamed_to_one_that_is_free(source: str, target: str, expected: list[str]) -> None:
    assert told(why_not_moved(Move(GroupKey(source), GroupKey(target)), DOUBT, FILE)) == expected


NEXT = replace(HERE, serial=4)
OTHER = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        (NEXT, []),
        (replace(HERE, serial=9), []),
        (
            replace(NEXT, serial=2),
            ["its serial is 2, and it is older than the state here, whose serial is 3"],
        ),
        (
            replace(HERE, groups={**HERE.groups, GroupKey("new"): record(phone="33333-group")}),
            ["its serial is 3, and it is not the same as the state here, whose serial is 3"],
        ),
        (
            replace(NEXT, lineage=OTHER, serial=1),
            [f"its lineage is {OTHER}, and that of the state here is {HERE.lineage}"],
        ),
        (
            replace(NEXT, remote="https://api.z-api.io"),
            ["it speaks of groups at https://api.z-api.io, and the state here of sandbox"],
        ),
        (
            replace(NEXT, instances={DEFAULT_INSTANCE: "sha256:b"}),
            ['it speaks of another Z-API instance under the name "default"'],
        ),
        (
            NEXT.with_groups({}),
            ["it knows nothing of groups that the state here knows: vip-01, team"],
        ),
        (
            replace(NEXT, groups={**HERE.groups, GroupKey("team"): record(phone="33333-group")}),
            ["it knows nothing of groups that the state here knows: team"],
        ),
    ],
)
def test_a_state_that_does_not_go_on_from_this_one_is_pushed_by_force_alone(
    pushed: State, expected: list[str]
) -> None:
    complaints = why_not_pushed(pushed, QUIET, FILE, force=False)
    assert [each.message for each in complaints] == expected
    assert all("--force" in each.hint and each.hint.endswith("nothing was changed") for each in complaints)
    assert why_not_pushed(pushed, QUIET, FILE, force=True) == []


def test_where_nothing_is_any_state_can_be_pushed() -> None:
    assert why_not_pushed(HERE, Known(), FILE, force=False) == []


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        (
            replace(NEXT, groups={**HERE.groups, GroupKey("doubt"): record(phone="33333-group")}),
            '"doubt" is unsettled, and this state has a group for it',
        ),
        *(
            (
                pushed,
                '"doubt" is unsettled, and this state does not speak of the instance that it was sent to',
            )
            for pushed in (
                replace(NEXT, lineage=OTHER),
                replace(NEXT, remote="https://api.z-api.io"),
                replace(NEXT, instances={}),
            )
        ),
    ],
)
def test_what_is_in_doubt_is_not_pushed_away_even_by_force(pushed: State, expected: str, force: bool) -> None:
    assert told(why_not_pushed(pushed, DOUBT, FILE, force=force)) == [
        f"{FILE} error: {expected} | settle it first: zapi-sync apply, or zapi-sync resolve; "
        "nothing was changed"
    ]


def test_beside_what_is_in_doubt_a_later_state_can_be_pushed() -> None:
    assert why_not_pushed(NEXT, DOUBT, FILE, force=False) == []


def test_the_last_serial_there_is_cannot_be_pushed() -> None:
    (line,) = told(why_not_pushed(replace(HERE, serial=MAX_SERIAL), QUIET, FILE, force=True))
    assert "and none comes after it | write a smaller one into it" in line


def test_what_is_pushed_comes_after_both() -> None:
    assert replace(HERE, serial=7).after(HERE).serial == 8
    assert replace(HERE, serial=2).after(HERE).serial == 4
    assert HERE.after(None).serial == 4


def test_of_many_keys_the_first_are_named() -> None:
    assert named([GroupKey(f"k{number}") for number in range(7)]) == "k0, k1, k2, k3, k4 and 2 more"
