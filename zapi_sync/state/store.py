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
    """Where each event is written down before the next thing happens."""

    def append(self, event: Event) -> None:
        """Returns once the event is durable. Raises StateUnwritable, and from then on at every call."""


class OpenJournal(Journal, Protocol):
    """A journal that is being written to."""

    def close(self) -> None:
        """Nothing more is appended."""


class StateStore(Protocol):
    """Where state and journal are kept, and who may change them. tests/contract holds all of them to this."""

    @property
    def name(self) -> str:
        """As a person knows it; no secret is in it."""

    @property
    def backup(self) -> str:
        """Where the state before the last `rewrite` is kept."""

    @property
    def has_journal(self) -> bool:
        """Whether an earlier run left something to fold into the state, or an attempt in doubt."""

    def load(self) -> Known:
        """What is known; nothing, where there is neither state nor journal. Raises StateInvalid."""

    def load_backup(self) -> State | None:
        """The state before the last `rewrite`. Raises StateInvalid."""

    def prove(self, recipients: tuple[str, ...]) -> None:
        """Raises StateInvalid where what is encrypted to these recipients could not be read here; where
        nothing is written, too."""

    def warnings(self) -> list[Diagnostic]:
        """What is odd about how it is kept, and no reason to refuse it."""

    def holder(self) -> str | None:
        """Who may change it now; None where nobody does. Raises StateUnwritable."""

    def lock(self, timeout: float) -> AbstractContextManager[None]:
        """The right to change it, which what follows needs. Waited for at most `timeout` seconds.

        Raises StateLocked with who has it. Where it is lost on the way, each call from then on is refused
        with a StateUnwritable, an append of the journal before its request is sent.
        """

    def save(self, state: State) -> None:
        """Replace the state; only while there is no journal that goes on from another version of it."""

    def open_journal(self, state: State) -> OpenJournal:
        """The journal, ready to append to."""

    def checkpoint(self) -> Known:
        """Fold the journal into the state; what is still in doubt stays in the journal."""

    def rewrite(self, state: State, open_attempts: Collection[OpenAttempt]) -> None:
        """Replace what is known by what a person decided, and keep the state that was as the backup."""


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
