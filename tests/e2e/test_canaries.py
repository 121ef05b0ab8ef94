"""No secret in any output, log or file: every command in every format and verbosity, over an API that repeats
all that it was sent, in every form.

The commands run in process, so without the redactor that stands before a process's streams: what it would
hide is held to be absent, too. That it hides the rest is test_the_last_door.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from zapi_sync import cli
from zapi_sync.edge import zapi

from .parrot import ID, LINK, MODES, SECRETS, Parrot, forms

CONFIG = """\
version: 1
groups:
  a: {groupName: Turma 1, phones: ["5544999998888"]}
  b: {groupName: Turma 2, phones: ["5544999997777"]}
"""
BROKEN = CONFIG + "  c: {token: CANARY-IN-THE-FILE}\nclientToken: CANARY-IN-THE-FILE\n"
VERBOSITIES: tuple[list[str], ...] = ([], ["-v"], ["-vv"])
APPLY = ["apply", "--auto-approve", "--pace", "0", "--settle", "0"]
ONLINE = (
    APPLY,
    [*APPLY, "--existing", "adopt"],
    ["import", "b", ID],
    ["resolve", "a", "--adopt", ID],
    ["resolve", "a", "--retry"],
    ["drift"],
    ["refresh", "--auto-approve"],
    ["plan", "--refresh"],
)
OFFLINE = {
    "init": ("text", "json"),
    "validate": ("text", "json", "markdown", "sarif"),
    "plan": ("text", "json", "markdown", "html"),
    "apply": ("text", "json", "html"),
    "invites": ("text", "json", "csv", "html"),
    "drift": ("text", "json", "markdown"),
    "refresh": ("text", "json"),
}


@pytest.fixture(scope="module")
def parrot() -> Iterator[Parrot]:
    parrot = Parrot()
    thread = threading.Thread(target=parrot.serve)
    thread.start()
    yield parrot
    parrot.close()
    thread.join()


@pytest.fixture
def environment(parrot: Parrot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {**SECRETS, "ZAPI_BASE_URL": parrot.url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(zapi, "RETRY_PAUSES", (0.0, 0.0))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    """The exit code, and all that was said on both streams."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = cli.run(arguments)
    assert "internal error" not in said.getvalue(), said.getvalue()
    return code, said.getvalue()


def leaks(text: str) -> list[str]:
    lowered = text.lower()
    return [form for form in [*forms(), "CANARY"] if form.lower() in lowered]


def on_disk(folder: Path) -> str:
    return "\n".join(path.read_text(errors="replace") for path in folder.iterdir() if path.is_file())


def commands_and_modes() -> Iterator[Any]:
    """Every command under every answer; those that only look under most of them in the second stage."""
    for command, mode in itertools.product(ONLINE, MODES):
        later = command[0] in ("drift", "refresh", "plan") and mode not in ("documented", "400", "html")
        marks = [pytest.mark.slow] if later else []
        yield pytest.param(command, mode, id=f"{' '.join(command)}-{mode}", marks=marks)


@pytest.mark.parametrize(("command", "mode"), list(commands_and_modes()))
def test_over_an_api_that_repeats_everything(
    environment: Path, parrot: Parrot, mode: str, command: list[str]
) -> None:
    for output, verbosity in itertools.product(("text", "json"), VERBOSITIES):
        for path in environment.iterdir():
            path.unlink()
        (environment / "groups.yaml").write_text(CONFIG)
        parrot.mode = "500"
        if command[0] == "resolve":  # what there is to resolve
            assert "CANARY" not in run(*APPLY, "--format", output)[1]
        if command[0] in ("drift", "refresh", "plan"):  # what there is to look at
            parrot.mode = "documented"
            assert "CANARY" not in run(*APPLY, "--format", output)[1]
        parrot.mode = mode
        _, said = run(*command, "--format", output, *verbosity)
        assert leaks(said) == []
        assert leaks(on_disk(environment)) == []


