"""How a job's state comes back into git: beside other pushes, past a refusing branch, or on its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .repository import Repository, code_host, repository
from .runner import GitHub

__all__ = ["code_host", "repository"]  # fixtures


def elsewhere(repository: Repository, file: str, branch: str = "main") -> Callable[[], object]:
    """Somebody pushes meanwhile."""

    def push() -> None:
        repository.git("fetch", "-q", "origin")
        repository.git("checkout", "-q", "-B", branch, f"origin/{branch}")
        repository.developer.write("Meanwhile\n", file)
        repository.push("Meanwhile", branch)

    return push


def test_a_push_meanwhile_is_no_hindrance(repository: Repository) -> None:
    well, apply = repository.merged(before={"Keep the state": elsewhere(repository, "README.md")})
    assert well, apply.log
    assert repository.commits()[:2] == ["zapi-sync: the state after job 4711-1 [skip ci]", "Meanwhile"]
    assert list(repository.state()["groups"]) == ["a"]
    assert "README.md" in repository.files()


def test_a_job_that_waited_takes_the_newest_state(repository: Repository) -> None:
    """Two merges: the second job was queued at its own commit, before the first one's state was pushed."""
    repository.workflow("ref: main", "fetch-depth: 1")
    old = repository.push("As checkout does it by itself")
    assert repository.merged()[0]
    job = repository.job("push", "refs/heads/main", old)
    assert repository.run(job), job.log
    assert len(repository.served.creates()) == 1
    assert repository.remote("rev-list", "--count", "main") == "3"


def test_two_runners_at_the_same_moment_make_no_twin_and_lose_no_state(repository: Repository) -> None:
    """What `concurrency` prevents, if somebody takes it out: another job, in the middle of this one."""
    repository.config("a", "b")
    newer = repository.push("The other job's commit", "newer")

    def other_job() -> None:
        repository.remote("update-ref", "refs/heads/main", newer)
        well, apply = repository.merged()
        assert not well  # "a" is there, and in no state that it knows
        assert "a creation is unsettled, or a name is taken" in apply.log
        assert list(repository.state()["groups"]) == ["b"]

    well, apply = repository.merged(before={"Keep the state": other_job})
    assert not well
    assert "the state could not be pushed to main, as another job pushed a state of its own" in apply.log
    assert list(repository.state("zapi-sync-rescue-4711-1")["groups"]) == ["a"]
    assert repository.served.names() == ["Group a", "Group b"]

    # The way out that was told.
    assert not repository.merged("workflow_dispatch")[0]
    repository.git("fetch", "-q", "origin")
    repository.git("checkout", "-q", "-B", "main", "origin/main")
    existing = "arguments: |\n            --existing\n            adopt"
    repository.workflow("arguments: --deadline=20000", existing)
    repository.push("Take it in")
    assert repository.merged()[0]
    assert list(repository.state()["groups"]) == ["a", "b"]
    assert len(repository.served.creates()) == 2


def hook(repository: Repository, script: str) -> None:
    path = repository.folder / "remote.git" / "hooks" / "update"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_branch_that_is_protected_loses_no_state(repository: Repository) -> None:
    hook(repository, "case $1 in refs/heads/main) echo protected; exit 1;; esac")
    well, apply = repository.merged()
    assert not well
    assert "the state could not be pushed to main, as it was refused five times" in apply.log
    assert "It stands on the branch zapi-sync-rescue-4711-1" in apply.log
    assert list(repository.state("zapi-sync-rescue-4711-1")["groups"]) == ["a"]
    hook(repository, "exit 0")
    well, apply = repository.merged()
    assert not well
    assert len(repository.served.creates()) == 1
    assert "the name" in apply.log


def test_where_no_branch_takes_it_the_way_back_is_told(repository: Repository) -> None:
    hook(repository, "exit 1")
    well, apply = repository.merged()
    assert not well
    assert "nor to zapi-sync-rescue-4711-1. The groups exist: zapi-sync apply --existing adopt" in apply.log


def test_without_the_right_to_push_nothing_is_created(repository: Repository) -> None:
    def read_only() -> None:
        repository.git("config", "remote.origin.pushurl", "/nowhere", folder=repository.machines[-1].clone)

    well, apply = repository.merged(before={"Apply": read_only})
    assert not well
    assert "the state could not be pushed to the branch main: give this job the right to" in apply.log
    assert repository.served.creates() == []


def test_a_branch_for_the_state_alone(repository: Repository) -> None:
    for command in ("plan", "apply"):
        repository.workflow(f"command: {command}", f"command: {command}\n          state-branch: state")
    before = [*repository.commits(), "A branch for the state"]
    repository.push("A branch for the state", "main")
    well, review = repository.pull_request("main")
    assert well, review.log
    assert "Plan: 1 to create" in review.summary
    for _ in range(2):
        well, apply = repository.merged()
        assert well, apply.log
    assert sorted(repository.commits()) == sorted(before)
    assert repository.files("state") == ["groups.state.json"]
    assert len(repository.commits("state")) == 2
    assert len(repository.served.creates()) == 1
    well, review = repository.pull_request("main")
    assert "Nothing to create. 1 unchanged." in review.summary


