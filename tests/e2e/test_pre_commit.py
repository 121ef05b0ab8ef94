"""The hook for pre-commit, as a repository of groups would use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRE_COMMIT = shutil.which("pre-commit", path=str(Path(sys.executable).parent))
GOOD = "version: 1\ngroups: {a: {groupName: A, phones: ['5544999990001']}}\n"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    identity = {"GIT_AUTHOR_NAME": "Ana", "GIT_AUTHOR_EMAIL": "ana@example.com"}
    committer = {name.replace("AUTHOR", "COMMITTER"): value for name, value in identity.items()}
    home = {"HOME": str(folder), "PRE_COMMIT_HOME": str(folder / ".cache")}
    passed_on = {
        name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("PIP_")
    }
    return subprocess.run(
        command,
        cwd=folder,
        env={**passed_on, **identity, **committer, **home},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(PRE_COMMIT is None, reason="pre-commit is not installed")
def test_the_hook_checks_the_config_whichever_files_were_changed(tmp_path: Path) -> None:
    source, groups = tmp_path / "zapi-sync", tmp_path / "groups"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*cache", ".venv", ".git", "__pycache__"))
    for folder in (source, groups):
        folder.mkdir(exist_ok=True)
        run(folder, "git", "init", "-q")
    run(source, "git", "add", "--all")
    assert run(source, "git", "commit", "-q", "-m", "All").returncode == 0

    def hook() -> subprocess.CompletedProcess[str]:
        run(groups, "git", "add", "groups.yaml")
        return run(groups, str(PRE_COMMIT), "try-repo", str(source), "zapi-sync-validate", "--verbose")

    (groups / "README.md").write_text("no group\n")
    run(groups, "git", "add", "README.md")
    assert "(no files to check)" in hook().stdout
    (groups / "groups.yaml").write_text(GOOD)
    good = hook()
    assert good.returncode == 0, good.stdout + good.stderr
    assert "Valid: 1 group." in good.stdout
    (groups / "groups.yaml").write_text(GOOD.replace("phones", "fones"))
    bad = hook()
    assert bad.returncode == 1
    assert 'did you mean "phones"?' in bad.stdout
