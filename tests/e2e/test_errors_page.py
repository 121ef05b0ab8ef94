"""docs/errors.md has a section for each code, and what it shows was run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from zapi_sync.errors import Code

from .conftest import ZapiSync

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
SECTION = re.compile(r"### (ZS\d{3}): (.+?)\n(.*?)(?=\n##|\Z)", re.DOTALL)
BLOCK = re.compile(r"(?:`([\w.]+)`:\n\n)?```(\w+)\n(.*?)```", re.DOTALL)
NAMES = {"yaml": "groups.yaml", "json": "groups.state.json", "csv": "members.csv"}


def sections() -> dict[str, tuple[str, str]]:
    """The summary and the text of each code's section."""
    return {code: (summary, text) for code, summary, text in SECTION.findall(PAGE.read_text("utf-8"))}


def test_each_code_has_its_section_under_its_summary_and_in_order() -> None:
    assert [(code, summary) for code, (summary, _) in sections().items()] == [
        (code.value, code.summary) for code in Code
    ]


def latin_1(folder: Path) -> None:
    (folder / "groups.yaml").write_bytes("version: 1\n# reunião\ngroups: {}\n".encode("latin-1"))


def linked(folder: Path) -> None:
    (folder / "real.json").touch()
    (folder / "groups.state.json").symlink_to("real.json")


def journal(*lines: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "groups.state.json.journal").write_text("".join(f"{line}\n" for line in lines))

    return write


def open_to_all(folder: Path) -> None:
    (folder / "groups.state.json").chmod(0o666)


def broken_sandbox(folder: Path) -> None:
    (folder / "groups.sandbox.db").write_text("no database\n" * 100)


def a_file(folder: Path) -> None:
    (folder / "groups.yaml").touch()


def a_plan(folder: Path) -> None:
    ZapiSync(folder)("plan", "--sandbox", "--out", "launch.plan")


def a_plan_that_went_stale(folder: Path) -> None:
    a_plan(folder)
    config = folder / "groups.yaml"
    config.write_text(config.read_text().replace("5544999999999", "5544999999998"))


def a_plan_changed_by_hand(folder: Path) -> None:
    (folder / "launch.plan").write_text('{"kind": "zapi-sync plan", "format_version": "1.0"}')


def a_newer_plan(folder: Path) -> None:
    (folder / "newer.plan").write_text('{"kind": "zapi-sync plan", "format_version": "2.0"}')


def an_encrypted_state(folder: Path, identity: Any = None) -> None:
    identity = identity or pyrage.x25519.Identity.generate()
    state = {"version": 1, "lineage": LINEAGE, "serial": 1, "remote": "https://api.z-api.io"}
    text = json.dumps({**state, "instances": {}, "groups": {}}).encode()
    (folder / "groups.state.json").write_bytes(pyrage.encrypt(text, [identity.to_public()], armored=True))


def an_identity_for_all(folder: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    (folder / "key.txt").write_text(f"{identity}\n")
    (folder / "key.txt").chmod(0o644)
    an_encrypted_state(folder, identity)


LINEAGE = "00000000-0000-4000-8000-000000000000"
STRANGER = f'{{"n":1,"event":"begin","version":1,"lineage":"{LINEAGE}","serial":7,"crc":"6ebefe18"}}'
GIVEN: dict[str, Callable[[Path], None]] = {
    Code.NOT_UTF8: latin_1,
    Code.STATE_NO_FILE: linked,
    Code.STATE_GONE: journal('{"n":1}'),
    Code.JOURNAL_BROKEN: journal('{"n":1,"event":"begin"}'),
    Code.JOURNAL_OF_ANOTHER_STATE: journal(STRANGER),
    Code.STATE_OPEN_TO_OTHERS: open_to_all,
    Code.SANDBOX_UNUSABLE: broken_sandbox,
    Code.UNDECRYPTABLE: an_encrypted_state,
    Code.PLAN_CORRUPT: a_plan_changed_by_hand,
    Code.PLAN_NEWER: a_newer_plan,
    Code.PLAN_STALE: a_plan_that_went_stale,
    Code.PLAN_AND_MORE: a_plan,
    Code.IDENTITY_UNUSABLE: an_encrypted_state,
    Code.IDENTITY_OPEN_TO_OTHERS: an_identity_for_all,
    Code.SCAFFOLD_UNWRITABLE: a_file,
}
APPLIED_BEFORE = (Code.KEY_IN_STATE, Code.NOT_UNSETTLED)


def chance_out(text: str) -> str:
    """Ids and paths that differ from run to run."""
    return re.sub(r"\d{18}-group", "120363019502650977-group", text)


@pytest.mark.parametrize("code", [code.value for code in Code])
def test_the_example_says_what_is_shown(zapi_sync: Any, code: str, request: pytest.FixtureRequest) -> None:
    text = sections()[code][1]
    assert f"[{code}]" in text or request.config.getoption("--update-golden")
    blocks = BLOCK.findall(text)
    for name, kind, content in blocks:
        if kind in NAMES:
            zapi_sync.write(content, name or NAMES[kind])
    if code in GIVEN:
        GIVEN[code](zapi_sync.folder)
    if code in APPLIED_BEFORE:
        assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    for shown in [content for _, kind, content in blocks if kind == "console"]:
        command = shown.split("\n", 1)[0]
        words = shlex.split(command.removeprefix("$ "))
        place = words.index("zapi-sync")
        environment = dict(word.split("=", 1) for word in words[:place])
        result = zapi_sync(*words[place + 1 :], **environment)
        said = chance_out(result.err + result.out).replace(f"{zapi_sync.folder}/", "")
        if request.config.getoption("--update-golden"):
            recorded = text.replace(f"```console\n{shown}```", f"```console\n{command}\n{said}```")
            PAGE.write_text(PAGE.read_text("utf-8").replace(text, recorded), "utf-8")
        else:
            assert f"{command}\n{said}" == shown
