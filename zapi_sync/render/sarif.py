"""SARIF 2.1.0, by which code hosts note complaints at the lines of a pull request (OASIS, sarif-v2.1.0)."""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING
from urllib.parse import quote

from zapi_sync import __version__
from zapi_sync.render.json import document
from zapi_sync.render.safe import printable, without_phones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.errors import Diagnostic, Location


def log(diagnostics: Sequence[Diagnostic]) -> str:
    """The complaints as a SARIF log. It is meant for a pull request, so it holds no phone number."""
    rules = sorted({diagnostic.code for diagnostic in diagnostics})
    driver = {
        "name": "zapi-sync",
        "semanticVersion": __version__,
        "rules": [
            {
                "id": code,
                "shortDescription": {"text": code.summary},
                "fullDescription": {"text": code.summary},  # GitHub's code scanning demands both
                "help": {"text": f"docs/errors.md tells more of {code}."},
            }
            for code in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, rules.index(diagnostic.code)) for diagnostic in diagnostics],
    }
    members = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return document(members)


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, object]:
    location = diagnostic.location
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": _message(f"{diagnostic.message}\n{diagnostic.hint}"),
        "locations": [{"physicalLocation": _physical(location)}] if location else [],
        "relatedLocations": [
            {"id": number, "message": _message(word), "physicalLocation": _physical(place)}
            for number, (word, place) in enumerate(diagnostic.also)
        ],
    }


def _message(text: str) -> dict[str, str]:
    """Plain text, in which brackets would make links (SARIF 2.1.0, 3.11.6)."""
    lines = "\n".join(printable(line) for line in without_phones(text).split("\n"))
    return {"text": re.sub(r"([\\\[\]])", r"\\\1", lines)}


def _physical(location: Location) -> dict[str, object]:
    line, column = location.line or 1, location.column or 1
    region = {"startLine": line, "startColumn": column, "endColumn": column + location.length}
    return {"artifactLocation": {"uri": _uri(location.file)}, "region": region}


def _uri(file: str) -> str:
    path = quote(normpath(file), errors="surrogateescape")
    return f"file:///{path.lstrip('/')}" if file.startswith("/") else path
