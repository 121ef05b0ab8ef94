"""The state on a branch: what is particular to git, beyond what tests/contract holds every store to."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from zapi_sync.core.holding import Holder, Kept
from zapi_sync.core.journal import Begin, replay
from zapi_sync.core.known import Known
from zapi_sync.core.outcome import Unknown
from zapi_sync.edge import git_state
from zapi_sync.edge.git_state import GitBackend
from zapi_sync.errors import StateInvalid, StateLost, StateUnwritable
from zapi_sync.state.store import Grip

from .given import LINEAGE, MADE, STATE, attempt, refusal
from .repository import NAME, clone, cloned, git, hook, me, remote, store_in, wrap

__all__ = ["clone", "remote", "wrap"]  # fixtures

TIMES = 10


def branch(remote: Path, name: str = "zapi-state") -> list[str]:
    """What was written on a branch, the newest first."""
    return git(remote, "log", "--format=%s", name).splitlines()


def on_branch(remote: Path, file: str) -> str:
    return git(remote, "show", f"zapi-state:{file}")


def look_of(clone: Path) -> dict[str, str]:
    """All that a person sees and has in a clone."""
    places = {"index": clone / ".git/index", "config": clone / ".git/config", "HEAD": clone / ".git/HEAD"}
    commands = ("status --porcelain", "rev-parse HEAD", "for-each-ref", "stash list", "count-objects -v")
    return {
        **{name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in places.items()},
        **{command: git(clone, *command.split()) for command in commands},
        "shallow": git(clone, "rev-parse", "--is-shallow-repository"),
        "in .git": " ".join(sorted({each.name for each in (clone / ".git").iterdir()} - {"zapi-sync"})),
    }


def test_what_a_person_has_in_the_repository_stays_as_it_is(clone: Path) -> None:
    git(clone, "config", "user.email", "a@b.c")
    git(clone, "config", "user.name", "Ana")
    (clone / "groups.yaml").write_text("stashed")
    git(clone, "stash")
    (clone / "groups.yaml").write_text("changed")
    (clone / "staged").write_text("staged")
    git(clone, "add", "staged")
    (clone / "groups.state.json").write_text("a file of the same name")
    before = look_of(clone)
    store = store_in(clone)
    with store.lock(0):
        assert look_of(clone) == before
        store.replace(STATE, (), backup=False)
        assert look_of(clone) == before
        journal = store.open_journal(STATE)
        for event in attempt("made", MADE):
            journal.append(event)
            assert look_of(clone) == before
        store._held._grip.renew(60)
        assert look_of(clone) == before
        known = store.checkpoint()
        assert known.state
        store.replace(known.state.with_groups({}), (), backup=True)
        assert look_of(clone) == before
    store.load()
    assert look_of(clone) == before
    with store.lock(0):
        store.unlock("1")
    assert look_of(clone) == before


def test_each_write_is_one_commit_and_one_push_that_says_what_it_was(remote: Path, clone: Path) -> None:
    pushes = remote.parent / "pushes"
    hook(remote, "update", f"echo $1 >> {pushes}")
    store = store_in(clone)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        for event in attempt("made", MADE):
            journal.append(event)
        store.checkpoint()
    journal_lines = [f"journal {number}" for number in (1, 2, 3, 4)]
    messages = ["lock", "state, serial 1", *journal_lines, "state, serial 2", "unlock"]
    assert branch(remote) == [f"groups: {each}" for each in reversed(messages)]
    assert pushes.read_text().splitlines() == ["refs/heads/zapi-state"] * len(messages)


def test_the_branch_has_a_root_of_its_own_and_nothing_but_states(remote: Path, clone: Path) -> None:
    store = store_in(clone)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        store.open_journal(STATE)
        files = "groups.state.json groups.state.json.journal groups.state.json.lock"
        assert git(remote, "ls-tree", "--name-only", "zapi-state").split() == files.split()
        lock = json.loads(on_branch(remote, "groups.state.json.lock"))
        assert (lock["id"], lock["who"], lock["host"], lock["fence"]) == ("1", "ana", "laptop", 1)
        assert datetime.fromisoformat(lock["until"]) > datetime.now(UTC)
    assert json.loads(on_branch(remote, "groups.state.json.lock")) == {"fence": 1}
    assert git(remote, "rev-list", "--max-parents=0", "zapi-state", "main").count("\n") == 1
    assert "fsck" not in git(remote, "fsck", "--strict")


@pytest.mark.parametrize(
    ("settings", "author"),
    [
        ((), "zapi-sync <zapi-sync@localhost>"),
        (("Ana <3", "ana@example.com"), "Ana 3 <ana@example.com>"),
    ],
)
def test_commits_are_by_whom_git_is_set_up_for(
    remote: Path, clone: Path, settings: tuple[str, ...], author: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for name, value in zip(("user.name", "user.email"), settings, strict=False):
        git(clone, "config", name, value)
    with store_in(clone).lock(0):
        assert git(remote, "log", "-1", "--format=%an <%ae>", "zapi-state") == author


def test_a_persons_hooks_are_not_run(clone: Path, tmp_path: Path) -> None:
    hook(clone / ".git", "pre-push", "exit 1")
    hook(clone / ".git", "reference-transaction", "exit 1")
    git(clone, "config", "core.hooksPath", str(clone / ".git/hooks"))
    with store_in(clone).lock(0):
        pass


def test_a_branch_of_something_else_is_never_written_to(remote: Path, clone: Path) -> None:
    store = store_in(clone, "git:main")
    complaint = (
        "the branch main holds other files than states, such as 'groups.yaml' | name a branch that is for "
        "states alone; it is made where there is none: git:zapi-state"
    )
    name = "git:origin/main#groups"
    assert refusal(StateInvalid, store.load) == [f"{name}: it cannot be read: {complaint}"]
    assert refusal(StateUnwritable, lambda: store._backend.take(me(), 60)) == [
        f"{name}: it cannot be written: {complaint}"
    ]
    assert branch(remote, "main") == ["first"]


def test_a_remote_that_guards_the_branch_is_told_apart(remote: Path, clone: Path) -> None:
    store = store_in(clone)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        hook(remote, "pre-receive", "echo see https://x:token@h/ >&2; exit 1")
        assert refusal(StateUnwritable, lambda: journal.append(attempt("made")[0])) == [
            f"{NAME}: it cannot be written: the remote declined it: a rule or a hook guards the branch "
            "zapi-state | allow whoever runs zapi-sync to push to zapi-state; it never needs to force a push"
        ]
        (remote / "hooks/pre-receive").unlink()
    assert store.load() == Known(STATE)


def test_a_remote_that_vanishes_leaves_what_was_written_and_a_run_that_stops(
    remote: Path, clone: Path
) -> None:
    store, events = store_in(clone), attempt("made", MADE)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        journal.append(events[0])
        gone = remote.rename(remote.with_name("gone"))
        assert refusal(StateUnwritable, lambda: journal.append(events[1])) == [
            f"{NAME}: it cannot be written: the remote origin cannot be reached; whether the last write "
            "arrived is not known | git ls-remote origin tells more; then run it again"
        ]
        assert refusal(StateInvalid, store.load) == [
            f"{NAME}: it cannot be read: the remote origin cannot be reached | git ls-remote origin tells "
            "more; then run it again"
        ]
        gone.rename(remote)
        with pytest.raises(StateUnwritable):  # what came of the one before is not known to this run
            journal.append(events[2])
    assert store.load() == replay(STATE, [Begin(LINEAGE, 1), events[0]])


def test_a_push_whose_answer_is_lost_is_known_to_have_arrived(
    remote: Path, clone: Path, wrap: Callable[[str], Path]
) -> None:
    wrap('"$GIT" "$@" || exit\n[ "$1" != push ] || { echo "fatal: the remote end hung up" >&2; exit 128; }')
    store, events = store_in(clone), attempt("made", MADE)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        for event in events:
            journal.append(event)
        assert store.checkpoint() == replay(STATE, [Begin(LINEAGE, 1), *events])
    assert len(branch(remote)) == 8
    assert store.holder() is None


def test_a_push_that_fails_now_and_then_is_tried_again(
    remote: Path, clone: Path, wrap: Callable[[str], Path], tmp_path: Path
) -> None:
    wrap(
        f'[ "$1" != push ] || {{ mkdir {tmp_path}/odd 2>/dev/null && '
        f'{{ echo "error: RPC failed; HTTP 502" >&2; exit 1; }} || rmdir {tmp_path}/odd; }}\nexec "$GIT" "$@"'
    )
    store = store_in(clone)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
    assert store.load() == Known(STATE)
    assert len(branch(remote)) == 3


def test_a_git_that_never_ends_is_ended(
    clone: Path, wrap: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrap('[ "$1" != fetch ] || sleep 600\nexec "$GIT" "$@"')
    store = store_in(clone)
    monkeypatch.setattr(git_state, "_SECONDS", 0.3)
    assert refusal(StateInvalid, store.load) == [
        f"{NAME}: it cannot be read: the remote origin cannot be reached in time | git ls-remote origin "
        "tells more; then run it again"
    ]


def test_two_states_on_one_branch_are_written_at_the_same_time(remote: Path) -> None:
    def write(name: str) -> Known:
        store = store_in(cloned(remote, name), f"git:zapi-state#{name}")
        with store.lock(0):
            store.replace(STATE, (), backup=False)
            journal = store.open_journal(STATE)
            for number in range(TIMES):
                for event in attempt(f"{name}-{number}"):
                    journal.append(event)
        return store.load()

    with ThreadPoolExecutor() as threads:
        first, second = threads.map(write, ("first", "second"))
    assert len(first.open) == len(second.open) == TIMES
    assert {key.rpartition("-")[0] for key in first.open} == {"first"}
    subjects = branch(remote)
    assert sorted(subjects) == sorted(set(subjects))  # none was made twice
    assert len(subjects) == 2 * (2 * TIMES + 4)


def test_two_processes_in_one_clone_do_not_get_in_each_others_way(clone: Path) -> None:
    store, other = store_in(clone), store_in(clone)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        assert other.load() == Known(STATE)
    assert sorted(each.name for each in (clone / ".git/zapi-sync").iterdir()) == ["0", "1"]
    assert (clone / ".git/zapi-sync/0").stat().st_mode & 0o777 == 0o700


def test_a_clone_as_ci_has_it_will_do(remote: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", remote.as_uri(), "ci")
    git(tmp_path / "ci", "checkout", "--quiet", "--detach")
    git(tmp_path / "ci", "branch", "--delete", "main")
    (tmp_path / "ci/deep").mkdir()
    before = look_of(tmp_path / "ci")
    for serial in (1, 2):
        store = store_in(tmp_path / "ci/deep")
        with store.lock(0):
            state = store.load().state
            store.replace(state.after(state) if state else STATE, (), backup=False)
            assert store.load().state
        loaded = store_in(tmp_path / "ci").load().state
        assert loaded
        assert loaded.serial == serial
    assert look_of(tmp_path / "ci") == before


def test_a_worktree_and_a_push_url_are_those_that_git_means(remote: Path, clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "https://127.0.0.1:1/mirror.git")
    git(clone, "remote", "set-url", "--push", "origin", "../remote.git")
    git(clone, "worktree", "add", "--quiet", "--detach", "../clone-2")
    for folder in (clone, clone.with_name("clone-2")):
        with store_in(folder).lock(0):
            pass
    assert branch(remote) == ["groups: unlock", "groups: lock"] * 2


def taken(backend: GitBackend, id: str, seconds: float) -> Grip:
    grip = backend.take(me(id), seconds)
    assert not isinstance(grip, Holder)
    return grip


def test_a_lock_is_taken_over_only_well_after_its_end(remote: Path, clone: Path) -> None:
    first, patient, hasty = (GitBackend("git:zapi-state", clone, margin) for margin in (60, 60, 0))
    grip = taken(first, "first", 0)
    assert patient.take(me("second"), 60) == me("first") == patient.holder()
    assert hasty.holder() is None
    theirs = taken(hasty, "second", 60)
    assert json.loads(on_branch(remote, "groups.state.json.lock"))["fence"] == 2
    writes: list[Callable[[], None]] = [
        lambda: grip.append(1, b"line\n"),
        lambda: grip.replace(b"{}", b"", None),
        lambda: grip.renew(60),
        grip.give_back,
    ]
    for write in writes:
        with pytest.raises(StateLost):
            write()
    assert first.read() == Kept()
    assert patient.holder() == me("second")
    theirs.give_back()
    assert json.loads(on_branch(remote, "groups.state.json.lock")) == {"fence": 2}


def test_a_branch_that_was_removed_meanwhile_is_not_made_anew(remote: Path, clone: Path) -> None:
    store = store_in(clone)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        git(remote, "branch", "-D", "zapi-state")
        with pytest.raises(StateLost):
            journal.append(attempt("made")[0])
    assert git(remote, "branch", "--list", "zapi-state") == ""


def test_a_journal_that_lost_lines_under_the_lock_is_not_gone_on_with(remote: Path, clone: Path) -> None:
    store = store_in(clone)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        rewind = git(remote, "rev-parse", "zapi-state~")
        git(remote, "update-ref", "refs/heads/zapi-state", rewind)
        assert refusal(StateUnwritable, lambda: journal.append(attempt("made")[0])) == [
            f"{NAME}: it cannot be written: lines of its journal are gone that this run has written | see "
            "the history of the branch for who removed them; nothing more was sent"
        ]


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"fence": 1, "id": "x"}', '{"fence": "x"}'])
def test_a_lock_that_is_none_is_told(clone: Path, text: str) -> None:
    git(clone, "checkout", "--quiet", "--orphan", "zapi-state")
    git(clone, "rm", "--quiet", "--cached", "-r", ".")
    (clone / "groups.state.json.lock").write_text(text)
    git(clone, "add", "groups.state.json.lock")
    git(clone, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "by hand")
    git(clone, "push", "--quiet", "origin", "zapi-state")
    assert refusal(StateUnwritable, store_in(clone).holder) == [
        f"{NAME}: it cannot be read: its lock is not as it was written | restore the .lock file on the "
        "branch from its history"
    ]


DYING = """
import os, shutil, sys
from pathlib import Path
from tests.edge.repository import store_in
folder = Path(sys.argv[1])

