"""States and journals that are encrypted: the same comes back, and for the right identity alone."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.journal import Begin, Event, replay
from zapi_sync.core.journal_lines import Journal, line_of, parse_journal
from zapi_sync.core.known import Known
from zapi_sync.core.recipients import recipient_of
from zapi_sync.core.sealing import ARMOR, Keyring, is_sealed, seal, unseal
from zapi_sync.core.state import State
from zapi_sync.core.state_document import state_text
from zapi_sync.core.stored import backup_bytes, journal_bytes, known_of, state_bytes, state_of
from zapi_sync.dataclass import replace
from zapi_sync.edge import inputs
from zapi_sync.errors import SavedPlanInvalid, StateInvalid

from .drawn import QUICK, STATES, runs
from .made import open_attempt, refusal, state

pyrage = pytest.importorskip("pyrage")
SCHEMA = inputs.schema("state")
FILE, JOURNAL = "s.json", "s.json.journal"
PLACES = st.integers(0, 10**6)
"""Of what is encrypted, which is never of the same length twice."""


def key_pair() -> tuple[Any, str]:
    identity = pyrage.x25519.Identity.generate()
    return identity, str(identity.to_public())


OURS, TO_US = key_pair()
THEIRS, TO_THEM = key_pair()
US = Keyring(lambda: ([OURS], ()))
THEM = Keyring(lambda: ([THEIRS], ()))
NOBODY = Keyring()
GIVE = "set ZAPI_SYNC_IDENTITY or ZAPI_SYNC_IDENTITY_FILE to the age identity"


def lines(events: Sequence[Event], seals: Sequence[bool]) -> bytes:
    """A journal of which some lines are encrypted."""
    sealer = US.sealer((TO_US,), JOURNAL)
    return b"".join(
        line_of(number, event, sealer if sealed else None)
        for number, (event, sealed) in enumerate(zip(events, seals, strict=True), start=1)
    )


@QUICK
@given(STATES)
def test_any_state_comes_back_and_is_written_once(drawn: State) -> None:
    sealed_state = replace(drawn, recipients=(TO_US,))
    raw = state_bytes(sealed_state, US, FILE)
    assert raw.startswith(ARMOR)
    assert raw.endswith(b"-----END AGE ENCRYPTED FILE-----\n")
    assert raw.isascii()
    assert state_of(raw, SCHEMA, US, FILE) == sealed_state
    assert state_bytes(sealed_state, US, FILE, before=raw) is raw
    other = sealed_state.with_groups({})
    assert state_of(state_bytes(other, US, FILE, before=raw), SCHEMA, US, FILE) == other


@QUICK
@given(runs(), st.data())
def test_any_journal_comes_back_whichever_of_its_lines_are_encrypted(
    events: list[Event], data: st.DataObject
) -> None:
    seals = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    raw = lines(events, seals)
    assert parse_journal(raw, JOURNAL, US) == Journal(events, len(raw))
    torn = raw[: data.draw(PLACES) % (len(raw) + 1)]
    whole = torn.count(b"\n")
    assert list(parse_journal(torn, JOURNAL, US).events) == events[:whole]


@QUICK
@given(STATES, runs())
def test_what_is_known_is_the_same_as_without(drawn: State, events: list[Event]) -> None:
    begin = Begin(drawn.lineage, drawn.serial)
    events = [begin, *events[1:]]
    plain = replay(drawn, events)
    sealed_state = replace(drawn, recipients=(TO_US,))
    raw = state_bytes(sealed_state, US, FILE)
    try:
        known = known_of(raw, lines(events, [True] * len(events)), SCHEMA, US, FILE, JOURNAL)
    except StateInvalid as refused:  # two keys for one group, which a plain one is refused for as well
        assert "stand for one group" in str(refused)  # noqa: PT017
        return
    assert known.open == plain.open
    assert known.groups == plain.groups


def test_a_plain_state_is_byte_for_byte_what_it_was() -> None:
    drawn = state()
    assert state_bytes(drawn, NOBODY, FILE) == state_text(drawn).encode()
    assert "recipients" not in state_text(drawn)
    attempts = [open_attempt()]
    assert b"sealed" not in journal_bytes(drawn, attempts, NOBODY, JOURNAL)


def test_a_journal_is_kept_where_it_says_the_same_and_is_all_encrypted() -> None:
    to_us = replace(state(), recipients=(TO_US,))
    attempts = [open_attempt()]
    raw = journal_bytes(to_us, attempts, US, JOURNAL)
    assert journal_bytes(to_us, attempts, US, JOURNAL, before=raw) is raw
    plain = journal_bytes(state(), attempts, US, JOURNAL)
    for before in (plain, plain[: plain.index(b"\n") + 1] + raw[raw.index(b"\n") + 1 :], raw + b"torn", b""):
        again = journal_bytes(to_us, attempts, US, JOURNAL, before=before)
        assert again != before
        assert all(json.loads(line).keys() == {"n", "sealed", "crc"} for line in again.splitlines())
        assert parse_journal(again, JOURNAL, US).events == parse_journal(raw, JOURNAL, US).events
    assert journal_bytes(to_us, [], US, JOURNAL, before=raw) != raw


def test_a_backup_is_for_those_who_may_read_the_state_after_it() -> None:
    before = state()
    plain = state_text(before).encode()
    after = before.encrypted_to((TO_US,))
    assert (after.serial, after.groups) == (before.serial + 1, before.groups)
    kept = backup_bytes(plain, after, SCHEMA, US, FILE)
    assert is_sealed(kept)
    assert state_of(kept, SCHEMA, US, FILE) == replace(before, recipients=(TO_US,))
    assert backup_bytes(kept, after, SCHEMA, US, FILE) is kept
    assert backup_bytes(plain, before, SCHEMA, NOBODY, FILE) is plain
    assert backup_bytes(kept, before, SCHEMA, NOBODY, FILE) is kept  # decrypting leaves it as it was
    both = before.encrypted_to((TO_US, TO_THEM))
    assert state_of(backup_bytes(kept, both, SCHEMA, US, FILE), SCHEMA, THEM, FILE).groups == before.groups


@pytest.mark.parametrize(
    ("keyring", "told"),
    [
        (
            NOBODY,
            "s.json error: this is encrypted, and no identity is given | "
            f"{GIVE} of a recipient; nothing was sent",
        ),
        (
            THEM,
            "s.json error: this is encrypted, and the identity given here is none that it was encrypted to | "
            f"{GIVE} of a recipient, or restore the file if it was changed; nothing was sent",
        ),
    ],
)
def test_without_the_identity_nothing_is_read(keyring: Keyring, told: str) -> None:
    raw = state_bytes(replace(state(), recipients=(TO_US,)), US, FILE)
    assert refusal(StateInvalid, lambda: state_of(raw, SCHEMA, keyring, FILE)) == [told]
    assert refusal(SavedPlanInvalid, lambda: keyring.opened(raw, FILE, refusal=SavedPlanInvalid)) == [told]


def test_a_line_that_cannot_be_decrypted_is_told_with_its_number() -> None:
    raw = lines([Begin(state().lineage, 3)], [True])
    assert refusal(StateInvalid, lambda: parse_journal(raw, JOURNAL, THEM)) == [
        "s.json.journal:1:1+1 error: line 1 is encrypted, and the identity given here is none that it was "
        f"encrypted to | {GIVE} of a recipient, or restore the file if it was changed; nothing was sent"
    ]


@QUICK
@given(PLACES, st.integers(1, 255))
def test_whatever_is_changed_is_refused_in_words(place: int, change: int) -> None:
    to_us = replace(state(), recipients=(TO_US,))
    raw = bytearray(state_bytes(to_us, US, FILE))
    raw[place % len(raw)] ^= change
    try:
        assert state_of(bytes(raw), SCHEMA, US, FILE) == to_us  # a blank, or a bit that base64 has no use for
    except StateInvalid as refused:
        (complaint,) = refused.diagnostics
        assert complaint.message.startswith(("this is encrypted, and ", "this state cannot be used: "))
        assert "restore" in complaint.hint


def test_what_was_cut_or_changed_inside_says_so() -> None:
    code = seal(b"x" * 100, [TO_US], armored=False)
    for raw in (code[:-1], code[:-1] + bytes([code[-1] ^ 1])):
        assert refusal(StateInvalid, partial(US.opened, raw, FILE)) == [
            "s.json error: this is encrypted, and not as it was written: it was damaged or changed | "
            "restore it from git or a backup; nothing was sent"
        ]


def with_crc(members: dict[str, object]) -> bytes:
    body = json.dumps(members, separators=(",", ":"))[:-1]
    return f'{body},"crc":"{zlib.crc32(body.encode()):08x}"}}\n'.encode()


@pytest.mark.parametrize(
    ("sealed", "why"),
    [
        (lambda: base64.b64encode(seal(b'{"n":2,"event":"begin"}', [TO_US])).decode(), "it is numbered 2"),
        (lambda: base64.b64encode(seal(b"[]", [TO_US])).decode(), "of no known form"),
        (lambda: base64.b64encode(seal(b"\xff", [TO_US])).decode(), "of no known form"),
        (lambda: "no base64 at all", "of no known form"),
        (lambda: 7, "of no known form"),
    ],
)
def test_a_line_whose_inside_is_none_is_refused(sealed: Callable[[], object], why: str) -> None:
    raw = with_crc({"n": 1, "sealed": sealed()})
    (told,) = refusal(StateInvalid, lambda: parse_journal(raw, JOURNAL, US))
    assert "the journal cannot be used: line 1 is not as it was written" in told
    assert why in told


def test_a_line_does_not_pass_for_another_one() -> None:
    events = [Begin(state().lineage, 3)]
    members = json.loads(lines(events, [True]))
    moved = with_crc({"n": 1, "sealed": members["sealed"]}) + with_crc({"n": 2, "sealed": members["sealed"]})
    (told,) = refusal(StateInvalid, lambda: parse_journal(moved, JOURNAL, US))
    assert "line 2 is not as it was written (it is numbered 1)" in told


def test_what_nobody_here_could_read_again_is_not_written() -> None:
    to_them = replace(state(), recipients=(TO_THEM,))
    for keyring, whose in (
        (US, "none of the identities given is one of them"),
        (NOBODY, "no identity is given"),
    ):
        assert refusal(StateInvalid, partial(state_bytes, to_them, keyring, FILE)) == [
            f"s.json error: the state is to be encrypted to 1 recipient, and {whose}: it could not be read "
            f"again | {GIVE} that belongs to one of the recipients; nothing was sent"
        ]
    US.verify_readable((TO_THEM, TO_US), FILE)
    US.verify_readable((), FILE)
    NOBODY.verify_readable((), FILE)


def test_a_recipient_that_no_key_has_is_told() -> None:
    no_point = "age1" + "q" * 52 + "0000"
    assert refusal(StateInvalid, lambda: US.verify_readable((no_point,), FILE)) == [
        "error: nothing can be encrypted to these recipients: one of them is no key that can be used | "
        "write them as age-keygen or ssh-keygen printed them; nothing was sent"
    ]


def test_the_identities_are_read_once_and_only_where_they_are_needed() -> None:
    asked: list[int] = []

    def read() -> tuple[Sequence[object], Sequence[Any]]:
        asked.append(1)
        return [OURS], ()

    keyring = Keyring(read)
    assert known_of(state_text(state()).encode(), b"", SCHEMA, keyring, FILE, JOURNAL) == Known(state())
    assert asked == []
    keyring.verify_readable((TO_US,), FILE)
    keyring.verify_readable((TO_US,), FILE)
    keyring.opened(seal(b"", [TO_US]), FILE)
    assert asked == [1]


def test_both_forms_of_age_are_read_and_nothing_else_passes_for_one() -> None:
    for armored in (True, False):
        raw = seal(b"text", [TO_US], armored=armored)
        assert is_sealed(raw)
        assert unseal(raw, [OURS]) == b"text"
    assert unseal(seal(b"text", [TO_US]).replace(b"\n", b"\r\n"), [OURS]) == b"text"
    assert not any(map(is_sealed, (b"", b"{}", state_text(state()).encode(), b"-----BEGIN PGP MESSAGE-----")))


def test_without_pyrage_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = seal(b"text", [TO_US])
    monkeypatch.setitem(sys.modules, "pyrage", None)
    for call in (lambda: seal(b"", [TO_US]), lambda: Keyring(lambda: ([], ())).opened(raw, FILE)):
        assert refusal(StateInvalid, call) == [
            "error: encryption needs the package pyrage, which is not installed | "
            "pip install 'zapi-sync[encryption]'"
        ]


def ssh_key(folder: Any, *options: str) -> str:
    file = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", "a comment", "-f", file, *options], check=True)
    public: str = (folder / "key.pub").read_text()
    return public.strip()


@QUICK
@given(st.integers(0, 57), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_a_recipient_is_told_from_one_that_was_mistyped(at: int, letter: str) -> None:
    assert recipient_of(TO_US) == TO_US
    mistyped = f"{TO_US[: 4 + at]}{letter}{TO_US[5 + at :]}"
    assert recipient_of(mistyped) == (TO_US if mistyped == TO_US else None)
    for text in (TO_US[:-1], f"{TO_US}q", TO_US.upper(), f" {TO_US}", f"{TO_US}\n", "", "age1"):
        assert recipient_of(text) is None


@pytest.mark.parametrize(
    "options", [("-t", "ed25519"), ("-t", "rsa", "-b", "2048"), ("-t", "rsa", "-b", "4096")]
)
def test_keys_of_ssh_are_recipients_and_identities(tmp_path: Any, options: tuple[str, ...]) -> None:
    if not any((folder / "ssh-keygen").exists() for folder in map(type(tmp_path), ("/usr/bin", "/bin"))):
        pytest.skip("ssh-keygen is not installed")
    public = ssh_key(tmp_path, *options)
    recipient = recipient_of(public)
    assert recipient == public.removesuffix(" a comment")
    identity = pyrage.ssh.Identity.from_buffer((tmp_path / "key").read_bytes())
    assert unseal(seal(b"text", [recipient]), [identity]) == b"text"
    broken = recipient[:20] + recipient[40:]
    assert recipient_of(broken) is None or options[1] == "rsa"
    assert recipient_of(recipient.replace("ssh-", "ecdsa-")) is None
