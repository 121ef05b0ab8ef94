"""A state in a PostgreSQL database: a row a group, a row a line of the journal, the lock in the state's row.

Who holds the lock has its id and its fence, and each of its writes is bound to both under a lock of the row:
a write and a takeover come one after the other. The lock ends with its time, by the server's clock, or with
the session that took it. What is written is committed when a call returns (synchronous_commit).
"""

from __future__ import annotations

import os
import re
import socket
import threading
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, LiteralString, cast
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from zapi_sync.core.holding import Kept, holder_text, read_holder
from zapi_sync.core.postgres_failures import reason
from zapi_sync.core.state_rows import rows_of, state_of
from zapi_sync.errors import Code, StateInvalid, StateUnwritable
from zapi_sync.language import Text
from zapi_sync.shared_state import lost, unreadable, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zapi_sync.core.holding import Holder

    Connection = psycopg.Connection[tuple[Any, ...]]

SECONDS_TO_CONNECT = 10
SECONDS_A_STATEMENT = 30
SECONDS_IN_ALL = 60.0
"""So long a call may take, its connecting aside: then the connection is given up, whoever hangs."""

_DEFAULT_NAME = "groups"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_CONNECTION = {
    "connect_timeout": SECONDS_TO_CONNECT,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": SECONDS_A_STATEMENT * 1000,
    "fallback_application_name": "zapi-sync",
}
_SESSION: LiteralString = """
select set_config('statement_timeout', %(limit)s, false),
       set_config('idle_in_transaction_session_timeout', %(limit)s, false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('search_path', 'pg_catalog', false),
       set_config('synchronous_commit', case current_setting('synchronous_commit')
                                        when 'remote_apply' then 'remote_apply' else 'on' end, false)
"""

_MIGRATIONS: tuple[LiteralString, ...] = (
    """
    create table zapi_sync.states (
        name text collate "C" primary key,
        head jsonb check (jsonb_typeof(head) = 'object'),  -- the document without its groups
        sealed bytea,  -- or the document as it is, where it is no such one
        backup bytea,  -- the document before a person last decided
        fence bigint not null default 0,
        lock_id text, holder text, lease timestamptz, pid integer, backend_start timestamptz
    );
    create table zapi_sync.groups (
        state text collate "C" references zapi_sync.states on delete cascade,
        key text collate "C",
        record jsonb not null,
        primary key (state, key)
    );
    create table zapi_sync.journal (
        state text collate "C" references zapi_sync.states on delete cascade,
        number integer,
        line bytea not null,
        primary key (state, number)
    );
    """,
)
"""Each leads from the version before it to the next one, counted from 1; none is ever changed."""
_MIGRATING = 0x7A6170690001  # a number of our own among the advisory locks of a database

