"""On CI, a state that would vanish with the runner is refused before anything is sent."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

APPLY = ("apply", "--auto-approve", "--pace", "0")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    "ci", [{"CI": "true"}, {"GITHUB_ACTIONS": "true"}, {"GITLAB_CI": "true", "CI": "1"}], ids=str
)
def test_outside_of_git_it_is_refused(online: Any, served: Any, ci: dict[str, str]) -> None:
    online.groups("a")
    result = online(*APPLY, **ci)
    assert result.code == 1
    assert "is in no git work tree: it would vanish with the runner [ZS229]" in result.err
    assert "if something else keeps it, say --state-is-kept; nothing was sent" in result.err
    assert f"({next(iter(ci))} is set)" in result.err
    assert served.creates() == []


def test_in_a_work_tree_it_is_not(online: Any, served: Any) -> None:
    git(online.folder, "init", "-q")
    online.groups("a")
    assert online(*APPLY, CI="true").code == 0
    assert len(served.creates()) == 1


@pytest.mark.parametrize(("pattern", "what"), [("*.state.json", "state"), ("*.journal", "journal")])
def test_what_git_ignores_is_refused(online: Any, served: Any, pattern: str, what: str) -> None:
    git(online.folder, "init", "-q")
    (online.folder / ".gitignore").write_text(f"{pattern}\n")
    online.groups("a")
    result = online(*APPLY, CI="true")
    assert result.code == 1
    assert f"the {what} is ignored by git: it would vanish with the runner" in result.err
    assert "git check-ignore -v groups.state.json" in result.err
    assert served.creates() == []
    git(online.folder, "init", "-q", "elsewhere")
    assert online(*APPLY, "--state", "elsewhere/s.json", CI="true").code == 0


def test_what_is_ignored_and_tracked_is_kept(online: Any) -> None:
    git(online.folder, "init", "-q")
    online.groups("a")
    assert online(*APPLY).code == 0
    git(online.folder, "add", ".")
    (online.folder / ".gitignore").write_text("groups.state.json\n")
    online.groups("a", "b")
    assert online(*APPLY, CI="true").code == 0


def test_where_git_gives_no_answer_it_is_refused(online: Any, tmp_path: Path) -> None:
    online.groups("a")
    assert "is where git gives no answer" in online(*APPLY, CI="true", PATH=str(tmp_path)).err
    strange = tmp_path / "strange"
    git(tmp_path, "init", "-q", "strange")
    result = online(*APPLY, "--state", "strange/s.json", CI="true", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert strange.is_dir()
    assert "is where git gives no answer" in result.err
    assert "`git -C strange status` says" in result.err


def test_a_flag_says_that_it_is_kept(online: Any) -> None:
    online.groups("a")
    assert online(*APPLY, "--state-is-kept", CI="true").code == 0


@pytest.mark.parametrize("ci", [{"CI": "false"}, {"CI": ""}, {"CI": "0"}], ids=str)
def test_not_on_ci_nothing_is_asked(online: Any, ci: dict[str, str]) -> None:
    online.groups("a")
    assert online(*APPLY, **ci).code == 0


def test_the_sandbox_may_forget(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    assert zapi_sync("apply", "--sandbox", "--auto-approve", CI="true").code == 0


def test_git_gets_no_credentials(online: Any, tmp_path: Path) -> None:
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(f"#!/bin/sh\nenv >> {tmp_path}/seen\nexit 1\n")
    spy.chmod(0o755)
    online.groups("a")
    assert online(*APPLY, CI="true", PATH=f"{spy.parent}:{os.environ['PATH']}").code == 1
    assert "ZAPI_" not in (tmp_path / "seen").read_text()


@pytest.mark.parametrize(
    "command",
    [
        ("import", "a", "12345-group"),
        ("resolve", "a", "--retry"),
        ("refresh",),
        ("state", "rm", "a"),
        ("state", "mv", "a", "b"),
        ("state", "push", "-"),
        ("import", "--all", "--write", "--out", "new.yaml"),
    ],
    ids=" ".join,
)
def test_so_is_whatever_else_writes_a_state(online: Any, served: Any, command: tuple[str, ...]) -> None:
    online.groups("a")
    refused = online(*command, CI="true")
    assert refused.code == 1
    assert "it would vanish with the runner [ZS229]" in refused.err
