"""Whether a state outlives the machine that writes it: on CI a runner's disk is gone when the job is."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import TYPE_CHECKING

from zapi_sync.errors import Code, Diagnostic, Location
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

_CI_VARIABLES = ("GITHUB_ACTIONS", "GITLAB_CI", "CI")
_NO = ("", "0", "false", "no", "off")


class Whereabouts(StrEnum):
    """Where a file stands, as git sees it."""

    COMMITTABLE = "committable"
    IGNORED = "ignored"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


_FILES = {"state": Text("the state"), "journal": Text("the journal")}
_STANDS = {
    Whereabouts.IGNORED: Text("is ignored by git"),
    Whereabouts.OUTSIDE: Text("is in no git work tree"),
    Whereabouts.UNKNOWN: Text("is where git gives no answer"),
}
"""Each goes on from one of _FILES."""


def ci_of(environment: Mapping[str, str]) -> str | None:
    """The variable that says that this is a CI job."""
    return next((name for name in _CI_VARIABLES if environment.get(name, "").lower() not in _NO), None)


def vanishing(what: str, file: str, ci: str, whereabouts: Whereabouts) -> Diagnostic | None:
    """The complaint about a file (`what`: state or journal) that goes when this CI job does; None where it
    can be committed back."""
    if whereabouts is Whereabouts.COMMITTABLE:
        return None
    return Diagnostic(
        Code.STATE_WOULD_VANISH,
        Text(
            "this is a CI job ({variable} is set), and {file} {stands}: it would vanish with the runner",
            variable=ci,
            file=_FILES[what],
            stands=_STANDS[whereabouts],
        ),
        Text(
            "{remedy}; if something else keeps it, say --state-is-kept; nothing was sent",
            remedy=_remedy(file, whereabouts),
        ),
        Location(file),
    )


def _remedy(file: str, whereabouts: Whereabouts) -> str:
    match whereabouts:
        case Whereabouts.IGNORED:
            return Text(
                "see to it that git takes it (git check-ignore -v {file}), and commit it afterwards",
                file=shlex.quote(file),
            )
        case Whereabouts.OUTSIDE:
            return Text("name one in a clone (--state), and commit it afterwards")
        case _:
            folder = shlex.quote(file.rpartition("/")[0] or ".")
            return Text("see what `git -C {folder} status` says", folder=folder)
