"""The facts of the machine without which a figure says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median

SYNCS = 200
LINE = b"x" * 255 + b"\n"
GIB = 2**30


def facts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and value of each; `folder` is where states and journals are written."""
    yield "processor", f"{_processor()}, {len(os.sched_getaffinity(0))} cores for this"
    yield "memory", f"{memory() / GIB:.1f} GiB"
    yield "kernel", f"{platform.system()} {platform.release()}"
    yield "load when it began", f"{os.getloadavg()[0]:.2f}"
    yield (
        "append and fsync of 256 bytes",
        f"{_sync_seconds(folder) * 1000:.3f} ms, on {_filesystem(folder)}",
    )
    yield "Python", platform.python_version()
    yield "libraries", f"libyaml {_libyaml()}, PyYAML {version('pyyaml')}, httpx {version('httpx')}"
    yield "zapi-sync", version("zapi-sync")


def memory() -> int:
    """The machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _libyaml() -> str:
    """Told by another process, which keeps this one small."""
    argv = [sys.executable, "-c", "import yaml; print(yaml._yaml.get_version_string())"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def _filesystem(folder: Path) -> str:
    """The type of the file system that a folder is on: the longest mount point that it is below."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    above = [(len(point), kind) for _, point, kind, *_ in mounts if folder.is_relative_to(point)]
    return max(above)[1]


def _sync_seconds(folder: Path) -> float:
    took = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(LINE)
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return median(took)
