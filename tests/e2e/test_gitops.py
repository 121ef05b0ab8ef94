"""A pull request's whole story over real git: the plan, the merge, the apply, the state that is pushed back.

The jobs and steps are those of the workflows that `init` writes and of action.yml (tests/e2e/runner.py).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .code_host import SOMEBODY, CodeHost
from .conftest import Served, ZapiSync
from .runner import INSTALL, ROOT, GitHub, Machine, gitlab, load

WORKFLOW = ".github/workflows/zapi-sync.yml"
MARK = "<!-- zapi-sync plan "


@pytest.fixture
def code_host() -> Iterator[CodeHost]:
    host = CodeHost()
    host.start()
    yield host
    host.server.shutdown()
    host.server.server_close()


@dataclass
class Repository:
    """A bare remote, a developer's clone of it, and runners for what happens to it."""

    folder: Path
    served: Served
    host: CodeHost
    developer: ZapiSync
    machines: list[Machine] = field(default_factory=list)

    def git(self, *arguments: str, folder: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder or self.developer.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def config(self, *names: str, pacing: str = "{every: 0s, perDay: 20}") -> None:
        groups = [f"  {name}: {{groupName: Group {name}, phones: ['5544999990001']}}" for name in names]
        self.developer.write("\n".join(["version: 1", f"pacing: {pacing}", "groups:", *groups]) + "\n")

    def push(self, message: str, branch: str = "main") -> str:
        """All that the developer has, as a commit on the remote; its id."""
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")

    def remote(self, *arguments: str) -> str:
        return self.git(*arguments, folder=self.folder / "remote.git")

    def machine(self) -> Machine:
        number = len(self.machines)
        base = {"ZAPI_BASE_URL": self.served.url}
        self.machines.append(Machine(self.folder / f"machine-{number}", self.folder / "remote.git", base))
        return self.machines[-1]

    def job(self, event: str, ref: str, sha: str, *, fork: bool = False, **more: Any) -> GitHub:
        """A runner for an event."""
        head = "mallory/turmas" if fork else "ana/turmas"
        request = {"number": 5, "head": {"repo": {"full_name": head}}}
        secrets = {} if event == "pull_request" else self.served.secrets()
        github = {
            "event_name": event, "ref": ref, "sha": sha, "repository": "ana/turmas", "token": "ghs_JOBTOKEN",
            "api_url": self.host.url,
            "event": {"repository": {"visibility": "private"}, "pull_request": request},
        }  # fmt: skip
        return GitHub(self.machine(), {"github": github, "secrets": secrets}, **more)

    def run(self, job: GitHub) -> bool:
        return job.run(self.developer.folder / WORKFLOW)

    def pull_request(self, branch: str, *, fork: bool = False) -> tuple[bool, GitHub]:
        sha = self.remote("rev-parse", branch)
        job = self.job("pull_request", "refs/pull/5/merge", sha, fork=fork)
        return self.run(job), job

    def merged(self, event: str = "push", **more: Any) -> tuple[bool, GitHub]:
        job = self.job(event, "refs/heads/main", self.remote("rev-parse", "main"), **more)
        return self.run(job), job

    def state(self, branch: str = "main", path: str = "groups.state.json") -> Any:
        return json.loads(self.remote("show", f"{branch}:{path}"))

    def files(self, branch: str = "main") -> list[str]:
        return self.remote("ls-tree", "-r", "--name-only", branch).splitlines()

    def commits(self, branch: str = "main") -> list[str]:
        return self.remote("log", "--format=%s", branch).splitlines()

    def workflow(self, old: str, new: str) -> None:
        """Changes the developer's workflow."""
        path = self.developer.folder / WORKFLOW
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def repository(
    tmp_path: Path, served: Served, code_host: CodeHost, monkeypatch: pytest.MonkeyPatch
) -> Repository:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ana")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ana@example.com")
    monkeypatch.setenv("HOME", str(tmp_path))
    developer = ZapiSync(tmp_path / "developer")
    developer.folder.mkdir()
    repository = Repository(tmp_path, served, code_host, developer)
    repository.git("init", "-q", "--bare", "-b", "main", "remote.git", folder=tmp_path)
    repository.git("init", "-q", "-b", "main")
    repository.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    assert developer("init", "--ci", "both").code == 0
    repository.config("a")
    repository.push("Groups as code")
    return repository


