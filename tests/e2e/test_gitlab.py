"""The jobs that `init` writes for GitLab."""

from __future__ import annotations

from collections.abc import Mapping

from .repository import Repository, code_host, repository
from .runner import gitlab

__all__ = ["code_host", "repository"]  # fixtures

MARK = "<!-- zapi-sync plan "


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
