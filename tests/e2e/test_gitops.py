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
from collections.abc import Iterator
from pathlib import Path

import pytest

from .code_host import SOMEBODY
from .conftest import ZapiSync
from .repository import Repository, code_host, repository
from .runner import INSTALL, ROOT, load

__all__ = ["code_host", "repository"]  # fixtures

MARK = "<!-- zapi-sync plan "


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


def test_rate_limit_holds_on_the_next_runner(repository: Repository) -> None:
    repository.config("a", "b", "c")
    repository.push("Three groups")
    repository.served.fault("create-overlimit-400-before", 3)
    well, apply = repository.merged()
    assert not well
    assert "::error title=zapi-sync::a creation is unsettled" in apply.log
    limit = repository.state()["requests"]["default"]
    assert (list(limit), limit["rateLimits"]) == (["notBefore", "rateLimits"], 1)
    assert "groups.state.json.journal" in repository.files()
    well, again = repository.merged("schedule")
    assert not well
    assert f"run again after {limit['notBefore']}" in again.log
    assert repository.state()["requests"]["default"] == limit
    assert len(repository.served.creates()) == 1


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
