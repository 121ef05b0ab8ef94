"""The secret keys of the environment: read as age writes them, and repeated by no complaint."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from zapi_sync.core.sealing import seal, unseal
from zapi_sync.edge.identities import read_identities
from zapi_sync.errors import CredentialsInvalid

from .given import refusal

pyrage = pytest.importorskip("pyrage")
OURS = pyrage.x25519.Identity.generate()
THEIRS = pyrage.x25519.Identity.generate()
HELP = "an identity is what age-keygen prints, and begins with AGE-SECRET-KEY-; nothing was sent"

NO_SSH = "this SSH key cannot be used: it is damaged, of another kind, or has a passphrase"


def opened(environment: dict[str, str], recipient: str) -> bytes:
    identities, _ = read_identities(environment)
    return unseal(seal(b"text", [recipient]), identities)


def private(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return str(path)


def test_none_given_is_none() -> None:
    empty = {"ZAPI_SYNC_IDENTITY": "", "ZAPI_SYNC_IDENTITY_FILE": ""}
    for environment in ({}, empty, {"ZAPI_SYNC_IDENTITY": "\n "}):
        assert read_identities(environment) == ([], [])


def test_several_by_environment_and_by_file_together(tmp_path: Path) -> None:
    text = f"# created: today\n\n# public key: {THEIRS.to_public()}\n  {THEIRS}  \r\n"
    environment = {"ZAPI_SYNC_IDENTITY": str(OURS), "ZAPI_SYNC_IDENTITY_FILE": private(tmp_path / "k", text)}
    for identity in (OURS, THEIRS):
        assert opened(environment, str(identity.to_public())) == b"text"
    identities, warnings = read_identities(environment)
    assert (len(identities), list(warnings)) == (2, [])


def test_a_file_that_others_can_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "my key"
    private(file, f"{OURS}\n")
    for mode in (0o640, 0o604):
        file.chmod(mode)
        _, (warning,) = read_identities({"ZAPI_SYNC_IDENTITY_FILE": str(file)})
        assert warning.hint == f"chmod 600 '{file}'"


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{OURS}\n".encode())
    os.close(writing)
    environment = {"ZAPI_SYNC_IDENTITY_FILE": f"/dev/fd/{reading}"}
    assert opened(environment, str(OURS.to_public())) == b"text"
    os.close(reading)


@pytest.mark.parametrize("options", [("-t", "ed25519"), ("-t", "rsa", "-b", "2048")])
def test_a_key_of_ssh_is_an_identity_unless_it_has_a_passphrase(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    for phrase, name in (("", "open"), ("phrase", "locked")):
        subprocess.run(
            ["ssh-keygen", "-q", "-N", phrase, "-C", "", "-f", tmp_path / name, *options], check=True
        )
    public = (tmp_path / "open.pub").read_text().strip()
    assert opened({"ZAPI_SYNC_IDENTITY_FILE": str(tmp_path / "open")}, public) == b"text"
    assert opened({"ZAPI_SYNC_IDENTITY": (tmp_path / "open").read_text()}, public) == b"text"
    locked = {"ZAPI_SYNC_IDENTITY_FILE": str(tmp_path / "locked")}
    assert refusal(CredentialsInvalid, lambda: read_identities(locked)) == [
        f"{tmp_path / 'locked'}: ZAPI_SYNC_IDENTITY_FILE names this file, and {NO_SSH} | {HELP}"
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"# mine\n{str(OURS)[:-1]}\n", "its line 2 is no identity of age"),
        (f"{OURS} {THEIRS}", "its line 1 is no identity of age"),
        (str(OURS.to_public()), "its line 1 is no identity of age"),
        ("# nothing but words\n", "no identity is in it"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", NO_SSH),
    ],
    ids=["cut", "two on a line", "public", "comments", "ssh"],
)
def test_what_is_no_identity_is_told_and_not_repeated(tmp_path: Path, text: str, why: str) -> None:
    file = private(tmp_path / "k", text)
    assert refusal(CredentialsInvalid, lambda: read_identities({"ZAPI_SYNC_IDENTITY": text})) == [
        f"ZAPI_SYNC_IDENTITY cannot be used: {why} | {HELP}"
    ]
    assert refusal(CredentialsInvalid, lambda: read_identities({"ZAPI_SYNC_IDENTITY_FILE": file})) == [
        f"{file}: ZAPI_SYNC_IDENTITY_FILE names this file, and {why} | {HELP}"
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "it cannot be read: no such file or directory"),
        (b"\xff\xfe", "it is not text"),
        (b"#" * (1024 * 1024 + 1), "it is far too large for one"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = str(tmp_path / "k") if content is None else private(tmp_path / "k", content)
    assert refusal(CredentialsInvalid, lambda: read_identities({"ZAPI_SYNC_IDENTITY_FILE": file})) == [
        f"{file}: ZAPI_SYNC_IDENTITY_FILE names this file, and {why} | {HELP}"
    ]
    folder = {"ZAPI_SYNC_IDENTITY_FILE": str(tmp_path)}
    assert (
        "it cannot be read: is a directory" in refusal(CredentialsInvalid, lambda: read_identities(folder))[0]
    )