# Whose session another role may not see in full is taken for alive, as long as its pid is there.
_HELD: LiteralString = """
s.lock_id is not null and s.lease > clock_timestamp() and exists (
    select from pg_stat_activity a
    where a.pid = s.pid and (a.backend_start = s.backend_start) is not false)
"""
_STARTED: LiteralString = "select backend_start from pg_stat_activity where pid = pg_backend_pid()"
# A transaction sees the sessions as of its first look at them: here that comes once the row is locked. A look
# before it would miss a holder that came while the row was waited for, and take it for gone.
_TAKE: LiteralString = f"""
insert into zapi_sync.states as s (name, fence, lock_id, holder, lease, pid, backend_start)
select %(state)s, 1, %(id)s, %(holder)s, clock_timestamp() + make_interval(secs => %(seconds)s),
       pg_backend_pid(), %(backend_start)s
on conflict (name) do update set
    fence = s.fence + 1, lock_id = excluded.lock_id, holder = excluded.holder, lease = excluded.lease,
    pid = excluded.pid, backend_start = excluded.backend_start
where not ({_HELD})
returning fence
"""
_HOLDER: LiteralString = f"select s.holder from zapi_sync.states s where s.name = %(state)s and {_HELD}"  # noqa: S608
_FREED: LiteralString = "lock_id = null, holder = null, lease = null, pid = null, backend_start = null"
_TAKE_AWAY: LiteralString = (
    f"update zapi_sync.states set {_FREED} where name = %(state)s and lock_id = %(id)s"  # noqa: S608
)
_OURS: LiteralString = "s.name = %(state)s and s.lock_id = %(id)s and s.fence = %(fence)s"
_GIVE_BACK: LiteralString = f"update zapi_sync.states s set {_FREED} where {_OURS}"  # noqa: S608
_RENEW: LiteralString = f"""
update zapi_sync.states s set lease = clock_timestamp() + make_interval(secs => %(seconds)s) where {_OURS}
"""  # noqa: S608
_APPEND: LiteralString = f"""
insert into zapi_sync.journal (state, number, line)
select s.name, %(number)s, %(line)s from zapi_sync.states s where {_OURS} for update
"""  # noqa: S608
_READ: LiteralString = """
select s.head::text, s.sealed, s.backup,
    (select json_object_agg(g.key, g.record)::text from zapi_sync.groups g where g.state = s.name),
    (select string_agg(j.line, ''::bytea order by j.number) from zapi_sync.journal j where j.state = s.name)
from zapi_sync.states s where s.name = %(state)s
"""
_REPLACE: LiteralString = f"""
update zapi_sync.states s set head = %(head)s::jsonb, sealed = %(sealed)s::bytea,
    backup = coalesce(%(backup)s::bytea, s.backup)
where {_OURS}
"""  # noqa: S608
_CONTENT: tuple[LiteralString, ...] = (
    """
    delete from zapi_sync.groups g where g.state = %(state)s
        and not exists (select from unnest(%(keys)s::text[]) as given (key) where given.key = g.key)
    """,
    """
    insert into zapi_sync.groups (state, key, record)
    select %(state)s, given.key, given.record
    from unnest(%(keys)s::text[], %(records)s::jsonb[]) as given (key, record)
    where not exists (select from zapi_sync.groups g
                      where g.state = %(state)s and g.key = given.key and g.record = given.record)
    on conflict (state, key) do update set record = excluded.record
    """,
    "delete from zapi_sync.journal where state = %(state)s",
    """
    insert into zapi_sync.journal (state, number, line)
    select %(state)s, given.number, given.line
    from unnest(%(lines)s::bytea[]) with ordinality as given (line, number)
    """,
)


