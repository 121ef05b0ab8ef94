"""What the kernel saw: no request leaves before it is written down, and an answer is written down first."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .world import APPLY, World

WANTED = {"a": "Group a", "b": "Group b", "c": "Group c"}
SYSCALLS = "fsync,fdatasync,write,pwrite64,sendto,sendmsg,recvfrom,recvmsg,connect,rename,unlink"
_LINE = re.compile(r"^\d+ +(\w+)\((\d+)(<[^>]*>)?(?:, \"((?:[^\"\\]|\\.)*)\")?")


def trace(world: World, log: Path) -> list[tuple[str, str, str]]:
    """The system calls of an apply by the installed command: (name, what it is about, first bytes)."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here")
    command = [sys.executable, "-m", "zapi_sync", *APPLY]
    tracing = [strace, "-f", "-y", "-s", "256", "-e", f"trace={SYSCALLS}", "-o", str(log)]
    done = subprocess.run(
        [*tracing, *command], cwd=world.folder, env=world.env(), capture_output=True, check=False
    )
    if b"ptrace" in done.stderr and done.returncode:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    return list(_calls(log))


def _calls(log: Path) -> Iterator[tuple[str, str, str]]:
    for line in log.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match:
            yield match[1], match[3] or "", match[4] or ""


def is_journal_write(call: tuple[str, str, str], event: str) -> bool:
    name, file, data = call
    return name == "write" and file.endswith(".journal>") and f'\\"event\\":\\"{event}\\"' in data


def is_journal_sync(call: tuple[str, str, str]) -> bool:
    return call[0] in ("fsync", "fdatasync") and call[1].endswith(".journal>")


def is_sending(call: tuple[str, str, str]) -> bool:
    return call[0] in ("sendto", "sendmsg")


def violations(calls: list[tuple[str, str, str]]) -> tuple[int, list[str]]:
    """How many creations there were, and what was out of order in any of them."""
    posts = [
        at
        for at, call in enumerate(calls)
        if is_sending(call) and call[2].startswith("POST ") and "/create-group" in call[2]
    ]
    wrong = []
    for at in posts:
        wrong += [f"before the request {at}: {why}" for why in _before(calls, at)]
        wrong += [f"after the answer to {at}: {why}" for why in _after(calls, at)]
    return len(posts), wrong


def _before(calls: list[tuple[str, str, str]], post: int) -> Iterator[str]:
    """Backwards from the first send: `sending` written and synced, the connection, the intent likewise."""
    back = [call for call in reversed(calls[:post]) if call[0] != "write" or call[1].endswith(".journal>")]
    expected = [
        ("an fsync of the journal", is_journal_sync),
        ("the sending, written", lambda call: is_journal_write(call, "sending")),
        ("a connection of its own", lambda call: call[0] == "connect"),
        ("an fsync of the journal", is_journal_sync),
        ("the intent, written", lambda call: is_journal_write(call, "intent")),
    ]
    for call, (what, fits) in zip(back, expected, strict=False):
        if not fits(call):
            yield f"{what} was expected, and not {call}"


def _after(calls: list[tuple[str, str, str]], post: int) -> Iterator[str]:
    """Forwards: the rest of the request, the answer, then the outcome, written and synced before all else."""
    forth = iter(calls[post + 1 :])
    call = next(call for call in forth if call[0] not in ("sendto", "sendmsg", "recvfrom", "recvmsg"))
    if not is_journal_write(call, "created"):
        yield f"the outcome was expected, and not {call}"
    call = next(forth)
    if not is_journal_sync(call):
        yield f"an fsync of the journal was expected, and not {call}"


def test_order(world: World, tmp_path: Path, figure: Callable[[object], None]) -> None:
    """For each creation, the journal is synced before the first byte and right after the answer."""
    world.want(WANTED)
    creations, wrong = violations(trace(world, tmp_path / "strace.log"))
    figure(f"{creations} creations, {len(wrong)} violations")
    assert wrong == []
    assert creations == len(WANTED)