step, code = 0, -9
while code == -9:
    copy = shutil.copytree(folder / "before", folder / f"died-{step:02}", symlinks=True)
    child = os.fork()
    if child == 0:
        os.environ["STEPS"] = str(folder / f"steps-{step}")
        os.environ["STEP"] = str(step // 2)
        os.environ["WHEN"] = ("before", "after")[step % 2]
        store = store_in(copy / "clone")
        with store.lock(0):
            store.checkpoint()
        os._exit(0)
    code, step = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), step + 1
"""


@pytest.mark.slow
def test_a_process_killed_between_any_two_runs_of_git_leaves_the_same(
    remote: Path, tmp_path: Path, wrap: Callable[[str], Path]
) -> None:
    events = [*attempt("made", MADE), *attempt("lost", Unknown("reset")), *attempt("killed")]
    (tmp_path / "before").mkdir()
    remote.rename(tmp_path / "before/remote.git")
    clone = cloned(tmp_path / "before/remote.git")
    git(clone, "remote", "set-url", "origin", "../remote.git")
    store = store_in(clone)
    with store.lock(0):
        store.replace(STATE, (), backup=False)
        journal = store.open_journal(STATE)
        for event in events:
            journal.append(event)
    known = replay(STATE, [Begin(LINEAGE, 1), *events])
    shutil.rmtree(clone / ".git/zapi-sync")
    wrap(
        '[ -n "$STEPS" ] || exec "$GIT" "$@"\n'
        'echo >> "$STEPS"\n'
        '[ $(wc -l < "$STEPS") -gt "$STEP" ] || exec "$GIT" "$@"\n'
        '[ "$WHEN" = before ] || "$GIT" "$@"\n'
        "kill -9 $PPID"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", DYING, tmp_path], cwd=root, check=True)
    died = sorted(tmp_path.glob("died-*"))
    assert len(died) > 20
    for folder in died:
        store = store_in(folder / "clone")
        left = store.load()
        assert (left.groups, left.open) == (known.groups, known.open), folder
        if holder := store._backend.holder():
            store.unlock(holder.id)
        with store.lock(0):
            pass