def test_the_story_of_a_pull_request(repository: Repository, tmp_path: Path) -> None:
    well, first = repository.merged()
    assert well, first.log
    assert first.ran == ["Apply", "Keep the state"]
    assert repository.served.names() == ["Group a"]
    assert list(repository.state()["groups"]) == ["a"]

    # A pull request: the plan, in the summary and in a comment; the branch moves on, the comment with it.
    repository.git("pull", "-q", "origin", "main")
    repository.config("a", "b")
    repository.push("Another group", "another")
    well, review = repository.pull_request("another")
    assert well, review.log
    assert review.ran == ["Review", "Comment"]
    assert "**Plan: 1 to create; 1 unchanged.**" in review.summary
    assert "- `b`, `Group b`, 1 participant on `default`" in review.summary
    repository.config("a", "b", "c")
    repository.push("And another", "another")
    well, review = repository.pull_request("another")
    assert well
    (comment,) = repository.host.bodies()
    assert comment.startswith(MARK)
    assert comment.split("\n", 1)[1] == review.summary
    assert "**Plan: 2 to create; 1 unchanged.**" in comment
    assert repository.host.tokens == {"Bearer ghs_JOBTOKEN"}
    assert len(repository.served.creates()) == 1

    # Merged: applied, and the state is back on the branch.
    repository.push("Merge")
    well, apply = repository.merged()
    assert well, apply.log
    assert apply.ran == ["Apply", "Keep the state"]
    assert repository.served.names() == ["Group a", "Group b", "Group c"]
    assert list(repository.state()["groups"]) == ["a", "b", "c"]
    assert "Nothing to create. 3 unchanged." in apply.summary
    assert repository.commits()[0] == "zapi-sync: the state after job 4711-1 [skip ci]"
    changed = repository.remote("show", "--stat=200", "--format=%an", "main")
    assert changed.splitlines()[0] == "github-actions[bot]"
    assert "groups.state.json" in changed
    assert "1 file changed" in changed

    # A second runner, with a fresh clone, has nothing to do: no request, no commit.
    before = repository.commits()
    well, again = repository.merged("schedule")
    assert well, again.log
    assert again.ran == ["Apply", "Keep the state"]
    assert repository.commits() == before
    assert len(repository.served.creates()) == 3

    # And whoever pulls has the links.
    repository.git("clone", "-q", str(tmp_path / "remote.git"), "colleague", folder=tmp_path)
    links = ZapiSync(tmp_path / "colleague")("invites", "--format", "csv").out
    assert links.count("https://chat.whatsapp.com/") == 3

    # No secret and no link is in any log.
    for job in (first, review, apply, again):
        for secret in [*repository.served.secrets().values(), "chat.whatsapp.com", "ghs_JOBTOKEN"]:
            assert secret == repository.served.url or secret not in job.log + job.summary


def test_a_mistake_fails_the_review_and_says_what_it_is(repository: Repository) -> None:
    repository.developer.write("version: 1\ngroups: {a: {groupName: A, fones: ['5544999990001']}}\n")
    repository.push("A mistake", "mistake")
    well, review = repository.pull_request("mistake")
    assert not well
    assert review.ran == ["Review", "Comment"]
    (comment,) = repository.host.bodies()
    assert "did you mean" in comment
    assert "did you mean" in review.summary


