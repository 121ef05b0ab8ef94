"""A shared state on a branch of its own in the team's git repository; pushing is the compare-and-swap.

The branch has a root of its own and holds, of each state, NAME.state.json with its .journal, .backup and
.lock. A write is one commit on top of the tip that is known, pushed with a lease on that very tip: whoever
was quicker is never overwritten. Nothing of the repository that a person works in is touched, be it branch,
index, object or ref: commits are made in a bare repository in a folder of its own in .git/zapi-sync. It
needs git 2.31, which takes settings from the environment: a token among them is in no argument of ours.

A lock ends by the clock on the wall: the clocks of all machines must agree to within MARGIN seconds, by which
it is left alone beyond its end. A branch keeps its history: whoever may read it can read every state that
ever was, with its invite links and phones, also after those are gone from the newest one.
"""

from __future__ import annotations

import fcntl
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from zapi_sync.core.holding import Kept
from zapi_sync.core.state_branch import (
    FORM,
    TIP,
    GitFailed,
    Lock,
    Tip,
    author_of,
    commit_stream,
    failure,
    passed_on,
    questions,
    read_address,
    read_settings,
    remotes_of,
    tip_of,
)
from zapi_sync.dataclass import dataclass, replace
from zapi_sync.errors import Code, StateInvalid, StateUnwritable, reason
from zapi_sync.language import Joined, Text
from zapi_sync.shared_state import lost, unreadable, unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zapi_sync.core.holding import Holder
    from zapi_sync.errors import ZapiSyncError

MARGIN = 10.0
_SECONDS = 60.0  # for one run of git: a network that swallows packets must not hold a run up for ever
_TRIES = 20
_LONGEST_PAUSE = 1.0
_OR = Text(" or ")


class GitBackend:
    """See state.store.Backend."""

    def __init__(self, address: str, folder: Path, margin: float = MARGIN) -> None:
        """The state of that address in the repository that a folder is in. Raises StateInvalid."""
        with _told(_no_address):
            self._repository, self._stem = _resolved(address, folder)
        self._margin = timedelta(seconds=margin)
        self._turn = threading.RLock()  # a run reads, and its lease is renewed meanwhile
        self._tip: Tip | None = None

    @classmethod
    def of(cls, address: str) -> GitBackend:
        """`git:[REMOTE/]BRANCH[#NAME]`, of the repository that the working folder is in."""
        return cls(address, Path())

    @property
    def name(self) -> str:
        return f"git:{self._repository.remote}/{self._repository.branch}#{self._stem}"

    def read(self) -> Kept:
        with self._turn, _told(partial(unreadable, self.name)):
            return self._fetched().kept

    def holder(self) -> Holder | None:
        with self._turn, _told(partial(_lock_unreadable, self.name)):
            return self._held(self._fetched(), datetime.now(UTC))

    def take(self, holder: Holder, seconds: float) -> _Grip | Holder:
        def taken(tip: Tip, now: datetime) -> Tip | None:
            if self._held(tip, now):
                return None
            return replace(tip, lock=Lock(tip.lock.fence + 1, holder, now + timedelta(seconds=seconds)))

        lock = self._written("lock", taken, fresh=True).lock
        if lock.holder and lock.holder.id != holder.id:
            return lock.holder
        return _Grip(self, holder, lock.fence, seconds)

    def take_away(self, id: str) -> None:
        def taken_away(tip: Tip, _: datetime) -> Tip | None:
            if tip.lock.holder is None or tip.lock.holder.id != id:
                return None
            return replace(tip, lock=Lock(tip.lock.fence))

        self._written("lock taken away", taken_away, fresh=True)

    def _held(self, tip: Tip, now: datetime) -> Holder | None:
        return tip.lock.holder if tip.lock.until + self._margin > now else None

    def _fetched(self) -> Tip:
        """What stands on the branch now."""
        if not self._repository.fetch(newest_only=self._tip is None):
            self._tip = Tip()
            return self._tip
        self._tip = self._repository.read(self._stem)
        return self._tip

    def _written(
        self, message: str, change: Callable[[Tip, datetime], Tip | None], *, fresh: bool = False
    ) -> Tip:
        """Push what `change` makes of the tip, again on each new tip that others push meanwhile; returns what
        then stands there. Where it makes None of it, that is all."""
        now = datetime.now(UTC)  # one for all tries: on the same tip they make the same commit
        with self._turn, _told(partial(unwritable, self.name)):
            tip = self._tip if self._tip and not fresh else self._fetched()
            tries = 0
            while True:
                wanted = change(tip, now)
                if wanted is None:
                    return tip
                commit = self._committed(tip, wanted, message, now)
                refusal = self._repository.push(tip.commit, commit)
                if refusal is None:
                    self._tip = replace(wanted, commit=commit)
                    return self._tip
                before, tip = tip, self._after(refusal)
                if tip.commit and self._repository.leads_to(commit, tip.commit):
                    return tip  # it was taken, and only the answer was lost
                tries += 1
                if (refusal.final and tip.commit == before.commit) or tries == _TRIES:
                    raise refusal
                time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.02 * 2**tries)))  # noqa: S311  no secret

    def _after(self, refusal: GitFailed) -> Tip:
        try:
            return self._fetched()
        except GitFailed as failed:
            why = Text("{why}; whether the last write arrived is not known", why=refusal.why)
            raise GitFailed(why, failed.hint) from None

    def _committed(self, tip: Tip, wanted: Tip, message: str, now: datetime) -> str:
        before = tip.files(self._stem)
        changed = {file: text for file, text in wanted.files(self._stem).items() if text != before[file]}
        return self._repository.commit(tip.commit, changed, f"{self._stem}: {message}", now)


