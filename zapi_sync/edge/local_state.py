"""State and journal as two files side by side, written so that a crash at any point loses nothing.

The state is replaced whole (temporary file, fsync, rename, fsync of the folder); the journal is appended to
and fsynced, so a creation costs the same however large the state is. Reading takes the journal first: what
a checkpoint folds into the state in between is then merely read twice.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from zapi_sync.core.known import Known
from zapi_sync.errors import (
    Code,
    Diagnostic,
    Location,
    Severity,
    StateInvalid,
    StateUnwritable,
    ZapiSyncError,
    reason,
)
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from zapi_sync.core.known import OpenAttempt
    from zapi_sync.core.sealing import Identity, Keyring
    from zapi_sync.core.state import State
    from zapi_sync.journal_writer import JournalWriter

MAX_BYTES = 256 * 1024 * 1024
"""So large may a state or a journal be: that of 100,000 groups takes about 60 MiB."""

_STATE_OPEN = Text("everybody on this machine can change this state, and with it what is created")
_JOURNAL_OPEN = Text("everybody on this machine can change this journal, and with it what is created")
_UNREADABLE = {
    errno.EMFILE: Text("allow this process more open files (ulimit -n), then run this again"),
    errno.ENFILE: Text("the machine has too many files open: close some, then run this again"),
    errno.ENAMETOOLONG: Text("name a shorter path with --state"),
    errno.EIO: Text("see to the disk, then run this again"),
}


class LocalState:
    """The state at `path`, and the journal next to it (state.store.StateStore). Its lock: edge/lock.py.

    Raises StateInvalid for a path without a name.
    """

    def __init__(
        self,
        path: Path,
        schema: Callable[[], Mapping[str, object]],
        locked: Callable[[Path, float], AbstractContextManager[None]],
        holder_of: Callable[[Path], str | None],
        identities: Callable[[], tuple[Sequence[Identity], Sequence[Diagnostic]]] = lambda: ((), ()),
    ) -> None:
        if not path.name:
            raise StateInvalid.of(
                Code.STATE_NO_FILE,
                Text("this is a folder"),
                hint=Text("name a file with --state"),
                file=str(path),
            )
        self.path = path
        self.journal_path = path.with_name(path.name + ".journal")
        self.backup_path = path.with_name(path.name + ".backup")
        self.lock_path = path.with_name(path.name + ".lock")
        self._schema = schema
        self._locked = locked
        self._holder_of = holder_of
        self._identities = identities

    @cached_property
    def _keyring(self) -> Keyring:
        from zapi_sync.core.sealing import Keyring

        return Keyring(self._identities)

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def backup(self) -> str:
        return str(self.backup_path)

    def lock(self, timeout: float) -> AbstractContextManager[None]:
        """The kernel's, beside the state: it ends with the process that holds it."""
        return self._locked(self.lock_path, timeout)

    def holder(self) -> str | None:
        return self._holder_of(self.lock_path)

    def load(self) -> Known:
        """What is known; nothing, where there is neither state nor journal. Raises StateInvalid."""
        raw_journal = _read(self.journal_path)
        raw = _read(self.path)
        if raw is None:
            self._refuse_if_gone()
            return Known()
        from zapi_sync.core.stored import known_of  # a first plan has nothing to read with it

        return known_of(
            raw, raw_journal or b"", self._schema(), self._keyring, self.name, str(self.journal_path)
        )

    def load_backup(self) -> State | None:
        """The state before the last `replace` with a backup. Raises StateInvalid."""
        raw = _read(self.backup_path)
        if raw is None:
            return None
        from zapi_sync.core.stored import state_of

        return state_of(raw, self._schema(), self._keyring, self.backup)

    def verify_readable(self, recipients: tuple[str, ...]) -> None:
        """Raises StateInvalid where what is encrypted to these recipients could not be read here."""
        self._keyring.verify_readable(recipients, self.name)

    def warnings(self) -> list[Diagnostic]:
        """What is odd about the files, and no reason to refuse them (docs/decisions/0011)."""
        return [
            Diagnostic(
                Code.STATE_OPEN_TO_OTHERS,
                warning,
                f"chmod 600 {_quoted(path)}",
                Location(str(path)),
                Severity.WARNING,
            )
            for warning, path in ((_STATE_OPEN, self.path), (_JOURNAL_OPEN, self.journal_path))
            if _is_open_to_others(path)
        ] + list(self._keyring.warnings if "_keyring" in self.__dict__ else ())

    @property
    def has_journal(self) -> bool:
        """Whether an earlier run left something to fold into the state, or an attempt in doubt."""
        return self.journal_path.exists()

    def open_journal(self, state: State) -> JournalWriter:
        """The journal, ready to append to; what cannot be written is found here, before anything is sent."""
        from zapi_sync.core.journal import Begin
        from zapi_sync.core.journal_lines import parse_journal
        from zapi_sync.journal_writer import JournalWriter

        with _writing(self.journal_path):
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self.journal_path, flags, 0o600)
        file = _JournalFile(self.journal_path, descriptor)
        try:
            name = str(self.journal_path)
            written = parse_journal(_read(self.journal_path) or b"", name, self._keyring)
            with _writing(self.journal_path):
                os.ftruncate(descriptor, written.length)
                _sync_folder(self.journal_path)
            seal = self._keyring.sealer(state.recipients, name)
            journal = JournalWriter(file.write, file.close, lines=len(written.events), seal=seal)
            if not written.events:
                journal.append(Begin(state.lineage, state.serial))
        except ZapiSyncError:
            file.close()
            raise
        return journal

    def checkpoint(self) -> Known:
        """Fold the journal into the state; what is still in doubt stays in the journal.

        A crash between any two steps leaves state and journal that replay to the same.
        """
        self._clear_litter()
        known = self.load()
        if known.state is None:
            from zapi_sync.core.stored import gone_midway

            raise gone_midway(self.name)
        self._write(known.state, known.open.values())
        return known

    def replace(self, state: State, unsettled: Collection[OpenAttempt], *, backup: bool) -> None:
        """Store this state and these unsettled attempts, and nothing else, in the place of what is kept."""
        before = _read(self.path) if backup else None
        if before is not None:
            from zapi_sync.core.stored import backup_bytes

            _replace(self.backup_path, backup_bytes(before, state, self._schema(), self._keyring, self.name))
        self._write(state, unsettled)
        if state.recipients:
            self._clear_litter()

    def _write(self, state: State, unsettled: Collection[OpenAttempt]) -> None:
        """The state first, then its journal: at any point between, the two replay to the same."""
        from zapi_sync.core.stored import journal_bytes, state_bytes

        before = _read(self.path)
        text = state_bytes(state, self._keyring, self.name, before)
        if text != before:
            _replace(self.path, text)
        if unsettled:
            before, name = _read(self.journal_path), str(self.journal_path)
            content = journal_bytes(state, unsettled, self._keyring, name, before)
            if content != before:
                _replace(self.journal_path, content)
        else:
            with _writing(self.journal_path), contextlib.suppress(FileNotFoundError):
                os.unlink(self.journal_path)
                _sync_folder(self.journal_path)

    def _clear_litter(self) -> None:
        """What a killed run did not get to rename holds links, too."""
        ours = re.compile(rf"\.{re.escape(self.path.name)}(\.journal|\.backup)?\.[0-9a-f]{{8}}\.tmp")
        files: list[Path] = []
        with contextlib.suppress(OSError):
            files = [file for file in self.path.parent.iterdir() if ours.fullmatch(file.name)]
        for file in files:
            with contextlib.suppress(OSError):
                file.unlink()

    def _refuse_if_gone(self) -> None:
        """Raises StateInvalid where no state is there, and what lies beside its place says that one was."""
        journal, backup = self.journal_path, self.backup_path
        if journal.exists():
            message = Text("the state is gone, and its journal {file} is still there", file=journal.name)
            hint = Text("restore the state from git or a backup; without it groups would be created again")
        elif backup.exists():
            message = Text("the state is gone, and its backup {file} is still there", file=backup.name)
            hint = Text(
                "restore the state from git, or from {file}; without it groups would be created again",
                file=backup.name,
            )
        else:
            return
        raise StateInvalid.of(Code.STATE_GONE, message, hint=hint, file=str(self.path))


