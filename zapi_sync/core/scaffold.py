"""What belongs into a repository of groups: which files, and what an existing .gitignore lacks."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from zapi_sync.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping


class CodeHost(StrEnum):
    """For whom a workflow is written (--ci)."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BOTH = "both"
    NONE = "none"


class Fate(StrEnum):
    """What became of a file."""

    CREATED = "created"
    EXTENDED = "extended"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of the scaffold: what became of it, and the text that was written to it."""

    path: str
    fate: Fate
    text: str = ""


GITIGNORE = ".gitignore"
SCHEMA = "groups.schema.json"
WORKFLOWS: Mapping[CodeHost, str] = {
    CodeHost.GITHUB: ".github/workflows/zapi-sync.yml",
    CodeHost.GITLAB: ".gitlab-ci.yml",
}


def workflows(ci: CodeHost) -> Mapping[CodeHost, str]:
    """The workflow of each code host that is wanted."""
    return {host: path for host, path in WORKFLOWS.items() if ci in (host, CodeHost.BOTH)}


def additions(existing: str, wanted: str) -> str:
    """What is to be appended to a file of lines, to have all those that are wanted, but for comments."""
    has = {line.strip() for line in existing.splitlines()}
    missing = [line for line in wanted.splitlines() if not line.startswith("#") and line not in has]
    if not missing:
        return ""
    begun = existing and not existing.endswith("\n")
    return ("\n" if begun else "") + "".join(f"{line}\n" for line in ["# zapi-sync", *missing])
