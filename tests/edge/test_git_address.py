"""The address of a state on a branch, and how what git says of a failure is told: without secrets."""

from __future__ import annotations

import http.server
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zapi_sync.core.state_branch import failure
from zapi_sync.edge.git_state import GitBackend
from zapi_sync.errors import StateInvalid, ZapiSyncError

from .given import refusal
from .repository import NAME, clone, git, remote, store_in, wrap

__all__ = ["clone", "remote", "wrap"]  # fixtures

TOKEN = "ghp_t0psecretT0kenThatNobodySees"
FORM = "write git:[REMOTE/]BRANCH[#NAME], such as git:zapi-state or git:origin/zapi-state#launch"


class Refusing(http.server.BaseHTTPRequestHandler):
    """A code host that lets nobody in."""

    def do_GET(self) -> None:
        self.send_error(int(self.path.partition("/")[2][:3]))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def code_host() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


DENIED = (
    "access to the remote origin was denied | see to credentials that may read and push there (in GitHub "
    "Actions: permissions: contents: write); git ls-remote origin tells more"
)
UNREACHED = "the remote origin cannot be reached | git ls-remote origin tells more; then run it again"


@pytest.mark.parametrize(
    ("status", "complaint"), [(401, DENIED), (403, DENIED), (503, UNREACHED), (None, UNREACHED)]
)
def test_a_token_in_the_remotes_url_is_never_seen(
    clone: Path, wrap: Callable[[str], Path], code_host: int, closed_port: int, status: int, complaint: str
) -> None:
    calls = wrap('exec "$GIT" "$@"')
    port = code_host if status else closed_port
    url = f"http://x-access-token:{TOKEN}@127.0.0.1:{port}/{status}/team.git"
    git(clone, "remote", "set-url", "origin", url)
    store = store_in(clone)
    assert TOKEN not in store.name
    assert refusal(StateInvalid, store.load) == [f"{NAME}: it cannot be read: {complaint}"]
    with pytest.raises(ZapiSyncError) as refused, store.lock(0):
        pass
    for error in (refused.value, refused.value.__context__):
        assert error
        assert TOKEN not in "".join(traceback.format_exception(error, chain=True))
    assert TOKEN not in calls.read_text()
    assert "fetch" in calls.read_text()
    assert all(TOKEN.encode() not in each.read_bytes() for each in files_in(clone / ".git/zapi-sync"))


def files_in(folder: Path) -> Iterator[Path]:
    return (each for each in folder.rglob("*") if each.is_file())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("remote: error: GH006: Protected branch update failed for refs/heads/b.", "declined"),
        (
            "!\tx:refs/heads/b\t[remote rejected] (push declined due to repository rule violations)",
            "declined",
        ),
        ("remote: GitLab: You are not allowed to push code to protected branches", "declined"),
        ("remote: TF402455: Pushes to this branch are not permitted; use a pull request", "declined"),
        ("!\tx:refs/heads/b\t[remote rejected] (pre-receive hook declined)", "declined"),
        ("remote: Permission to team/groups.git denied to github-actions[bot].", "denied"),
        ("git@github.com: Permission denied (publickey).\nCould not read from remote repository.", "denied"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", "denied"),
        ("remote: Repository not found.\nfatal: repository 'https://h/x' not found", "denied"),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", "cannot be reached"),
        ("ssh: connect to host h port 22: Connection refused", "cannot be reached"),
        ("!\tx:refs/heads/b\t[rejected] (stale info)", "others write"),
        ("!\tx:refs/heads/b\t[remote rejected] (cannot lock ref: is at 1 but expected 2)", "others write"),
        ("!\tx:refs/heads/b\t[remote rejected] (shallow update)", "refuses what is pushed"),
        ("fatal: something new", "exit code 128"),
    ],
)
def test_why_git_failed_is_told_in_our_own_words(said: str, why: str) -> None:
    told = failure(said, 128, "origin", "b")
    assert why in told.why
    assert told.final == (why in ("declined", "denied", "refuses what is pushed"))


def opening(address: str, folder: Path) -> list[str]:
    return refusal(StateInvalid, lambda: GitBackend(address, folder))


@pytest.mark.parametrize(
    "address",
    ["git:", "git:#x", "git:b#", "git:b#X", "git:b#../x", "git:b c", f"git:b#{'x' * 101}", "git:b#x#y"],
)
def test_an_address_of_another_form_is_refused(clone: Path, address: str) -> None:
    assert opening(address, clone) == [f"this address names no branch of a git repository | {FORM}"]


@pytest.mark.parametrize(
    "address",
    [f"git:https://{TOKEN}@h/x", "git:a..b", "git:a/", "git:a.lock", "git:a:b", "git:a*", "git:@{1}"],
)
def test_a_branch_that_git_allows_no_one_is_refused_and_not_repeated(clone: Path, address: str) -> None:
    assert opening(address, clone) == [f"this address names a branch that git lets nobody have | {FORM}"]


def test_the_address_tells_remote_branch_and_name(
    remote: Path, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(clone, "remote", "add", "upstream", str(remote))
    names = {
        "git:zapi-state": "git:origin/zapi-state#groups",
        "git:origin/zapi-state#launch-1.x": "git:origin/zapi-state#launch-1.x",
        "git:upstream/zapi/state": "git:upstream/zapi/state#groups",
        "git:other/zapi-state": "git:origin/other/zapi-state#groups",
        "git:upstream": "git:origin/upstream#groups",
    }
    monkeypatch.chdir(clone)
    assert {address: GitBackend.of(address).name for address in names} == names
    assert {GitBackend.of(name).name for name in names.values()} == set(names.values())


def test_where_there_is_no_repository_no_remote_or_no_git_it_is_told(
    remote: Path, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opening("git:b", tmp_path) == [
        "the working folder is in no git repository, and the state is on a branch of one | run it in a clone "
        "of the team's repository"
    ]
    git(clone, "remote", "rename", "origin", "upstream")
    assert opening("git:b", clone) == [
        "this repository has no remote origin | name another: git:REMOTE/b, with upstream"
    ]
    git(clone, "remote", "remove", "upstream")
    assert opening("git:b", clone) == [
        "this repository has no remote origin | add it: git remote add origin URL"
    ]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert opening("git:b", clone) == [
        "git cannot be run, and the state is on a branch of a git repository | install git, and see to it "
        "that it is in the PATH"
    ]
