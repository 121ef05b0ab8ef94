"""Secrets are taken out of texts in each form in which something may say them back."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.redact import redacted, secrets_of

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


_LETTERS = st.characters(codec="ascii", categories=["L", "N", "P"])


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