def test_a_command_line_that_makes_no_sense_is_told_in_the_summary_too(repository: Repository) -> None:
    repository.workflow("command: plan", "command: plan\n          arguments: --nonsense")
    repository.push("Nonsense", "nonsense")
    well, review = repository.pull_request("nonsense")
    assert not well
    assert "No such option" in review.log
    assert "**It ended with exit code 64; the log says why.**" in review.summary
    repository.workflow("command: plan", "command: destroy")
    well, review = repository.pull_request("nonsense")
    assert not well
    assert (
        '::error title=zapi-sync::there is no command "destroy" here: plan, apply or validate' in review.log
    )


def test_a_pull_request_from_a_fork_has_the_summary_alone(repository: Repository) -> None:
    repository.push("From outside", "fork")
    well, review = repository.pull_request("fork", fork=True)
    assert well, review.log
    assert review.ran == ["Review"]
    assert "**Plan: 1 to create; 0 unchanged.**" in review.summary
    assert repository.host.requests == []


def test_a_token_that_may_not_write_fails_nothing(repository: Repository) -> None:
    repository.push("By a bot", "bot")
    repository.host.refuse = 403
    well, review = repository.pull_request("bot")
    assert well
    assert "the plan is not in a comment: 403 Forbidden; may the job's token write comments?" in review.log
    assert "Plan: 1 to create" in review.summary


def test_somebody_elses_comment_is_not_taken_for_ours(repository: Repository) -> None:
    repository.push("One", "one")
    for number in range(120):
        repository.host.add(f"Comment {number}", SOMEBODY)
    assert repository.pull_request("one")[0]
    ours = repository.host.comments[-1]
    mark = ours["body"].split("\n")[0]
    forged = repository.host.comments[3]
    forged["body"] = f"{mark}\nNothing to create, merge it"
    ours["body"] = f"{mark}\nold"
    assert repository.pull_request("one")[0]
    assert forged["body"] == f"{mark}\nNothing to create, merge it"
    assert "Plan: 1 to create" in ours["body"]
    assert len(repository.host.comments) == 121


def test_the_day_s_budget_is_no_failure_and_a_later_run_goes_on(repository: Repository) -> None:
    repository.config("a", "b", pacing="{every: 0s, perDay: 1}")
    repository.push("Two groups")
    well, apply = repository.merged()
    assert well, apply.log
    assert (
        "::notice title=zapi-sync::not all groups were created: the day's budget or the time is used up"
        in apply.log
    )
    assert "exitcode=3" in (apply.machine.folder / "temp" / "output").read_text()
    assert "**Plan: 1 to create; 1 unchanged.**" in apply.summary
    assert list(repository.state()["groups"]) == ["a"]
    repository.git("pull", "-q", "origin", "main")
    repository.config("a", "b")
    repository.push("More a day")
    assert repository.merged("schedule")[0]
    assert repository.served.names() == ["Group a", "Group b"]


def test_what_is_unsettled_is_kept_and_settled_by_the_next_runner(repository: Repository) -> None:
    repository.workflow("arguments: --deadline=20000", "arguments: |\n            --settle\n            0")
    repository.push("No patience")
    repository.served.fault("create-close-after")
    repository.served.fault("groups-lag", 50)
    well, apply = repository.merged()
    assert not well
    assert "::error title=zapi-sync::a creation is unsettled" in apply.log
    assert apply.ran == ["Apply", "Keep the state"]
    assert "groups.state.json.journal" in repository.files()
    repository.served.client.delete("/sandbox/faults")
    well, apply = repository.merged("workflow_dispatch")
    assert well, apply.log
    assert "groups.state.json.journal" not in repository.files()
    assert list(repository.state()["groups"]) == ["a"]
    assert len(repository.served.creates()) == 1


def test_an_apply_that_is_cancelled_keeps_what_it_made(repository: Repository) -> None:
    repository.config("a", "b", pacing="{every: 10m, perDay: 20}")
    repository.push("Slowly")

    def cancel(process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + 60
        while repository.served.names() != ["Group a"]:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)

    well, apply = repository.merged(while_running={"Apply": cancel})
    assert not well
    assert "the apply ended early; the log says why (exit code 130)" in apply.log
    assert list(repository.state()["groups"]) == ["a"]


