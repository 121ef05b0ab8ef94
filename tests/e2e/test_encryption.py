"""Encrypted states, journals, backups and plans, as a user has them: nothing in the clear anywhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import Served, ZapiSync, wait_for_creates

pyrage = pytest.importorskip("pyrage")

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")
ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
STATE, JOURNAL, BACKUP = "groups.state.json", "groups.state.json.journal", "groups.state.json.backup"


@dataclass
class Key:
    """A pair of keys; the secret one in a file, as age-keygen writes it."""

    identity: Any
    file: Path

    @property
    def public(self) -> str:
        return str(self.identity.to_public())

    def __str__(self) -> str:
        return str(self.identity)


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return new_key(tmp_path_factory)


@pytest.fixture
def other_key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return new_key(tmp_path_factory)


def new_key(folders: pytest.TempPathFactory) -> Key:
    identity = pyrage.x25519.Identity.generate()
    file = folders.mktemp("keys") / "key.txt"
    file.write_text(f"# created: 2026-11-27\n# public key: {identity.to_public()}\n{identity}\n")
    file.chmod(0o600)
    return Key(identity, file)


@pytest.fixture
def ours(online: ZapiSync, key: Key) -> ZapiSync:
    """`zapi-sync` with credentials and an identity."""
    online.environment["ZAPI_SYNC_IDENTITY_FILE"] = str(key.file)
    return online


def encrypt(zapi_sync: ZapiSync, *recipients: str) -> None:
    """Have the config ask for it."""
    config = zapi_sync.folder / "groups.yaml"
    text = config.read_text().split("encryption:")[0]
    config.write_text(f"{text}encryption:\n  recipients: [{', '.join(recipients)}]\n")


def in_the_clear(zapi_sync: ZapiSync, *told: str) -> list[str]:
    """What stands in any file but the config of what is nobody's business."""
    found = []
    for path in sorted(zapi_sync.folder.rglob("*")):
        if path.is_file() and path.name != "groups.yaml":
            raw = path.read_text(errors="replace")
            words = ("5544", "98888", "Group ", "chat.whatsapp.com", "-group", *told)
            found += [f"{path.name}: {word}" for word in words if word in raw]
    return found


def test_from_the_plan_to_a_killed_apply_nothing_is_in_the_clear(
    ours: ZapiSync, served: Served, key: Key
) -> None:
    ours.groups("a", "b", "c")
    encrypt(ours, key.public)
    assert ours("plan", "--out", "launch.plan").code == 0
    assert (ours.folder / "launch.plan").read_bytes().startswith(ARMOR)
    assert "groupName   Group a" in ours("show", "launch.plan").out
    assert ours("plan", "--out", "launch.plan").code == 0  # over the older one
    assert in_the_clear(ours) == []

    served.fault("create-silent-after")
    process = ours.start(*APPLY)
    wait_for_creates(served, 1)
    process.kill()
    process.communicate()
    assert (ours.folder / JOURNAL).read_bytes().count(b'"sealed":') == 3
    assert in_the_clear(ours) == []

    again = ours(*APPLY)
    assert again.code == 0, again.err
    assert 'found     a "Group a"' in again.err
    assert ours("state", "mv", "a", "z").code == 0
    assert in_the_clear(ours) == []
    for name in (STATE, BACKUP):
        assert (ours.folder / name).read_bytes().startswith(ARMOR)
        assert (ours.folder / name).stat().st_mode & 0o777 == 0o600
    assert (served.names(), len(served.creates())) == (["Group a", "Group b", "Group c"], 3)
    assert ours("state", "pull").out.count("https://chat.whatsapp.com/") == 3


