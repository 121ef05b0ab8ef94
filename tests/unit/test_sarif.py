"""SARIF: what a code host needs to note a complaint at its line, and nothing that it might misread."""

from __future__ import annotations

import json
from typing import Any

import pytest

from zapi_sync import __version__
from zapi_sync.errors import Code, Diagnostic, Location, Severity
from zapi_sync.render import sarif

UNKNOWN = Diagnostic(
    Code.UNKNOWN_ATTRIBUTE,
    'unknown attribute "fones"',
    'did you mean "phones"?',
    Location("conf/turma 1.yaml", 12, 5, 5, '    fones: ["5544999999999"]'),
)
TWICE = Diagnostic(
    Code.PHONE_TWICE,
    "the phone 5544999998888 is in this group already",
    "remove one of the two",
    Location("groups.yaml", 7, 9, 14),
    Severity.WARNING,
    (("first written here", Location("groups.yaml", 6, 9)),),
)


def run(*diagnostics: Diagnostic) -> Any:
    log = json.loads(sarif.log(diagnostics))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    return log["runs"][0]


def test_a_complaint_is_a_result_at_its_place() -> None:
    (result,) = run(UNKNOWN)["results"]
    assert result == {
        "ruleId": "ZS112",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": 'unknown attribute "fones"\ndid you mean "phones"?'},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "conf/turma%201.yaml"},
                    "region": {"startLine": 12, "startColumn": 5, "endColumn": 10},
                }
            }
        ],
        "relatedLocations": [],
    }


def test_each_code_is_a_rule_once() -> None:
    driver = run(TWICE, UNKNOWN, TWICE)["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("zapi-sync", __version__)
    assert [(rule["id"], rule["shortDescription"]["text"]) for rule in driver["rules"]] == [
        ("ZS112", "an unknown attribute"),
        ("ZS133", "a participant written twice"),
    ]
    assert [result["ruleIndex"] for result in run(TWICE, UNKNOWN, TWICE)["results"]] == [1, 0, 1]


def test_other_places_are_related_ones_and_a_phone_is_not_shown() -> None:
    (result,) = run(TWICE)["results"]
    assert result["level"] == "warning"
    assert result["message"]["text"] == "the phone ...8888 is in this group already\nremove one of the two"
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "first written here"
    assert related["physicalLocation"]["region"]["startLine"] == 6


def test_nothing_to_say_is_a_run_without_results() -> None:
    assert run()["results"] == []
    assert run()["tool"]["driver"]["rules"] == []
    assert run()["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("groups.yaml", "groups.yaml"),
        ("./conf/a.yaml", "conf/a.yaml"),
        ("/repo/é.yaml", "file:///repo/%C3%A9.yaml"),
        ("a\udcff#?.yaml", "a%FF%23%3F.yaml"),
        (".//../x.yaml", "../x.yaml"),
        ("//repo/x.yaml", "file:///repo/x.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_files_are_uris(file: str, uri: str) -> None:
    (result,) = run(Diagnostic(Code.TAG, "m", "h", Location(file)))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
    assert place["region"] == {"startLine": 1, "startColumn": 1, "endColumn": 2}


def test_a_complaint_about_no_file_has_no_place() -> None:
    (result,) = run(Diagnostic(Code.BASE_URL, "m", "h"))["results"]
    assert result["locations"] == []


def test_text_from_outside_makes_no_link_and_steers_no_log() -> None:
    evil = "[x](https://evil) \\ ##[add-mask]y \x1b[31m\u202e ::error::z"
    text = sarif.log([Diagnostic(Code.TAG, evil, evil, Location("f", 1, 1))])
    assert text.isascii()
    assert "##[" not in text
    message = json.loads(text)["runs"][0]["results"][0]["message"]["text"]
    assert "\\[x\\](https://evil) \\\\" in message
    assert not set(message) & set("\x1b\u202e")
