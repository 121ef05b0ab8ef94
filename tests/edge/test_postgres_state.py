"""What is particular to a state in PostgreSQL; what all stores promise is in tests/contract."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.postgres import server, shared_server
from zapi_sync.core.holding import Holder, Kept, holder_text
from zapi_sync.core.journal import Begin, replay
from zapi_sync.core.journal_lines import line_of
from zapi_sync.core.state_document import state_text
from zapi_sync.edge import postgres_state
from zapi_sync.edge.postgres_state import PostgresBackend, PostgresGrip
from zapi_sync.errors import StateInvalid, StateLost, StateUnwritable

from .given import LINEAGE, MADE, OTHER, STATE, attempt, refusal

HOUR = 3600.0
LINE = line_of(1, Begin(LINEAGE, 1))


def holder(id: str = "one") -> Holder:
    return Holder(id, "ana", "laptop", 77, "2026-11-23T10:00:00Z")


def gripped(backend: PostgresBackend, id: str = "one", seconds: float = HOUR) -> PostgresGrip:
    grip = backend.take(holder(id), seconds)
    assert isinstance(grip, PostgresGrip)
    return grip


def document(*keys: str) -> bytes:
    """A state that holds these groups."""
    events = [event for key in keys for event in attempt(key, MADE if key == "made" else OTHER)]
    state = replay(STATE, [Begin(LINEAGE, 1), *events]).state
    assert state
    return state_text(state).encode()


@pytest.fixture
def database() -> str:
    return shared_server().create_database()


@pytest.fixture
def backend(database: str) -> PostgresBackend:
    return PostgresBackend.of(shared_server().address(database))


@pytest.fixture
def see(database: str) -> Iterator[Callable[[str], list[tuple[object, ...]]]]:
    """What a person sees with psql."""
    with shared_server().connected(database) as connection:
        yield lambda query: connection.execute(query.encode()).fetchall()


See = Callable[[str], list[tuple[object, ...]]]


def test_reading_where_nothing_is_writes_nothing(backend: PostgresBackend, see: See) -> None:
    assert backend.read() == Kept()
    assert backend.holder() is None
    assert see("select to_regnamespace('zapi_sync')") == [(None,)]
    gripped(backend).give_back()
    assert backend.read() == Kept()
    assert see("select number from zapi_sync.version") == [(1,)]


def test_a_group_is_a_row_and_only_what_changed_is_written(backend: PostgresBackend, see: See) -> None:
    grip = gripped(backend)
    grip.replace(document("made"), b"", None)
    before = see("select key, record, xmin::text from zapi_sync.groups")
    grip.replace(document("made", "other"), b"", None)
    assert see("select key, record, xmin::text from zapi_sync.groups where key = 'made'") == before
    assert see("select key, record->>'phone' from zapi_sync.groups order by key") == [
        ("made", "120363019502650977-group"),
        ("other", "120363019502650978-group"),
    ]
    assert see("select head->>'lineage', head ? 'groups' from zapi_sync.states") == [(LINEAGE, False)]
    grip.replace(document("other"), b"", None)
    assert see("select key from zapi_sync.groups") == [("other",)]
    assert backend.read() == Kept(document("other"))
    grip.give_back()


def test_a_changed_record_replaces_its_row(backend: PostgresBackend) -> None:
    grip = gripped(backend)
    grip.replace(document("made"), b"", None)
    members = json.loads(document("made"))
    members["groups"]["made"]["groupName"] = "Outro \\u nome 😀"
    changed = (json.dumps(members, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
    grip.replace(changed, b"", None)
    assert backend.read().state == changed
    grip.give_back()


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"\x00age-encryption.org/v1\xff\n",
        b"[]\n",
        b'{"groups": {}}',
        b'{\n  "groups": [],\n  "serial": 1\n}\n',
        b'{\n  "groups": {},\n  "serial": 1.50\n}\n',
        b'{\n  "groups": {},\n  "serial": 1e+22\n}\n',
        b'{\n  "groups": {},\n  "serial": NaN\n}\n',
        b'{\n  "groups": {},\n  "serial": "\\u0000"\n}\n',
        b'{\n  "groups": {},\n  "serial": "\\ud800"\n}\n',
        b'{"a":' * 100_000,
        document("made"),
    ],
    ids=lambda state: str(state[:40]),
)
def test_whatever_the_bytes_they_come_back(backend: PostgresBackend, state: bytes) -> None:
    grip = gripped(backend)
    grip.replace(document("made", "other"), LINE, None)
    journal = b"\x00\xff torn\n" + LINE + b"without an end"
    grip.replace(state, journal, b"\x00backup\xff")
    assert backend.read() == Kept(state, journal, b"\x00backup\xff")
    grip.replace(document("made"), b"", None)
    assert backend.read() == Kept(document("made"), b"", b"\x00backup\xff")
    grip.give_back()


def test_an_append_is_one_round_trip(backend: PostgresBackend, tmp_path: Path) -> None:
    grip = gripped(backend)
    for number in range(1, 21):
        with (tmp_path / "trace").open("w+") as trace:
            grip._connection.pgconn.trace(trace.fileno())
            grip.append(number, LINE)
            grip._connection.pgconn.untrace()
        assert (tmp_path / "trace").read_text().count("ReadyForQuery") == 1
    grip.give_back()


def test_what_a_creation_costs(backend: PostgresBackend, figure: Callable[[object], None]) -> None:
    grip = gripped(backend)
    numbers = range(1, 301)
    began = time.perf_counter()
    for number in numbers:
        grip.append(number, LINE)
    took = (time.perf_counter() - began) / len(numbers)
    grip.give_back()
    figure(f"{took * 3000:.2f} ms for the 3 appends of a creation, on loopback, 3 round trips")


def test_two_states_in_one_database_do_not_touch(database: str) -> None:
    address = shared_server().address(database)
    first, second = PostgresBackend.of(address), PostgresBackend.of(f"{address}#vendas-2.x")
    assert first.name.endswith(f"/{database}#groups")
    assert second.name.endswith(f"/{database}#vendas-2.x")
    mine, theirs = gripped(first), gripped(second, "two")
    mine.replace(document("made"), LINE, b"b")
    theirs.replace(document("other"), b"", None)
    assert first.read() == Kept(document("made"), LINE, b"b")
    assert second.read() == Kept(document("other"))
    first.take_away("two")
    assert second.holder() == holder("two")
    mine.give_back()
    theirs.give_back()


def test_each_write_is_bound_to_lock_and_fence(backend: PostgresBackend, see: See) -> None:
    late = gripped(backend)
    late.append(1, LINE)
    backend.take_away("one")
    assert backend.holder() is None
    grip = gripped(backend)  # by the same id: only the fence tells them apart
    lost = f"{backend.name}: the lock on this state was lost: another run took it"
    for write in (
        lambda: late.append(2, LINE),
        lambda: late.replace(document("made"), b"", b"b"),
        lambda: late.renew(HOUR),
        late.give_back,
    ):
        assert refusal(StateLost, write)[0].startswith(lost)
    assert backend.read() == Kept(None, LINE)
    assert backend.holder() == holder()
    assert see("select fence from zapi_sync.states") == [(2,)]
    grip.give_back()


def test_an_append_in_the_midst_of_a_takeover_waits_and_is_refused(
    backend: PostgresBackend, database: str, see: See
) -> None:
    grip = gripped(backend)
    with shared_server().connected(database) as thief, ThreadPoolExecutor(1) as threads:
        with thief.transaction():
            thief.execute("update zapi_sync.states set lock_id = 'two', fence = fence + 1")
            appending = threads.submit(grip.append, 1, LINE)
            while not see("select from pg_locks where not granted"):
                assert not appending.done()
        with pytest.raises(StateLost):
            appending.result()
    assert backend.read() == Kept()
    with pytest.raises(StateLost):
        grip.give_back()


def test_who_came_while_the_row_was_waited_for_is_no_session_that_is_gone(
    backend: PostgresBackend, database: str, see: See
) -> None:
    gripped(backend).give_back()
    running = shared_server()
    with running.connected(database) as first, ExitStack() as late, ThreadPoolExecutor(1) as threads:
        with first.transaction():
            first.execute("select from zapi_sync.states for update")
            taking = threads.submit(backend.take, holder("two"), HOUR)
            while not see("select from pg_locks where not granted"):
                assert not taking.done()
            session = late.enter_context(running.connected(database)).info.backend_pid
            first.execute(
                "update zapi_sync.states set lock_id = 'late', holder = %s, lease = now() + interval '1 h', "
                "(pid, backend_start) = (select pid, backend_start from pg_stat_activity where pid = %s)",
                [holder_text(holder("late")), session],
            )
        assert taking.result() == holder("late")


def test_the_time_of_a_lock_ends_by_the_servers_clock(backend: PostgresBackend) -> None:
    late = gripped(backend, seconds=0.0)
    assert backend.holder() is None
    gripped(backend, "two").give_back()
    with pytest.raises(StateLost):
        late.renew(HOUR)
    late._connection.close()


def test_renewed_it_goes_on(backend: PostgresBackend) -> None:
    grip = gripped(backend, seconds=0.0)
    grip.renew(HOUR)
    assert backend.take(holder("two"), HOUR) == holder()
    grip.give_back()
    assert backend.holder() is None


KILLED = """
import sys
from zapi_sync.core.holding import Holder
from zapi_sync.edge.postgres_state import PostgresBackend
grip = PostgresBackend.of(sys.argv[1]).take(Holder("killed", "ci", "runner", 1, "now"), 3600.0)
for number in (1, 2):
    grip.append(number, b"a line\\n")
