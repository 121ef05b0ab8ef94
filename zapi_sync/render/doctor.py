"""The findings of a look at what may go wrong, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.doctor import Check, Verdict, counts
from zapi_sync.language import Text, _, ngettext, told
from zapi_sync.render.complaints import HINT, place
from zapi_sync.render.json import FORMAT_VERSION, document
from zapi_sync.render.safe import pad, printable, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from zapi_sync.core.doctor import Finding
    from zapi_sync.render.paint import Paint

_VERDICTS: Mapping[Verdict, Text] = {
    Verdict.OK: Text("ok"),
    Verdict.WARNING: Text("warning"),
    Verdict.ERROR: Text("error"),
    Verdict.SKIPPED: Text("skipped"),
}
_CHECKS: Mapping[Check, Text] = {
    Check.VERSIONS: Text("versions"),
    Check.CONFIG: Text("config"),
    Check.STATE: Text("state"),
    Check.JOURNAL: Text("journal"),
    Check.LOCK: Text("lock"),
    Check.ENCRYPTION: Text("encryption"),
    Check.PERMISSIONS: Text("permissions"),
    Check.GIT: Text("git"),
    Check.CREDENTIALS: Text("credentials"),
    Check.API: Text("api"),
    Check.REMOTE: Text("remote"),
    Check.CONNECTION: Text("connection"),
    Check.CLOCK: Text("clock"),
    Check.SUBSCRIPTION: Text("subscription"),
    Check.NUMBER: Text("number"),
    Check.RATE_LIMIT: Text("rate limit"),
}


def text(findings: Sequence[Finding], paint: Paint) -> str:
    """A line a finding, with what to do under it, and how many there are at the end."""
    tints: dict[Verdict, Callable[[str], str]] = {
        Verdict.OK: paint.green,
        Verdict.WARNING: paint.yellow,
        Verdict.ERROR: paint.red,
        Verdict.SKIPPED: paint.dim,
    }
    of_verdict, of_check = _widest(_VERDICTS.values()) + 1, _widest(_CHECKS.values()) + 2
    lines = []
    for each in findings:
        of = f"{each.instance}: " if each.instance else ""
        where = f"{place(each.location)}: " if each.location else ""
        verdict = tints[each.verdict](pad(told(_VERDICTS[each.verdict]), of_verdict))
        check = pad(told(_CHECKS[each.check]), of_check)
        lines.append(f"{verdict} {check}{printable(of + where + told(each.message))}")
        if each.hint:
            indent = " " * (of_verdict + 1 + of_check)
            lines.append(f"{indent}{paint.cyan(told(HINT))} {printable(each.hint)}")
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
    errors = ngettext("{number} error", "{number} errors", number[Verdict.ERROR])
    warnings = ngettext("{number} warning", "{number} warnings", number[Verdict.WARNING])
    told_of = {Verdict.ERROR: errors, Verdict.WARNING: warnings}
    return f"{', '.join(words for verdict, words in told_of.items() if number[verdict])}."


def _widest(words: Iterable[str]) -> int:
    """How many columns the widest of the words takes in the language of this run."""
    return max(width(told(word)) for word in words)
