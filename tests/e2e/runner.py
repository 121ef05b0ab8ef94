"""Runs the jobs of workflow files as GitHub and GitLab do: in a fresh clone, step by step.

What a job does is read from the YAML files themselves; only the installing is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BIN = str(Path(sys.executable).parent)
HANGS = 120
INSTALL = "Install zapi-sync"
TOKENS = re.compile(r"'[^']*'|&&|\|\||!=|!|always\(\)|[A-Za-z][\w.-]*|.", re.DOTALL)
SAID = {"&&": " and ", "||": " or ", "!": " not ", "!=": "!=", "always()": "True"}


def load(path: Path) -> Any:
    """A workflow file; its `on` is no boolean."""
    text = re.sub(r"^on:", '"on":', path.read_text("utf-8"), flags=re.MULTILINE)
    return yaml.safe_load(text)


@dataclass
class Machine:
    """Where a job runs: a folder of its own, and an environment in which nothing of ours is."""

    folder: Path
    remote: Path
    environment: dict[str, str]

    def __post_init__(self) -> None:
        (self.folder / "temp").mkdir(parents=True)
        self.environment = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "CI": "true",
            **self.environment,
        }

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    def check_out(self, ref: str, branch: str | None) -> None:
        """One commit, as a runner has it: on a branch, or on none."""
        self.clone.mkdir()
        for arguments in (
            ["init", "-q"],
            ["remote", "add", "origin", f"file://{self.remote}"],
            ["fetch", "-q", "--depth", "1", "origin", ref],
            ["checkout", "-q", *(["-B", branch] if branch else ["--detach"]), "FETCH_HEAD"],
        ):
            subprocess.run(["git", *arguments], cwd=self.clone, check=True)

    def bash(self, script: str, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        file = self.folder / "temp" / "step.sh"
        file.write_text(script)
        return subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", file],
            cwd=folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@dataclass
class GitHub:
    """A runner of GitHub's, for one event of a repository."""

    machine: Machine
    contexts: dict[str, Any]
    """github, secrets: what expressions read."""
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What happens elsewhere before the step of that name."""
    while_running: dict[str, Callable[[subprocess.Popen[str]], object]] = field(default_factory=dict)
    log: str = ""
    ran: list[str] = field(default_factory=list)

    def run(self, workflow: Path) -> bool:
        """Runs the jobs that the event asks for; whether all of them went well."""
        outcomes = [
            self._job(job)
            for job in load(workflow)["jobs"].values()
            if self._value(job["if"], {}) and self.contexts["github"]["event_name"] in load(workflow)["on"]
        ]
        return all(outcomes)

    @property
    def summary(self) -> str:
        path = self.machine.folder / "temp" / "summary"
        return path.read_text() if path.exists() else ""

    def _job(self, job: Mapping[str, Any]) -> bool:
        for step in job["steps"]:
            given = {name: self._text(value, {}) for name, value in step.get("with", {}).items()}
            if step["uses"].startswith("actions/checkout@"):
                github = self.contexts["github"]
                self.machine.check_out(
                    given.get("ref", github["sha"]), given.get("ref", github["ref"].partition("heads/")[2])
                )
            else:
                assert step["uses"].startswith("THE_OWNER/zapi-sync@v")
                environment = {name: self._text(value, {}) for name, value in step.get("env", {}).items()}
                if not self._action(given, environment):
                    return False
        return True

    def _action(self, given: Mapping[str, str], environment: Mapping[str, str]) -> bool:
        action = load(ROOT / "action.yml")
        defaults = {name: each.get("default", "") for name, each in action["inputs"].items()}
        assert set(given) <= set(defaults)
        steps: dict[str, Any] = {}
        more = {"inputs": {**defaults, **given}, "steps": steps, "runner": {"temp": self._temp}}
        well = True
        for step in action["runs"]["steps"]:
            condition = step.get("if", "always()" if well else "false")
            wanted = (well or "always()" in condition) and self._value(condition, more)
            if wanted and step["name"] != INSTALL:
                code = self._step(step, environment, more)
                well = well and code == 0
            outcome = "skipped" if not wanted else "success" if well else "failure"
            steps[step.get("id", step["name"])] = {"outcome": outcome}
        return well

    def _step(self, step: Mapping[str, Any], environment: Mapping[str, str], more: Mapping[str, Any]) -> int:
        assert "${{" not in step["run"]
        self.ran.append(step["name"])
        if step["name"] in self.before:
            self.before[step["name"]]()
        own = {name: self._text(value, more) for name, value in step["env"].items()}
        folder = self.machine.clone / self._text(step["working-directory"], more)
        process = self.machine.bash(step["run"], folder, {**self._environment(), **environment, **own})
        if step["name"] in self.while_running:
            self.while_running[step["name"]](process)
        try:
            self.log += process.communicate(timeout=HANGS)[0]
        finally:
            process.kill()
        return process.returncode

    @property
    def _temp(self) -> str:
        return str(self.machine.folder / "temp")

    def _environment(self) -> dict[str, str]:
        github = self.contexts["github"]
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_WORKSPACE": str(self.machine.clone),
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_REF_NAME": github["ref"].removeprefix("refs/heads/").removeprefix("refs/"),
            "GITHUB_RUN_ID": "4711",
            "GITHUB_API_URL": github["api_url"],
            "RUNNER_TEMP": self._temp,
            "GITHUB_STEP_SUMMARY": f"{self._temp}/summary",
            "GITHUB_OUTPUT": f"{self._temp}/output",
        }

    def _text(self, template: object, more: Mapping[str, Any]) -> str:
        def put_in(found: re.Match[str]) -> str:
            value = self._value(found[1], more)
            return "" if value is None else str(value)

        text = str(template).lower() if isinstance(template, bool) else str(template)
        return re.sub(r"\$\{\{(.*?)\}\}", put_in, text)

    def _value(self, expression: str, more: Mapping[str, Any]) -> Any:
        contexts = {**self.contexts, **more}

        def look_up(name: str) -> Any:
            value: Any = contexts
            for part in name.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            return value

        words = [
            SAID.get(token) or (f"look_up({token!r})" if token[0].isalpha() else token)
            for token in TOKENS.findall(re.sub(r"\s+", " ", expression))
        ]
        return eval("".join(words).strip(), {"look_up": look_up})  # noqa: S307  our own files


def gitlab(machine: Machine, name: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Runs a job of the .gitlab-ci.yml in the clone, its after_script included; exit code and log."""
    (machine.folder / "bin").mkdir()
    (machine.folder / "bin" / "pip").write_text("#!/bin/sh\necho pip $*\n")
    (machine.folder / "bin" / "pip").chmod(0o755)
    jobs = load(machine.clone / ".gitlab-ci.yml")
    job = {**jobs[jobs[name]["extends"]], **jobs[name]}
    given = {
        "GITLAB_CI": "true",
        "CI_PROJECT_DIR": str(machine.clone),
        "PATH": f"{machine.folder}/bin:{machine.environment['PATH']}",
        **job["variables"],
        **environment,
    }
    code, log = 0, ""
    for scripts in ([*job["before_script"], *job["script"]], job.get("after_script", [])):
        process = machine.bash("\n".join(scripts), machine.clone, given)
        log += process.communicate()[0]
        code = code or process.returncode
    return code, log
