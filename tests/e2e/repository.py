"""A repository of groups at a code host, its developer, and runners for what happens to it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .code_host import CodeHost
from .conftest import Served, ZapiSync
from .runner import GitHub, Machine

WORKFLOW = ".github/workflows/zapi-sync.yml"


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
