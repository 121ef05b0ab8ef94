"""The nouns: phones in any spelling, digests, names, and credentials that never show."""

from __future__ import annotations

import json
import random
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.credentials import Credentials
from zapi_sync.core.model import InstanceName, credential_variables, digest_of_phones, sha256_of
from zapi_sync.core.names import comparable_name
from zapi_sync.core.phones import Phone, is_lid, normalise_phone

from .drawn import PHONES, QUICK

_MASK = st.text("  ().-/\t\u00a0\u2010\u2011\u2012\u2013\u2014\u2015", max_size=3)


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("5544999999999", "5544999999999"),
        ("+5544999999999", "5544999999999"),
        ("+55 (44) 99999-9999", "5544999999999"),
        ("(+55) 44.99999/9999", "5544999999999"),
        ("0055 44 99999-9999", "5544999999999"),
        (" 55\t44\u00a099999\u20119999 ", "5544999999999"),
        ("044999999999", "044999999999"),
        ("maria", "maria"),
        ("5544x999", "5544x999"),
        ("", ""),
    ],
)
def test_a_phone_is_its_digits(written: str, phone: str) -> None:
    assert normalise_phone(written) == phone


@QUICK
@given(PHONES, st.lists(_MASK, min_size=16, max_size=16), st.sampled_from(["", "+", "00", "(+", "0-0", "+ "]))
def test_any_mask_around_a_phone_falls_away(phone: str, masks: list[str], prefix: str) -> None:
    written = prefix + "".join(mask + digit for mask, digit in zip(masks, phone, strict=False)) + masks[-1]
    assert normalise_phone(written) == phone


@QUICK
@given(PHONES)
def test_a_normal_phone_stays_as_it_is(phone: str) -> None:
    assert normalise_phone(phone) == phone


@QUICK
@given(st.text("0123456789+-. ()", max_size=20))
def test_what_was_normalised_once_does_not_change_a_second_time(written: str) -> None:
    once = normalise_phone(written)
    if not once.startswith(("0", "+")):  # those are told to the person: no phone, or none of any country
        assert normalise_phone(once) == once


@QUICK
@given(st.text(max_size=20))
def test_nothing_but_masks_plus_and_zeros_is_ever_taken_away(written: str) -> None:
    kept = [character for character in written if character.isalnum() and character != "0"]
    assert [
        character for character in normalise_phone(written) if character.isalnum() and character != "0"
    ] == kept


@pytest.mark.parametrize("text", ["1@lid", "120363025246125486@lid", " 12:3@lid ", "a.b_c-d@lid"])
def test_an_lid_is_known(text: str) -> None:
    assert is_lid(text)


@pytest.mark.parametrize(
    "text", ["@lid", "1@lid.com", "1@LID", "a b@lid", "1@lid@lid", "lid", "", "1@lid\nx"]
)
def test_what_only_looks_like_an_lid_is_none(text: str) -> None:
    assert not is_lid(text)


