"""No secret ends up where it does not belong, whatever the API answers and however much is logged."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

CANARIES = ("CANARYTOKEN", "CANARYCLIENT", "CANARYINSTANCE")
FAULTS = [
    "create-ok", "create-client-token-403", "create-not-configured-400", "create-500-before",
    "create-close-after", "create-html-after", "create-302-after", "create-truncated",
]  # fmt: skip


def written(folder: Any) -> Iterator[str]:
    """All that is on disk."""
    for path in folder.iterdir():
        yield path.read_text(errors="replace")


@pytest.mark.parametrize(("fault", "output"), list(zip(FAULTS, cycle(["text", "json"]), strict=False)))
def test_no_secret_in_any_output_or_file(online: Any, served: Any, fault: str, output: str) -> None:
    online.groups("a", "b")
    served.fault(fault)
    applied = online("apply", "--auto-approve", "--pace", "0", "--settle", "0", "-vv", "--format", output)
    planned = online("plan", "-vv", "--format", output)
    assert "DEBUG POST" in applied.err
    for text in (applied.out, applied.err, planned.out, planned.err, *written(online.folder)):
        assert not any(canary in text for canary in CANARIES)


def test_no_secret_where_nothing_answers(online: Any) -> None:
    online.groups("a")
    for url in ("http://127.0.0.1:1", "https://127.0.0.1:1", "https://does-not-exist.invalid"):
        result = online("apply", "--auto-approve", "-vv", "--timeout", "1", ZAPI_BASE_URL=url)
        assert result.code == 1
        for text in (result.out, result.err, *written(online.folder)):
            assert not any(canary in text for canary in CANARIES)


def test_a_credential_that_cannot_be_right_is_named_and_not_shown(online: Any, served: Any) -> None:
    online.groups("a")
    result = online("apply", "--auto-approve", ZAPI_TOKEN="CANARYTOKEN \u00e9")
    assert result.code == 1
    assert "ZAPI_TOKEN cannot be right" in result.err
    assert "CANARY" not in result.err
    assert served.creates() == []


def test_a_name_from_outside_cannot_steer_a_terminal_or_a_ci_log(zapi_sync: Any) -> None:
    hostile = "::error::\u200b[bold]x[/bad] \ufeff##[add-mask]y"
    zapi_sync.write(f"version: 1\ngroups: {{a: {{groupName: '{hostile}', phones: ['5544911112222']}}}}\n")
    for arguments in (["plan"], ["apply", "--sandbox", "--auto-approve"], ["plan", "--format", "json"]):
        result = zapi_sync(*arguments)
        assert result.code == 0
        for text in (result.out, result.err):
            assert not set(text) & set("\ufeff\u200b\x1b")
            assert "##[" not in text
            assert not any(line.strip().startswith("::") for line in text.splitlines())
    state = zapi_sync.state("groups.sandbox.state.json")
    assert state["groups"]["a"]["groupName"] == hostile


def test_no_file_s_name_begins_a_line_as_a_command_of_a_ci_log(zapi_sync: Any) -> None:
    zapi_sync.write("version: 1\n", ":")
    for arguments in (["validate", "-f", ":"], ["plan", "-f", "x\n::error::"], ["plan", "x\n::error::"]):
        result = zapi_sync(*arguments)
        assert result.code in (1, 64)
        assert not any(line.strip().startswith("::") for line in (result.out + result.err).splitlines())


def test_no_invite_link_in_a_plan(zapi_sync: Any) -> None:
    zapi_sync.groups("a")
    zapi_sync("apply", "--sandbox", "--auto-approve")
    for output in ("text", "json"):
        assert "chat.whatsapp.com" not in zapi_sync("plan", "--sandbox", "--format", output).out
