"""Settling: what a look at the instance's groups proves, and what it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from zapi_sync.core.evidence import Found, NotThere, Settlement, StillOpen, another_keys
from zapi_sync.core.journal import Intent
from zapi_sync.core.known import REFUSED_ABSENT_AFTER, OpenAttempt
from zapi_sync.core.lookup import Listed, Metadata
from zapi_sync.core.model import Group, GroupId, GroupKey, InstanceName
from zapi_sync.core.outcome import Created
from zapi_sync.core.phones import Phone
from zapi_sync.dataclass import dataclass, field, replace
from zapi_sync.errors import Code, RemoteUnavailable
from zapi_sync.ports import GroupDirectory
from zapi_sync.settle import MAX_GROUPS, Settler, complete_listing

from .made import AT
from .parts import HandClock


def listing(directory: GroupDirectory) -> list[Listed]:
    """All groups of an instance that the state knows none of."""
    return complete_listing(directory, (), HandClock())


OURS = GroupId("120363000000000001-group")
OTHER = GroupId("120363000000000002-group")
OWN = "5511900000000"
GROUP = Group(
    GroupKey("a"), InstanceName("default"), "Launch", False, (Phone("5544999999999"), Phone("5544888888888"))
)
ATTEMPT = OpenAttempt(Intent(AT, "1", GROUP), AT, "a time-out")
META = Metadata(OURS, "Launch", OWN, AT, (OWN, "5544999999999"))


@dataclass()
class Directory:
    """Look-ups by script: the pages of each listing in turn (the last one for ever), metadata by id."""

    listings: list[Sequence[Sequence[Listed]]]
    metas: dict[GroupId, Metadata] = field(default_factory=lambda: {OURS: META})
    connected: bool = True
    own: str | None = OWN
    link: str | None = "https://chat.whatsapp.com/abcdefgh"
    calls: int = 0

    def groups_page(self, page: int) -> list[Listed]:
        if page == 1:
            self.calls += 1
        listing = self.listings[min(self.calls, len(self.listings)) - 1]
        return list(listing[page - 1]) if page <= len(listing) else []

    def metadata(self, phone: GroupId) -> Metadata:
        if phone not in self.metas:
            raise RemoteUnavailable.of(Code.LOOKUP_FAILED, "the look-up gave no usable answer", hint="")
        return self.metas[phone]

    def invitation_link(self, phone: GroupId) -> str | None:
        return self.link

    def is_connected(self) -> bool:
        return self.connected

    def own_phone(self) -> str | None:
        return self.own


def listed(*ids: GroupId, name: str | None = "Launch") -> list[Listed]:
    return [Listed(phone, name) for phone in ids]


def settle(
    directory: Directory,
    *,
    attempt: OpenAttempt = ATTEMPT,
    owned: Iterable[GroupId] = (),
    others: Iterable[GroupId] = (),
    patience: float = 0,
    absent_after: float | None = None,
    clock: HandClock | None = None,
) -> Settlement:
    return Settler(lambda _: directory, clock or HandClock(), patience, absent_after).settle(
        attempt, set(owned), {*owned, *others}
    )


def test_the_groups_of_keys_on_other_instances_are_no_candidates() -> None:
    theirs = GroupId("120363019502650999-group")
    assert isinstance(settle(Directory([[listed(OURS, theirs)]]), others=[theirs]), Found)


def test_the_one_group_of_the_name_is_ours() -> None:
    found = settle(Directory([[listed(OURS)]]))
    assert isinstance(found, Found)
    assert found.created.phone == OURS
    assert found.created.invitation_link == "https://chat.whatsapp.com/abcdefgh"
    assert found.created.phones_not_added == ("5544888888888",)


def test_none_is_no_proof() -> None:
    assert settle(Directory([[listed(OTHER, name="Another")]])) == StillOpen(
        "no group of that name is listed, which is no proof that none was made"
    )


def test_what_bore_the_name_before_and_what_the_state_owns_is_not_ours() -> None:
    before = replace(ATTEMPT, intent=replace(ATTEMPT.intent, same_name=(OTHER,)))
    assert isinstance(settle(Directory([[listed(OURS, OTHER)]]), attempt=before), Found)
    assert isinstance(settle(Directory([[listed(OURS, OTHER)]]), owned=[OTHER]), Found)
    assert isinstance(settle(Directory([[listed(OTHER)]]), attempt=before), StillOpen)


REFUSED = replace(ATTEMPT, refused_at=AT)


def waited(clock: HandClock, seconds: float) -> HandClock:
    clock.time += timedelta(seconds=seconds)
    return clock


def test_a_refusal_and_absence_settle_after_ten_minutes() -> None:
    nothing = Directory([[listed(OTHER, name="Another")]])
    assert timedelta(minutes=10) == REFUSED_ABSENT_AFTER
    for seconds, is_settled in ((0, False), (599, False), (600, True), (90_000, True)):
        settlement = settle(nothing, attempt=REFUSED, clock=waited(HandClock(), seconds))
        assert isinstance(settlement, NotThere if is_settled else StillOpen), seconds
        assert isinstance(settle(nothing, clock=waited(HandClock(), seconds)), StillOpen), seconds
    late = settle(nothing, attempt=REFUSED, clock=waited(HandClock(), 600))
    assert late == NotThere("the API refused it, and no group of that name was listed 600 s later")


def test_absence_after_a_refusal_needs_a_connected_instance() -> None:
    off = Directory([[]], connected=False)
    assert settle(off, attempt=REFUSED, clock=waited(HandClock(), 700)) == StillOpen(
        "no group of that name is listed, and the instance is not connected"
    )


def test_the_age_of_a_refusal_counts_to_the_begin_of_the_listing() -> None:
    clock = waited(HandClock(), 599)

    class Slow(Directory):
        def groups_page(self, page: int) -> list[Listed]:
            waited(clock, 300)
            return super().groups_page(page)

    assert isinstance(settle(Slow([[]]), attempt=REFUSED, clock=clock), StillOpen)


def test_absent_after_overrides_the_time_of_a_refusal() -> None:
    nothing = Directory([[]])
    for absent_after, seconds, is_settled in ((0, 0, True), (3600, 700, False), (3600, 3600, True)):
        clock = waited(HandClock(), seconds)
        settlement = settle(nothing, attempt=REFUSED, absent_after=absent_after, clock=clock)
        assert isinstance(settlement, NotThere if is_settled else StillOpen), (absent_after, seconds)


def test_a_refused_request_whose_group_is_listed_is_adopted() -> None:
    assert isinstance(settle(Directory([[listed(OURS)]]), attempt=REFUSED), Found)


def test_a_refusal_of_an_earlier_run_is_looked_into_once() -> None:
    clock = HandClock()
    settle(Directory([[]]), attempt=REFUSED, patience=30, clock=clock)
    assert clock.waits == []


def test_several_are_left_to_a_person() -> None:
    assert settle(Directory([[listed(OURS, OTHER)]])) == StillOpen(
        f"2 groups of that name are there: {OURS}, {OTHER}", (OURS, OTHER)
    )


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        (replace(META, subject="Renamed"), "its name is another by now"),
        (replace(META, owner="5511911112222"), "another number owns it"),
        (replace(META, created_at=AT - timedelta(hours=2)), "it is older than the request"),
        (replace(META, participants=(OWN, "5511911112222")), "1 of its participants were not asked for"),
    ],
)
def test_what_contradicts_is_left_to_a_person(metadata: Metadata, why: str) -> None:
    assert settle(Directory([[listed(OURS)]], {OURS: metadata})) == StillOpen(
        f"{OURS} has that name, but {why}", (OURS,)
    )


@pytest.mark.parametrize(
    "metadata",
    [
        replace(META, subject=None),
        replace(META, subject="  Launch "),
        replace(META, owner=None),
        replace(META, created_at=None),
        replace(META, created_at=AT - timedelta(minutes=59)),
        replace(META, participants=None),
        replace(META, participants=(OWN, "554499999999")),  # a Brazilian mobile without its ninth digit
    ],
)
def test_what_cannot_be_compared_speaks_for_nothing(metadata: Metadata) -> None:
    assert isinstance(settle(Directory([[listed(OURS)]], {OURS: metadata})), Found)


def test_a_link_that_cannot_be_had_does_not_keep_the_group_from_being_ours() -> None:
    found = settle(Directory([[listed(OURS)]], link=None))
    assert isinstance(found, Found)
    assert found.created.invitation_link is None


def test_a_look_up_that_fails_settles_nothing() -> None:
    assert settle(Directory([[listed(OURS)]], {})) == StillOpen("the look-up gave no usable answer")
    assert settle(Directory([[[]]]), owned=[OTHER]) == StillOpen(
        "the instance lists no groups at all, and the state knows of some"
    )


def test_a_listing_that_lags_is_waited_for_within_patience() -> None:
    clock = HandClock()
    directory = Directory([[[]], [[]], [[]], [listed(OURS)]])
    assert isinstance(settle(directory, patience=30, clock=clock), Found)
    assert clock.waits == [0.5, 1.0, 2.0]


def test_patience_counts_from_the_request() -> None:
    clock = HandClock(AT + timedelta(seconds=31))
    assert isinstance(settle(Directory([[[]]]), patience=30, clock=clock), StillOpen)
    assert clock.waits == []
    late = HandClock(AT + timedelta(seconds=29))
    assert isinstance(settle(Directory([[[]]]), patience=30, clock=late), StillOpen)
    assert sum(late.waits) == 1


def test_absence_is_proof_only_after_the_time_and_while_connected() -> None:
    clock = HandClock(AT + timedelta(seconds=60))
    none = Directory([[listed(OTHER, name="Another")]])
    assert isinstance(settle(none, absent_after=61, clock=clock), StillOpen)
    assert settle(none, absent_after=60, clock=clock) == NotThere(
        "no group of that name was listed 60 s after the request (--absent-after)"
    )
    assert settle(replace(none, connected=False), absent_after=0, clock=clock) == StillOpen(
        "no group of that name is listed, and the instance is not connected"
    )


def test_a_listing_goes_on_until_a_page_brings_nothing_new() -> None:
    ids = [GroupId(f"12036300000000{number:04}-group") for number in range(5)]
    repeated = Directory([[listed(*ids[:3]), listed(*ids[2:]), listed(*ids)]])
    assert {each.phone for each in listing(repeated)} == set(ids)


def test_what_moved_between_two_pages_is_seen_by_a_second_pass() -> None:
    first, second = listed(OTHER, name="x"), listed(OURS)
    moved = Directory([[first, first[:0]], [first]])
    assert len(listing(moved)) == 1
    hidden = GroupId("120363000000000003-group")
    jumps = Directory([[first, second], [[*first, Listed(hidden, "y")], second], [[*first], second]])
    assert {each.phone for each in listing(jumps)} == {OTHER, OURS, hidden}


def test_a_page_that_repeats_once_does_not_hide_the_rest() -> None:
    ids = [GroupId(f"12036300000000{number:04}-group") for number in range(6)]
    pages = [listed(*ids[:2]), listed(*ids[2:4]), listed(*ids[4:])]
    once = Directory([[pages[0], pages[0]], pages, pages])
    assert {each.phone for each in listing(once)} == set(ids)


def test_a_listing_that_does_not_come_to_rest_is_none() -> None:
    ids = [GroupId(f"12036300000000{number:04}-group") for number in range(20)]
    growing = Directory([[listed(*ids[:number]), listed(ids[-1])] for number in range(1, 8)])
    with pytest.raises(RemoteUnavailable, match="the listing of groups still grew after 5 passes"):
        listing(growing)


def test_what_is_no_group_is_left_out() -> None:
    person = Listed(GroupId("5511999999999"), "Launch", is_group=False)
    assert listing(Directory([[[person]]])) == []


def test_a_group_without_a_name_is_asked_for_it() -> None:
    directory = Directory([[listed(OURS, name=None)]])
    assert listing(directory) == [Listed(OURS, "Launch")]


def test_a_listing_without_end_is_given_up() -> None:
    class Endless(Directory):
        def groups_page(self, page: int) -> list[Listed]:
            return [Listed(GroupId(f"1203630{page:08}-group"), "x")]

    with pytest.raises(RemoteUnavailable, match="the listing of groups has no end"):
        listing(Endless([]))


def test_a_listing_that_goes_on_and_on_is_given_up_before_it_fills_the_memory() -> None:
    class Hostile(Directory):
        def groups_page(self, page: int) -> list[Listed]:
            self.calls += 1
            return [Listed(GroupId(f"{page:05}{each:05}-group"), "x") for each in range(20_000)]

    hostile = Hostile([])
    with pytest.raises(RemoteUnavailable, match=f"no end .more than {MAX_GROUPS} groups"):
        listing(hostile)
    assert hostile.calls == MAX_GROUPS // 20_000 + 1


def test_repeats_do_not_count_towards_the_end_of_a_listing() -> None:
    page = listed(*(GroupId(f"{each:05}-group") for each in range(MAX_GROUPS)))
    assert len(listing(Directory([[page, page]]))) == MAX_GROUPS


def test_a_listing_that_takes_too_long_is_given_up() -> None:
    clock = HandClock()

    class Slow(Directory):
        def groups_page(self, page: int) -> list[Listed]:
            clock.wait(25)
            return [Listed(GroupId(f"{page:018d}-group"), f"G{page}")]

    with pytest.raises(RemoteUnavailable, match="took more than 10 minutes"):
        complete_listing(Slow([]), (), clock)
    assert sum(clock.waits) <= 625


def test_a_group_of_another_key_is_never_taken_for_the_one_in_doubt() -> None:
    refused = another_keys(Found(Created(OURS, None)))
    assert refused.reason == f"{OURS} has that name, but is the group of another key"
    assert refused.candidates == (OURS,)