class _Grip:
    """See state.store.Grip."""

    def __init__(self, backend: GitBackend, holder: Holder, fence: int, seconds: float) -> None:
        self._backend = backend
        self._holder = holder
        self._fence = fence
        self._seconds = seconds

    def renew(self, seconds: float) -> None:
        self._seconds = seconds
        self._write("renew", lambda kept: kept)

    def append(self, number: int, line: bytes) -> None:
        def longer(kept: Kept) -> Kept:
            lines = kept.journal.splitlines(keepends=True)
            if len(lines) < number - 1:
                raise GitFailed(
                    Text("lines of its journal are gone that this run has written"),
                    Text("see the history of the branch for who removed them; nothing more was sent"),
                    final=True,
                )
            return replace(kept, journal=b"".join((*lines[: number - 1], line)))

        self._write(f"journal {number}", longer)

    def replace(self, state: bytes, journal: bytes, backup: bytes | None) -> None:
        serial = re.search(rb'"serial": *([0-9]{1,18})', state)
        message = f"state, serial {serial[1].decode()}" if serial else "state"
        self._write(message, lambda kept: Kept(state, journal, kept.backup if backup is None else backup))

    def give_back(self) -> None:
        self._backend._written("unlock", lambda tip, _: replace(self._ours(tip), lock=Lock(self._fence)))

    def _write(self, message: str, change: Callable[[Kept], Kept]) -> None:
        """And with each write the lock is renewed."""

        def changed(tip: Tip, now: datetime) -> Tip:
            lock = Lock(self._fence, self._holder, now + timedelta(seconds=self._seconds))
            return replace(self._ours(tip), kept=change(tip.kept), lock=lock)

        self._backend._written(message, changed)

    def _ours(self, tip: Tip) -> Tip:
        """The tip, if its lock is ours. Raises StateLost."""
        if tip.lock.holder is None or (tip.lock.holder.id, tip.lock.fence) != (self._holder.id, self._fence):
            raise lost(self._backend.name, Text("another run took it"))
        return tip


@dataclass(frozen=True, slots=True)
class _Ran:
    """A run of git that ended."""

    code: int
    out: bytes
    said: str


