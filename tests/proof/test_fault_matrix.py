"""Every fault of the sandbox, at every position, and again and again: nothing is made twice or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from zapi_sync.sandbox import known_faults

from .world import APPLY, KILLED, Tally, World, converge, judge

NewWorld = Callable[[], World]
Figure = Callable[[object], None]
WANTED = {"a": "Group a", "b": "Group b", "c": "Group c"}
FIRST, MIDDLE, LAST = range(3)
QUICK = ("--settle", "0", "--timeout", "1")
FOR_EVER = 100_000

REFUSED = {
    "create-client-token-403", "create-not-configured-400", "create-subscribe-400",
    "create-disconnected-400", "create-disconnected-200", "create-instance-404", "create-not-found-200",
}  # fmt: skip
"""Answers that rule the creation out: the next apply may send again."""
RATE_LIMITS = ("create-429", "create-too-many", "create-overlimit")
"""How the names of the faults begin that ask to slow down: nothing more leaves the instance in that run."""
GO_ON = ("--ignore-rate-limit",)
AFTER_ALL = {"create-truncated", "create-no-phone", "create-null-phone"}
"""The group is made, and the answer does not say so."""
TWICE = "create-twice"
"""The server makes two groups of one request, which no client can prevent: what counts is the one request."""

EARLY = ("groups-lag",)
"""Hides what is made after it was switched on."""
HIDES_EVERYTHING = {"groups-empty"}
"""A limit, told in docs/never-twice.md: without a state, an empty listing looks like an empty instance."""


def faults_of(call: str) -> list[str]:
    return [name for name in known_faults() if name.startswith(f"{call}-")]


def switch_on(world: World, fault: str, times: int = 1) -> None:
    world.remote.fault(fault, times, 0.1 if fault.endswith("-slow") or fault == "create-lag" else None)


def each(faults: Iterable[str], case: Callable[[str], None]) -> None:
    """Carry out the case of every fault, and tell of all that fail at once."""
    failures = []
    for fault in faults:
        try:
            case(fault)
        except AssertionError as failure:
            failures.append(f"{fault}: {failure}")
    assert not failures, "\n\n".join(failures)


def create_case(world: World, tally: Tally, fault: str, position: int) -> None:
    """The creation at a position meets the fault; then the same apply again, twice."""
    world.want(WANTED)
    if position:
        world.remote.fault("create-ok", position)
    switch_on(world, fault)
    first = world.run(*APPLY, *QUICK)
    world.remote.heal()
    world.remote.come_to_rest()
    before = world.remote.posts(world.instance)
    key = sorted(WANTED)[position]
    if is_limit := fault.startswith(RATE_LIMITS):
        assert before.total() == position + 1, "a request left after a rate limit"
    codes = [first.code, *(world.run(*APPLY, *QUICK, *GO_ON).code for _ in range(2))]
    posts = world.remote.posts(world.instance)
    held = []
    if fault in REFUSED:
        assert codes == [1, 0, 0], (codes, first.said)
        posts[WANTED[key]] -= 1  # the request that was turned down
    elif fault.endswith("-before") or fault == "create-429":
        assert codes == [4, 4, 4], (codes, first.said)
        assert posts[WANTED[key]] == 1, "a second request left while the first is unsettled"
        assert is_limit or posts == before
        assert world.missing(WANTED) == [key]
        held = by_hand(world, key) if position == MIDDLE else by_time(world)
        posts = world.remote.posts(world.instance)
    else:
        assert codes == [3 if is_limit and position != LAST else 0, 0, 0], (codes, first.said)
    assert {name: posts[name] - (name == WANTED[key] and bool(held)) for name in posts} == dict.fromkeys(
        WANTED.values(), 1
    )
    if fault == TWICE:
        assert world.records().keys() == WANTED.keys()
        tally.cases += 1
        tally.runs += world.runs
    else:
        judge(world, WANTED, tally, [key] if held or fault in REFUSED else [])
        tally.held -= fault in REFUSED
    world.remote.forget()


def by_hand(world: World, key: str) -> list[str]:
    """A person looked at the phone."""
    assert world.run("resolve", key, "--retry").code == 0
    assert world.run(*APPLY, *QUICK, *GO_ON).code == 0
    return [key]


def by_time(world: World) -> list[str]:
    """An operator declared absence to be proof."""
    assert world.run(*APPLY, *QUICK, *GO_ON, "--absent-after", "0").code == 0
    return ["by time"]


@pytest.mark.slow
@pytest.mark.parametrize("position", [FIRST, MIDDLE, LAST], ids=["first", "middle", "last"])
def test_every_fault_of_a_creation(new_world: NewWorld, figure: Figure, position: int) -> None:
    """Created in spite of it, refused for sure, or held: and the request is never sent again by itself."""
    tally = Tally()
    faults = faults_of("create")
    each(faults, lambda fault: create_case(new_world(), tally, fault, position))
    figure(f"{len(faults)} faults, each with two re-runs; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


def settling_case(world: World, tally: Tally, fault: str, times: int) -> None:
    """The first run was killed with its first request out, and the group was made; then the look-up fails."""
    world.want(WANTED)
    if fault in EARLY:
        switch_on(world, fault, times + 2)  # the first two are those of the killed run
    point = ("after", 1, "send body of POST create-group")
    assert world.run(*APPLY, *QUICK, point=point).code == KILLED
    world.remote.come_to_rest()
    if fault not in EARLY:
        switch_on(world, fault, times)
    ran = world.run(*APPLY, *QUICK, impatient=True)
    world.remote.come_to_rest()
    assert ran.code in (0, 1, 4), (ran.code, ran.said)
    assert world.remote.posts(world.instance)["Group a"] == 1, "a second request left while in doubt"
    world.remote.heal()
    judge(world, WANTED, tally, converge(world, WANTED))


def absence_case(world: World, tally: Tally, fault: str, times: int) -> None:
    """The first request never arrived as a whole, and absence is proof: but only of a connected instance."""
    world.want(WANTED)
    point = ("after", 1, "send POST create-group")
    assert world.run(*APPLY, *QUICK, point=point).code == KILLED
    world.remote.come_to_rest()
    switch_on(world, fault, times)
    ran = world.run(*APPLY, *QUICK, "--absent-after", "0", impatient=True)
    assert ran.code in (0, 1, 4), (ran.code, ran.said)
    world.remote.heal()
    judge(world, WANTED, tally, converge(world, WANTED, "--absent-after", "0"))


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, FOR_EVER], ids=["once", "for-ever"])
@pytest.mark.parametrize("call", ["groups", "metadata", "link", "device", "status"])
def test_every_fault_of_a_look_up_while_something_is_in_doubt(
    new_world: NewWorld, figure: Figure, call: str, times: int
) -> None:
    """Settled in spite of it or left in doubt, with no second request; and settled once the fault is over."""
    tally = Tally()
    case = absence_case if call == "status" else settling_case
    faults = faults_of(call)
    each(faults, lambda fault: case(new_world(), tally, fault, times))
    figure(f"{len(faults)} faults; {tally}")
    assert (tally.twins, tally.lost, tally.held) == (0, 0, 0)


def lost_state_case(world: World, tally: Tally, fault: str) -> None:
    """All groups exist and the state is gone; the listing that is to prevent twins meets a fault for ever."""
    world.want(WANTED)
    assert world.run(*APPLY, *QUICK).code == 0
    world.state_path.unlink()
    switch_on(world, fault, FOR_EVER)
    before = world.remote.posts(world.instance)
    ran = world.run(*APPLY, *QUICK, impatient=True)
    world.remote.come_to_rest()
    assert ran.code in (1, 4), (ran.code, ran.said)
    assert world.remote.posts(world.instance) == before, "a group was created again"
    world.remote.heal()
    assert world.run(*APPLY, *QUICK, "--existing", "adopt").code == 0
    judge(world, WANTED, tally, [])


@pytest.mark.slow
def test_every_fault_of_a_listing_while_the_state_is_gone(new_world: NewWorld, figure: Figure) -> None:
    """What cannot be listed is not created again, but for the one fault that shows an empty instance."""
    tally = Tally()
    faults = [fault for fault in faults_of("groups") if fault not in HIDES_EVERYTHING]
    each(faults, lambda fault: lost_state_case(new_world(), tally, fault))
    figure(f"{len(faults)} faults; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


def test_some_faults_of_each_kind(new_world: NewWorld, figure: Figure) -> None:
    """A few of each, in the first stage."""
    tally = Tally()
    for fault in (
        "create-close-after", "create-500-before", "create-no-phone", "create-429",
        "create-overlimit-400-after", "create-refused-400-before", "create-twice",
    ):  # fmt: skip
        create_case(new_world(), tally, fault, MIDDLE)
    for fault in ("groups-lag", "groups-truncated", "metadata-404", "link-null", "device-500"):
        settling_case(new_world(), tally, fault, FOR_EVER)
    absence_case(new_world(), tally, "status-disconnected", FOR_EVER)
    lost_state_case(new_world(), tally, "groups-500")
    figure(tally)


@pytest.mark.parametrize(
    "edited",
    [pytest.param({"b": "Same"}, id="moved"), pytest.param({"a": "Another", "b": "Same"}, id="handed-on")],
)
def test_a_name_in_doubt_goes_to_another_key(world: World, edited: dict[str, str]) -> None:
    """While a request for a name is in doubt, no second one for that name leaves under whatever key."""
    world.want({"a": "Same"})
    world.remote.fault("create-close-after")
    world.remote.fault("groups-lag", FOR_EVER)
    assert world.run(*APPLY, *QUICK).code == 4
    world.want(edited)
    assert world.run(*APPLY, *QUICK).code == 4
    assert world.remote.posts(world.instance)["Same"] == 1
    world.remote.heal()
    world.run(*APPLY, *QUICK)
    assert world.twins({"a": "Same"}) == []
    assert world.lost({"a": "Same"}) == []
