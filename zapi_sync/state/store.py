"""The state's store: what apply and the commands need of it, and what each backend offers to keep one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager

    from obstore import PutMode

    from zapi_sync.core.holding import Holder, Kept
    from zapi_sync.core.journal import Event
    from zapi_sync.core.known import Known, OpenAttempt
    from zapi_sync.core.state import State
    from zapi_sync.errors import Diagnostic


class Journal(Protocol):
    """A place that keeps events, one after another."""

    def append(self, event: Event) -> None:
        """Keep one event.

        When the call returns, the event is durable and every other machine that loads the state sees it.
        Raises StateUnwritable when it cannot be kept. After that every later call raises too, because
        nobody knows what is kept then.
        """


class OpenJournal(Journal, Protocol):
    """A journal that a run writes to."""

    def close(self) -> None:
        """End the writing. What was appended stays."""


class StateStore(Protocol):
    """A state and its journal in one place, and the lock on both.

    The journal holds what happened since the state was last written, and every unsettled attempt: a create
    request that left and whose result is not known. No method of this interface forgets an unsettled
    attempt: `append` and `checkpoint` keep it until an event settles it, and `replace` takes those that
    stay. tests/contract checks every method of every backend with unsettled attempts present.

    Methods that write need the lock. When the lock is lost on the way, each of them raises StateUnwritable,
    and an append does so before its request is sent.
    """

    @property
    def name(self) -> str:
        """The place, as a person knows it. It holds no secret."""

    @property
    def backup(self) -> str:
        """The place where `replace` keeps the former state."""

    @property
    def has_journal(self) -> bool:
        """True when the journal holds events or unsettled attempts. Raises StateInvalid."""

    def load(self) -> Known:
        """Return the state with the journal's events on top, and the unsettled attempts.

        Reads only. Returns an empty Known when neither state nor journal exists. Raises StateInvalid when
        what is kept cannot be read, or when a journal or a backup is there without its state.
        """

    def load_backup(self) -> State | None:
        """Return the state that the last `replace` with `backup=True` found; None when there was none.

        Raises StateInvalid.
        """

    def verify_readable(self, recipients: tuple[str, ...]) -> None:
        """Raise StateInvalid when text that is encrypted to these recipients cannot be decrypted here.

        Writes nothing. Does nothing when there are no recipients.
        """

    def warnings(self) -> list[Diagnostic]:
        """Return what is odd about how the state is kept, but no reason to refuse it."""

    def holder(self) -> str | None:
        """Describe who has the lock now; None when nobody has it. Raises StateUnwritable."""

    def lock(self, timeout: float) -> AbstractContextManager[None]:
        """Hold the lock for the length of a `with` block. Wait for it at most `timeout` seconds.

        Raises StateLocked, with a description of the holder, when the time is over.
        """

    def open_journal(self, state: State) -> OpenJournal:
        """Return the journal, ready to append to, after all that it holds already.

        `state` must be the state that is stored. A torn last line is dropped: its append never returned.
        Raises StateUnwritable here, before anything is sent, when the journal cannot be written.
        """

    def checkpoint(self) -> Known:
        """Fold the journal into the state, and return what is known then.

        Afterwards the state holds every group that the journal reported, and the journal holds the
        unsettled attempts alone. A crash at any moment leaves a state and a journal that load to the same.
        """

    def replace(self, state: State, unsettled: Collection[OpenAttempt], *, backup: bool) -> None:
        """Store this state and these unsettled attempts, and nothing else, in the place of what is kept.

        This is the one way to replace a state. The caller must have folded the journal in (`checkpoint`),
        and `unsettled` must hold every attempt that `load` reports, under whatever key it has now. With
        `backup`, the former state is kept as the backup. A crash at any moment leaves the former state
        with its attempts, or the new one with these.
        """


class Grip(Protocol):
    """The lock of a shared state as one process has it. All raise StateLost once another has it."""

    def renew(self, seconds: float) -> None:
        """It is ours for so long from now on."""

    def append(self, number: int, line: bytes) -> None:
        """Returns once this line of the journal, counted from 1, is durable. Raises StateUnwritable."""

    def replace(self, state: bytes, journal: bytes, backup: bytes | None) -> None:
        """All at once: this state, this journal, and this backup, if one is given. Raises StateUnwritable."""

    def give_back(self) -> None:
        """Another one may have it at once."""


class Backend(Protocol):
    """Where a team and its CI keep a state together: bytes, and a lock with a fence (shared_state.py)."""

    @property
    def name(self) -> str:
        """As a person knows it; no secret is in it."""

    def read(self) -> Kept:
        """All that is kept, as of one moment. Raises StateInvalid where it cannot be read."""

    def holder(self) -> Holder | None:
        """Who has the lock, as long as it is its."""

    def take(self, holder: Holder, seconds: float) -> Grip | Holder:
        """The lock for so long, or who has it. It is free where nobody has it, where its time is over, and
        where its holder is known to be gone. Raises StateUnwritable."""

    def take_away(self, id: str) -> None:
        """Whoever has the lock by this id has it no more."""


class Bucket(Protocol):
    """Where object storage keeps objects by their paths. All raise core.object_sequence.Trouble."""

    def get(self, path: str) -> tuple[bytes, PutMode] | None:
        """What is there, and the mode of a put in its place; None where there is nothing."""

    def has(self, path: str) -> bool:
        """Whether there is anything."""

    def numbers(self, folder: str) -> list[int]:
        """Those of the objects in a folder that are called by a number of ten digits."""

    def put(self, path: str, body: bytes, mode: PutMode) -> PutMode | None:
        """The mode of a put in its place; None where another one's is there. It is done but once, whatever
        becomes of the answer; `body` is like no other."""

    def put_once(self, path: str, body: bytes, mode: PutMode) -> PutMode | None:
        """As `put`, but a put without an answer is not looked for; None where the condition does not hold."""

    def delete(self, paths: Sequence[str]) -> None:
        """Whether they are there or not."""
