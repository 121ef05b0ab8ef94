"""What a look proves of a group: drift on evidence, nothing by guess, and what a refresh takes over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.drift import (
    Drift,
    Finding,
    Gone,
    Kind,
    Sight,
    Unseen,
    drift_of,
    findings,
    refreshed,
    refreshments,
)
from zapi_sync.core.lookup import Details, Member
from zapi_sync.core.model import GroupKey, How, InstanceName, Record
from zapi_sync.dataclass import replace

from .drawn import IDS, LINKS, NAMES, PHONES, QUICK, RECORDS
from .made import record

OWN = "5511900000000"
OTHER_LINK = "https://chat.whatsapp.com/Another0000000000000000"
INVITED = "5544777777777"
RECORD = record()
US = Member(OWN, True)
FRIEND = Member("5544999999999", False)
SEEN = Details(RECORD.phone, "VIP 01", OWN, RECORD.invitation_link, (US, FRIEND))
STILL_OUT = Finding(Kind.STILL_NOT_IN, phones=(INVITED,))


def found(sight: Sight = SEEN, record: Record = RECORD, own: str | None = OWN) -> list[Finding]:
    return list(findings(record, sight, own))


def test_a_group_that_is_as_it_was_drifts_not() -> None:
    assert found() == [STILL_OUT]
    assert not Kind.STILL_NOT_IN.is_drift


def test_a_group_is_gone_on_evidence_and_unseen_is_not_gone() -> None:
    assert found(Gone()) == [Finding(Kind.GONE)]
    assert found(Unseen("a time-out")) == []


@pytest.mark.parametrize(
    ("name", "renamed"),
    [("VIP 02", True), ("vip 01", True), (" VIP  01", False), ("VIP 01\u200b", False), (None, False)],
)
def test_a_name_is_another_where_it_would_be_another_group(name: str | None, renamed: bool) -> None:
    expected = [Finding(Kind.RENAMED, name=name)] if renamed else []
    assert found(replace(SEEN, subject=name)) == [*expected, STILL_OUT]


@pytest.mark.parametrize(
    ("before", "now", "kinds"),
    [
        (RECORD.invitation_link, OTHER_LINK, [Kind.LINK_CHANGED]),
        (None, OTHER_LINK, [Kind.LINK_FOUND]),
        (RECORD.invitation_link, None, [Kind.LINK_UNKNOWN]),
        (None, None, [Kind.LINK_UNKNOWN]),
    ],
)
def test_the_link(before: str | None, now: str | None, kinds: list[Kind]) -> None:
    told = found(replace(SEEN, link=now), replace(RECORD, invitation_link=before))
    assert [each.kind for each in told if each != STILL_OUT] == kinds


def test_who_joined_is_told_by_person_and_not_by_spelling() -> None:
    invited = replace(RECORD, phones_not_added=("5544988887777", INVITED))
    without_ninth_digit = replace(SEEN, members=(US, FRIEND, Member("554488887777", None)))
    assert found(without_ninth_digit, invited) == [
        Finding(Kind.JOINED, phones=("5544988887777",)),
        Finding(Kind.STILL_NOT_IN, phones=(INVITED,)),
    ]


def test_behind_an_lid_may_be_anybody() -> None:
    hidden = replace(SEEN, members=(US, Member("123456789012345@lid", False)))
    assert found(hidden) == [Finding(Kind.MEMBERS_UNKNOWN)]
    assert found(hidden, replace(RECORD, phones_not_added=())) == []
    assert found(replace(hidden, members=hidden.members and hidden.members[1:])) == [
        Finding(Kind.MEMBERS_UNKNOWN)
    ]
    assert found(replace(SEEN, members=None)) == [Finding(Kind.MEMBERS_UNKNOWN)]


def test_an_lid_that_was_left_out_and_is_in_by_now_joined() -> None:
    lid = "123456789012345@lid"
    told = found(replace(SEEN, members=(US, Member(lid, False))), replace(RECORD, phones_not_added=(lid,)))
    assert told == [Finding(Kind.JOINED, phones=(lid,))]


NO_ADMIN = replace(SEEN, members=(Member(OWN, False), FRIEND))


@pytest.mark.parametrize(
    ("how", "owner", "lost"),
    [
        (None, OWN, True),
        (None, None, True),
        (How.SETTLED, None, True),
        (How.IMPORTED, OWN, True),
        (How.IMPORTED, "5544999999999", False),
        (How.ADOPTED, None, False),
    ],
)
def test_rights_are_lost_where_they_were_had(how: How | None, owner: str | None, lost: bool) -> None:
    told = found(replace(NO_ADMIN, owner=owner), replace(RECORD, how=how))
    assert (Finding(Kind.ADMIN_LOST) in told) is lost


def test_rights_are_not_lost_where_nobody_tells() -> None:
    untold = replace(SEEN, members=(Member(OWN, None), FRIEND))
    assert found(untold) == [STILL_OUT]
    assert found(NO_ADMIN, own=None) == [STILL_OUT, Finding(Kind.MEMBERS_UNKNOWN)]


def test_a_number_that_is_not_in_the_group_any_more_has_left_it() -> None:
    assert found(replace(SEEN, members=(FRIEND,))) == [Finding(Kind.LEFT), STILL_OUT]


def test_a_refresh_takes_the_link_and_who_joined_and_nothing_else() -> None:
    now = replace(SEEN, subject="Renamed", link=OTHER_LINK, members=(US, Member(INVITED, False)))
    assert refreshed(RECORD, now) == replace(RECORD, invitation_link=OTHER_LINK, phones_not_added=())
    assert refreshed(RECORD, replace(SEEN, link=None, members=None)) == RECORD


def a_drift() -> Drift:
    sights: dict[str, Sight] = {
        "changed": replace(SEEN, link=OTHER_LINK),
        "gone": Gone(),
        "same": SEEN,
        "unseen": Unseen("a time-out"),
    }
    keys = {GroupKey(key): sight for key, sight in sights.items()}
    return drift_of(dict.fromkeys(keys, RECORD), keys, {InstanceName("default"): OWN})


def test_only_what_was_seen_is_refreshed() -> None:
    assert refreshments(a_drift()) == {"changed": replace(RECORD, invitation_link=OTHER_LINK)}


def test_groups_are_counted_by_what_was_found() -> None:
    drift = a_drift()
    assert [each.key for each in drift.drifted] == ["changed", "gone"]
    assert [each.key for each in drift.unseen] == ["unseen"]
    counts = {kind: number for kind, number in drift.counts().items() if number}
    assert counts == {"gone": 1, "link_changed": 1, "still_not_in": 2}


MEMBERS = st.builds(
    Member, st.none() | PHONES | st.just("123456789012345@lid") | st.just(OWN), st.none() | st.booleans()
)
DETAILS = st.builds(
    Details, IDS, st.none() | NAMES, st.none() | PHONES, LINKS, st.none() | st.lists(MEMBERS).map(tuple)
)


@QUICK
@given(RECORDS, DETAILS, st.none() | st.just(OWN))
def test_what_a_refresh_took_over_is_found_no_more(record: Record, seen: Details, own: str | None) -> None:
    taken = {Kind.LINK_CHANGED, Kind.LINK_FOUND, Kind.JOINED}
    before = {finding.kind for finding in findings(record, seen, own)}
    fresh = refreshed(record, seen)
    after = {finding.kind for finding in findings(fresh, seen, own)}
    assert after == before - taken
    assert (fresh != record) == bool(before & taken)
    assert refreshed(fresh, seen) == fresh


@QUICK
@given(RECORDS, DETAILS, st.none() | st.just(OWN))
def test_a_group_that_answers_is_never_gone(record: Record, seen: Details, own: str | None) -> None:
    assert all(finding.kind is not Kind.GONE for finding in findings(record, seen, own))
