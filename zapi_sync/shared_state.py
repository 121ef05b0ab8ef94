"""A state that a team and its CI share, over whatever backend keeps its bytes.

The lock is a lease: its holder renews it, and whoever stops doing so (a machine that is gone, a process that
was stopped) loses it. From then on the backend refuses by its fence whatever that one writes. And nothing is
sent on the strength of a lock that may be lost: after each append the lease must still have time to run.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from zapi_sync.core.holding import Holder
from zapi_sync.core.known import Known
from zapi_sync.core.sealing import Keyring
from zapi_sync.errors import Code, StateInvalid, StateLocked, StateLost, StateUnwritable, ZapiSyncError
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from zapi_sync.core.holding import Kept
    from zapi_sync.core.known import OpenAttempt
    from zapi_sync.core.state import State
    from zapi_sync.errors import Diagnostic
    from zapi_sync.journal_writer import JournalWriter
    from zapi_sync.state.store import Backend, Grip

LEASE_SECONDS = 60.0
_RETRY_SECONDS = 1.0
_MARGIN = 0.1
"""This share of a lease is not counted upon: clocks differ, and a request takes its time to leave."""

# Time that goes on while a machine sleeps: its lease does, too.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _now() -> float:
    return time.clock_gettime(_CLOCK)


class SharedState:
    """See state.store.StateStore."""

    def __init__(
        self,
        backend: Backend,
        schema: Callable[[], Mapping[str, object]],
        myself: Callable[[], Holder],
        lease: float = LEASE_SECONDS,
        keyring: Keyring | None = None,
    ) -> None:
        self._backend = backend
        self._schema = schema
        self._myself = myself
        self._seconds = lease
        self._lease: _Lease | None = None
        self._keyring = keyring or Keyring()

    @property
    def name(self) -> str:
        return self._backend.name

    @property
    def backup(self) -> str:
        return f"{self.name}.backup"

    @property
    def has_journal(self) -> bool:
        return bool(self._backend.read().journal)

    def load(self) -> Known:
        return self._known(self._backend.read())

    def load_backup(self) -> State | None:
        raw = self._backend.read().backup
        if raw is None:
            return None
        from zapi_sync.core.stored import state_of

        return state_of(raw, self._schema(), self._keyring, self.backup)

    def verify_readable(self, recipients: tuple[str, ...]) -> None:
        self._keyring.verify_readable(recipients, self.name)

    def warnings(self) -> list[Diagnostic]:
        return list(self._keyring.warnings)

    def holder(self) -> str | None:
        holder = self._backend.holder()
        return str(holder) if holder else None

    @contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        self._lease = _Lease(*self._taken(timeout), self.name, self._seconds)
        try:
            yield
        finally:
            self._lease.end()
            self._lease = None

    def unlock(self, id: str) -> Holder:
        """Take the lock away from its holder. Raises StateInvalid where it is held by no lock of that id."""
        holder = self._backend.holder()
        if holder is None or holder.id != id:
            raise StateInvalid.of(
                Code.NO_SUCH_LOCK,
                Text("no lock {id} is held: it is held by {holder}", id=id, holder=str(holder))
                if holder
                else Text("no lock {id} is held, nor another one", id=id),
                hint=Text("zapi-sync doctor shows who holds it"),
                file=self.name,
            )
        self._backend.take_away(id)
        return holder

    def open_journal(self, state: State) -> JournalWriter:
        from zapi_sync.core.journal import Begin
        from zapi_sync.core.journal_lines import parse_journal
        from zapi_sync.journal_writer import JournalWriter

        name = f"{self.name}.journal"
        written = parse_journal(self._backend.read().journal, name, self._keyring)
        seal = self._keyring.sealer(state.recipients, name)
        journal = JournalWriter(self._held.append, lines=len(written.events), seal=seal)
        if not written.events:
            journal.append(Begin(state.lineage, state.serial))
        return journal

    def checkpoint(self) -> Known:
        kept = self._backend.read()
        known = self._known(kept)
        if known.state is None:
            from zapi_sync.core.stored import gone_midway

            raise gone_midway(self.name)
        self._write(known.state, known.open.values(), kept)
        return known

    def replace(self, state: State, unsettled: Collection[OpenAttempt], *, backup: bool) -> None:
        kept = self._backend.read()
        former = None
        if backup and kept.state is not None:
            from zapi_sync.core.stored import backup_bytes

            former = backup_bytes(kept.state, state, self._schema(), self._keyring, self.name)
        self._write(state, unsettled, kept, former)

    def _write(
        self,
        state: State,
        unsettled: Collection[OpenAttempt],
        kept: Kept,
        backup: bytes | None = None,
    ) -> None:
        """In the place of what is kept, unless it is the same."""
        from zapi_sync.core.stored import journal_bytes, state_bytes

        text, journal = state_bytes(state, self._keyring, self.name, kept.state), b""
        if unsettled:
            name = f"{self.name}.journal"
            journal = journal_bytes(state, unsettled, self._keyring, name, kept.journal)
        if (text, journal) != (kept.state, kept.journal) or backup is not None:
            self._held.replace(text, journal, backup)

    def _known(self, kept: Kept) -> Known:
        if kept.state is None:
            if kept.journal or kept.backup:
                raise StateInvalid.of(
                    Code.STATE_GONE,
                    Text("the state is gone, and its journal is still there")
                    if kept.journal
                    else Text("the state is gone, and its backup is still there"),
                    hint=Text("restore the state; without it groups would be created again"),
                    file=self.name,
                )
            return Known()
        from zapi_sync.core.stored import known_of

        journal = f"{self.name}.journal"
        return known_of(kept.state, kept.journal, self._schema(), self._keyring, self.name, journal)

    def _taken(self, timeout: float) -> tuple[Grip, float]:
        """The lock, and until when it is ours at least."""
        deadline = _now() + timeout
        myself = self._myself()
        while True:
            began = _now()
            grip = self._backend.take(myself, self._seconds)
            if not isinstance(grip, Holder):
                return grip, began + self._seconds
            if _now() >= deadline:
                raise StateLocked.of(
                    Code.STATE_LOCKED,
                    Text("another zapi-sync is at work on this state: {holder}", holder=str(grip)),
                    hint=Text(
                        "let it finish, or wait for it with --lock-timeout SECONDS; if it is known to be "
                        "gone: zapi-sync state unlock {id}",
                        id=grip.id,
                    ),
                    file=self.name,
                )
            time.sleep(min(_RETRY_SECONDS, max(0.0, deadline - _now())))

    @property
    def _held(self) -> _Lease:
        assert self._lease  # noqa: S101  nothing is written but under the lock
        return self._lease


class _Lease:
    """The lock as long as it is ours, renewed while it is."""

    def __init__(self, grip: Grip, ends_at: float, name: str, seconds: float) -> None:
        self._grip = grip
        self._ends_at = ends_at
        self._name = name
        self._seconds = seconds
        self._lost: StateLost | None = None
        self._turn = threading.Lock()  # a backend has one connection
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def append(self, number: int, line: bytes) -> None:
        """Durable, and the lock still ours afterwards: upon this a request may leave."""
        with self._turn:
            self._check()
            self._grip.append(number, line)
            self._check()

    def replace(self, state: bytes, journal: bytes, backup: bytes | None) -> None:
        with self._turn:
            self._check()
            self._grip.replace(state, journal, backup)

    def end(self) -> None:
        self._ended.set()
        with self._turn, suppress(ZapiSyncError):  # whoever waits takes it when its time is over
            self._grip.give_back()

    def _check(self) -> None:
        if self._lost is None and _now() > self._ends_at - self._seconds * _MARGIN:
            self._lost = lost(self._name, Text("it was not renewed in time"))
        if self._lost:
            raise self._lost

    def _renew(self) -> None:
        while not self._ended.wait(self._seconds / 4):
            with self._turn:
                if self._ended.is_set() or self._lost:
                    return
                began = _now()
                try:
                    self._grip.renew(self._seconds)
                except StateLost as gone:
                    self._lost = gone
                except StateUnwritable:
                    continue  # it may be reached again before the time is over
                else:
                    self._ends_at = began + self._seconds


def lost(name: str, why: str) -> StateLost:
    """The complaint that the lock is another one's by now."""
    return StateLost.of(
        Code.STATE_LOST,
        Text("the lock on this state was lost: {why}", why=why),
        hint=Text("nothing more was sent; run it again: what was under way is looked for first"),
        file=name,
    )


def unreadable(name: str, why: str, hint: str) -> StateInvalid:
    """The complaint of a backend that cannot tell what is kept."""
    return StateInvalid.of(
        Code.STATE_UNREADABLE, Text("it cannot be read: {why}", why=why), hint=hint, file=name
    )


def unwritable(name: str, why: str, hint: str) -> StateUnwritable:
    """The complaint of a backend that cannot keep what it was given, or that holds no lock."""
    return StateUnwritable.of(
        Code.STATE_UNWRITABLE, Text("it cannot be written: {why}", why=why), hint=hint, file=name
    )
