"""What leaves by the last door: without secrets, and a JSON document as one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.cli.streams import without_secrets
from zapi_sync.core.model import GroupKey
from zapi_sync.core.redact import redacted_output
from zapi_sync.errors import Code, Diagnostic, Location
from zapi_sync.render import sarif
from zapi_sync.render.json import document, errors, invites

from .drawn import QUICK
from .made import group, record


def documents(text: str) -> list[str]:
    found = [Diagnostic(Code.TAG, text, f"remove {text}", Location(text, 1, 2))]
    return [errors(found), sarif.log(found), invites({GroupKey("a"): record(group(name=text))})]


@pytest.mark.parametrize(
    "secret", ['": "": "', '",\n      "', "groupName", 'version":', "\\u0023\\u0023", "file: {}"]
)
def test_a_document_stays_one_though_a_secret_be_its_punctuation(secret: str) -> None:
    for text in documents(f"before {secret} after"):
        left = without_secrets(text + "\n", (secret,))
        assert left.endswith("}\n")
        assert json.loads(left).keys() == json.loads(text).keys()
        assert "before *** after" in left


@QUICK
@given(st.text(st.sampled_from('":,{}[] \n\\\\ab\u00e7'), min_size=8), st.text(max_size=20))
def test_whatever_a_secret_is_a_document_stays_one(secret: str, before: str) -> None:
    for text in documents(before + secret):
        left = without_secrets(text, (secret,))
        assert json.loads(left).keys() == json.loads(text).keys()


def test_what_only_looks_like_a_document_is_a_text() -> None:
    assert without_secrets("{a-secret-token", ("a-secret-token",)) == "{***"


def test_a_document_without_secrets_is_passed_on_as_it_is() -> None:
    text = document({"a": "b", "c": ["##[x]", 1.0, None]})
    assert without_secrets(text, ("a-secret-token",)) == text
    assert redacted_output(text, ("a-secret-token",)) == text
