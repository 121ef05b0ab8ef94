"""What a person reads when something is wrong: each case file and what `validate` says of it, word for word.

Drop a file NAME.yaml into golden/complaints and run pytest with --update-golden to record what it says.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .corpus import in_process

CASES = Path(__file__).parents[1] / "golden" / "complaints"
ENGLISH = ("the", "is", "and", "with", "this", "error", "hint", "write", "not")
FINE = "version: 1\ngroups: {a: {groupName: A, phones: ['5544911112222']}}\n"
STATE = {
    "version": 1,
    "lineage": "00000000-0000-4000-8000-000000000000",
    "serial": 1,
    "remote": "https://api.z-api.io",
    "instances": {},
    "groups": {},
}


@pytest.mark.parametrize("case", sorted(CASES.glob("*.yaml")), ids=lambda case: case.stem)
def test_the_complaint_is_the_recorded_one(
    tmp_path: Path, case: Path, request: pytest.FixtureRequest
) -> None:
    answer = in_process(tmp_path, case.read_bytes())
    said = f"exit {answer.code}\n{answer.out}{answer.err}"
    golden = case.with_suffix(".txt")
    if request.config.getoption("--update-golden"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
    assert "groups.yaml" in said
    assert "hint: " in said


@pytest.mark.parametrize("case", sorted(CASES.glob("*.yaml")), ids=lambda case: case.stem)
def test_the_complaint_in_portuguese_is_the_recorded_one(
    zapi_sync: Any, case: Path, request: pytest.FixtureRequest
) -> None:
    """Held word for word, so that somebody who reads Portuguese reads what changes."""
    (zapi_sync.folder / "groups.yaml").write_bytes(case.read_bytes())
    answer = zapi_sync("validate", LANG="pt_BR.UTF-8")
    said = f"exit {answer.code}\n{answer.out}{answer.err}"
    golden = case.with_suffix(".pt_BR.txt")
    if request.config.getoption("--update-golden"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
    assert "dica: " in said
    assert not set(ENGLISH) & set(re.findall(r"\w+", re.sub(r'".*?"|`.*?`|\|.*', "", said)))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "groups.yaml:1:1: error: there is nothing in this file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "groups.yaml:3:1: error: this is a binary file, not YAML"),
        ("version: 1\n".encode("utf-16"), "groups.yaml:1:1: error: this is UTF-16 or UTF-32 text, not UTF-8"),
        ("version: 1\n# ação\n".encode("latin-1"), "groups.yaml:2:4: error: byte 0xe7 is not UTF-8 text"),
        (b"[" * 100_000, "error: more than 50 levels of nesting"),
        (b"{a: " * 100_000, "error: more than 50 levels of nesting"),
        (b"a: &a [*a]", "groups.yaml:1:8: error: *a stands inside the value that it names"),
        (b"\xff\xfe\xfd", "error: this is UTF-16"),
    ],
)
def test_what_is_no_config_gets_a_clear_answer(zapi_sync: Any, raw: bytes, message: str) -> None:
    (zapi_sync.folder / "groups.yaml").write_bytes(raw)
    result = zapi_sync("plan")
    assert result.code == 1
    assert message in result.err
    assert "hint: " in result.err
    assert result.out == ""


def test_an_alias_bomb_is_refused(zapi_sync: Any) -> None:
    levels = "".join(f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    zapi_sync.write("x-0: &a0 [lol, lol]\n" + levels + FINE)
    result = zapi_sync("validate")
    assert result.code == 1
    assert "the aliases of this file stand for more than 1,000,000 values" in result.err


def test_all_complaints_come_at_once_and_are_capped(zapi_sync: Any) -> None:
    zapi_sync.write("version: 1\ngroups:\n" + "".join(f"  g{n}: {{fones: []}}\n" for n in range(30)))
    result = zapi_sync("validate")
    assert result.err.count("error: ") == 20
    assert "... and 40 more (--format json shows them)" in result.err


def test_both_files_of_a_folder_are_told(zapi_sync: Any) -> None:
    (zapi_sync.folder / "conf").mkdir()
    zapi_sync.write(FINE, "conf/one.yaml")
    zapi_sync.write("# moved here\n" + FINE, "conf/two.yaml")
    result = zapi_sync("validate", "-f", "conf")
    assert 'conf/two.yaml:3:10: error: the group "a" is written in two files' in result.err
    assert "first written here: conf/one.yaml:2:10" in result.err


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
def test_a_file_that_is_not_there(zapi_sync: Any, command: str) -> None:
    result = zapi_sync(command, "-f", "nope.yaml")
    assert result.code == 1
    assert "nope.yaml: error: there is no such file" in result.err


def test_a_file_that_is_not_there_hides_no_other_s_mistakes(zapi_sync: Any) -> None:
    zapi_sync.write("version: 1\ngroups: {}\nnope: 1\n", "a.yaml")
    zapi_sync.write("version: 2\ngroups: {}\n", "b.yaml")
    result = zapi_sync("validate", "-f", "a.yaml", "-f", "none.yaml", "-f", "b.yaml")
    assert result.code == 1
    heads = [line.split(" error: ")[0] for line in result.err.splitlines() if " error: " in line]
    assert heads == ["a.yaml:3:1:", "none.yaml:", "b.yaml:1:10:"]


NEVER = "2026-02-30T10:00:00Z"


def with_log(log: object) -> str:
    """A state of version 2 with what it keeps of an instance's requests."""
    return json.dumps(STATE | {"version": 2, "requests": {"default": log}})


