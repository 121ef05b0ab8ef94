"""State, journal and lock, whatever keeps them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from zapi_sync.core.journal import Begin, Concluded, Event, Intent, Sending, replay
from zapi_sync.core.known import Known
from zapi_sync.core.model import Group, GroupId, GroupKey, InstanceName
from zapi_sync.core.outcome import Created, Outcome, Unknown
from zapi_sync.core.phones import Phone
from zapi_sync.core.state import State
from zapi_sync.errors import StateInvalid, StateLocked, StateLost, StateUnwritable
from zapi_sync.shared_state import SharedState
from zapi_sync.state.store import StateStore

from .stores import Open

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STATE = State("3f1c2a56-7b8d-4e9f-a0b1-c2d3e4f5a6b7", 1, "sandbox")
MADE = Created(GroupId("120363019502650977-group"), "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct")
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
    store.save(STATE)
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
        store.save(known.state)
    assert open_store().load() == Known(known.state)


def test_each_event_is_there_for_others_before_append_returns(open_store: Open) -> None:
    store, other = open_store(), open_store()
    with store.lock(0):
        store.save(STATE)
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
        store.save(before)
        store.rewrite(before.with_groups({}), ())
    again = open_store()
    assert again.load().groups == {}
    assert again.load_backup() == before


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
        first.save(STATE)

    def write(_: int) -> None:
        store = open_store()
        with store.lock(PATIENCE * 4):
            known = store.load()
            assert known.state
            store.save(known.state.after(known.state))

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    state = open_store().load().state
    assert state
    assert state.serial == STATE.serial + writers


def test_whoever_lost_the_lock_can_write_nothing_more(open_shared: Open) -> None:
    store, other = open_shared(), open_shared()
    assert isinstance(other, SharedState)
    with store.lock(0):
        store.save(STATE)
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
        store.save(STATE)
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
        store.save(STATE)
    assert open_shared().load() == Known(STATE)
