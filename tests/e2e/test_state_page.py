"""docs/state-commands.md shows what was run: its configs and commands in their order, in one folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "state-commands.md"
BLOCK = re.compile(r"```(yaml|console)\n(.*?)```", re.DOTALL)
ID = re.compile(r"\d{18}-group")
CHANCE = {
    r"chat\.whatsapp\.com/\w{22}": "chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ": "2026-11-23T10:00:00Z",
}


def chance_out(text: str, ids: dict[str, str]) -> str:
    """The text without what differs from run to run; each id is always the same one."""
    for found in ID.findall(text):
        ids.setdefault(found, f"{120363019502650977 + len(ids)}-group")
    text = ID.sub(lambda found: ids[found[0]], text)
    for pattern, instead in CHANCE.items():
        text = re.sub(pattern, instead, text)
    return text


def test_what_is_shown_was_run(zapi_sync: Any, request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text("utf-8")
    recorded = page
    ids: dict[str, str] = {}
    first = True
    for kind, content in BLOCK.findall(page):
        if kind == "yaml":
            zapi_sync.write(content)
            if first:
                assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
            first = False
            continue
        command = content.split("\n", 1)[0]
        result = zapi_sync(*command.removeprefix("$ zapi-sync ").split())
        said = f"{command}\n{chance_out(result.err + result.out, ids)}"
        if request.config.getoption("--update-golden"):
            recorded = recorded.replace(f"```console\n{content}```", f"```console\n{said}```")
        else:
            assert said == content
    if recorded != page:
        PAGE.write_text(recorded, "utf-8")
