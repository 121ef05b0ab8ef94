"""State, journal and lock, whatever keeps them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from zapi_sync.core.journal import Adopted, Begin, Concluded, Event, Intent, LinkFound, Sending, replay
from zapi_sync.core.known import Known
from zapi_sync.core.model import Group, GroupId, GroupKey, How, InstanceName
from zapi_sync.core.moves import Move, moved
from zapi_sync.core.outcome import Absent, Cause, Created, Outcome, Rejected, Unknown
from zapi_sync.core.phones import Phone
from zapi_sync.core.state import State
from zapi_sync.errors import StateInvalid, StateLocked, StateLost, StateUnwritable
from zapi_sync.shared_state import SharedState
from zapi_sync.state.store import StateStore

from .stores import Open

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STATE = State("3f1c2a56-7b8d-4e9f-a0b1-c2d3e4f5a6b7", 1, "sandbox")
MADE = Created(GroupId("120363019502650977-group"), "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct")
LINK = "https://chat.whatsapp.com/HONwbGGDkLe8BifUWwLgct"
MADE_TOO = Created(GroupId("120363019502650978-group"), LINK)
PATIENCE = 60.0
FEW, WRITERS = 4, 20


def attempt(key: str, outcome: Outcome | None = None) -> list[Event]:
    """The events of one attempt that was sent, and concluded where there is an outcome."""
    phones = (Phone("5544999999999"), Phone("5544888888888"))
    group = Group(GroupKey(key), InstanceName("default"), f"Ação {key} 😀", False, phones)
    events: list[Event] = [Intent(AT, f"a-{key}", group), Sending(AT, f"a-{key}")]
    return events + ([Concluded(AT, f"a-{key}", outcome)] if outcome else [])


RUN = [*attempt("made", MADE), *attempt("lost", Unknown("reset")), *attempt("killed")]


def known_after(events: list[Event]) -> Known:
    return replay(STATE, [Begin(STATE.lineage, STATE.serial), *events])


def run(store: StateStore, events: list[Event]) -> None:
    """A run that breaks off with its journal as it is; under a lock that is held."""
    store.replace(STATE, (), backup=False)
    journal = store.open_journal(STATE)
    for event in events:
        journal.append(event)
    journal.close()


def test_where_nothing_ever_was_nothing_is_known(open_store: Open) -> None:
    store = open_store()
    assert store.load() == Known()
    assert store.load_backup() is None
    assert not store.has_journal
    assert store.holder() is None
    with store.lock(0):
        assert store.load() == Known()


def test_a_state_comes_back_on_another_machine_as_it_was_saved(open_store: Open) -> None:
    store = open_store()
    known = known_after([*attempt("made", MADE)])
    assert known.state
    with store.lock(0):
        store.replace(known.state, (), backup=False)
    assert open_store().load() == Known(known.state)


def test_each_event_is_there_for_others_before_append_returns(open_store: Open) -> None:
    store, other = open_store(), open_store()
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        for number, event in enumerate(RUN, start=1):
            journal.append(event)
            assert other.load() == known_after(RUN[:number])
        journal.close()
    assert other.has_journal


def test_a_journal_goes_on_where_a_run_left_it(open_store: Open) -> None:
    store = open_store()
    with store.lock(0):
        run(store, RUN[:3])
    again = open_store()
    with again.lock(PATIENCE):
        journal = again.open_journal(STATE)
        for event in RUN[3:]:
            journal.append(event)
        journal.close()
    assert open_store().load() == known_after(RUN)


def test_a_checkpoint_changes_nothing_that_is_known_and_keeps_what_is_in_doubt(open_store: Open) -> None:
    store = open_store()
    with store.lock(0):
        run(store, RUN)
        known = store.checkpoint()
        assert known.groups == known_after(RUN).groups
        assert known.open.keys() == {"lost", "killed"}
        assert store.checkpoint() == known
    assert open_store().load() == known
    with store.lock(PATIENCE):
        journal = store.open_journal(STATE if known.state is None else known.state)
        for number, each in enumerate(("lost", "killed")):
            found = Created(GroupId(f"12036301950265098{number}-group"), None)
            journal.append(Concluded(AT, f"a-{each}", found))
        journal.close()
        assert not store.checkpoint().open
        assert not store.has_journal


def test_a_rewrite_keeps_the_state_before_as_its_backup(open_store: Open) -> None:
    store = open_store()
    before = known_after([*attempt("made", MADE)]).state
    assert before
    with store.lock(0):
        store.replace(before, (), backup=False)
        store.replace(before.with_groups({}), (), backup=True)
    again = open_store()
    assert again.load().groups == {}
    assert again.load_backup() == before


def unsettled_store(open_store: Open) -> tuple[StateStore, Known]:
    """A store whose journal holds one group and two unsettled attempts, and what it knows."""
    store = open_store()
    with store.lock(0):
        run(store, RUN)
    known = store.load()
    assert known.open.keys() == {"lost", "killed"}
    return open_store(), known


def in_the_journal(store: StateStore, known: Known, *events: Event) -> Known:
    """Append events, and fold the journal in."""
    assert known.state
    journal = store.open_journal(known.state)
    for event in events:
        journal.append(event)
    journal.close()
    return store.checkpoint()


READS: dict[str, Callable[[StateStore], object]] = {
    "load": lambda store: store.load(),
    "load_backup": lambda store: store.load_backup(),
    "verify_readable": lambda store: store.verify_readable(()),
    "warnings": lambda store: store.warnings(),
    "holder": lambda store: store.holder(),
    "has_journal": lambda store: store.has_journal,
    "name": lambda store: (store.name, store.backup),
}
"""The methods that change nothing."""


def added_instance(state: State) -> State:
    return state.with_instances({InstanceName("sales"): "sha256:" + "0" * 64})


WRITES: dict[str, Callable[[StateStore, Known], object]] = {
    "checkpoint": lambda store, _: store.checkpoint(),
    "checkpoint, twice": lambda store, _: [store.checkpoint(), store.checkpoint()],
    "open_journal": lambda store, known: store.open_journal(state_of(known)).close(),
    "append": lambda store, known: in_the_journal(store, known, *attempt("more", MADE_TOO)),
    "append of another attempt": lambda store, known: in_the_journal(store, known, *attempt("third")),
    "append of a link": lambda store, known: in_the_journal(
        store, known, LinkFound(AT, GroupKey("made"), LINK)
    ),
    "append of a refusal": lambda store, known: in_the_journal(
        store, known, *attempt("refused", Rejected(Cause.INPUT, "Invalid phone"))
    ),
    "replace": lambda store, known: replaced(store, state_of(known), known),
    "replace, with a backup": lambda store, known: replaced(store, state_of(known), known, backup=True),
    "replace, for a new instance": lambda store, known: replaced(
        store, added_instance(state_of(known)), known
    ),
    "replace, twice": lambda store, known: [
        replaced(store, added_instance(state_of(known)), known),
        replaced(store, added_instance(state_of(known)).with_groups({}), known, backup=True),
    ],
    "lock": lambda *_: None,
}
"""What writes, under the lock; none of it settles an attempt."""


def state_of(known: Known) -> State:
    assert known.state
    return known.state


def replaced(store: StateStore, state: State, known: Known, *, backup: bool = False) -> Known:
    store.checkpoint()
    store.replace(state, known.open.values(), backup=backup)
    return store.load()


def test_every_method_of_the_store_is_tried_with_unsettled_attempts() -> None:
    methods = {name for name in dir(StateStore) if not name.startswith("_")}
    tried = {name.split(",")[0].split(" of ")[0] for name in [*READS, *WRITES]}
    assert methods - tried == {"backup"}  # read together with the name


def test_no_method_forgets_an_unsettled_attempt(open_store: Open) -> None:
    _, known = unsettled_store(open_store)
    for name, read in READS.items():
        read(open_store())
        assert open_store().load() == known, name
    expected = known.open
    for name, write in WRITES.items():
        store = open_store()
        with store.lock(PATIENCE):
            write(store, store.checkpoint())
        after = open_store().load().open
        assert {key: each.intent.attempt for key, each in after.items()}.items() >= {
            key: each.intent.attempt for key, each in expected.items()
        }.items(), name
        assert {key: after[key] for key in expected} == expected, name


def test_an_attempt_is_settled_by_its_event_alone(open_store: Open) -> None:
    _, known = unsettled_store(open_store)
    with (store := open_store()).lock(PATIENCE):
        after = in_the_journal(store, known, Concluded(AT, "a-lost", Absent("a person looked")))
    assert after.open == {GroupKey("killed"): known.open[GroupKey("killed")]}
    group = known.open[GroupKey("killed")].intent.group
    with (store := open_store()).lock(PATIENCE):
        settled = in_the_journal(store, after, Adopted(AT, group, MADE_TOO, AT, How.SETTLED))
    assert settled.open == {}
    assert open_store().load() == settled
    assert not open_store().has_journal


def test_a_move_takes_the_unsettled_attempt_along(open_store: Open) -> None:
    unsettled_store(open_store)
    with (store := open_store()).lock(PATIENCE):
        after = moved(store.checkpoint(), [Move(GroupKey("lost"), GroupKey("found"))])
        store.replace(state_of(after), after.open.values(), backup=True)
    there = open_store().load().open
    assert {key: each.intent.attempt for key, each in there.items()} == {
        "found": "a-lost",
        "killed": "a-killed",
    }


def test_the_lock_is_one_processes_at_a_time_and_tells_whose(open_store: Open) -> None:
    store, other = open_store(), open_store()
    with store.lock(0):
        assert "process" in str(other.holder())
        with pytest.raises(StateLocked, match="another zapi-sync is at work"), other.lock(0):
            pytest.fail("two have it")
    assert other.holder() is None
    with other.lock(PATIENCE):
        assert store.holder() is not None


def test_who_waits_for_the_lock_gets_it(open_store: Open) -> None:
    store, other = open_store(), open_store()
    has_it, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store.lock(0):
            has_it.set()
            assert done.wait(PATIENCE)

    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(hold)
        assert has_it.wait(PATIENCE)
        threading.Timer(0.2, done.set).start()
        with other.lock(PATIENCE):
            assert done.is_set()
        holding.result()


def test_a_few_writers_lose_none_of_their_writes(open_store: Open) -> None:
    write_at_once(open_store, FEW)


@pytest.mark.slow
def test_twenty_writers_lose_none_of_their_writes(open_store: Open) -> None:
    write_at_once(open_store, WRITERS)


def write_at_once(open_store: Open, writers: int) -> None:
    first = open_store()
    with first.lock(0):
        first.replace(STATE, (), backup=False)

    def write(_: int) -> None:
        store = open_store()
        with store.lock(PATIENCE * 4):
            known = store.load()
            assert known.state
            store.replace(known.state.after(known.state), (), backup=False)

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    state = open_store().load().state
    assert state
    assert state.serial == STATE.serial + writers


def test_whoever_lost_the_lock_can_write_nothing_more(open_shared: Open) -> None:
    store, other = open_shared(), open_shared()
    assert isinstance(other, SharedState)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        journal.append(RUN[0])
        holder = other._backend.holder()
        assert holder
        other.unlock(holder.id)
        with other.lock(0):
            with pytest.raises(StateLost, match="the lock on this state was lost"):
                journal.append(RUN[1])
            with pytest.raises(StateUnwritable):
                journal.append(RUN[1])
            with pytest.raises(StateLost):
                store.checkpoint()
            theirs = other.open_journal(STATE)
            theirs.append(RUN[1])
            theirs.close()
    assert open_shared().load() == known_after(RUN[:2])
    assert open_shared().holder() is None


def test_only_a_lock_that_is_held_can_be_taken_away(open_shared: Open) -> None:
    store = open_shared()
    assert isinstance(store, SharedState)
    with pytest.raises(StateInvalid, match="no lock nobody's is held, nor another one"):
        store.unlock("nobody's")
    with store.lock(0), pytest.raises(StateInvalid, match="it is held by"):
        store.unlock("nobody's")


@pytest.mark.slow
def test_a_lease_that_nobody_renews_ends_and_its_holder_notices(open_shared: Open) -> None:
    """As after a long sleep: here the renewing thread is stopped, there the machine was."""
    store, other = open_shared(), open_shared()
    assert isinstance(store, SharedState)
    store._seconds = 2.0
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        lease = store._held
        lease._ended.set()
        with other.lock(PATIENCE):
            with pytest.raises(StateLost):
                journal.append(RUN[0])
            assert other.load() == Known(STATE)


@pytest.mark.slow
def test_a_lock_that_is_renewed_outlives_its_lease(open_shared: Open) -> None:
    store, other = open_shared(), open_shared()
    assert isinstance(store, SharedState)
    store._seconds = 1.5
    with store.lock(0):
        with pytest.raises(StateLocked), other.lock(4.0):
            pytest.fail("it was ours")
        store.replace(STATE, (), backup=False)
    assert open_shared().load() == Known(STATE)