class _JournalFile:
    """The file of a journal that is being written to."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def close(self) -> None:
        os.close(self._descriptor)

    def write(self, _number: int, line: bytes) -> None:
        """Returns once the line is on disk."""
        with _writing(self._path):
            if not self._is_in_place():
                raise OSError(
                    errno.ESTALE, Text("it was replaced or removed while this run was writing to it")
                )
            if os.write(self._descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._descriptor)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateUnwritable.of(
            Code.STATE_UNWRITABLE,
            Text("it cannot be written: {why}", why=reason(error)),
            hint=_remedy(error),
            file=str(path),
        ) from None


def _replace(path: Path, content: bytes) -> None:
    _refuse_what_is_no_file(path)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    with _writing(path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        _sync_folder(path)


def _read(path: Path) -> bytes | None:
    """A file's bytes, None where there is none. Raises StateInvalid for what is no file, or unreadable."""
    _refuse_what_is_no_file(path)
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateInvalid.of(
            Code.STATE_UNREADABLE,
            Text("it cannot be read: {why}", why=reason(error)),
            hint=_UNREADABLE.get(error.errno or 0, Text("see to it that this user may read it")),
            file=str(path),
        ) from None
    if len(raw) > MAX_BYTES:
        raise StateInvalid.of(
            Code.STATE_CORRUPT,
            Text("this is more than {limit} MiB, and no state grows so large", limit=MAX_BYTES // 2**20),
            hint=Text("see whether the file is the one that was meant; nothing was created or overwritten"),
            file=str(path),
        )
    return raw


def read_given(name: str) -> bytes:
    """The bytes of a state that is given by hand: a file, `-` for standard input. Raises StateInvalid."""
    raw = _read_stdin() if name == "-" else _read(Path(name))
    if raw is None:
        raise _not_given(name, Text("there is no such file"))
    return raw


def _read_stdin() -> bytes:
    try:
        with open(sys.stdin.fileno(), "rb", closefd=False) as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _not_given("<stdin>", Text("it cannot be read: {why}", why=reason(error))) from None
    if len(raw) > MAX_BYTES:
        raise _not_given("<stdin>", Text("this is more than {limit} MiB", limit=MAX_BYTES // 2**20))
    return raw


def _not_given(name: str, why: str) -> StateInvalid:
    hint = Text("name the file that zapi-sync state pull wrote, or - for standard input")
    return StateInvalid.of(Code.STATE_UNREADABLE, why, hint=hint, file=name)


def _is_open_to_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return False


def _refuse_what_is_no_file(path: Path) -> None:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return  # opening it will tell, better than this could
    if stat.S_ISLNK(mode):
        raise StateInvalid.of(
            Code.STATE_NO_FILE,
            Text("this is a symbolic link, and a state is never written behind one's back"),
            hint=Text("name the file it points to: --state {file}", file=_quoted(os.path.realpath(path))),
            file=str(path),
        )
    if not stat.S_ISREG(mode):
        raise StateInvalid.of(
            Code.STATE_NO_FILE,
            Text("this is a folder") if stat.S_ISDIR(mode) else Text("this is not a regular file"),
            hint=Text("name a file with --state"),
            file=str(path),
        )


def _quoted(path: Path | str) -> str:
    import shlex

    return shlex.quote(str(path))


def _sync_folder(path: Path) -> None:
    """Make a file's name durable, which an fsync of the file alone does not."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remedy(error: OSError) -> str:
    remedies = {
        errno.ENOSPC: Text("make room on the disk, then run this again"),
        errno.EDQUOT: Text("make room in the quota, then run this again"),
        errno.EACCES: Text("see to it that this user may write in this folder"),
        errno.EPERM: Text("see to it that this user may write in this folder"),
        errno.EROFS: Text("put the state on a disk that can be written, with --state"),
        errno.ENOENT: Text("create the folder, or name another with --state"),
        errno.ESTALE: Text("put the file back; what was created meanwhile is told, for zapi-sync import"),
        errno.EBUSY: Text("a file that is mounted by itself cannot be replaced: mount its folder instead"),
    }
    return remedies.get(error.errno or 0, Text("see to the disk or the folder, then run this again"))
