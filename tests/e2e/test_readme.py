"""What the README shows was run: its example, its commands and their outputs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from zapi_sync.cli.commands import COMMANDS

pytestmark = pytest.mark.installed
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
MISTAKEN = (
    'version: 1\ngroups:\n  launch-vip-01:\n    fones: ["5544999990001"]\n    groupName: Launch VIP 01\n'
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def same_but_for_chance(text: str) -> str:
    text = re.sub(r"\d{18}-group", "ID", text)
    return re.sub(r"chat\.whatsapp\.com/\w{22}", "LINK", text)


def test_the_recorded_commands_print_what_is_shown(zapi_sync: Any) -> None:
    zapi_sync.write(blocks("yaml")[0])
    zapi_sync.write(MISTAKEN, "mistaken.yaml")
    recorded = blocks("console")
    assert len(recorded) == 4
    for block in recorded:
        command, shown = block.split("\n", 1)
        result = zapi_sync(*command.removeprefix("$ zapi-sync ").split())
        assert same_but_for_chance(result.out or result.err) == same_but_for_chance(shown)


def test_every_command_and_option_is_told(zapi_sync: Any) -> None:
    for command in COMMANDS:
        assert f"`zapi-sync {command}" in README
        for option in re.findall(r"--[a-z-]+", zapi_sync(command, "--help").out):
            assert option in README or option in ("--help", "--verbose", "--file"), f"{command} {option}"
