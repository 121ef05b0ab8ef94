"""The groups of every instance, in SQLite: they survive runs, and two processes may share one file."""

import os
import secrets
import sqlite3
import string
import threading
import time
import weakref
from collections import defaultdict
from dataclasses import dataclass

from zapi_sync.sandbox.rules import CONNECTED_NUMBER, GroupOrder

_VERSION = 2
_SCHEMA = (
    "CREATE TABLE groups (serial INTEGER PRIMARY KEY, instance TEXT NOT NULL, phone TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL, created_ms INTEGER NOT NULL, link TEXT NOT NULL,"
    " listed_from_ms INTEGER NOT NULL DEFAULT 0, demoted INTEGER NOT NULL DEFAULT 0)",
    "CREATE INDEX groups_of_instance ON groups (instance, serial)",
    "CREATE TABLE members (serial INTEGER PRIMARY KEY,"
    " group_serial INTEGER NOT NULL REFERENCES groups (serial),"
    " phone TEXT NOT NULL, invited INTEGER NOT NULL)",
    "CREATE INDEX members_of_group ON members (group_serial, serial)",
    f"PRAGMA user_version = {_VERSION}",
)
_FROM_VERSION_1 = "ALTER TABLE groups ADD COLUMN demoted INTEGER NOT NULL DEFAULT 0"
_LINK_ALPHABET = string.ascii_letters + string.digits
_COLUMNS = "serial, phone, name, created_ms, link, demoted"
_NEWEST = f"SELECT instance, {_COLUMNS} FROM groups ORDER BY serial DESC LIMIT ?"  # noqa: S608 - constants
_PEOPLE = (
    "SELECT group_serial, phone, invited, number FROM (SELECT serial, group_serial, phone, invited,"
    " row_number() OVER (PARTITION BY group_serial, invited ORDER BY serial) AS place,"
    " count(*) OVER (PARTITION BY group_serial, invited) AS number"
    " FROM members WHERE group_serial >= ?) WHERE place <= ? ORDER BY serial"
)


@dataclass(frozen=True, slots=True)
class Group:
    """A group as WhatsApp would know it; `serial` is its place in the order of creation.

    `demoted` says that its creator is no administrator any more.
    """

    serial: int
    phone: str
    name: str
    created_ms: int
    link: str
    demoted: bool = False