def test_without_credentials_nothing_is_committed(repository: Repository) -> None:
    job = repository.job("push", "refs/heads/main", repository.remote("rev-parse", "main"))
    job.contexts["secrets"] = {}
    before = repository.commits()
    assert not repository.run(job)
    assert "ZS301" in job.log
    assert job.ran == ["Apply", "Keep the state"]
    assert repository.commits() == before


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


PAGE = ROOT / "docs" / "gitops.md"
BLOCK = re.compile(r"(<!-- run: (\w+) -->\n```\w+\n)(.*?)(```\n)", re.DOTALL)


def same_but_for_chance(text: str) -> str:
    text = re.sub(r"\d{18}-group", "120363019502650977-group", text)
    text = re.sub(r"chat\.whatsapp\.com/\w{22}", "chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct", text)
    text = re.sub(r"\b(?:24 h|23 h 5\d min)(?=[ .])", "24 h", text)
    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-11-23T10:00:00Z", text)


def walk_through(repository: Repository) -> Iterator[tuple[str, str]]:
    """What docs/gitops.md shows, by the name of its block."""

    def console(*arguments: str) -> str:
        result = repository.developer(*arguments)
        return f"$ zapi-sync {' '.join(arguments)}\n{result.out}{result.err}"

    repository.git("rm", "-q", "-r", ".")
    yield "init", console("init")
    yield "sandbox", console("plan", "--sandbox")
    config = (repository.developer.folder / "groups.yaml").read_text().replace("every: 60s", "every: 0s")
    repository.developer.write(config)
    repository.push("Groups as code")
    _, review = repository.pull_request("main")
    yield "review", review.summary
    _, apply = repository.merged()
    yield "apply", apply.log
    repository.git("pull", "-q", "origin", "main")
    log = repository.git("log", "--stat=100", "--format=%an: %s", "-1")
    yield "log", f"$ git pull && git log --stat -1\n{log}\n"
    yield "invites", console("invites")

    more = "  team-02: {groupName: Team 02, phones: ['+55 44 99999-0001']}\n"
    more += "  team-03: {groupName: Team 03, phones: ['+55 44 99999-0001']}\n"
    repository.developer.write(config.replace("perDay: 20", "perDay: 2") + more)
    repository.push("More")
    _, apply = repository.merged()
    yield "budget", apply.log

    repository.git("pull", "-q", "origin", "main")
    repository.developer.write(config + more)
    repository.workflow("arguments: --deadline=20000", "arguments: |\n            --settle\n            0")
    repository.push("Enough for all")
    repository.served.fault("create-close-after")
    repository.served.fault("groups-lag", 50)
    _, apply = repository.merged()
    yield "unsettled", apply.log
    repository.served.client.delete("/sandbox/faults")

    def other_job() -> None:
        repository.git("fetch", "-q", "origin")
        repository.git("checkout", "-q", "-B", "main", "origin/main")
        state = repository.developer.state()
        state["serial"] += 1
        repository.developer.write(json.dumps(state), "groups.state.json")
        repository.push("Another job's state")

    _, apply = repository.merged(before={"Keep the state": other_job})
    yield "race", apply.log.splitlines(keepends=True)[-1]


def test_the_walk_through_was_run(repository: Repository, request: pytest.FixtureRequest) -> None:
    said = {name: same_but_for_chance(text.strip("\n") + "\n") for name, text in walk_through(repository)}
    page = PAGE.read_text("utf-8")
    assert [name for _, name, _, _ in BLOCK.findall(page)] == list(said)
    ran = BLOCK.sub(lambda block: block[1] + said[block[2]] + block[4], page)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(ran, "utf-8")
    assert PAGE.read_text("utf-8") == ran


