"""Shell completion, the versions, and the examples of every --help."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from zapi_sync import __version__
from zapi_sync.cli.commands import COMMANDS

from .conftest import COMMAND


def completed(zapi_sync: Any, line: str) -> list[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_ZAPI_SYNC_COMPLETE": "bash_complete"}
    result = zapi_sync(**asked)
    assert (result.code, result.err) == (0, "")
    return [offer.partition(",")[2] for offer in result.out.split()]


def test_commands_options_and_choices_are_completed(zapi_sync: Any) -> None:
    assert completed(zapi_sync, "zapi-sync ") == list(COMMANDS)
    assert completed(zapi_sync, "zapi-sync re") == ["refresh", "resolve"]
    assert completed(zapi_sync, "zapi-sync state ") == [
        "list",
        "migrate",
        "mv",
        "pull",
        "push",
        "rm",
        "show",
        "unlock",
    ]
    assert completed(zapi_sync, "zapi-sync plan --format m") == ["markdown"]
    assert completed(zapi_sync, "zapi-sync apply --existing ") == ["fail", "adopt", "create"]
    assert "--settle" in completed(zapi_sync, "zapi-sync apply --")


def test_keys_are_completed_from_the_config(zapi_sync: Any) -> None:
    zapi_sync.groups("vip-01", "vip-02", "team")
    assert completed(zapi_sync, "zapi-sync resolve ") == ["vip-01", "vip-02", "team"]
    assert completed(zapi_sync, "zapi-sync import vip") == ["vip-01", "vip-02"]
    assert completed(zapi_sync, "zapi-sync import vip-01 ") == []
    (zapi_sync.folder / "more").mkdir()
    zapi_sync.groups("other").rename(zapi_sync.folder / "more" / "other.yaml")
    assert completed(zapi_sync, "zapi-sync resolve -f more ") == ["other"]
    assert completed(zapi_sync, "zapi-sync resolve ") == []  # there is no groups.yaml any more


@pytest.mark.parametrize("config", ["groups: [", "version: 9\n", "", "version: 1\ngroups: {a: 1}\n"])
def test_of_a_broken_config_nothing_is_completed_and_nothing_said(zapi_sync: Any, config: str) -> None:
    zapi_sync.write(config)
    assert completed(zapi_sync, "zapi-sync resolve ") == []


def test_what_can_be_read_once_or_takes_long_is_not_read(zapi_sync: Any) -> None:
    zapi_sync.groups("a").rename(zapi_sync.folder / "large.yaml")
    with (zapi_sync.folder / "large.yaml").open("a") as file:
        file.write("# and more\n" * 500_000)
    assert completed(zapi_sync, "zapi-sync resolve -f large.yaml ") == []
    assert completed(zapi_sync, "zapi-sync resolve -f - ") == []
    assert completed(zapi_sync, "zapi-sync resolve -f /dev/stdin ") == []


def test_a_name_does_nothing_to_the_terminal(zapi_sync: Any) -> None:
    zapi_sync.write('version: 1\ngroups: {a: {groupName: "x\\u200by", phones: ["5544999990001"]}}\n')
    asked = {"COMP_WORDS": "zapi-sync resolve ", "COMP_CWORD": "2", "_ZAPI_SYNC_COMPLETE": "zsh_complete"}
    assert zapi_sync(**asked).out == "plain\na\nx\\u{200b}y\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_what_the_shell_takes(zapi_sync: Any, shell: str) -> None:
    script = zapi_sync("completion", shell).out
    assert f"_ZAPI_SYNC_COMPLETE={shell}_complete" in script
    path = shutil.which(shell)
    if path:
        done = subprocess.run([path, "-n"], input=script, text=True, capture_output=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_with_it(zapi_sync: Any) -> None:
    zapi_sync.groups("vip-01", "team")
    script = (
        'eval "$(zapi-sync completion bash)"; complete -p zapi-sync; '
        "COMP_WORDS=(zapi-sync resolve v); COMP_CWORD=2; _zapi_sync_completion zapi-sync; "
        'echo "${COMPREPLY[@]}"'
    )
    environment = zapi_sync.env({})
    environment["PATH"] = f"{Path(COMMAND).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=zapi_sync.folder, env=environment, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "vip-01", done.stderr
    assert done.stderr == ""


def test_the_versions(zapi_sync: Any) -> None:
    for option in ("--version", "-V"):
        result = zapi_sync(option)
        first, *others = result.out.splitlines()
        assert first == f"zapi-sync {__version__}"
        assert [re.sub(r" \d+\.\d.*", "", line) for line in others] == [
            "Python",
            "PyYAML",
            "jsonschema-rs",
            "httpx",
        ]


def test_keys_that_are_known_are_completed_from_the_state(zapi_sync: Any) -> None:
    zapi_sync.groups("vip-01", "vip-02", "team")
    assert completed(zapi_sync, "zapi-sync state show ") == []
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    zapi_sync.groups("other")
    assert completed(zapi_sync, "zapi-sync state show --sandbox vip") == ["vip-01", "vip-02"]
    assert completed(zapi_sync, "zapi-sync state rm --sandbox vip-01 t") == ["team"]
    assert completed(zapi_sync, "zapi-sync state mv --state groups.sandbox.state.json t") == ["team"]
    (zapi_sync.folder / "groups.sandbox.state.json").write_text("{")
    assert completed(zapi_sync, "zapi-sync state list --sandbox ") == []


@pytest.mark.parametrize("command", ["list", "show", "rm", "mv", "pull", "push", "migrate", "unlock"])
def test_every_help_of_a_state_command_has_an_example_and_fits(zapi_sync: Any, command: str) -> None:
    result = zapi_sync("state", command, "--help", COLUMNS="80")
    assert result.code == 0
    _, _, body = result.out.partition("\n")
    assert re.search(rf"^ .*zapi-sync state {command}\b", body, re.MULTILINE), result.out
    assert max(map(len, result.out.splitlines())) <= 100


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example_and_fits(zapi_sync: Any, command: str) -> None:
    result = zapi_sync(command, "--help", COLUMNS="80")
    assert result.code == 0
    head, _, body = result.out.partition("\n")
    assert head.startswith("Usage: zapi-sync")
    assert re.search(rf"^ .*zapi-sync {command}\b", body, re.MULTILINE), result.out
    assert max(map(len, result.out.splitlines())) <= 100
    assert completed(zapi_sync, "zapi-sync ").count(command) == 1
