"""What code hosts, shells and container builders read, held to their own schemas and linters."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "zapi_sync" / "ci").glob("*.sh"))
TEMPLATES = ROOT / "zapi_sync" / "templates"


def run(tool: str, *arguments: object) -> None:
    """A tool of this environment over files; it has nothing to complain about."""
    path = shutil.which(tool, path=str(Path(sys.executable).parent)) or shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([path, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_for_github() -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", TEMPLATES / "github.yml")
    run("check-jsonschema", "--builtin-schema", "vendor.github-actions", ROOT / "action.yml")


def test_the_pipeline_for_gitlab() -> None:
    file = TEMPLATES / "gitlab.yml"
    run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", file)


def test_the_hook_for_pre_commit() -> None:
    run("pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml")


def test_the_scripts() -> None:
    run("shellcheck", "--external-sources", *SCRIPTS)


def test_the_dockerfile() -> None:
    run("hadolint", ROOT / "Dockerfile")


def test_the_image_is_built_from_what_the_wheel_needs() -> None:
    wanted = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert sorted(wanted) == sorted(" ".join(copied).split())
    assert all((ROOT / path).exists() for path in wanted)


@pytest.mark.parametrize(
    "file", [ROOT / "action.yml", *TEMPLATES.glob("git*.yml")], ids=lambda file: file.name
)
def test_no_expression_is_put_into_a_script_and_every_action_is_pinned(file: Path) -> None:
    text = file.read_text("utf-8")
    for script in re.findall(r"^ *(?:- )?run: (.+(?:\n {8,}.+)*)", text, re.MULTILINE):
        assert "${{" not in script
    for action in re.findall(r"uses: (\S+)", text):
        assert re.search(r"@v(\d|@VERSION@)", action), action


def test_a_fork_s_code_gets_no_secret() -> None:
    text = (TEMPLATES / "github.yml").read_text("utf-8")
    assert "pull_request_target" not in text
    plan, apply = text.split("\n  apply:\n")
    assert "secrets." not in plan
    assert apply.count("secrets.") == 3
    assert "cancel-in-progress: false" in apply
    assert "\npermissions: {}\n" in plan