@pytest.mark.slow
def test_the_action_installs_itself(repository: Repository) -> None:
    machine = repository.machine()
    (step,) = [each for each in load(ROOT / "action.yml")["runs"]["steps"] if each["name"] == INSTALL]
    assert step["env"] == {"ZAPI_SYNC_PACKAGE": "${{ inputs.package || github.action_path }}"}
    temp = machine.folder / "temp"
    path = temp / "path"
    environment = {
        "GITHUB_ACTION_PATH": str(ROOT),
        "ZAPI_SYNC_PACKAGE": str(ROOT),
        "RUNNER_TEMP": str(temp),
        "GITHUB_PATH": str(path),
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
    }
    process = machine.bash(step["run"], machine.folder, environment)
    log = process.communicate()[0]
    assert process.returncode == 0, log
    use = 'zapi-sync init && zapi-sync plan --sandbox && python -c "import httpx"'
    script = f'PATH="$(cat "$GITHUB_PATH"):$PATH"; {use}'
    process = machine.bash(script, machine.folder, environment)
    assert "Plan: 1 to create" in process.communicate()[0]
    assert process.returncode == 0


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


def gitlab_environment(repository: Repository, more: Mapping[str, str]) -> dict[str, str]:
    return {
        "CI_API_V4_URL": repository.host.url,
        "CI_PROJECT_ID": "3",
        "CI_JOB_ID": "815",
        "CI_PROJECT_VISIBILITY": "private",
        **more,
    }


def test_the_same_on_gitlab(repository: Repository) -> None:
    repository.push("A merge request", "request")
    for _ in range(2):
        machine = repository.machine()
        machine.check_out("request", None)
        more = {"CI_MERGE_REQUEST_IID": "5", "NOTE_TOKEN": "glpat-NOTES"}
        code, log = gitlab(machine, "zapi-sync-plan", gitlab_environment(repository, more))
        assert code == 0, log
        assert "**Plan: 1 to create; 0 unchanged.**" in (machine.clone / "zapi-sync.md").read_text()
    (note,) = repository.host.bodies()
    assert note.startswith(MARK)
    assert repository.host.tokens == {"glpat-NOTES"}

    more = {"CI_COMMIT_BRANCH": "main", **repository.served.secrets()}
    for _ in range(2):
        machine = repository.machine()
        machine.check_out("main", None)
        code, log = gitlab(machine, "zapi-sync-apply", gitlab_environment(repository, more))
        assert code == 0, log
        assert "chat.whatsapp.com" not in log
    assert list(repository.state()["groups"]) == ["a"]
    author = repository.remote("log", "-1", "--format=%an: %s", "main")
    assert author == "zapi-sync: zapi-sync: the state after job 815 [skip ci]"
    assert len(repository.served.creates()) == 1


def test_on_gitlab_without_a_token_for_notes_the_artifact_has_the_plan(repository: Repository) -> None:
    machine = repository.machine()
    machine.check_out("main", None)
    code, log = gitlab(machine, "zapi-sync-plan", gitlab_environment(repository, {}))
    assert code == 0
    assert "the plan is not in a comment: NOTE_TOKEN is not set" in log
    assert (machine.clone / "zapi-sync.md").exists()


def test_on_gitlab_what_fails_fails_the_job_after_the_state_was_kept(repository: Repository) -> None:
    repository.served.fault("create-close-after")
    repository.served.fault("groups-lag", 50)
    machine = repository.machine()
    machine.check_out("main", None)
    more = {"CI_COMMIT_BRANCH": "main", "ZAPI_SYNC_ARGUMENTS": "--settle\n0", **repository.served.secrets()}
    code, log = gitlab(machine, "zapi-sync-apply", gitlab_environment(repository, more))
    assert code == 4, log
    assert "zapi-sync: error: a creation is unsettled" in log
    assert "groups.state.json.journal" in repository.files()


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
