"""Whatever stands in a config: exit 0 or 1, every complaint with its place, no traceback, no hang.

corpus/valid and corpus/invalid hold a file for each feature of YAML and each way to break it; their bytes
matter, so editors had better leave them alone. What hurts by its size is made here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from zapi_sync.core import parsers

from .corpus import Answer, as_process, faults, in_process
from .generated import BOMBS

CORPUS = Path(__file__).parents[1] / "corpus"
VALID, INVALID = (sorted((CORPUS / kind).glob("*.yaml")) for kind in ("valid", "invalid"))
PLACES = dict(line.split() for line in (CORPUS / "places.txt").read_text("utf-8").splitlines())
PARSERS = ["CSafeLoader", "SafeLoader"]
LIBYAML_ALONE = {"json-with-tabs", "tabs-between-tokens", "tabs-in-text", "plain-punctuation"}
"""What PyYAML's own parser refuses and YAML does not: tabs between tokens, `?` within plain text."""

GOOD = "version: 1\ngroups: {a: {groupName: A, phones: ['5544911112222']}}\n"
SUITE = os.environ.get("ZAPI_SYNC_YAML_SUITE", "")
SUITE_FILES = {"yaml", "yml", "data", "loader-error", "single-loader-error", "stream-error", "canonical"}


def parse_with(monkeypatch: pytest.MonkeyPatch, parser: str) -> None:
    monkeypatch.setattr(parsers, "_LOADER", getattr(yaml, parser))


def check(raw: bytes, answer: Answer, code: int | None = None) -> None:
    assert faults(raw, answer) == [], answer.err
    assert code is None or answer.code == code, answer.err


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("case", VALID, ids=lambda case: case.stem)
def test_valid(tmp_path: Path, case: Path, parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parse_with(monkeypatch, parser)
    raw = case.read_bytes()
    check(raw, in_process(tmp_path, raw), int(parser == "SafeLoader" and case.stem in LIBYAML_ALONE))


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_invalid(tmp_path: Path, case: Path, parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parse_with(monkeypatch, parser)
    raw = case.read_bytes()
    check(raw, in_process(tmp_path, raw), 1)


@pytest.mark.parametrize(
    "case", [case for case in INVALID if case.stem in PLACES], ids=lambda case: case.stem
)
def test_the_place(tmp_path: Path, case: Path) -> None:
    answer = in_process(tmp_path, case.read_bytes())
    assert PLACES[case.stem] in [f"{line}:{column}" for line, column in answer.places], answer.err


def embedded(raw: bytes) -> dict[str, bytes]:
    """A text as a part of a config: on its own, as a value that nobody reads, as a name, within a list."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {"alone": raw}

    def indented(by: int) -> str:
        return re.sub(r"(?m)^(?=.*\S)", " " * by, text)

    name = "version: 1\ngroups:\n  a:\n    phones: ['5544911112222']\n    groupName:"
    return {
        "alone": raw,
        "unread": f"{GOOD}x-case:\n{indented(2)}".encode(),
        "name": f"{name}\n{indented(6)}".encode(),
        "beside": f"{name} {indented(6).lstrip(' ')}".encode(),
        "listed": f"x-case: [\n{text}]\n{GOOD}".encode(),
    }


@pytest.mark.parametrize("case", [*VALID, *INVALID], ids=lambda case: case.stem)
def test_as_a_part_of_a_config(tmp_path: Path, case: Path) -> None:
    for raw in embedded(case.read_bytes()).values():
        check(raw, in_process(tmp_path, raw))


@pytest.mark.parametrize("case", [*VALID[::16], *INVALID[::16]], ids=lambda case: case.stem)
def test_as_a_process(tmp_path: Path, case: Path) -> None:
    raw = case.read_bytes()
    check(raw, as_process(tmp_path, raw), int(case in INVALID))


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_bound_to_hurt(tmp_path: Path, name: str) -> None:
    raw = BOMBS[name].text().encode()
    check(raw, as_process(tmp_path, raw), BOMBS[name].code)


@pytest.mark.slow
@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.skipif(not SUITE, reason="ZAPI_SYNC_YAML_SUITE names no folder with a YAML test suite")
def test_a_public_suite(tmp_path: Path, parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parse_with(monkeypatch, parser)
    files = [file for file in Path(SUITE).rglob("*") if file.suffix.removeprefix(".") in SUITE_FILES]
    assert files, f"no YAML in {SUITE}"
    wrong = []
    for file in sorted(files):
        for kind, raw in embedded(file.read_bytes()).items():
            answer = in_process(tmp_path, raw)
            wrong += [f"{file.name}, {kind}: {fault}" for fault in faults(raw, answer)]
    assert wrong == []
