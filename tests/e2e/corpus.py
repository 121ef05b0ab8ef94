"""A config file of any content, fed to the command: what it says, what that costs, and whether it holds."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from zapi_sync import cli
from zapi_sync.core.redact import CUT
from zapi_sync.render.safe import printable, width

SECONDS = 5.0
MIB = 200
"""What no answer comes near, of the processor's time (what takes so long hangs) and of memory. It is no
measure of speed: on a quiet machine each takes less than a second."""

NAME = "groups.yaml"
_COMPLAINT = re.compile(r"groups\.yaml:(\d+):(\d+): (?:error|warning): .+ \[ZS\d{3}\]$")
_ALSO = re.compile(r"  [a-z ]+: groups\.yaml:(\d+):(\d+)$")
_EXCERPT = re.compile(r"  (\d+) \| (.*)")
_CARET = re.compile(r"   *\| ( *)\^+$")
_DETAIL = re.compile(r"  hint: .|\.\.\. and \d+ more \(--format json shows them\)$")
_MEASURED = """
import re, sys, time
from pathlib import Path
from zapi_sync.cli import run
code = run(["validate"])
status = Path("/proc/self/status")
if status.exists():
    Path("cost").write_text(f"{time.process_time()} " + re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])
sys.exit(code)
"""  # what wait4() tells of a child begins with what its parent had
_BREAK = re.compile("\r\n|\n|\r")  # as editors count lines
_WINDOW = 100  # a longer line is shown in part


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run said of a file, and what it cost; `mib` is known of whole processes alone."""

    code: int
    out: str
    err: str
    seconds: float
    mib: float = 0.0

    @property
    def places(self) -> list[tuple[int, int]]:
        found = (_COMPLAINT.match(line) for line in self.err.splitlines())
        return [(int(each[1]), int(each[2])) for each in found if each]


class HungError(Exception):
    pass


def in_process(folder: Path, raw: bytes, *arguments: str) -> Answer:
    """`zapi-sync validate` of these bytes, in this process; raises HungError after four times the bound."""
    path = folder / NAME
    path.write_bytes(raw)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), _alarm(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        begun = time.process_time()
        code = cli.run(["validate", *arguments])
        seconds = time.process_time() - begun
    return Answer(code, out.getvalue(), err.getvalue(), seconds)


def as_process(folder: Path, raw: bytes) -> Answer:
    """The same by a process of its own, with the peak of its memory where /proc tells it."""
    (folder / NAME).write_bytes(raw)
    with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", _MEASURED],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        try:
            code = process.wait(4 * SECONDS)
        finally:
            process.kill()
        said = [stream.read().decode() for stream in (out, err) if stream.seek(0) == 0]
    cost = folder / "cost"
    seconds, peak = map(float, cost.read_text().split()) if cost.exists() else (0.0, 0.0)
    return Answer(code, said[0], said[1], seconds, peak / 1024)


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise HungError

    terminated, alarmed = signal.getsignal(signal.SIGTERM), signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 4 * SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, alarmed)
        signal.signal(signal.SIGTERM, terminated)


def faults(raw: bytes, answer: Answer) -> list[str]:
    """Everything about an answer that must not be."""
    said = answer.out + answer.err
    found = [word for word in ("Traceback", "internal error", "HungError") if word in said]
    if answer.code not in (0, 1):
        found.append(f"exit {answer.code}")
    if answer.code == 0 and ": error: " in answer.err:
        found.append("an error, and exit 0")
    if answer.code == 1 and (": error: " not in answer.err or answer.out):
        found.append("exit 1 without an error, or with a result")
    if answer.seconds > SECONDS:
        found.append(f"{answer.seconds:.2f} s")
    if answer.mib > MIB:
        found.append(f"{answer.mib:.0f} MiB")
    return found + _misplaced(raw, answer.err)


def _misplaced(raw: bytes, err: str) -> list[str]:
    """The lines on stderr that are of no known form, or that point where nothing is."""
    lines = _BREAK.split(raw.decode("utf-8-sig", "replace"))
    found, line, column = [], 0, 0
    for said in err.splitlines():
        if match := _COMPLAINT.match(said):
            line, column = int(match[1]), int(match[2])
            found += _nowhere(lines, line, column)
        elif match := _ALSO.match(said):
            found += _nowhere(lines, int(match[1]), int(match[2]))
        elif match := _CARET.fullmatch(said):
            found += _beside(lines, line, column, len(match[1]))
        elif match := _EXCERPT.fullmatch(said):
            found += _not_shown(lines, line, int(match[1]), match[2])
        elif not _DETAIL.match(said):
            found.append(f"of no known form: {said!r}")
    return found


def _nowhere(lines: list[str], line: int, column: int) -> list[str]:
    exists = 1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1
    return [] if exists else [f"{line}:{column} is not in the file"]


def _not_shown(lines: list[str], line: int, number: int, shown: str) -> list[str]:
    text = lines[line - 1].replace("\t", " ") if line <= len(lines) else ""
    whole = "".join(printable(text[at : at + 1000]) for at in range(0, len(text), 1000))
    part = shown.removeprefix(CUT).removesuffix(CUT)
    matches = part in whole if len(text) > _WINDOW else shown == whole
    return [] if number == line and matches else [f"line {line} is not the one shown: {number} | {shown!r}"]


def _beside(lines: list[str], line: int, column: int, indent: int) -> list[str]:
    text = lines[line - 1].replace("\t", " ") if line <= len(lines) else ""
    start = max(0, column - 1 - _WINDOW // 2) if len(text) > _WINDOW else 0
    before = text[start : column - 1]
    meant = width(printable(CUT + before[len(CUT) :] if start else before))
    return [] if indent == meant else [f"the caret stands in column {indent}, not {meant}"]