class PostgresBackend:
    """See state.store.Backend. One connection a call; the lock has its own as long as it is held."""

    def __init__(self, parameters: Mapping[str, Any], state: str, name: str) -> None:
        self._parameters = parameters
        self._state = state
        self._name = name

    @classmethod
    def of(cls, address: str) -> PostgresBackend:
        """postgresql://[user[:password]@]host[:port]/dbname[?parameters of libpq][#name of the state].

        Raises StateInvalid for what is no such address, without a word of it: it may hold a password.
        """
        text, _, state = address.partition("#")
        state = state or _DEFAULT_NAME
        if not _NAME.fullmatch(state):
            raise _no_address(
                Text("what follows # is no name of a state (small letters, digits, and . _ - inside)")
            )
        try:
            parameters = cast("dict[str, str]", conninfo_to_dict(text))
        except psycopg.Error:
            raise _no_address(Text("libpq cannot read it")) from None
        _check(parameters)
        return cls(parameters, state, _shown(parameters, state))

    @property
    def name(self) -> str:
        return self._name

    def read(self) -> Kept:
        with _reading(self._name), self._connected() as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            if not _version(connection, self._name):
                return Kept()
            row = connection.execute(_READ, {"state": self._state}).fetchone()
        if not row:
            return Kept()
        head, sealed, backup, groups, journal = row
        return Kept(state_of(head, groups or "{}") if head else sealed, journal or b"", backup)

    def holder(self) -> Holder | None:
        with _writing(self._name), self._connected() as connection:
            return self._holder(connection) if _version(connection, self._name) else None

    def take(self, holder: Holder, seconds: float) -> PostgresGrip | Holder:
        lock = {"state": self._state, "id": holder.id}
        taking: dict[str, object] = {**lock, "holder": holder_text(holder), "seconds": seconds}
        with _writing(self._name), ExitStack() as unless_taken:
            connection = self._connect()
            unless_taken.callback(connection.close)
            with _limited(connection):
                _migrate(connection, self._name)
                started = connection.execute(_STARTED).fetchone()
                taking["backend_start"] = started[0] if started else None
                while not (taken := connection.execute(_TAKE, taking).fetchone()):
                    if other := self._holder(connection):
                        return other  # else it was given back between the two
            unless_taken.pop_all()
        return PostgresGrip(connection, self._name, {**lock, "fence": taken[0]})

    def take_away(self, id: str) -> None:
        with _writing(self._name), self._connected() as connection:
            connection.execute(_TAKE_AWAY, {"state": self._state, "id": id})

    def _holder(self, connection: Connection) -> Holder | None:
        row = connection.execute(_HOLDER, {"state": self._state}).fetchone()
        try:
            return read_holder(row[0]) if row else None
        except ValueError:
            raise StateInvalid.of(
                Code.STATE_CORRUPT,
                Text("what is written down of the lock's holder cannot be read"),
                hint=Text(
                    "see to the column holder of zapi_sync.states where name = '{state}'", state=self._state
                ),
                file=self._name,
            ) from None

    def _connect(self) -> Connection:
        parameters = {**_CONNECTION, **self._parameters, "client_encoding": "utf8"}
        # Nothing is prepared: that would be a round trip more, and a pooler may lose it.
        connection = psycopg.connect(**parameters, autocommit=True, prepare_threshold=None)
        with ExitStack() as unless_ready, _limited(connection):
            unless_ready.callback(connection.close)
            connection.execute(_SESSION, {"limit": f"{SECONDS_A_STATEMENT}s"})
            unless_ready.pop_all()
        return connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with closing(self._connect()) as connection, _limited(connection):
            yield connection


class PostgresGrip:
    """See state.store.Grip. A call whose connection broke fails, and so does each one after it."""

    def __init__(self, connection: Connection, name: str, lock: Mapping[str, object]) -> None:
        self._connection = connection
        self._name = name
        self._lock = lock

    def renew(self, seconds: float) -> None:
        with self._working():
            self._execute(_RENEW, {"seconds": seconds})

    def append(self, number: int, line: bytes) -> None:
        with self._working():
            self._execute(_APPEND, {"number": number, "line": line})

    def replace(self, state: bytes, journal: bytes, backup: bytes | None) -> None:
        rows = rows_of(state)
        head, groups = rows or (None, {})
        with self._working(), self._connection.transaction():
            self._execute(_REPLACE, {"head": head, "sealed": None if rows else state, "backup": backup})
            content = {
                "state": self._lock["state"],
                "keys": list(groups),
                "records": list(groups.values()),
                "lines": journal.splitlines(keepends=True),
            }
            for statement in _CONTENT:
                self._connection.execute(statement, content)

    def give_back(self) -> None:
        with closing(self._connection), self._working():
            self._execute(_GIVE_BACK, {})

    def _execute(self, statement: LiteralString, parameters: Mapping[str, object]) -> None:
        """A statement that finds a row only as long as the lock is ours."""
        if not self._connection.execute(statement, {**self._lock, **parameters}).rowcount:
            raise lost(self._name, Text("another run took it"))

    @contextmanager
    def _working(self) -> Iterator[None]:
        with _writing(self._name), _limited(self._connection):
            yield