class _Repository:
    """The branch on its remote, and a bare repository of this process's own to fetch it to and commit in."""

    def __init__(
        self,
        top: Path,
        place: Path,
        hashed: str,
        remote: str,
        branch: str,
        author: str,
        settings: dict[str, str],
    ) -> None:
        self.remote, self.branch = remote, branch
        self._ref = f"refs/heads/{branch}"
        self._top, self._place, self._hashed = top, place, hashed
        self._author = author
        self._environment = settings

    def fetch(self, *, newest_only: bool) -> bool:
        """Fetch the branch; False where the remote has none. Only later fetches, which are whole, tell what
        of ours the tip goes on from."""
        depth = ["--depth=1"] if newest_only else []
        flags = ("--quiet", "--no-tags", "--no-write-fetch-head", *depth)
        ran = self._git("fetch", *flags, "state", f"+{self._ref}:{TIP}")
        if ran.code and f"fatal: couldn't find remote ref {self._ref}" in ran.said.splitlines():
            return False
        if ran.code:
            raise self._failure(ran)
        return True

    def read(self, stem: str) -> Tip:
        """What was fetched of a state."""
        ran = self._git("cat-file", "--batch", sent=questions(stem))
        if ran.code:
            raise self._failure(ran)
        return tip_of(ran.out, self.branch)

    def commit(self, parent: str | None, changed: dict[str, bytes | None], message: str, at: datetime) -> str:
        """Make a commit of the parent's files and these changes, where None is a file removed."""
        flags = ("--quiet", "--force", "--done", "--date-format=raw")
        stream = commit_stream(parent, changed, self._author, message, at)
        ran = self._git("fast-import", *flags, sent=stream)
        if ran.code:
            raise self._failure(ran)
        return ran.out.decode().strip()

    def push(self, tip: str | None, commit: str) -> GitFailed | None:
        """Move the branch from this tip to a commit; None where that is done, or why it seems not to be."""
        lease = f"--force-with-lease={self._ref}:{tip or ''}"
        ran = self._git("push", "--porcelain", "--no-verify", lease, "state", f"{commit}:{self._ref}")
        return self._failure(ran) if ran.code else None

    def leads_to(self, commit: str, tip: str) -> bool:
        """Whether the tip is that commit, or goes on from it."""
        return commit == tip or not self._git("merge-base", "--is-ancestor", commit, tip).code

    def _git(self, *arguments: str, sent: bytes = b"") -> _Ran:
        if "GIT_DIR" not in self._environment:
            self._environment["GIT_DIR"] = str(self._made())
        return _git(self._top, self._environment, *arguments, sent=sent)

    def _made(self) -> Path:
        """The bare repository, made anew: what an earlier run left may be large, or half written."""
        try:
            folder, descriptor = _free_folder(self._place)
        except OSError as error:
            why = Text("the folder {folder} cannot be used: {why}", folder=self._place, why=reason(error))
            hint = Text("see to it that this user may write in the repository's .git")
            raise GitFailed(why, hint) from None
        weakref.finalize(self, os.close, descriptor)
        bare = folder / "state.git"
        shutil.rmtree(bare, ignore_errors=True)
        flags = ("--quiet", "--bare", "--template=", f"--object-format={self._hashed}")
        if _git(self._top, self._environment, "init", *flags, str(bare)).code:
            hint = Text("see whether {folder} can be written, and has room", folder=folder)
            raise GitFailed(Text("git could not make a repository to work in"), hint)
        return bare

    def _failure(self, ran: _Ran) -> GitFailed:
        said = ran.said + ran.out.decode(errors="replace")
        return failure(said, ran.code, self.remote, self.branch)


@contextmanager
def _told(complaint: Callable[[str, str], ZapiSyncError]) -> Iterator[None]:
    """Raises what the complaint makes of a failure's reason and hint."""
    try:
        yield
    except GitFailed as failed:
        raise complaint(failed.why, failed.hint) from None


def _no_address(why: str, hint: str) -> StateInvalid:
    return StateInvalid.of(Code.STATE_ADDRESS, why, hint=hint)