@pytest.mark.parametrize("command", OFFLINE)
@pytest.mark.parametrize(
    "config", [CONFIG, BROKEN, "version: [", ""], ids=["good", "broken", "not yaml", "empty"]
)
@pytest.mark.parametrize("state", ["", "{", '{"version": 9}'], ids=["no state", "corrupt", "newer"])
def test_without_the_api(environment: Path, command: str, config: str, state: str, parrot: Parrot) -> None:
    (environment / "groups.yaml").write_text(config)
    if state:
        (environment / "groups.state.json").write_text(state)
    parrot.mode = "403"
    for output, verbosity in itertools.product(OFFLINE[command], VERBOSITIES):
        _, said = run(command, "--format", output, *verbosity)
        assert leaks(said) == []


def test_no_phone_and_no_link_in_what_is_meant_for_a_pull_request(environment: Path, parrot: Parrot) -> None:
    parrot.mode = "documented"
    config = f"version: 1\ngroups:\n  a:\n    groupName: 'Fale com +55 44 99999-1234 ou {LINK}'\n    phones: "
    file = environment / "groups.yaml"
    file.write_text(config + "['5544999998888', 554488887777, 55 44 99999-8888]\n")
    for command in (["validate", "--format", "sarif"], ["validate", "--format", "markdown"]):
        code, said = run(*command)
        assert code == 1
        report = said[said.index("{") :] if "sarif" in command else said[said.index("### ") :]
        assert "is in this group already" in report
        for private in ("5544999998888", "554488887777", "99999-8888", "99999-1234", "GONwbGGD"):
            assert private not in report
    file.write_text(config + "['5544999998888']\n")
    code, said = run("plan", "--format", "markdown")
    assert code == 0
    assert "1 participant" in said
    for private in ("5544999998888", "99999-1234", "GONwbGGD"):
        assert private not in said


def test_the_last_door(zapi_sync: Any) -> None:
    """What no other precaution knows of: a secret that comes in by the command line, a file's name, a key."""
    zapi_sync.environment |= SECRETS
    token = SECRETS["ZAPI_CLIENT_TOKEN"]
    zapi_sync.write(
        f"version: 1\ngroups: {{a: {{groupName: {token}, phones: ['123']}}, b: 1}}\n", f"{token}.yaml"
    )
    for arguments in (
        ["validate", "-f", f"{token}.yaml"],
        ["plan", "-f", f"{token}.yaml", "--format", "json"],
        ["plan", "-f", f"{token.lower()}/nothing.yaml", "-vv"],
        ["resolve", token, "--retry"],
        [token],
        ["plan", f"--{token}"],
    ):
        result = zapi_sync(*arguments)
        assert result.code in (1, 64)
        assert leaks(result.out + result.err) == []
        assert "***" in result.out + result.err


def test_a_part_of_a_secret_is_none_less(zapi_sync: Any) -> None:
    """What a complaint repeats is cut, and so may be the secret in it."""
    token = "9F8E7D6C5B4A39281706F5E4D3C2B1A0"
    zapi_sync.environment |= {"ZAPI_TOKEN": token}
    for first in (0, 33, 66):  # a terminal is shown twenty complaints and no more
        lines = ["version: 1", "groups:"]
        for indent in range(first, first + 33, 4):
            wrong = f"autoInvite: {'x' * indent}{token}, phones: ['{'y' * indent}{token}']"
            lines.append(f"  a{indent}: {{groupName: A{indent}, {wrong}}}")
        zapi_sync.write("\n".join(lines) + "\n")
        for output in ("text", "json", "markdown", "sarif"):
            result = zapi_sync("validate", "--format", output)
            assert result.code == 1
            assert f"A{first + 32}" in result.out + result.err or output != "text"
            assert not [at for at in range(25) if token[at : at + 8] in result.out + result.err]


def test_the_sandbox_says_nothing_of_what_it_is_sent(zapi_sync: Any) -> None:
    process = zapi_sync.start("sandbox", "--port", "0", "--db", ":memory:")
    assert process.stdout
    url = process.stdout.readline().decode().split()[1]
    for path in ("groups?page=1&pageSize=1", "nonsense", "create-group"):
        httpx.get(
            f"{url}/instances/CANARY-INSTANCE/token/CANARY-TOKEN/{path}",
            headers={"Client-Token": "CANARY-CLIENT"},
        )
    process.terminate()
    out, err = process.communicate(timeout=10)
    assert b"CANARY" not in out + err
