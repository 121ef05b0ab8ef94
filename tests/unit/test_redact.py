"""Secrets are taken out of texts in each form in which something may say them back."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zapi_sync.core.redact import LONG_SECRET, may_hold_credential, redacted, redacted_output, secrets_of
from zapi_sync.core.source import shortened
from zapi_sync.core.wording import found
from zapi_sync.errors import Code, Diagnostic, Location
from zapi_sync.render import markdown, sarif
from zapi_sync.render.complaints import complaints
from zapi_sync.render.paint import Paint

from .drawn import QUICK

SECRET = 'F1a2/b3+c4=="d5\\e6'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        SECRET.upper(),
        SECRET.lower(),
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        b64encode(SECRET.encode()).decode(),
        urlsafe_b64encode(SECRET.encode()).decode(),
        f"https://api/instances/x/token/{quote(SECRET, safe='')}/create-group",
        f"Client-Token {SECRET} not allowed",
    ],
)
def test_no_form_of_a_secret_stays(form: str) -> None:
    left = redacted(f"before {form} after", (SECRET,))
    assert left.startswith("before ")
    assert left.endswith(" after")
    assert "***" in left
    assert not any(part in left for part in ("F1a2", "f1a2", "c4", "RjFh"))


def test_of_two_secrets_the_longer_one_goes_first() -> None:
    assert redacted("abcdefghijkl abcdefgh", ("abcdefgh", "abcdefghijkl")) == "*** ***"


def test_without_secrets_a_text_stays_as_it_is() -> None:
    assert redacted("abc", ()) == "abc"
    assert redacted("abc", ("", ""), shortest=8) == "abc"


@QUICK
@given(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=8, max_size=20),
    st.text(),
    st.text(),
)
def test_whatever_stands_around_it_the_secret_goes(secret: str, before: str, after: str) -> None:
    assert secret.lower() not in redacted(before + secret + after, (secret,)).lower().replace("***", "\0")


def test_the_environment_s_credentials_are_known_by_their_names() -> None:
    environment = {
        "ZAPI_TOKEN": "token-of-default",
        "ZAPI_CLIENT_TOKEN": " client-of-default\n",
        "ZAPI_INSTANCE_ID": "instance-of-default",
        "ZAPI_SALES_2_TOKEN": "token-of-sales",
        "ZAPI_BASE_URL": "https://api.example",
        "ZAPI_SYNC_STATE": "groups.state.json",
        "HOME": "/home/somebody",
        "ZAPI_SHORT_TOKEN": "any",  # a word, which would be torn out of every sentence
    }
    assert secrets_of(environment) == (
        "token-of-default",
        "client-of-default",
        "instance-of-default",
        "token-of-sales",
    )


def test_a_text_made_to_stall_is_through_at_once() -> None:
    text = "\\" * 200_000
    assert redacted(text, (SECRET, "abcdefghijkl")) == text


def test_a_secret_as_long_as_a_file_and_secrets_without_number_are_through_at_once() -> None:
    long = "a1B2" * 25_000
    assert redacted_output(f"<{long}> {long[:90]}...", (long,)) == "<***> ***..."
    many = tuple(f"{number:032X}" for number in range(1500))
    assert redacted_output(" ".join(many) + " end", many) == "*** " * 1500 + "end"


def test_a_text_full_of_escapes_for_other_letters_stays_as_it_is() -> None:
    text = json.dumps("Condomínio " * 1000) + "%c3%a7"
    assert redacted(text, ("abcdefghijkl",)) == text
    assert redacted(text + r"\u0061bcdefgh%69jkl", ("abcdefghijkl",)) == text + "***"


# Less what the forms of output write otherwise: what a log of a CI system acts upon, quotes, brackets.
_SECRETS = st.text(
    st.characters(codec="ascii", categories=["L", "N", "P"], exclude_characters=':#*"\\[]'),
    min_size=20,
    max_size=150,
)
_AROUND = st.text(st.sampled_from(" .áЖ字😀'(){}!~^&$;,|`"), max_size=150)


def told(line: str, column: int) -> Diagnostic:
    return Diagnostic(
        Code.WRONG_VALUE,
        f'"{shortened(line)}" must be a text, and this is {found(line)}',
        "write another",
        Location("groups.yaml", 3, column, 5, line),
    )


@settings(QUICK, max_examples=300)
@given(secret=_SECRETS, before=_AROUND, after=_AROUND, data=st.data())
def test_wherever_a_text_was_cut_no_part_of_a_secret_is_shown(
    secret: str, before: str, after: str, data: st.DataObject
) -> None:
    line = before + secret + after
    told_of = told(line, data.draw(st.integers(1, len(line))))
    for text in (
        complaints([told_of], Paint(on=False)),
        markdown.complaints([told_of]),
        sarif.log([told_of]),
        shortened(line, data.draw(st.integers(20, 200))),
    ):
        shown = redacted_output(text, (secret,))
        assert not [part for part in parts(secret) if part in shown]


def test_the_instance_and_the_token_in_an_address_are_secret_without_any_environment() -> None:
    address = "https://api.z-api.io/instances/3C5AB1E7D2F9/token/9F8E7D6C5B4A/send-text"
    assert redacted_output(f'"{address}"', ()) == '"https://api.z-api.io/instances/***/token/***/send-text"'
    for most in range(len("https://api.z-api.io/instances/") + 4, len(address)):
        cut = redacted_output(shortened(address, most), ())
        assert not any(part in cut for part in ("3C5", "9F8"))
    assert redacted_output("k8s/instances/sales/groups.yaml", ()) == "k8s/instances/sales/groups.yaml"
    for line in (f"url: {address}", f"- {address[:40]}", "POST /instances/a/token/b"):
        assert may_hold_credential(line)
    assert not may_hold_credential("file: k8s/instances/sales/groups.yaml")


def parts(secret: str) -> list[str]:
    return [secret[at : at + LONG_SECRET] for at in range(len(secret) - LONG_SECRET + 1)]


KEY = "AGE-SECRET-KEY-1FKUA2UJTG64GZFWJ9V9GN6F2MR67WD7AR3CPHCAZU8Q9K5CDF49QHAL5ZC"


@pytest.mark.parametrize("form", [KEY, KEY.lower(), f"x{KEY}", f'"{KEY}"', KEY[:40], f"{KEY[:30]}..."])
def test_a_secret_key_of_age_leaves_by_no_output_whatever_the_environment_holds(form: str) -> None:
    left = redacted_output(f"before {form} after", ())
    assert (left.startswith("before "), left.endswith(" after"), "***" in left) == (True, True, True)
    assert KEY[16:24] not in left.upper()
    assert may_hold_credential(f"- {form}")
    assert redacted_output("begins with AGE-SECRET-KEY-;", ()) == "begins with AGE-SECRET-KEY-;"


def test_the_identities_of_the_environment_are_secrets_line_by_line() -> None:
    ssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nQyNTUxOQAAACDL2tw5csCm\n-----END"
    assert secrets_of({"ZAPI_SYNC_IDENTITY": f"# mine\n{KEY}\n"}) == (KEY,)
    assert secrets_of({"ZAPI_SYNC_IDENTITY": ssh}) == ("b3BlbnNzaC1rZXktdjEAAAAA", "QyNTUxOQAAACDL2tw5csCm")
    assert redacted_output(b64encode(KEY.encode()).decode(), (KEY,)) == "***="