print("there", flush=True)
sys.stdin.read()
"""


def test_the_lock_of_a_killed_process_is_free_at_once(backend: PostgresBackend, database: str) -> None:
    address = shared_server().address(database)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"there\n"
        other = backend.take(holder(), HOUR)
        assert isinstance(other, Holder)
        assert other.id == "killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
    began = time.monotonic()
    while isinstance(grip := backend.take(holder(), HOUR), Holder):
        assert time.monotonic() - began < 30, "an hour is what its lease says"
    assert backend.read().journal == b"a line\n" * 2
    grip.append(3, b"a line\n")
    grip.give_back()


def test_a_session_that_may_not_be_seen_is_taken_for_alive(
    backend: PostgresBackend, database: str, see: See
) -> None:
    grip = gripped(backend)
    with shared_server().connected(database) as owner:
        owner.execute("create role stranger login")
        owner.execute("grant usage on schema zapi_sync to stranger")
        owner.execute("grant select, insert, update on all tables in schema zapi_sync to stranger")
    stranger = PostgresBackend.of(shared_server().address(database, user="stranger"))
    assert stranger.take(holder("two"), HOUR) == holder()
    assert stranger.holder() == holder()
    grip.give_back()
    with shared_server().connected(database) as owner:
        owner.execute("drop owned by stranger")
        owner.execute("drop role stranger")


def test_what_was_appended_outlives_a_server_that_is_killed() -> None:
    with server() as mortal:
        backend = PostgresBackend.of(mortal.address())
        grip = gripped(backend)
        written: list[bytes] = []
        enough = threading.Event()

        def append() -> None:
            while True:
                grip.append(len(written) + 1, b"%d\n" % (len(written) + 1))
                written.append(b"%d\n" % (len(written) + 1))
                if len(written) == 50:
                    enough.set()

        with ThreadPoolExecutor(1) as threads:
            appending = threads.submit(append)
            assert enough.wait(60)
            mortal.kill9()
            with pytest.raises(StateUnwritable) as broken:
                appending.result()
        assert type(broken.value) is StateUnwritable
        assert "the connection to the server failed, or broke" in str(broken.value)
        for again in (lambda: grip.renew(HOUR), lambda: grip.append(99, LINE), grip.give_back):
            assert refusal(StateUnwritable, again)
        unreachable = f"{backend.name}: it cannot be read: nothing takes connections there | "
        assert refusal(StateInvalid, backend.read)[0].startswith(unreachable)
        mortal.start()
        kept = backend.read().journal.splitlines(keepends=True)
        assert kept[: len(written)] == written
        assert len(kept) <= len(written) + 1  # one may have come through without its answer
        gripped(backend, "two").give_back()  # the session that held it is gone with the server


def test_a_server_that_stops_answering_is_given_up(
    backend: PostgresBackend, monkeypatch: pytest.MonkeyPatch, see: See
) -> None:
    grip = gripped(backend)
    monkeypatch.setattr(postgres_state, "SECONDS_IN_ALL", 0.2)
    with shared_server().connected(grip._connection.info.dbname) as other, other.transaction():
        other.execute("select from zapi_sync.states for update")  # as good as a server that hangs
        assert refusal(StateUnwritable, lambda: grip.append(1, LINE)) == [
            f"{backend.name}: it cannot be written: the connection to the server failed, or broke | "
            "see to the server, then run this again: what was under way is looked for first"
        ]
    assert refusal(StateUnwritable, grip.give_back)


def test_twenty_at_once_make_the_tables_once_and_take_turns(backend: PostgresBackend, see: See) -> None:
    def write(writer: int) -> None:
        while isinstance(grip := backend.take(holder(f"w{writer}"), HOUR), Holder):
            pass
        lines = backend.read().journal.splitlines(keepends=True)
        grip.append(len(lines) + 1, b"%d\n" % writer)
        grip.give_back()

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(write, range(20)))
    assert sorted(map(int, backend.read().journal.splitlines())) == list(range(20))
    assert see("select number from zapi_sync.version") == [(1,)]
    assert see("select fence from zapi_sync.states") == [(20,)]


def test_who_may_only_read_plans_and_changes_nothing(database: str, backend: PostgresBackend) -> None:
    grip = gripped(backend)
    grip.replace(document("made"), LINE, None)
    with shared_server().connected(database) as owner:
        owner.execute("create role planner login")
    planner = PostgresBackend.of(shared_server().address(database, user="planner"))
    assert refusal(StateInvalid, planner.read)[0].startswith(
        f"{planner.name}: it cannot be read: the server says: permission denied for schema zapi_sync (42501)"
        " | grant this role usage on the schema zapi_sync"
    )
    with shared_server().connected(database) as owner:
        owner.execute("grant usage on schema zapi_sync to planner")
        owner.execute("grant select on all tables in schema zapi_sync to planner")
    assert planner.read() == backend.read() == Kept(document("made"), LINE)
    assert planner.holder() == holder()
    grip.give_back()
    assert (
        "it cannot be written: the server says: permission denied for table states (42501)"
        in (refusal(StateUnwritable, lambda: planner.take(holder(), HOUR))[0])
    )
    with shared_server().connected(database) as owner:
        owner.execute("drop owned by planner")
        owner.execute("drop role planner")


def test_tables_of_a_newer_version_are_left_alone(database: str, backend: PostgresBackend) -> None:
    gripped(backend).give_back()
    with shared_server().connected(database) as newer:
        newer.execute("insert into zapi_sync.version values (2)")
    newer_tables = [
        f"{backend.name}: the tables of this database have version 2, and this zapi-sync knows versions up "
        "to 1 | a newer zapi-sync made them: upgrade (pip install --upgrade zapi-sync); nothing was changed"
    ]
    assert refusal(StateInvalid, backend.read) == newer_tables
    assert refusal(StateInvalid, backend.holder) == newer_tables
    assert refusal(StateInvalid, lambda: backend.take(holder(), HOUR)) == newer_tables


def test_a_schema_that_was_made_for_it_is_used(database: str) -> None:
    with shared_server().connected(database) as owner:
        owner.execute("create role team login")
        owner.execute("create schema zapi_sync authorization team")
    team = PostgresBackend.of(shared_server().address(database, user="team"))
    assert team.read() == Kept()
    gripped(team).give_back()
    assert team.read() == Kept()
    with shared_server().connected(database) as owner:
        owner.execute("drop owned by team")
        owner.execute("drop role team")


def test_a_database_of_another_encoding_is_refused() -> None:
    with shared_server().connected() as owner:
        owner.execute("drop database if exists latin")
        owner.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
    latin = PostgresBackend.of(shared_server().address("latin"))
    assert refusal(StateUnwritable, lambda: latin.take(holder(), HOUR)) == [
        f"{latin.name}: this database's encoding is not UTF8, and the names of groups are in any script | "
        "create a database for it: create database ... encoding 'UTF8' template template0"
    ]


def test_a_holder_that_cannot_be_read_is_told(database: str, backend: PostgresBackend, see: See) -> None:
    grip = gripped(backend)
    with shared_server().connected(database) as hand:
        hand.execute("update zapi_sync.states set holder = 'me'")
    assert refusal(StateInvalid, backend.holder) == [
        f"{backend.name}: what is written down of the lock's holder cannot be read | "
        "see to the column holder of zapi_sync.states where name = 'groups'"
    ]
    grip.give_back()
