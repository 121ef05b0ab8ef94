"""`init`: a repository of groups that works at once, and nothing of anybody's written over."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GITHUB, GITLAB = ".github/workflows/zapi-sync.yml", ".gitlab-ci.yml"
ALWAYS = ["groups.yaml", "groups.schema.json", ".gitignore"]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_what_it_writes_works_at_once(zapi_sync: Any) -> None:
    result = zapi_sync("init")
    assert result.code == 0
    assert result.out == "".join(f"{path}: created\n" for path in [*ALWAYS, GITHUB])
    assert "Next: zapi-sync plan --sandbox\n" in result.err
    assert files(zapi_sync.folder) == {*ALWAYS, GITHUB}
    checked = zapi_sync("validate")
    assert (checked.out, checked.err) == ("Valid: 1 group.\n", "")
    assert "Plan: 1 to create; 0 unchanged." in zapi_sync("plan", "--sandbox").out
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    assert zapi_sync("plan", "--sandbox").out == "Nothing to create. 1 unchanged.\n"


def test_an_editor_finds_the_schema(zapi_sync: Any, fits: Callable[[Any, str], None]) -> None:
    yaml = pytest.importorskip("yaml")
    zapi_sync("init")
    config = (zapi_sync.folder / "groups.yaml").read_text()
    first = config.splitlines()[0]
    assert first == "# yaml-language-server: $schema=groups.schema.json"
    assert (zapi_sync.folder / "groups.schema.json").read_text() == zapi_sync("schema", "groups").out
    fits(yaml.safe_load(config), "groups")


@pytest.mark.parametrize(
    ("ci", "workflows"),
    [("github", [GITHUB]), ("gitlab", [GITLAB]), ("both", [GITHUB, GITLAB]), ("none", [])],
)
def test_the_workflows_are_chosen(zapi_sync: Any, ci: str, workflows: list[str]) -> None:
    result = zapi_sync("init", "new/repo", "--ci", ci)
    assert files(zapi_sync.folder / "new/repo") == {*ALWAYS, *workflows}
    assert "Next: cd new/repo && zapi-sync plan --sandbox" in result.err
    assert ("three secrets" in result.err) == bool(workflows)
    for path in workflows:
        text = (zapi_sync.folder / "new/repo" / path).read_text()
        assert "@VERSION@" not in text
        assert zapi_sync("--version").out.split()[1] in text


def test_git_takes_the_state_and_its_journal_and_nothing_else_of_zapi_sync(zapi_sync: Any) -> None:
    zapi_sync("init")
    subprocess.run(["git", "init", "-q"], cwd=zapi_sync.folder, check=True)
    kept = ["groups.state.json", "groups.state.json.journal", "a/b.state.json", "groups.schema.json"]
    left = [
        "groups.state.json.lock", "groups.state.json.backup", ".groups.state.json.0a1b2c3d.tmp",
        "groups.sandbox.state.json",
        "groups.sandbox.state.json.journal", "groups.sandbox.state.json.lock", "groups.sandbox.db",
        "groups.sandbox.db-wal", "a/groups.sandbox.db", ".env",
    ]  # fmt: skip
    ignored = subprocess.run(
        ["git", "check-ignore", *kept, *left], cwd=zapi_sync.folder, capture_output=True, text=True
    ).stdout.splitlines()
    assert ignored == left
    zapi_sync("apply", "--sandbox", "--auto-approve")
    status = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=zapi_sync.folder, capture_output=True, text=True
    ).stdout
    assert sorted(line[3:] for line in status.splitlines()) == sorted([*ALWAYS, GITHUB])


def test_nothing_is_written_over(zapi_sync: Any) -> None:
    for path in ("groups.yaml", "groups.schema.json", GITHUB, GITLAB):
        (zapi_sync.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (zapi_sync.folder / path).write_text("mine")
    result = zapi_sync("init", "--ci", "both")
    assert result.code == 0
    for path in ("groups.yaml", "groups.schema.json", GITHUB, GITLAB):
        assert (zapi_sync.folder / path).read_text() == "mine"
        assert f"{path}: left, as it is\n" in result.out


def test_a_link_is_not_written_behind(zapi_sync: Any, tmp_path: Path) -> None:
    (zapi_sync.folder / "groups.yaml").symlink_to(tmp_path / "nothing.yaml")
    assert "groups.yaml: left, as it is\n" in zapi_sync("init").out
    assert not (tmp_path / "nothing.yaml").exists()


def test_a_gitignore_gets_what_it_lacks_and_is_told_so(zapi_sync: Any) -> None:
    ignore = zapi_sync.folder / ".gitignore"
    ignore.write_text("node_modules\n.env")
    out = zapi_sync("init").out
    assert ".gitignore: extended\n  # zapi-sync\n  *.state.json.lock\n" in out
    assert ignore.read_text().startswith("node_modules\n.env\n# zapi-sync\n*.state.json.lock\n")
    assert ignore.read_text().splitlines().count(".env") == 1
    before = ignore.read_bytes()
    assert ".gitignore: left, as it is\n" in zapi_sync("init").out
    assert ignore.read_bytes() == before


def test_a_dry_run_says_all_and_writes_nothing(zapi_sync: Any) -> None:
    zapi_sync.write("node_modules\n", ".gitignore")
    result = zapi_sync("init", "new", "--dry-run", "--ci", "both")
    assert result.code == 0
    assert not (zapi_sync.folder / "new").exists()
    for said in ("groups.yaml: would be created\n", "  groups:\n    team-01:", "  permissions: {}\n", GITLAB):
        assert said in result.out
    assert ".gitignore: would be extended\n  # zapi-sync\n" in zapi_sync("init", "--dry-run").out
    assert files(zapi_sync.folder) == {".gitignore"}


def test_as_json(zapi_sync: Any, fits: Callable[[Any, str], None]) -> None:
    zapi_sync.write("mine", "groups.yaml")
    zapi_sync.write("mine\n", ".gitignore")
    for more in (["--dry-run"], []):
        result = zapi_sync("init", "--format", "json", *more)
        fits(result.json, "init")
        assert result.json["dryRun"] == bool(more)
        fates = {each["path"]: each["fate"] for each in result.json["files"]}
        assert fates == {
            "groups.yaml": "left",
            "groups.schema.json": "created",
            ".gitignore": "extended",
            GITHUB: "created",
        }
        assert result.err == ""


def test_below_the_root_of_a_repository_the_workflow_is_not_seen(zapi_sync: Any) -> None:
    subprocess.run(["git", "init", "-q"], cwd=zapi_sync.folder, check=True)
    result = zapi_sync("init", "teams/a", "--ci", "both")
    assert result.code == 0
    assert f"GitHub looks for workflows at the repository's root alone, and that is {zapi_sync.folder}" in (
        result.err
    )
    assert "GitLab looks" in result.err
    assert result.err.count("[ZS514]") == 2
    assert "ZS514" not in zapi_sync("init", "teams/a", "--ci", "both").err  # nothing was written
    assert "ZS514" not in zapi_sync("init", ".").err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(zapi_sync: Any) -> None:
    (zapi_sync.folder / "locked").mkdir(mode=0o500)
    result = zapi_sync("init", "locked")
    assert result.code == 1
    assert "locked/groups.yaml: error: this cannot be written: permission denied [ZS513]" in result.err


def test_what_is_no_folder(zapi_sync: Any) -> None:
    zapi_sync.write("", "file")
    for more in ([], ["--dry-run"]):
        result = zapi_sync("init", "file", *more)
        assert result.code == 1
        assert "file: error: this is no folder [ZS513]" in result.err
        assert "name a folder that this user may write in" in result.err
    (zapi_sync.folder / ".github").write_text("")
    result = zapi_sync("init")
    assert result.code == 1
    assert f"{GITHUB}: error: this cannot be written: " in result.err
