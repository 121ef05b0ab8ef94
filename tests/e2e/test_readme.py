"""What the READMEs show was run, each in its language; the two say the same, as far as a program can tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from zapi_sync.cli.commands import COMMANDS

pytestmark = pytest.mark.installed
ROOT = Path(__file__).parents[2]
READMES = {
    "C.UTF-8": (ROOT / "README.md").read_text("utf-8"),
    "pt_BR.UTF-8": (ROOT / "README.pt-BR.md").read_text("utf-8"),
}
ENGLISH, PORTUGUESE = READMES.values()
MISTAKEN = (
    'version: 1\ngroups:\n  launch-vip-01:\n    fones: ["5544999990001"]\n    groupName: Launch VIP 01\n'
)


def blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)


def same_but_for_chance(text: str) -> str:
    text = re.sub(r"\d{18}-group", "ID", text)
    return re.sub(r"chat\.whatsapp\.com/\w{22}", "LINK", text)


@pytest.mark.parametrize("lang", READMES)
def test_the_recorded_commands_print_what_is_shown(zapi_sync: Any, lang: str) -> None:
    zapi_sync.write(blocks(READMES[lang], "yaml")[0])
    zapi_sync.write(MISTAKEN, "mistaken.yaml")
    recorded = blocks(READMES[lang], "console")
    assert len(recorded) == 4
    for block in recorded:
        command, shown = block.split("\n", 1)
        result = zapi_sync(*command.removeprefix("$ zapi-sync ").split(), LANG=lang)
        assert same_but_for_chance(result.out or result.err) == same_but_for_chance(shown)


@pytest.mark.parametrize("lang", READMES)
def test_every_command_and_option_is_told(zapi_sync: Any, lang: str) -> None:
    for command in COMMANDS:
        assert f"`zapi-sync {command}" in READMES[lang]
        for option in re.findall(r"--[a-z-]+", zapi_sync(command, "--help").out):
            told = option in READMES[lang] or option in ("--help", "--verbose", "--file")
            assert told, f"{command} {option}"


def headings(readme: str) -> list[str]:
    """The levels of its headings, in their order."""
    return re.findall(r"^(#+) ", re.sub(r"```.*?```", "", readme, flags=re.DOTALL), re.MULTILINE)


def commands(readme: str) -> list[str]:
    """What is to be typed: the blocks for a shell less their comments, the prompts of the recorded ones."""
    typed = [line for block in blocks(readme, "sh") for line in block.splitlines()]
    prompts = [block.split("\n", 1)[0] for block in blocks(readme, "console")]
    return [re.sub(r"\s*#.*", "", line) for line in typed] + prompts


def rows(readme: str) -> list[str]:
    """The first cells of its tables' rows."""
    return re.findall(r"^\| (`[^|]*`) \|", readme, re.MULTILINE)


def mentioned(readme: str) -> set[str]:
    """The options, variables, files and pages that it names."""
    prose = re.sub(r"```.*?```", "", readme, flags=re.DOTALL)
    return {*re.findall(r"--[a-z][a-z-]+|\b[A-Z]+_[A-Z_]+\b|`[\w.-]+\.(?:yaml|json|db)`", prose)}


def targets(readme: str) -> list[str]:
    """What it links to, but for its own headings and the other README."""
    found = re.findall(r"\]\(([^)]*)\)", readme)
    return sorted(each.replace(".pt-BR.", ".") for each in found if not each.startswith(("README", "#")))


@pytest.mark.parametrize("part", [headings, commands, rows, mentioned, targets])
def test_both_readmes_are_in_step(part: Any) -> None:
    assert part(PORTUGUESE) == part(ENGLISH)


def test_each_readme_links_to_the_other_and_its_pictures_are_there() -> None:
    assert "(README.pt-BR.md)" in ENGLISH
    assert "(README.md)" in PORTUGUESE
    for readme in READMES.values():
        pictures = re.findall(r"!\[[^\]]+\]\((docs/pictures/[^)]+)\)", readme)
        assert len(pictures) == 3
        assert all((ROOT / picture).is_file() for picture in pictures)