def test_an_apply_over_an_encrypted_state_says_what_it_says_without(
    ours: ZapiSync, served: Served, key: Key
) -> None:
    ours.groups("a", "b")
    plain = [ours(*words) for words in (("plan",), APPLY, ("plan",), ("state", "rm", "a", "--auto-approve"))]
    served.client.delete("/sandbox/requests")
    ids = {each["name"]: each["phone"] for each in listed(served)}
    shutil.rmtree(ours.folder)
    ours.folder.mkdir()
    ours.environment["ZAPI_INSTANCE_ID"] = served.sales  # a fresh one
    ours.environment.pop("ZAPI_SALES_INSTANCE_ID")
    ours.groups("a", "b")
    encrypt(ours, key.public)
    sealed = [ours(*words) for words in (("plan",), APPLY, ("plan",), ("state", "rm", "a", "--auto-approve"))]
    assert ids
    assert [(each.code, masked(each.out), masked(each.err)) for each in sealed] == [
        (each.code, masked(each.out), masked(each.err)) for each in plain
    ]


def listed(served: Served) -> list[dict[str, Any]]:
    url = f"/instances/{served.default}/token/t/groups"
    page: list[dict[str, Any]] = served.client.get(
        url, params={"page": 1, "pageSize": 1000}, headers={"Client-Token": "c"}
    ).json()
    return page


def masked(text: str) -> str:
    import re

    return re.sub(r"\d{18}-group|chat\.whatsapp\.com/\w+", "…", text)


def test_age_itself_reads_the_state_and_what_it_wrote_is_read(ours: ZapiSync, key: Key) -> None:
    age = shutil.which("age")
    if not age:
        pytest.skip("age is not installed")
    ours.groups("a")
    encrypt(ours, key.public)
    assert ours(*APPLY).code == 0
    state = ours.folder / STATE
    opened = subprocess.run([age, "-d", "-i", key.file, state], capture_output=True, check=True).stdout
    assert opened.decode() == ours("state", "pull").out
    assert b'"groupName": "Group a"' in opened
    for armor in (["-a"], []):
        sealed = subprocess.run(
            [age, "-r", key.public, *armor], input=opened, capture_output=True, check=True
        ).stdout
        state.write_bytes(sealed)
        assert "-group" in ours("state", "list").out


def test_recipients_change_with_the_config_and_never_in_silence(
    ours: ZapiSync, served: Served, key: Key, other_key: Key
) -> None:
    ours.groups("a")
    assert ours(*APPLY).code == 0
    assert ours("state", "mv", "a", "b").code == 0
    assert ours("state", "mv", "b", "a").code == 0
    assert "Group a" in (ours.folder / BACKUP).read_text()

    encrypt(ours, key.public)
    assert "An apply encrypts the state to 1 recipient." in ours("plan").err
    told = ours(*APPLY)
    assert (told.code, "The state is encrypted to 1 recipient." in told.err) == (0, True)
    assert in_the_clear(ours) == []
    before = (ours.folder / STATE).read_bytes()
    assert "encrypt" not in (ours(*APPLY).err + ours("plan").err)
    assert (ours.folder / STATE).read_bytes() == before

    encrypt(ours, other_key.public, key.public)
    assert "The state is encrypted to 2 recipients." in ours(*APPLY).err
    theirs: Any = {"ZAPI_SYNC_IDENTITY_FILE": str(other_key.file)}
    assert "-group" in ours("state", "list", **theirs).out

    ours.groups("a")  # `encryption` is gone from the config
    assert ours("plan").err == ""
    ours.groups("a", "b")
    assert ours(*APPLY).code == 0
    assert in_the_clear(ours) == []
    assert "-group" in ours("state", "list", **theirs).out

    encrypt(ours)
    assert "An apply decrypts the state." in ours("plan").err
    assert "The state is not encrypted any more." in ours(*APPLY).err
    assert set(ours.state()["groups"]) == {"a", "b"}
    assert "recipients" not in ours.state()
    assert len(served.creates()) == 2