def test_a_branch_that_cannot_be_looked_up_is_not_taken_for_none(repository: Repository) -> None:
    repository.workflow("command: apply", "command: apply\n          state-branch: state")
    repository.push("A branch for the state")

    def unreachable() -> None:
        repository.git("remote", "set-url", "origin", "/nowhere", folder=repository.machines[-1].clone)

    well, apply = repository.merged(before={"Apply": unreachable})
    assert not well
    assert "the branch state, which has the state, cannot be looked up; nothing was sent" in apply.log
    assert repository.served.creates() == []


def public(repository: Repository, **more: Any) -> GitHub:
    job = repository.job("push", "refs/heads/main", repository.remote("rev-parse", "main"), **more)
    job.contexts["github"]["event"]["repository"]["visibility"] = "public"
    return job


@pytest.mark.parametrize("inputs", ["", "\n          state-branch: state"])
def test_in_a_public_repository_the_state_is_not_put(repository: Repository, inputs: str) -> None:
    repository.workflow("command: apply", f"command: apply{inputs}")
    repository.push("As it is")
    job = public(repository)
    assert not repository.run(job)
    assert "this repository is public, and the state holds invite links and phone numbers" in job.log
    assert repository.served.creates() == []
    repository.workflow("command: apply", "command: apply\n          public-state: true")
    job = public(repository)
    assert repository.run(job), job.log


def test_the_state_may_be_in_another_repository(repository: Repository, tmp_path: Path) -> None:
    private = tmp_path / "private.git"
    repository.git("init", "-q", "--bare", "-b", "main", str(private), folder=tmp_path)
    repository.git("clone", "-q", str(private), "private", folder=tmp_path)
    repository.git("commit", "-q", "--allow-empty", "-m", "First", folder=tmp_path / "private")
    repository.git("push", "-q", "origin", "HEAD:main", folder=tmp_path / "private")
    repository.workflow("command: apply", "command: apply\n          state: ../private/turmas.state.json")
    repository.push("The state is elsewhere")
    for _ in range(2):
        job = public(repository)
        clone = repository.machines[-1].folder / "private"
        repository.git("clone", "-q", f"file://{private}", str(clone), folder=tmp_path)
        assert repository.run(job), job.log
    assert repository.git("ls-tree", "-r", "--name-only", "main", folder=private) == "turmas.state.json"
    assert repository.commits() == ["The state is elsewhere", "Groups as code"]
    assert len(repository.served.creates()) == 1


@pytest.mark.parametrize("files", ["groups.yaml", "teams", "teams/", "teams/b.yml", "a.b.yaml", "d.d/plain"])
def test_the_scripts_look_for_the_state_where_zapi_sync_does(online: Any, files: str) -> None:
    path = online.folder / files
    folder = not path.suffix and files != "d.d/plain"
    (path if folder else path.parent).mkdir(parents=True, exist_ok=True)
    online.groups("a").rename(path / "x.yaml" if folder else path)
    assert online("apply", "--auto-approve", "-f", files).code == 0
    script = '. "$LIB"; state_file'
    library = Path(__file__).parents[2] / "zapi_sync/ci/lib.sh"
    environment = online.env({"LIB": str(library), "ZAPI_SYNC_FILES": f"{files}\nother.yaml"})
    said = subprocess.run(
        ["bash", "-euc", script], cwd=online.folder, env=environment, capture_output=True, text=True
    )
    (state,) = online.folder.rglob("*.state.json")
    assert online.folder / said.stdout.strip() == state, said.stderr


def test_the_token_that_pushes_is_in_no_command_line_and_in_no_file(repository: Repository) -> None:
    """git asks for it; a remote over http has it asked for, which a wrapper of git shows."""
    machine = repository.machine()
    machine.check_out("main", None)
    url = "http://gitlab-ci-token:JOB@gitlab.invalid/ana/turmas.git"
    repository.git("remote", "set-url", "origin", url, folder=machine.clone)
    wrapper = machine.folder / "wrapped" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\necho git "$@" >> {machine.folder}/seen\n'
        'case " $* " in *" push "*) printf "host=gitlab.invalid\\nprotocol=http\\n\\n" |'
        ' /usr/bin/git "$1" "$2" "$3" "$4" credential fill;; *) exec /usr/bin/git "$@";; esac\n'
    )
    wrapper.chmod(0o755)
    process = machine.bash(
        f'. {Path(__file__).parents[2]}/zapi_sync/ci/lib.sh; push "HEAD:refs/heads/main"',
        machine.clone,
        {"STATE_PUSH_TOKEN": "glpat-PUSH", "PATH": f"{wrapper.parent}:{machine.environment['PATH']}"},
    )
    said = process.communicate()[0]
    assert "username=oauth2\npassword=glpat-PUSH" in said
    seen = (machine.folder / "seen").read_text()
    assert "push --quiet http://gitlab.invalid/ana/turmas.git HEAD:refs/heads/main" in seen
    assert "glpat-PUSH" not in seen + (machine.clone / ".git" / "config").read_text()
