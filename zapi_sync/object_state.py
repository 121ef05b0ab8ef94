"""A state in object storage (S3, GCS, Azure): one sequence of numbered objects that are never changed.

    NAME.state.json.journal/0000000001   each put only if nobody has that number (If-None-Match: *)
    NAME.state.json.lock                 who may go on; put only over the version last seen (If-Match)
    NAME.state.json.probe                what shows that the endpoint honours these two conditions
    NAME.state.json, .backup             copies for people: no state is read from them

An entry of the sequence is a line of the journal, a checkpoint (state, journal and backup in one), or a
takeover. What is kept is the newest checkpoint with the lines after it. So each change is one put of the next
number, there or not there: two that want one number cannot both have it, and no crash leaves half a change.

Whoever takes a lock that was not given back in good order first puts a takeover at the next number, and no
takeover is ever deleted. So the number that the holder before would write next is taken for good, even once a
checkpoint has cleared away all else before itself. The sequence is listed before the lock is put: in between
none but that holder can have written, and what a later one wrote (its fence is higher) is never passed over.

That a lease is over is told by the clock: those of all machines must agree within the margin (10 seconds, or
a tenth of the lease). Where they do not, two may hold the lock, and still but one of them can append.
"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from zapi_sync.core.holding import Kept
from zapi_sync.core.object_sequence import (
    LINE,
    NO_CONDITIONS,
    TAKEOVER,
    Gone,
    Lock,
    Trouble,
    checkpoint_text,
    entry_text,
    free_at,
    picture_of,
    read_entry,
    read_lock,
)
from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, StateInvalid, StateLost, StateUnwritable
from zapi_sync.language import Text
from zapi_sync.shared_state import lost, unreadable, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from obstore import PutMode

    from zapi_sync.core.holding import Holder
    from zapi_sync.core.object_sequence import Entry, Picture
    from zapi_sync.state.store import Bucket

_READINGS = 5
_AT_ONCE = 16
_CREATE: PutMode = "create"
_NO_VERSION: PutMode = {"e_tag": '"0x8D4BCC2E4835CD0"', "version": "1"}


class ObjectBackend:
    """See state.store.Backend."""

    def __init__(self, name: str, bucket: Bucket, path: str) -> None:
        self.name = name
        self._bucket = bucket
        self._path = path
        self._entries: dict[int, Entry] = {}
        self._is_checked = False

    def read(self) -> Kept:
        with self._reading():
            return self.picture().kept

    def holder(self) -> Holder | None:
        with self.writing():
            return self.lock()[0].held_at(datetime.now(UTC))

    def take(self, holder: Holder, seconds: float) -> Grip | Holder:
        version = None
        with self.writing():
            self._check_conditions()
            while version is None:  # somebody else was quicker
                lock, seen = self.lock()
                other = lock.held_at(datetime.now(UTC))
                if other:
                    return other
                last = self._last()
                if seen == _CREATE and last:  # somebody removed the lock, and with it the fence
                    lock = Lock(self.entry(last).fence, is_settled=False)
                mine = replace(
                    lock, fence=lock.fence + 1, holder=holder, free_at=free_at(datetime.now(UTC), seconds)
                )
                version = self._bucket.put(self.lock_path, mine.text(_token()), seen)
        grip = Grip(self, self._bucket, mine, version, last)
        if lock.holder or not lock.is_settled:
            grip.fence_off()
        return grip

    def take_away(self, id: str) -> None:
        version = None
        with self.writing():
            while version is None:  # it was renewed meanwhile
                lock, seen = self.lock()
                if lock.holder is None or lock.holder.id != id:
                    return
                last = self._last()
                free = replace(lock, fence=lock.fence + 1, holder=None, is_settled=False)
                version = self._bucket.put(self.lock_path, free.text(_token()), seen)
        with suppress(StateLost):  # whoever took it in between puts a takeover, too
            Grip(self, self._bucket, free, version, last).fence_off()

    @property
    def lock_path(self) -> str:
        return f"{self._path}.lock"

    def entry_path(self, number: int) -> str:
        return f"{self._path}.journal/{number:010}"

    def lock(self) -> tuple[Lock, PutMode]:
        """The lock, and the mode of a put in its place."""
        there = self._bucket.get(self.lock_path)
        if there is None:
            return Lock(), _CREATE
        text, version = there
        return read_lock(text, self.name), version

    def entry(self, number: int) -> Entry:
        """One entry, which never changes. Raises Gone."""
        if number not in self._entries:
            there = self._bucket.get(self.entry_path(number))
            if there is None:
                raise Gone(number)
            self.remember(number, there[0])
        return self._entries[number]

    def remember(self, number: int, text: bytes) -> None:
        """An entry that need not be asked for, as it was just put."""
        self._entries[number] = read_entry(text, self.name, number)

    def picture(self) -> Picture:
        """All that counts, as of one moment: read again where a checkpoint clears away what was listed."""
        missing = 0
        for _ in range(_READINGS):
            try:
                return self._picture()
            except Gone as gone:
                missing = gone.number
        raise StateInvalid.of(
            Code.STATE_GONE,
            Text(
                "number {number:010} of its journal is gone, and what belongs to it is still there",
                number=missing,
            ),
            hint=Text(
                "restore it, from the bucket's versions or a backup; without it groups would be created again"
            ),
            file=self.name,
        )

    def tidy(self, state: bytes, backup: bytes | None, bygone: Sequence[int]) -> None:
        """After a checkpoint: the copies for people, and no more of what is over. The next one makes up for
        what fails here, and nothing is wrong until then."""
        with suppress(Trouble):
            self._bucket.put_once(self._path, state, "overwrite")
            if backup is not None:
                self._bucket.put_once(f"{self._path}.backup", backup, "overwrite")
            self._bucket.delete([self.entry_path(number) for number in bygone])

    @contextmanager
    def writing(self) -> Iterator[None]:
        try:
            yield
        except Trouble as trouble:
            raise unwritable(self.name, trouble.why, trouble.remedy) from None

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except Trouble as trouble:
            raise unreadable(self.name, trouble.why, trouble.remedy) from None

    def _last(self) -> int:
        return max(self._bucket.numbers(f"{self._path}.journal"), default=0)

    def _picture(self) -> Picture:
        numbers = sorted(self._bucket.numbers(f"{self._path}.journal"))
        picture = picture_of(numbers, self._newest_first(numbers))
        if picture.kept.state is None and self._bucket.has(self._path):
            raise Gone(1)
        self._entries = {number: entry for number, entry in self._entries.items() if number >= picture.first}
        return picture

    def _newest_first(self, numbers: Sequence[int]) -> Iterator[tuple[int, Entry]]:
        """Each entry with its number, several asked for at once."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for end in range(len(numbers), 0, -_AT_ONCE):
                some = numbers[max(0, end - _AT_ONCE) : end]
                list(threads.map(self.entry, [each for each in some if each not in self._entries]))
                yield from ((number, self.entry(number)) for number in reversed(some))

    def _check_conditions(self) -> None:
        """An endpoint that ignores the condition of a put can hold no lock: no other put is sent to it."""
        if self._is_checked:
            return
        path = f"{self._path}.probe"
        # the first one finds the probe of an earlier run, or makes it; neither of the others may come through
        done = [
            self._bucket.put_once(path, _token().encode(), mode) for mode in (_CREATE, _CREATE, _NO_VERSION)
        ]
        if any(done[1:]):
            with suppress(Trouble):
                self._bucket.delete([path])
            raise Trouble(*NO_CONDITIONS)
        self._is_checked = True