def test_nothing_is_sent_where_what_is_written_could_not_be_read_again(
    ours: ZapiSync, served: Served, key: Key, other_key: Key
) -> None:
    ours.groups("a")
    encrypt(ours, other_key.public)
    for file in (str(key.file), ""):
        refused = ours(*APPLY, ZAPI_SYNC_IDENTITY_FILE=file)
        assert refused.code == 1
        assert "[ZS236]" in refused.err
        assert "it could not be read again" in refused.err
    found = ours("doctor", "--offline").out
    assert "error    encryption" in found
    assert not list(ours.folder.glob("groups.state.json*[!k]"))
    encrypt(ours, other_key.public, key.public)
    assert "ok       encryption    2 recipients" in ours("doctor", "--offline").out
    assert served.creates() == []
    assert ours(*APPLY).code == 0
    assert len(served.creates()) == 1


def test_without_the_identity_no_command_goes_on(
    ours: ZapiSync, served: Served, key: Key, other_key: Key
) -> None:
    ours.groups("a")
    encrypt(ours, key.public)
    assert ours("plan", "--out", "a.plan").code == 0
    assert ours(*APPLY).code == 0
    before = {path.name: path.read_bytes() for path in ours.folder.iterdir() if path.suffix != ".lock"}
    ours.write("version: 1\ngroups: {}\n", "elsewhere.yaml")
    commands = (
        APPLY,
        ("plan",),
        ("state", "list"),
        ("state", "pull"),
        ("state", "rm", "a", "--auto-approve"),
        ("resolve", "a", "--retry"),
        ("show", "a.plan"),
        ("apply", "a.plan"),
        ("drift",),
    )
    for words in commands:
        for file in ("", str(other_key.file)):
            refused = ours(*words, ZAPI_SYNC_IDENTITY_FILE=file)
            assert refused.code == 1, words
            assert "[ZS230]" in refused.err, (words, refused.err)
            assert "ZAPI_SYNC_IDENTITY" in refused.err
    again = ours("plan", "--out", "a.plan", ZAPI_SYNC_IDENTITY_FILE=str(other_key.file))
    assert "[ZS230]" in again.err
    assert {name: (ours.folder / name).read_bytes() for name in before} == before
    assert len(served.creates()) == 1


def test_a_state_is_never_taken_for_a_plan(ours: ZapiSync, key: Key) -> None:
    ours.groups("a")
    encrypt(ours, key.public)
    assert ours(*APPLY).code == 0
    before = (ours.folder / STATE).read_bytes()
    refused = ours("plan", "--out", STATE)
    assert (refused.code, "[ZS235]" in refused.err) == (1, True)
    assert (ours.folder / STATE).read_bytes() == before


def test_the_identity_comes_by_environment_or_file_and_leaves_by_nothing(
    ours: ZapiSync, key: Key, other_key: Key
) -> None:
    ours.groups("a")
    encrypt(ours, key.public)
    assert ours(*APPLY).code == 0
    by_value: Any = {"ZAPI_SYNC_IDENTITY_FILE": "", "ZAPI_SYNC_IDENTITY": f"# theirs\n{other_key}\n{key}\n"}
    assert "-group" in ours("state", "list", **by_value).out
    secret = str(key)
    for odd in (secret[:-1], f"{secret}x", f"{key} {key}", secret[10:], "\n#\n"):
        refused = ours("state", "list", ZAPI_SYNC_IDENTITY=odd, ZAPI_SYNC_IDENTITY_FILE="")
        assert (refused.code, "[ZS305]" in refused.err or "[ZS230]" in refused.err) == (1, True)
        assert secret[20:40] not in refused.err
    ours.write(f"version: 1\ngroups: {{}}\nencryption: {{recipients: [{secret}]}}\n", "odd.yaml")
    for output in ("text", "json", "sarif", "markdown"):
        refused = ours("validate", "-f", "odd.yaml", "--format", output)
        assert refused.code == 1
        assert "ZS161" in refused.out + refused.err
        assert secret[20:40].lower() not in (refused.out + refused.err).lower()


