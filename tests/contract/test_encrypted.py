"""The contract over an encrypted state: the same is known, and nothing is kept in the clear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from zapi_sync.core.holding import Holder, Kept
from zapi_sync.core.journal import Begin, replay
from zapi_sync.core.known import Known
from zapi_sync.core.sealing import Keyring, is_sealed
from zapi_sync.dataclass import replace
from zapi_sync.edge import inputs
from zapi_sync.errors import StateInvalid
from zapi_sync.shared_state import SharedState
from zapi_sync.state.store import StateStore

from .stores import Open
from .test_contract import MADE, RUN, STATE, attempt

pyrage = pytest.importorskip("pyrage")
IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENTS = (str(IDENTITY.to_public()),)
SEALED = replace(STATE, recipients=RECIPIENTS)
SECRETS = (b"5544", b"chat.whatsapp.com", b"-group", "Ação".encode(), b"A\\u00e7")


@dataclass
class Memory:
    """A backend that keeps its bytes in this process, and whose lock is anybody's (state.store.Backend)."""

    kept: Kept = field(default_factory=Kept)
    name: str = "memory:"

    def read(self) -> Kept:
        return self.kept

    def holder(self) -> Holder | None:
        return None

    def take(self, holder: Holder, seconds: float) -> Memory:
        return self

    def take_away(self, id: str) -> None:
        pass

    def renew(self, seconds: float) -> None:
        pass

    def append(self, number: int, line: bytes) -> None:
        assert self.kept.journal.count(b"\n") == number - 1
        self.kept = replace(self.kept, journal=self.kept.journal + line)

    def replace(self, state: bytes, journal: bytes, backup: bytes | None) -> None:
        self.kept = Kept(state, journal, self.kept.backup if backup is None else backup)

    def give_back(self) -> None:
        pass

    @property
    def everything(self) -> bytes:
        return b"".join((self.kept.state or b"", self.kept.journal, self.kept.backup or b""))


def opened(memory: Memory, *identities: object) -> SharedState:
    def myself() -> Holder:
        return Holder("1", "ana", "here", 1, "2026-11-23T00:00:00Z")

    keyring = Keyring(lambda: (identities, ()))
    return SharedState(memory, lambda: inputs.schema("state"), myself, keyring=keyring)


@pytest.fixture
def in_memory() -> tuple[Memory, Open]:
    memory = Memory()
    return memory, lambda: opened(memory, IDENTITY)


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAPI_SYNC_IDENTITY", str(IDENTITY))


def known_after(events: list[Any]) -> Known:
    return replay(SEALED, [Begin(SEALED.lineage, SEALED.serial), *events])


def go_through(open_store: Callable[[], StateStore]) -> None:
    """A run that breaks off, the checkpoint after it, and a change by hand; each seen by another machine."""
    store, other = open_store(), open_store()
    with store.lock(0):
        store.verify_readable(RECIPIENTS)
        store.replace(SEALED, (), backup=False)
        assert other.load() == Known(SEALED)
        journal = store.open_journal(SEALED)
        for number, event in enumerate(RUN, start=1):
            journal.append(event)
            assert other.load() == known_after(RUN[:number])
        journal.close()
        before = known_after(RUN)
        assert before.state
        assert store.checkpoint() == before
        assert open_store().load() == before
        store.open_journal(before.state).close()
        after = before.state.with_groups({})
        store.replace(after, before.open.values(), backup=True)
        assert other.load() == Known(after, before.open)
        assert other.load_backup() == before.state


def test_what_is_known_is_the_same(open_store: Open) -> None:
    go_through(open_store)


def test_nothing_is_kept_in_the_clear(in_memory: tuple[Memory, Open]) -> None:
    memory, open_memory = in_memory
    go_through(open_memory)
    assert memory.kept.state
    assert is_sealed(memory.kept.state)
    assert memory.kept.backup
    assert is_sealed(memory.kept.backup)
    assert memory.kept.journal.count(b'"sealed"') == memory.kept.journal.count(b"\n") > 1
    assert [each for each in SECRETS if each in memory.everything] == []
    kept = memory.kept
    store = open_memory()
    with store.lock(0):
        store.checkpoint()
    assert memory.kept == kept  # what says the same already is not encrypted again


def test_a_state_in_the_clear_is_encrypted_with_its_backup_and_what_is_in_doubt(
    in_memory: tuple[Memory, Open],
) -> None:
    memory, open_memory = in_memory
    store = open_memory()
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        for event in [*attempt("made", MADE), *attempt("killed")]:
            journal.append(event)
        journal.close()
        known = store.checkpoint()
        assert known.state
        assert [each for each in SECRETS if each not in memory.everything and each.isascii()] == []
        state = known.state.encrypted_to(RECIPIENTS)
        store.replace(state, known.open.values(), backup=True)
        assert store.load() == replace(known, state=state)
    assert [each for each in SECRETS if each in memory.everything] == []


def test_without_the_identity_nothing_is_read_or_written(in_memory: tuple[Memory, Open]) -> None:
    memory, open_memory = in_memory
    stranger = opened(memory, pyrage.x25519.Identity.generate())
    with pytest.raises(StateInvalid, match="it could not be read again"), stranger.lock(0):
        stranger.replace(SEALED, (), backup=False)
    assert memory.everything == b""
    go_through(open_memory)
    for look in (stranger.load, stranger.load_backup, stranger.checkpoint):
        with pytest.raises(StateInvalid, match="none that it was encrypted to"):
            look()