class Grip:
    """See state.store.Grip. `last` is the number that the sequence had come to when the lock was taken."""

    def __init__(
        self, backend: ObjectBackend, bucket: Bucket, lock: Lock, version: PutMode, last: int
    ) -> None:
        self._backend = backend
        self._bucket = bucket
        self._lock = lock
        self._version = version
        self._last = last
        self._broken: StateUnwritable | None = None

    def fence_off(self) -> None:
        """Take the number that the holder before would write next, or give the lock back as it was found."""
        try:
            self._put_takeover()
        except StateUnwritable as broken:
            self._broken = broken
            with suppress(StateUnwritable):  # then it ends with its lease
                self.give_back()
            raise

    def renew(self, seconds: float) -> None:
        self._relock(replace(self._lock, free_at=free_at(datetime.now(UTC), seconds)))

    def append(self, number: int, line: bytes) -> None:
        self._put_next(entry_text(LINE, self._lock.fence, _token(), line))

    def replace(self, state: bytes, journal: bytes, backup: bytes | None) -> None:
        with self._backend.writing():
            before = self._backend.picture()
        kept = Kept(state, journal, before.kept.backup if backup is None else backup)
        self._put_next(checkpoint_text(self._lock.fence, _token(), kept, before.takeovers))
        self._backend.tidy(state, backup, before.bygone)

    def give_back(self) -> None:
        self._relock(replace(self._lock, holder=None, is_settled=self._broken is None))

    def _put_takeover(self) -> None:
        marker = entry_text(TAKEOVER, self._lock.fence, _token())
        while not self._claim(marker):
            with self._backend.writing():
                if self._backend.entry(self._last + 1).fence > self._lock.fence:
                    raise self._lost()
            self._last += 1
        self._last += 1

    def _put_next(self, text: bytes) -> None:
        if self._broken:
            raise self._broken
        if not self._claim(text):
            self._broken = self._lost()
            raise self._broken
        self._last += 1
        self._backend.remember(self._last, text)

    def _claim(self, text: bytes) -> bool:
        """Whether the next number is ours. Where that is not known, nothing is written from then on."""
        try:
            with self._backend.writing():
                return bool(self._bucket.put(self._backend.entry_path(self._last + 1), text, _CREATE))
        except StateUnwritable as broken:
            self._broken = broken
            raise

    def _relock(self, lock: Lock) -> None:
        path, text = self._backend.lock_path, lock.text(_token())
        with self._backend.writing():
            version = self._bucket.put(path, text, self._version)
            if version is None:  # by another one, or by a put of ours whose answer came too late for us
                there, seen = self._backend.lock()
                if (there.fence, there.holder) == (self._lock.fence, self._lock.holder):
                    version = self._bucket.put(path, text, seen)
        if version is None:
            raise self._lost()
        self._lock, self._version = lock, version

    def _lost(self) -> StateLost:
        return lost(self._backend.name, Text("another run took it, or somebody took it away"))


def _token() -> str:
    """No two puts are of the same bytes, nor of the same e-tag, which may be their hash."""
    return secrets.token_hex(8)
