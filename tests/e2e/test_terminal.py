"""At a terminal: the question, the bar, the colours."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

COMMAND = str(Path(sys.executable).with_name("zapi-sync"))


QUESTIONS = ("Only yes is taken for a yes: ", "Só sim vale como confirmação: ")


def nothing() -> None:
    """What happens meanwhile, mostly."""


def at_a_terminal(
    zapi_sync: Any,
    *arguments: str,
    answer: str | signal.Signals,
    meanwhile: Callable[[], object] = nothing,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Runs a command at a pseudo-terminal; at its question something happens, and then an answer is typed, or
    the signal is sent that the answer is.

    Returns its code, and what was seen.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=zapi_sync.folder,
        env=zapi_sync.env({"TERM": "xterm-256color", "COLUMNS": "120", **(environment or {})}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen, asked, deadline = b"", False, time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            seen += os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not asked and any(question.encode() in seen for question in QUESTIONS):
            meanwhile()
            if isinstance(answer, signal.Signals):
                process.send_signal(answer)
            else:
                os.write(ours, answer.encode() + b"\n")
            asked = True
    os.close(ours)
    return process.wait(), seen.decode()


def test_yes_creates(zapi_sync: Any) -> None:
    zapi_sync.groups("a", "b")
    code, seen = at_a_terminal(zapi_sync, "apply", "--sandbox", answer="yes")
    assert code == 0
    assert "Create 2 groups? Only yes is taken for a yes: " in seen
    assert "creating b" in seen
    assert re.search(r"2/2", seen)
    assert "\x1b[32m" in seen
    assert set(zapi_sync.state("groups.sandbox.state.json")["groups"]) == {"a", "b"}


@pytest.mark.parametrize("answer", ["y", "YES", "no", "", "yes please"])
def test_nothing_else_does(zapi_sync: Any, answer: str) -> None:
    zapi_sync.groups("a")
    code, seen = at_a_terminal(zapi_sync, "apply", "--sandbox", answer=answer)
    assert code == 1
    assert "not approved, and nothing was created" in seen
    assert not (zapi_sync.folder / "groups.sandbox.state.json").exists()


@pytest.mark.parametrize(
    ("answer", "code"), [("sim", 0), ("yes", 0), ("s", 1), ("não", 1)], ids=["sim", "yes", "s", "nao"]
)
def test_in_portuguese_sim_is_a_yes(zapi_sync: Any, answer: str, code: int) -> None:
    zapi_sync.groups("a")
    portuguese = {"LANG": "pt_BR.UTF-8"}
    found, seen = at_a_terminal(zapi_sync, "apply", "--sandbox", answer=answer, environment=portuguese)
    assert found == code
    assert "Criar 1 grupo? Só sim vale como confirmação: " in seen
    assert (code == 0) == ("nada foi criado" not in seen)


def test_sim_is_no_yes_in_english(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    assert at_a_terminal(zapi_sync, "apply", "--sandbox", answer="sim")[0] == 1


FORCED = {"FORCE_COLOR": "1"}


@pytest.mark.parametrize(
    ("environment", "options", "colours"),
    [
        ({}, [], False),
        (FORCED, [], True),
        ({"FORCE_COLOR": "true", "TERM": "dumb"}, [], True),
        ({"CLICOLOR_FORCE": "1"}, [], True),
        ({"FORCE_COLOR": ""}, [], False),
        ({"FORCE_COLOR": "0", "CLICOLOR_FORCE": "0"}, [], False),
        ({"NO_COLOR": "1", **FORCED}, [], False),
        ({"NO_COLOR": "", **FORCED}, [], True),
        (FORCED, ["--no-color"], False),
        (FORCED, ["--format", "json"], False),
        (FORCED, ["--format", "markdown"], False),
    ],
    ids=str,
)
def test_colours_where_there_is_no_terminal(
    zapi_sync: Any, environment: dict[str, str], options: list[str], colours: bool
) -> None:
    zapi_sync.groups("a")
    result = zapi_sync("plan", *options, **environment)
    assert ("\x1b[" in result.out) == colours


@pytest.mark.parametrize("quiet", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": "dumb", "FORCE_COLOR": "0"}])
def test_no_colours_where_none_are_wanted(zapi_sync: Any, quiet: dict[str, str]) -> None:
    zapi_sync.groups("a")
    _, seen = at_a_terminal(zapi_sync, "plan", answer="", environment=quiet)
    assert "+ a" in seen
    assert "\x1b[" not in seen
    _, seen = at_a_terminal(zapi_sync, "plan", "--no-color", answer="")
    assert "\x1b[" not in seen