def _version(connection: Connection, name: str) -> int:
    """The version of the tables, 0 where there are none. Raises StateInvalid for a newer one."""
    there = connection.execute("select to_regclass('zapi_sync.version') is not null").fetchone()
    if there != (True,):
        return 0
    newest = connection.execute("select coalesce(max(number), 0) from zapi_sync.version").fetchone()
    version = int(newest[0]) if newest else 0
    if version > len(_MIGRATIONS):
        raise StateInvalid.of(
            Code.STATE_NEWER,
            Text(
                "the tables of this database have version {version}, and this zapi-sync knows versions up to "
                "{newest}",
                version=version,
                newest=len(_MIGRATIONS),
            ),
            hint=Text(
                "a newer zapi-sync made them: upgrade (pip install --upgrade zapi-sync); nothing was changed"
            ),
            file=name,
        )
    return version


def _migrate(connection: Connection, name: str) -> None:
    """The tables as this version has them; one process at a time makes them."""
    if _version(connection, name) == len(_MIGRATIONS):
        return
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [_MIGRATING])
        encoding = connection.execute("select current_setting('server_encoding')").fetchone()
        if encoding != ("UTF8",):
            raise StateUnwritable.of(
                Code.STATE_UNWRITABLE,
                Text("this database's encoding is not UTF8, and the names of groups are in any script"),
                hint=Text("create a database for it: create database ... encoding 'UTF8' template template0"),
                file=name,
            )
        if connection.execute("select to_regnamespace('zapi_sync')").fetchone() == (None,):
            connection.execute("create schema zapi_sync")  # `if not exists` asks for the right to, even so
        connection.execute(
            "create table if not exists zapi_sync.version (number integer primary key, "
            "since timestamptz not null default clock_timestamp())"
        )
        for number in range(_version(connection, name), len(_MIGRATIONS)):
            connection.execute(_MIGRATIONS[number])
            connection.execute("insert into zapi_sync.version (number) values (%s)", [number + 1])


def _check(parameters: Mapping[str, str]) -> None:
    """Raises StateInvalid for what libpq takes and nobody means, as a password with an @ or / as it is."""
    if any("@" in parameters.get(part, "") for part in ("host", "dbname")):
        raise _no_address(Text("an @ stands where none can be"))
    if not all(port.isdigit() for port in parameters.get("port", "").split(",") if port):
        raise _no_address(Text("its port is no number"))
    if not parameters.get("dbname"):
        raise _no_address(Text("it names no database"))


def _no_address(why: str) -> StateInvalid:
    return StateInvalid.of(
        Code.STATE_ADDRESS,
        Text("this is no address of a state in PostgreSQL: {why}", why=why),
        hint=Text(
            "write postgresql://user@host:5432/database#groups, in a password %40 for @, %2F for /, %23 for "
            "#, %3F for ? and %25 for %; or leave it to PGPASSWORD or ~/.pgpass"
        ),
    )


def _shown(parameters: Mapping[str, str], state: str) -> str:
    """The address less its password and its parameters."""
    user = quote(parameters["user"], safe="") + "@" if "user" in parameters else ""
    hosts = (parameters.get("host") or parameters.get("hostaddr", "")).split(",")
    ports = parameters.get("port", "").split(",")
    ports = ports if len(ports) == len(hosts) else ports[:1] * len(hosts)
    places = ",".join(
        (f"[{host}]" if ":" in host else quote(host, safe="")) + (f":{port}" if port else "")
        for host, port in zip(hosts, ports, strict=True)
    )
    return f"postgresql://{user}{places}/{quote(parameters['dbname'], safe='')}#{state}"


@contextmanager
def _limited(connection: Connection) -> Iterator[None]:
    """Whatever hangs (a stopped server, a standby that does not confirm) is broken off after a while."""
    timer = threading.Timer(SECONDS_IN_ALL, _hang_up, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connection: Connection) -> None:
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise unreadable(name, *_reason(error)) from None


@contextmanager
def _writing(name: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise unwritable(name, *_reason(error)) from None


def _reason(error: psycopg.Error) -> tuple[str, str]:
    return reason(error.sqlstate, error.diag.message_primary, str(error))
