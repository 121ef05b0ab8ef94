"""The same question to Terraform: killed while it writes its state, what does the next apply create again?

    python compare_with_terraform.py

Three terraform_data resources, whose creation (a local-exec) appends a line to a file. Terraform is killed by
strace at each system call on its local state, `terraform apply` runs again, and lines that are there twice
are twins: nothing knows of the first ones any more. Prints a table.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

CONFIG = "".join(
    f'resource "terraform_data" "{name}" {{\n'
    f'  provisioner "local-exec" {{\n    command = "echo {name} >> created.log"\n  }}\n}}\n'
    for name in ("a", "b", "c")
)
APPLY = ["terraform", "apply", "-auto-approve", "-parallelism=1", "-input=false", "-no-color"]
SYSCALLS = ("ftruncate", "write", "fsync")
SECONDS = 150


def missing_tools() -> list[str]:
    """What this needs and does not find."""
    return [tool for tool in ("terraform", "strace") if shutil.which(tool) is None]


def prepared(base: Path) -> Path:
    """A folder with the config, initialized."""
    base.mkdir()
    (base / "main.tf").write_text(CONFIG)
    subprocess.run(["terraform", "init", "-input=false"], cwd=base, check=True, capture_output=True)
    return base


def killed_and_applied_again(folder: Path, syscall: str, number: int) -> list[str] | None:
    """The names created twice after a kill there; None where the run came through alive."""
    state = folder / "terraform.tfstate"
    tracing = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(state), "-e", f"trace={syscall}"]
    inject = ["-e", f"inject={syscall}:signal=KILL:when={number}"]
    one_thread = {**os.environ, "GOMAXPROCS": "1"}  # strace counts the calls of each thread by itself
    first = subprocess.run(
        [*tracing, *inject, *APPLY], cwd=folder, env=one_thread, capture_output=True, check=False
    )
    if first.returncode == 0:
        return None
    subprocess.run(APPLY, cwd=folder, capture_output=True, check=False)
    created = Counter((folder / "created.log").read_text().split())
    return [name for name, times in created.items() if times > 1]


def kills(base: Path) -> Iterator[tuple[str, list[str]]]:
    """Every kill point that time allows: its name, and what was created twice after it."""
    template = prepared(base / "template")
    until = time.monotonic() + SECONDS
    for syscall in SYSCALLS:
        for number in range(1, 7):
            folder = base / f"{syscall}{number}"
            shutil.copytree(template, folder, symlinks=True)
            twins = killed_and_applied_again(folder, syscall, number)
            if time.monotonic() > until:
                return
            if twins is not None:
                yield f"{syscall} {number}", twins


def table(points: list[tuple[str, list[str]]], ours: tuple[int, int] | None = None) -> str:
    """Both in one table; `ours` are zapi-sync's kill points and those of them that made a twin."""
    version = subprocess.run(["terraform", "version"], capture_output=True, check=True).stdout.split()[1]
    bad = [point for point, twins in points if twins]
    lines = [f"{'':<22}{'kill points':>12}{'with twins':>12}{'twins':>7}"]
    if ours:
        lines.append(f"{'zapi-sync':<22}{ours[0]:>12}{ours[1]:>12}{ours[1]:>7}")
    total = sum(len(twins) for _, twins in points)
    lines.append(f"{'terraform ' + version.decode():<22}{len(points):>12}{len(bad):>12}{total:>7}")
    return "\n".join([*lines, f"terraform creates again after a kill at: {', '.join(bad) or 'none'}"])


def measured() -> list[tuple[str, list[str]]]:
    """Terraform's kill points, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as base:
        return list(kills(Path(base)))


if __name__ == "__main__":
    if missing_tools():
        sys.exit(f"not here: {', '.join(missing_tools())}")
    sys.stdout.write(table(measured()) + "\n")