def _lock_unreadable(name: str, why: str, hint: str) -> StateUnwritable:
    message = Text("it cannot be read: {why}", why=why)
    return StateUnwritable.of(Code.STATE_UNWRITABLE, message, hint=hint, file=name)


def _resolved(address: str, folder: Path) -> tuple[_Repository, str]:
    """The branch that an address names, in the repository of a folder, and the stem of the state's files."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZAPI_")}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    read_address(address, ())  # what cannot be one is told also where there is no repository
    hashed, common, up, *of_repository = _about(folder, environment)
    listed = _git(folder, environment, "config", "--list", "--show-scope", "--null").out
    settings = read_settings(os.fsdecode(listed))
    remotes = remotes_of(settings)
    remote, branch, stem = read_address(address, remotes)
    if _git(folder, environment, "check-ref-format", f"refs/heads/{branch}").code:
        raise GitFailed(Text("this address names a branch that git lets nobody have"), FORM)
    if remote not in remotes:
        others = Text(
            "name another: git:REMOTE/{branch}, with {remotes}",
            branch=branch,
            remotes=Joined(_OR, sorted(remotes)),
        )
        hint = others if remotes else Text("add it: git remote add {remote} URL", remote=remote)
        raise GitFailed(Text("this repository has no remote {remote}", remote=remote), hint)
    author = author_of(settings, environment)
    for name in (*of_repository, "GIT_NAMESPACE", "GIT_QUARANTINE_PATH"):
        environment.pop(name, None)
    ours = list(passed_on(settings, remote, branch))
    environment["GIT_CONFIG_COUNT"] = str(len(ours))  # not as arguments, which everybody on the machine sees
    for number, (name, value) in enumerate(ours):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    if not {"GIT_SSH", "GIT_SSH_COMMAND"} & environment.keys() and "core.sshcommand" not in dict(ours):
        environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"  # or it would ask, and nobody be there
    top, place = (folder / up).absolute(), (folder / common).absolute() / "zapi-sync"
    return _Repository(top, place, hashed, remote, branch, author, environment), stem


def _about(folder: Path, environment: dict[str, str]) -> list[str]:
    """A repository's hash, its .git folder, the way up to its top, and the variables that are of it alone."""
    asked = ("--show-object-format", "--git-common-dir", "--show-cdup", "--local-env-vars")
    ran = _git(folder, environment, "rev-parse", *asked)
    if not ran.code:
        return os.fsdecode(ran.out).removesuffix("\n").split("\n")
    if "dubious ownership" in ran.said:
        raise GitFailed(
            Text("git does not trust this repository: it is another user's"),
            Text("git config --global --add safe.directory FOLDER, with the repository's folder"),
        )
    raise GitFailed(
        Text("the working folder is in no git repository, and the state is on a branch of one"),
        Text("run it in a clone of the team's repository"),
    )


def _free_folder(place: Path) -> tuple[Path, int]:
    """A folder that no other process works in, and the descriptor that keeps it so until it is closed."""
    number = 0
    while True:
        folder = place / str(number)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            number += 1
        except OSError:
            os.close(descriptor)
            raise
        else:
            return folder, descriptor


def _git(folder: Path, environment: dict[str, str], *arguments: str, sent: bytes = b"") -> _Ran:
    """Run git, in a session of its own: Ctrl-C is for zapi-sync, and nothing can ask at the terminal.

    What it says goes to a file: an ssh that stays behind for the next connection would keep a pipe open.
    """
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603  no shell; the address is checked, the rest is ours
                ["git", *arguments],  # noqa: S607  the PATH's git is the user's
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,
            )
        except OSError:
            raise GitFailed(
                Text("git cannot be run, and the state is on a branch of a git repository"),
                Text("install git, and see to it that it is in the PATH"),
                final=True,
            ) from None
        with process:
            try:
                out, _ = process.communicate(sent, _SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return _Ran(process.wait(), b"", "timed out")
        said.seek(0)
        return _Ran(process.returncode, out, said.read().decode(errors="replace"))