@dataclass(frozen=True, slots=True)
class Invite:
    """A private invite that its receiver has not accepted."""

    instance: str
    group: str
    phone: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A group as the page shows it: the first of its members, and how many there are in all."""

    instance: str
    group: Group
    members: tuple[str, ...]
    invited: tuple[str, ...]
    members_in_all: int
    invited_in_all: int


class Store:
    """One connection behind one lock: safe under threads; SQLite's own locks keep processes apart."""

    def __init__(self, database: str) -> None:
        """Open or create the database. Raises OSError, or ValueError where the file is something else."""
        if database != ":memory:":
            _create_private(database)
        self._lock = threading.Lock()
        try:
            self._db = _connect(database)
        except sqlite3.Error as error:
            raise ValueError(f"{database} cannot serve as the sandbox's database: {error}") from error
        self.close = weakref.finalize(self, self._db.close)

    def create(self, instance: str, order: GroupOrder) -> Group:
        """Add a new group, always: Z-API knows no idempotency key."""
        with self._lock, self._db as db:
            db.execute("BEGIN IMMEDIATE")
            group = self._insert(instance, self._free_phone(), order.name)
            rows = [(group.serial, phone, False) for phone in order.added]
            rows += [(group.serial, phone, True) for phone in order.invited]
            db.executemany("INSERT INTO members (group_serial, phone, invited) VALUES (?, ?, ?)", rows)
        return group

    def create_old(self, instance: str, name: str) -> Group:
        """Add a group from before November 2021, with an id in the format of then."""
        with self._lock, self._db as db:
            db.execute("BEGIN IMMEDIATE")
            phone = f"{CONNECTED_NUMBER}-16{secrets.randbelow(10**8):08}"
            return self._insert(instance, phone, name)

    def page(self, instance: str, page: int, size: int) -> list[Group]:
        """Return one page of an instance's groups, newest first."""
        query = (
            f"SELECT {_COLUMNS} FROM groups WHERE instance = ? AND listed_from_ms <= ?"  # noqa: S608 - constants
            " ORDER BY serial DESC LIMIT ? OFFSET ?"
        )
        with self._lock:
            rows = self._db.execute(query, (instance, _now_ms(), size, (page - 1) * size)).fetchall()
        return [Group(*row) for row in rows]

    def find(self, instance: str, phone: str) -> Group | None:
        """Return one group of an instance."""
        query = f"SELECT {_COLUMNS} FROM groups WHERE instance = ? AND phone = ?"  # noqa: S608 - constants
        with self._lock:
            row = self._db.execute(query, (instance, phone)).fetchone()
        return None if row is None else Group(*row)

    def members(self, group: Group) -> list[str]:
        """Return the phones that were added to a group, without its creator."""
        query = "SELECT phone FROM members WHERE group_serial = ? AND NOT invited ORDER BY serial"
        with self._lock:
            return [phone for (phone,) in self._db.execute(query, (group.serial,))]

    def invites(self) -> list[Invite]:
        """Return the private invites that are pending, over all instances."""
        query = (
            "SELECT g.instance, g.phone, m.phone FROM members m JOIN groups g ON g.serial = m.group_serial"
            " WHERE m.invited ORDER BY m.serial"
        )
        with self._lock:
            return [Invite(*row) for row in self._db.execute(query)]

    def newest(self, limit: int, members: int) -> tuple[list[Shown], int]:
        """Return the newest groups of all instances with their first members, and how many there are."""
        with self._lock:
            (count,) = self._db.execute("SELECT count(*) FROM groups").fetchone()
            newest = self._db.execute(_NEWEST, (limit,)).fetchall()
            oldest = newest[-1][1] if newest else 0
            people = self._db.execute(_PEOPLE, (oldest, members)).fetchall()
        first: defaultdict[tuple[int, bool], list[str]] = defaultdict(list)
        in_all: defaultdict[tuple[int, bool], int] = defaultdict(int)
        for serial, phone, invited, number in people:
            first[serial, invited].append(phone)
            in_all[serial, invited] = number
        return [
            Shown(
                instance,
                Group(*row),
                tuple(first[row[0], False]),
                tuple(first[row[0], True]),
                in_all[row[0], False],
                in_all[row[0], True],
            )
            for instance, *row in newest
        ], count

    def link_of(self, phone: str) -> str | None:
        """Return the link of a group of any instance."""
        with self._lock:
            row = self._db.execute("SELECT link FROM groups WHERE phone = ?", (phone,)).fetchone()
        return None if row is None else str(row[0])

    def changes(self) -> tuple[int, int]:
        """Return numbers that grow with whatever changes here, by this process and by others."""
        with self._lock:
            (others,) = self._db.execute("PRAGMA data_version").fetchone()
            return self._db.total_changes, others

    def last_serial(self) -> int:
        """Return the serial of the newest group of all, 0 where there is none."""
        with self._lock:
            (serial,) = self._db.execute("SELECT coalesce(max(serial), 0) FROM groups").fetchone()
        return int(serial)

    def newer_than(self, serial: int) -> set[str]:
        """Return the ids of the groups that were created after the group with this serial."""
        with self._lock:
            return {
                phone for (phone,) in self._db.execute("SELECT phone FROM groups WHERE serial > ?", (serial,))
            }

    def unlist(self, phone: str, seconds: float) -> None:
        """Keep a group out of the listings for so long."""
        with self._lock:
            until = _now_ms() + int(seconds * 1000)
            self._db.execute("UPDATE groups SET listed_from_ms = ? WHERE phone = ?", (until, phone))

    def rename(self, group: Group, name: str) -> None:
        """Give a group another name, as somebody at a phone does."""
        self._change("UPDATE groups SET name = ? WHERE serial = ?", name, group.serial)

    def reset_link(self, group: Group) -> None:
        """Give a group a new link; the old one leads nowhere from now on."""
        self._change("UPDATE groups SET link = ? WHERE serial = ?", _new_link(), group.serial)

    def demote(self, group: Group) -> None:
        """Take the administrator's rights from a group's creator."""
        self._change("UPDATE groups SET demoted = 1 WHERE serial = ?", group.serial)

    def join(self, group: Group, phone: str) -> None:
        """Let a number in, by an invite or by the link."""
        self._change("DELETE FROM members WHERE group_serial = ? AND phone = ?", group.serial, phone)
        insert = "INSERT INTO members (group_serial, phone, invited) VALUES (?, ?, 0)"
        self._change(insert, group.serial, phone)

    def remove(self, group: Group) -> None:
        """Forget a group."""
        self._change("DELETE FROM members WHERE group_serial = ?", group.serial)
        self._change("DELETE FROM groups WHERE serial = ?", group.serial)

    def _change(self, statement: str, *values: object) -> None:
        with self._lock:
            self._db.execute(statement, values)

    def _free_phone(self) -> str:
        """Draw an id of the real shape, 120363019502650977-group, that is not taken."""
        while True:
            phone = f"1203630{secrets.randbelow(10**11):011}-group"
            if self._db.execute("SELECT 1 FROM groups WHERE phone = ?", (phone,)).fetchone() is None:
                return phone

    def _insert(self, instance: str, phone: str, name: str) -> Group:
        created_ms = _now_ms()
        link = _new_link()
        inserted = self._db.execute(
            "INSERT INTO groups (instance, phone, name, created_ms, link) VALUES (?, ?, ?, ?, ?)",
            (instance, phone, name, created_ms, link),
        )
        return Group(inserted.lastrowid or 0, phone, name, created_ms, link)


def _new_link() -> str:
    return "https://chat.whatsapp.com/" + "".join(secrets.choice(_LINK_ALPHABET) for _ in range(22))


def _connect(database: str) -> sqlite3.Connection:
    db = sqlite3.connect(database, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        # A killed process loses nothing by this; only a dying machine could, and this is a sandbox.
        db.execute("PRAGMA synchronous = OFF")
        with db:
            db.execute("BEGIN IMMEDIATE")
            _prepare(db)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version == _VERSION:
        return
    if version == 1:
        db.execute(_FROM_VERSION_1)
        db.execute(f"PRAGMA user_version = {_VERSION}")
        return
    if version or tables:
        raise sqlite3.DatabaseError(f"it is not a sandbox database of version {_VERSION}")
    for statement in _SCHEMA:
        db.execute(statement)


def _create_private(path: str) -> None:
    """Create the file for its owner alone. One that exists is not opened: closing it would drop its locks."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