@QUICK
@given(st.lists(PHONES, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_participants_does_not_change_their_digest(
    phones: list[Phone], chance: random.Random
) -> None:
    shuffled = list(phones)
    chance.shuffle(shuffled)
    assert digest_of_phones(shuffled) == digest_of_phones(phones)


@QUICK
@given(st.sets(PHONES, max_size=4), st.sets(PHONES, max_size=4))
def test_other_participants_have_another_digest(one: set[Phone], other: set[Phone]) -> None:
    assert (digest_of_phones(one) == digest_of_phones(other)) is (one == other)


def test_a_digest_says_how_it_was_made() -> None:
    assert sha256_of("é") == "sha256:4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"
    assert digest_of_phones([Phone("2"), Phone("1")]) == sha256_of("1\n2")


@QUICK
@given(st.text(max_size=20))
def test_two_forms_of_one_name_compare_equal(name: str) -> None:
    nfc, nfd = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assert comparable_name(nfc) == comparable_name(nfd) == comparable_name(name)


@pytest.mark.parametrize(
    ("instance", "variables"),
    [
        ("default", ("ZAPI_INSTANCE_ID", "ZAPI_TOKEN", "ZAPI_CLIENT_TOKEN")),
        ("sales", ("ZAPI_SALES_INSTANCE_ID", "ZAPI_SALES_TOKEN", "ZAPI_SALES_CLIENT_TOKEN")),
        ("a-b_2", ("ZAPI_A_B_2_INSTANCE_ID", "ZAPI_A_B_2_TOKEN", "ZAPI_A_B_2_CLIENT_TOKEN")),
    ],
)
def test_an_instance_reads_its_own_variables(instance: str, variables: tuple[str, str, str]) -> None:
    assert credential_variables(InstanceName(instance)) == variables


def test_credentials_show_nothing_of_themselves() -> None:
    secret = Credentials("ID-SECRET", "TOKEN-SECRET", "CLIENT-SECRET")
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr([secret])):
        assert "SECRET" not in text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Client-Token c/1 not allowed", "Client-Token *** not allowed"),
        ("at /instances/i 2/token/t%3/create", "at /instances/***/token/***/create"),
        ("at /instances/i%202/token/t%253/create", "at /instances/***/token/***/create"),
        ("c/1c/1, c%2F1", "******, ***"),
        ("nothing here", "nothing here"),
    ],
)
def test_a_secret_is_masked_as_it_stands_and_as_it_stands_in_a_url(text: str, masked: str) -> None:
    assert Credentials("i 2", "t%3", "c/1").mask(text) == masked


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials("id", "abcdef", "abc"),
        Credentials("abc", "xyz", "abcdef"),
        Credentials("abcdef", "abc", "x"),
    ],
)
def test_a_secret_within_another_leaves_no_rest_of_it(credentials: Credentials) -> None:
    assert credentials.mask("got abcdef and abc") == "got *** and ***"


TOKEN = 'T0ken/+?"\\é 7F3A-~'


@pytest.mark.parametrize(
    "form",
    [
        TOKEN,
        TOKEN.upper(),
        quote(TOKEN),
        quote(TOKEN, safe=""),
        quote_plus(TOKEN).lower(),
        quote(quote(TOKEN, safe=""), safe=""),
        "".join(f"%{byte:02X}" for byte in TOKEN.encode()),
        json.dumps(TOKEN)[1:-1],
        json.dumps(TOKEN, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(TOKEN))[3:-3],
        json.dumps(TOKEN)[1:-1].replace("/", "\\/"),
        "".join(f"\\u{ord(each):04x}" for each in TOKEN),
        b64encode(TOKEN.encode()).decode().rstrip("="),
        urlsafe_b64encode(TOKEN.encode()).decode().rstrip("="),
        quote(b64encode(TOKEN.encode()).decode().rstrip("="), safe=""),
        b64encode(TOKEN.encode()).decode().rstrip("=").replace("/", "\\/"),
    ],
)
def test_a_secret_is_masked_in_every_form_in_which_it_is_passed_on(form: str) -> None:
    credentials = Credentials("an-instance-id", TOKEN, "a-client-token")
    for masked in (credentials.mask, credentials.mask_kept):
        assert masked(f"<{form}> and <{form}>") == "<***> and <***>"


@QUICK
@given(
    before=st.text(max_size=5),
    after=st.text(max_size=5),
    coder=st.sampled_from([b64encode, urlsafe_b64encode]),
)
def test_a_secret_within_what_is_in_base64_is_masked_wherever_it_starts(
    before: str, after: str, coder: Callable[[bytes], bytes]
) -> None:
    coded = coder(f"{before}{TOKEN}{after}".encode()).decode()
    left = Credentials("an-instance-id", TOKEN, "a-client-token").mask(coded)
    assert "***" in left
    assert len(left) - 3 <= len(coded) - len(TOKEN.encode())


@pytest.mark.parametrize("text", ["aWQ", "WQ", "YWJj", "i", "Launch VIP 01", "120363019502650977-group"])
def test_what_may_be_there_by_chance_is_no_form_of_a_short_secret(text: str) -> None:
    assert Credentials("id", "abc", "xyz").mask(text) == text
    assert Credentials("1", "VIP", "Launch").mask_kept(text) == text


def test_there_may_be_nothing_to_mask() -> None:
    assert Credentials("", "", "").mask("text") == "text"
