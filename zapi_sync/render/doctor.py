"""The findings of a look at what may go wrong, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.doctor import Verdict, counts
from zapi_sync.language import _
from zapi_sync.render.complaints import place
from zapi_sync.render.json import FORMAT_VERSION, document
from zapi_sync.render.safe import printable
from zapi_sync.render.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zapi_sync.core.doctor import Finding
    from zapi_sync.render.paint import Paint

_CHECK_WIDTH = 14


def text(findings: Sequence[Finding], paint: Paint) -> str:
    """A line a finding, with what to do under it, and how many there are at the end."""
    tints: dict[Verdict, Callable[[str], str]] = {
        Verdict.OK: paint.green,
        Verdict.WARNING: paint.yellow,
        Verdict.ERROR: paint.red,
        Verdict.SKIPPED: paint.dim,
    }
    lines = []
    for each in findings:
        of = f"{each.instance}: " if each.instance else ""
        where = f"{place(each.location)}: " if each.location else ""
        verdict = tints[each.verdict](f"{each.verdict:<8}")
        lines.append(
            _(
                "{verdict} {check:<??}{of}",
                verdict=verdict,
                check=each.check,
                of=printable(of + where + each.message),
            )
        )
        if each.hint:
            lines.append(
                _(
                    "{value}{cyan} {hint}",
                    value=" " * (9 + _CHECK_WIDTH),
                    cyan=paint.cyan("hint:"),
                    hint=printable(each.hint),
                )
            )
    return "\n".join([*lines, "", paint.bold(_summary(findings))])


def json(findings: Sequence[Finding], *, offline: bool) -> str:
    """As schemas/doctor.schema.json has it."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "offline": offline,
            "summary": counts(findings),
            "findings": [_members(each) for each in findings],
        }
    )


def _members(finding: Finding) -> dict[str, object]:
    location = finding.location
    return {
        "check": finding.check,
        "verdict": finding.verdict,
        "instance": finding.instance,
        "message": finding.message,
        "hint": finding.hint,
        "file": location.file if location else None,
        "line": location.line if location else None,
        "column": location.column if location else None,
    }


def _summary(findings: Sequence[Finding]) -> str:
    number = counts(findings)
    if not number[Verdict.ERROR] and not number[Verdict.WARNING]:
        return _("All is well.")
    told = [count(number[kind], kind.value) for kind in (Verdict.ERROR, Verdict.WARNING) if number[kind]]
    return f"{', '.join(told)}."