def test_an_identity_that_others_can_read_is_told(ours: ZapiSync, key: Key) -> None:
    ours.groups("a")
    encrypt(ours, key.public)
    key.file.chmod(0o644)
    assert ours(*APPLY).code == 0
    for words in (("plan",), APPLY):
        told = ours(*words)
        assert (told.code, "[ZS306]" in told.err, "chmod 600" in told.err) == (0, True, True)
    assert "warning  encryption" in ours("doctor", "--offline").out


def test_a_pushed_state_stays_encrypted(ours: ZapiSync, key: Key) -> None:
    ours.groups("a")
    assert ours(*APPLY).code == 0
    plain = ours("state", "pull").out
    encrypt(ours, key.public)
    assert ours(*APPLY).code == 0
    older = ours("state", "push", "-", "--force", stdin=plain.encode())
    assert older.code == 0, older.err
    assert in_the_clear(ours) == []
    sealed = (ours.folder / STATE).read_bytes()
    assert "Nothing to push" in ours("state", "push", "-", stdin=sealed).out
    moved = ours("state", "migrate", STATE, "moved.state.json")
    assert moved.code == 0, moved.err
    assert (ours.folder / "moved.state.json").read_bytes().startswith(ARMOR)


def test_what_was_tampered_with_is_refused_and_sends_nothing(
    ours: ZapiSync, served: Served, key: Key
) -> None:
    ours.groups("a")
    encrypt(ours, key.public)
    assert ours(*APPLY).code == 0
    state = ours.folder / STATE
    lines = state.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2][:5] + (b"A" if lines[-2][5:6] != b"A" else b"B") + lines[-2][6:]
    state.write_bytes(b"".join(lines))
    ours.groups("a", "b")
    refused = ours(*APPLY)
    assert refused.code == 1
    assert "this is encrypted, and " in refused.err
    assert "[ZS230]" in refused.err
    assert len(served.creates()) == 1


def test_whoever_encrypts_nothing_imports_no_pyrage(ours: ZapiSync) -> None:
    ours.groups("a")
    assert ours(*APPLY).code == 0
    script = (
        "import sys, zapi_sync.cli as cli\n"
        "assert cli.run(['plan']) == 0 and cli.run(['state', 'list']) == 0\n"
        "assert not [name for name in sys.modules if 'pyrage' in name or name.endswith('edge.identities')]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ours.folder, env=ours.env({}), capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()


def test_a_state_that_begins_with_an_import_is_encrypted_as_well(
    ours: ZapiSync, served: Served, key: Key
) -> None:
    phone = served.create("Group a", "5544999990001")
    ours.groups("a")
    encrypt(ours, key.public)
    nobody = ours("import", "a", phone, ZAPI_SYNC_IDENTITY_FILE="")
    assert (nobody.code, "[ZS236]" in nobody.err) == (1, True)
    assert in_the_clear(ours) == []
    assert ours("import", "a", phone).code == 0
    served.create("Somebody's", "5544999990002")
    taken = ours("import", "--all", "--write", "--out", "groups.yml", "--auto-approve")
    assert taken.code == 0, taken.err
    (ours.folder / "groups.yml").unlink()  # a config, in the clear as any
    assert in_the_clear(ours, "Somebody") == []
    assert ours("state", "pull").out.count('"how": "imported"') == 2
    assert len(served.creates()) == 2  # those at the phone


def test_completion_has_no_word_where_the_state_cannot_be_read(ours: ZapiSync, key: Key) -> None:
    ours.groups("a")
    encrypt(ours, key.public)
    assert ours(*APPLY).code == 0
    words: Any = {
        "_ZAPI_SYNC_COMPLETE": "bash_complete",
        "COMP_WORDS": "zapi-sync state show ",
        "COMP_CWORD": "3",
    }
    assert ours(**words).out.strip() == "plain,a"
    silent = ours(**words, ZAPI_SYNC_IDENTITY_FILE="")
    assert (silent.out.strip(), silent.err) == ("", "")
