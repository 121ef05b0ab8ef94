"""What a config says of encryption: recipients, or every reason why not, and never a secret key again."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from zapi_sync.core.config import Config, read_config
from zapi_sync.errors import ConfigInvalid
from zapi_sync.render.complaints import complaints
from zapi_sync.render.paint import Paint

from .made import document, told

Schema = Mapping[str, object]
TO_ANA = "age1jaxs3f8al70lpwfuvy9fl2eu7hmz0el905yzcq6tafg8h4ya7y3scxj200"
TO_BIA = "age152n820fqq4nem3uc3c3gzjsqaysyp3f0d88xq5jurc8h5fwe345smeyv4j"
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMva3DlywKb1koD29PsLpt96ZcWWNfQyUfLJ4S2rvW0h"
SECRET = "AGE-SECRET-KEY-1FKUA2UJTG64GZFWJ9V9GN6F2MR67WD7AR3CPHCAZU8Q9K5CDF49QHAL5ZC"
MISTYPED = "this recipient of age is not whole, or a character of it was mistyped: "
WRITE = "write age1… as age-keygen prints it, or `ssh-ed25519 AAAA…`"


def config(schema: Schema, *texts: str) -> Config:
    return read_config(
        [document(f"version: 1\ngroups: {{}}\n{text}", f"{n}.yaml") for n, text in enumerate(texts, 1)],
        schema,
    )


def refused(schema: Schema, *texts: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as refusal:
        config(schema, *texts)
    return told(refusal.value.diagnostics)


@pytest.mark.parametrize(
    ("text", "recipients"),
    [
        ("", None),
        ("encryption: {recipients: []}", ()),
        (f"encryption: {{recipients: [{TO_BIA}, {TO_ANA}, {TO_BIA}]}}", (TO_BIA, TO_ANA)),
        (f"encryption:\n  recipients:\n    - {SSH} ana@example.com\n    - {TO_ANA}", (TO_ANA, SSH)),
    ],
)
def test_recipients_are_sorted_and_each_is_one(
    groups_schema: Schema, text: str, recipients: tuple[str, ...] | None
) -> None:
    assert config(groups_schema, text).recipients == recipients


def test_two_files_may_say_the_same_and_not_two_things(groups_schema: Schema) -> None:
    both = f"encryption: {{recipients: [{TO_BIA}, {TO_ANA}]}}"
    turned = f"encryption: {{recipients: [{TO_ANA}, {TO_BIA}]}}"
    assert config(groups_schema, both, turned, "").recipients == (TO_BIA, TO_ANA)
    assert refused(groups_schema, both, "encryption: {recipients: []}") == [
        "2.yaml:3:1+10 error: two files ask for different recipients, and a state has one list of them | "
        "keep `encryption` in one file"
    ]


@pytest.mark.parametrize(
    ("recipients", "complaint"),
    [
        ("[ana@example.com]", f'3:27+15 error: "ana@example.com" is no recipient | {WRITE}'),
        (f"[{TO_ANA[:-1]}9]", f"3:27+62 error: {MISTYPED}{TO_ANA[:-1]}9 | {WRITE}"),
        ("[age1abc]", f"3:27+7 error: {MISTYPED}age1abc | {WRITE}"),
        (f"[{SSH[:40]}]", f'3:27+40 error: "{SSH[:40]}" is no recipient | {WRITE}'),
        ("[{age1: x}]", f"3:27+1 error: this recipient is no text | {WRITE}"),
        ("['']", f"3:27+2 error: this recipient is no text | {WRITE}"),
        (
            TO_ANA,
            "3:26+62 error: `recipients` of `encryption` must be a list of recipients, each on a line of its "
            f'own after a dash, and this is the text "{TO_ANA[:37]}..." | write a list of recipients, each '
            "on a line of its own after a dash",
        ),
    ],
)
def test_what_is_no_recipient_is_told(groups_schema: Schema, recipients: str, complaint: str) -> None:
    assert refused(groups_schema, f"encryption: {{recipients: {recipients}}}") == [f"1.yaml:{complaint}"]


def test_all_that_is_wrong_is_told_at_once(groups_schema: Schema) -> None:
    text = f"encryption:\n  recipients:\n    - {TO_ANA[:-1]}9\n    - {TO_BIA}\n    - x\n  recipient: y\n"
    assert [each.split(" ", 2)[0] for each in refused(groups_schema, text)] == [
        "1.yaml:5:7+62",
        "1.yaml:7:7+1",
        "1.yaml:8:3+9",
    ]
    assert "this file has no" not in refused(groups_schema, "encryption: {}")[0]
    assert '`encryption` has no "recipients"' in refused(groups_schema, "encryption: {}")[0]
    many = ", ".join([TO_ANA] * 101)
    assert (
        "holds 101 entries, and 100 is the most"
        in refused(groups_schema, f"encryption: {{recipients: [{many}]}}")[0]
    )


@pytest.mark.parametrize("secret", [SECRET, SECRET.lower(), f"my key {SECRET}"])
def test_a_secret_key_is_told_and_never_repeated(groups_schema: Schema, secret: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        config(groups_schema, f"encryption: {{recipients: [{secret}]}}")
    shown = complaints(refusal.value.diagnostics, Paint(False))
    assert "a secret key stands among the recipients: whoever has it can read the state" in shown
    assert "ZAPI_SYNC_IDENTITY; if it was ever pushed, make a new one" in shown
    assert secret[20:40] not in shown
