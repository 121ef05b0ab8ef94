"""What git says about a file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from zapi_sync.core.keeping import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 30
_HOST = re.compile(r"(?:(?:https?|ssh|git)://(?:[^@/\s]*@)?|[\w.-]+@)([\w.-]+)")
"""In https://user@host/path, ssh://git@host:22/path, git@host:path."""
_VERDICTS = {0: Whereabouts.IGNORED, 1: Whereabouts.COMMITTABLE}  # of `git check-ignore`, by its exit code


def whereabouts(file: Path, environment: Mapping[str, str]) -> Whereabouts:
    """Where a file stands, or would stand: in a work tree, ignored there, or in none."""
    tree = _git(file.parent, environment, "rev-parse", "--show-toplevel")
    if tree is None:
        return Whereabouts.UNKNOWN
    if tree.returncode:
        outside = "not a git repository" in tree.stderr
        return Whereabouts.OUTSIDE if outside else Whereabouts.UNKNOWN
    ignored = _git(file.parent, environment, "check-ignore", "--quiet", "--", f"./{file.name}")
    return _VERDICTS.get(ignored.returncode, Whereabouts.UNKNOWN) if ignored else Whereabouts.UNKNOWN


def is_tracked(file: Path, environment: Mapping[str, str]) -> bool:
    """Whether git has a file of this name, as far as it says."""
    listed = _git(file.parent, environment, "ls-files", "--error-unmatch", "--", f"./{file.name}")
    return listed is not None and listed.returncode == 0


def hosts(folder: Path, environment: Mapping[str, str]) -> list[str]:
    """The machines that a folder's repository is fetched from and pushed to; of their URLs, which may hold
    credentials, nothing else."""
    remotes = _git(folder, environment, "remote", "--verbose")
    urls = [line.split()[1] for line in remotes.stdout.splitlines() if line.count("\t")] if remotes else []
    return sorted({found[1].lower() for url in urls if (found := _HOST.match(url))})


def top_of(folder: Path, environment: Mapping[str, str]) -> Path | None:
    """The root of the work tree that a folder is in; None where it is in none, or git does not say."""
    tree = _git(folder, environment, "rev-parse", "--show-toplevel")
    return Path(tree.stdout.removesuffix("\n")) if tree and not tree.returncode else None


def _git(
    folder: Path, environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str] | None:
    """A run of git, which gets none of the credentials; None where there is no git, or it does not end."""
    passed_on = {name: value for name, value in environment.items() if not name.startswith("ZAPI_")}
    try:
        return subprocess.run(  # noqa: S603  no shell, and the path comes behind -C
            ["git", "-C", str(folder), *arguments],  # noqa: S607  the PATH's git is the user's
            env={**passed_on, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
