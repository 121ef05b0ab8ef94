"""The package as it is built and installed, and what its commands import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from zapi_sync.edge.inputs import SCHEMAS

ROOT = Path(__file__).parents[2]
EXTRAS = {"psycopg", "obstore", "pyrage"}
"""What a shared or an encrypted state needs, and nothing else."""


@pytest.mark.slow
def test_the_wheel_is_complete(tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            tmp_path,
            ROOT,
        ],
        check=True,
    )
    (wheel,) = tmp_path.glob("zapi_sync-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"zapi_sync/schemas/{name}.schema.json" for name in SCHEMAS} <= names
    assert {"zapi_sync/py.typed", "zapi_sync/sandbox/openapi.json"} <= names
    for folder in ("templates", "render/templates", "ci", "sandbox/static"):
        files = {path.name for path in (ROOT / "zapi_sync" / folder).iterdir() if path.is_file()}
        assert {f"zapi_sync/{folder}/{name}" for name in files} <= names

    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", tmp_path / "site", wheel],
        check=True,
    )

    def zapi_sync(*arguments: str) -> bytes:
        run = subprocess.run(
            [sys.executable, "-m", "zapi_sync", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "site"), "LANG": "C.UTF-8"},
            capture_output=True,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout

    zapi_sync("init", "new", "--ci", "both")
    assert b"Plan: 1 to create" in zapi_sync("plan", "--sandbox", "-f", "new/groups.yaml")
    (tmp_path / "groups.yaml").write_bytes((ROOT / "examples" / "groups.yaml").read_bytes())
    applied = zapi_sync("apply", "--sandbox", "--auto-approve")
    assert applied.count(b"https://chat.whatsapp.com/") == 7
    assert zapi_sync("invites", "--sandbox", "--format", "html").count(b"<svg ") == 7


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (
            ["--version"],
            {
                "httpx",
                "flask",
                "jinja2",
                "jsonschema",
                "jsonschema_rs",
                "rich",
                "segno",
                "zapi_sync.core.plan",
            },
        ),
        (["validate"], {"httpx", "flask", "jsonschema", "rich", "sqlite3", "zapi_sync.apply", *EXTRAS}),
        (
            ["plan"],
            {
                "httpx",
                "flask",
                "jsonschema",
                "rich",
                "sqlite3",
                "zapi_sync.apply",
                "zapi_sync.sandbox",
                "jinja2",
                "segno",
                *EXTRAS,
            },
        ),
        (["invites"], {"httpx", "flask", "jinja2", "segno", "sqlite3", "zapi_sync.apply", *EXTRAS}),
        (["invites", "--format", "csv"], {"jinja2", "segno", "rich", *EXTRAS}),
        (["plan", "--format", "html"], {"httpx", "flask", "segno", *EXTRAS}),
    ],
)
def test_a_command_imports_only_what_it_uses(zapi_sync: Any, arguments: list[str], never: set[str]) -> None:
    zapi_sync.groups("a")
    script = f"import sys; from zapi_sync.cli import run; run({arguments!r}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=zapi_sync.folder, capture_output=True, check=True
    )
    assert not never & set(done.stdout.decode().splitlines()[-1].split())


def test_the_schemas_are_sound_and_the_example_fits(fits: Any) -> None:
    for name in SCHEMAS:
        schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["title"]
        assert schema["description"]
    fits(yaml.safe_load((ROOT / "examples" / "groups.yaml").read_text()), "groups")  # as an editor reads it