CORRUPT_STATES = {
    "": "the file is empty, and an empty state is not the same as none",
    "{": "a member's name in double quotes is missing here",
    '{"version": 1,\n<<<<<<< HEAD\n': "a merge conflict stands in it",
    "[]": "its outermost value is not an object",
    json.dumps(STATE | {"groups": {"a": {"phone": 1}}}): '"instance" of "a" is missing',
    json.dumps(STATE | {"serial": "one"}): "serial",
    json.dumps(STATE | {"serial": 1.0}): '"serial" must be a whole number from 1, and this is the number 1.0',
    json.dumps(STATE | {"serial": 10**4000}): '"serial" must be a whole number from 1',
    json.dumps(STATE | {"extra": 1}): "extra",
    '{"version": 1, "version": 1}': '"version" stands twice in one object',
    json.dumps(STATE | {"version": 3}): "this state has version 3, and this zapi-sync knows versions up to 2",
    json.dumps(STATE | {"requests": {}}): '"version" must be the number 2, and this is the number 1',
    with_log({"nope": 1}): '"nope" of "default" is unknown',
    with_log({"madeNothing": {"a": "today"}}): '"a" of "madeNothing" must be a moment, as in 2026',
    with_log({"madeNothing": {"a": NEVER}}): '"a" of "madeNothing" is no moment in time',
    with_log({"notBefore": NEVER, "rateLimits": 1}): '"notBefore" of "default" is no moment in time',
    with_log(
        {"notBefore": "2026-11-23T10:00:00Z", "rateLimits": 0}
    ): '"rateLimits" of "default" must be a whole',
}


@pytest.mark.parametrize("text", CORRUPT_STATES)
def test_a_state_that_cannot_be_used_is_refused_and_left_alone(online: Any, served: Any, text: str) -> None:
    online.write(FINE)
    path = online.write(text, "groups.state.json")
    for command in (["plan"], ["apply", "--auto-approve"]):
        result = online(*command)
        assert result.code == 1
        assert "groups.state.json" in result.err
        assert CORRUPT_STATES[text] in result.err
        assert "hint: " in result.err
    assert path.read_text() == text
    assert served.creates() == []


def test_a_state_that_is_no_file_is_refused(zapi_sync: Any) -> None:
    zapi_sync.write(FINE)
    real = zapi_sync.write("{}", "real.json")
    (zapi_sync.folder / "link.json").symlink_to(real)
    (zapi_sync.folder / "folder.json").mkdir()
    assert "folder.json: error: this is a folder" in zapi_sync("plan", "--state", "folder.json").err
    link = zapi_sync("plan", "--state", "link.json")
    assert link.code == 1
    assert f"hint: name the file it points to: --state {real}" in link.err


@pytest.mark.parametrize("missing", ["nowhere/s.json", "groups.yaml/s.json"])
def test_a_state_that_cannot_be_written_is_found_before_anything_is_sent(
    online: Any, served: Any, missing: str
) -> None:
    online.write(FINE)
    result = online("apply", "--auto-approve", "--state", missing)
    assert result.code == 1
    assert missing in result.err
    assert served.creates() == []


def test_missing_credentials_name_each_variable(zapi_sync: Any) -> None:
    zapi_sync.groups("a", instance="sales-br")
    result = zapi_sync("apply", "--auto-approve", ZAPI_SALES_BR_TOKEN="x")
    assert result.code == 1
    assert (
        'the instance "sales-br" has no credentials: '
        "ZAPI_SALES_BR_INSTANCE_ID and ZAPI_SALES_BR_CLIENT_TOKEN are not set"
    ) in result.err
    assert "--sandbox" in result.err


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "http://api.example.com",
            "is plain http to api.example.com, and the token would travel in the clear",
        ),
        ("http://127.0.0.1.example.com", "is plain http to 127.0.0.1.example.com"),
        ("ftp://127.0.0.1", "is not the address of an API"),
        ("https://user:pass@example.com", "is not the address of an API"),
        ("https://example.com/?a=b", "is not the address of an API"),
        ("https://[::1", "is not the address of an API"),
        ("https://example.com:99999", "is not the address of an API"),
        ("not a url", "is not the address of an API"),
    ],
)
def test_where_the_api_is_said_to_be(online: Any, url: str, message: str) -> None:
    online.write(FINE)
    result = online("apply", "--auto-approve", ZAPI_BASE_URL=url)
    assert result.code == 1
    assert f"ZAPI_BASE_URL {message}" in result.err
    assert "pass" not in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["plan", "--nonsense"],
        ["apply", "--pace", "-1"],
        ["plan", "--format", "xml"],
        ["schema", "x"],
    ],
)
def test_a_command_line_that_makes_no_sense(zapi_sync: Any, arguments: list[str]) -> None:
    result = zapi_sync(*arguments)
    assert result.code == 64
    assert result.err.startswith("Usage: zapi-sync ")
    assert "\nerror: " in result.err
    assert result.err.endswith("  hint: zapi-sync --help, or zapi-sync COMMAND --help, tells what there is\n")


EVIL = "x\n::error::x\n\x1b[31m"


@pytest.mark.parametrize(
    "arguments", [["plan", EVIL], [EVIL], ["plan", f"--{EVIL}"], ["plan", "--format", EVIL]]
)
def test_a_command_line_is_made_harmless_before_it_is_repeated(zapi_sync: Any, arguments: list[str]) -> None:
    result = zapi_sync(*arguments)
    assert result.code == 64
    assert "\n::" not in result.err
    assert "\x1b" not in result.err


def test_a_path_is_made_harmless_before_it_is_logged(zapi_sync: Any) -> None:
    zapi_sync.write(FINE)
    result = zapi_sync("plan", "-v", "--state", EVIL)
    assert "INFO state x\\u{a}::error::x\\u{a}\\u{1b}[31m" in result.err
    assert "\n::" not in result.err
