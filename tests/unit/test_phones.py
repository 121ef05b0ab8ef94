"""Phone numbers against the numbering plans: who is whose double, and what nobody can have."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core import phones
from zapi_sync.core.phones import (
    is_assigned,
    person,
    probably_meant,
    same_person,
    why_no_phone,
    why_unassigned,
    with_ninth_digit,
)

from .drawn import QUICK

AREAS = [f"{area:02}" for area in range(100)]
DIGITS = st.text("0123456789", min_size=8, max_size=15)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5544999998888", "554499998888"),
        ("5511961234567", "551161234567"),
        ("5215512345678", "525512345678"),
        ("5491123456789", "541123456789"),
        ("4915112345678", "4915112345678"),
    ],
)
def test_two_forms_of_one_number_are_one_person(one: str, other: str) -> None:
    assert same_person(one, other)
    assert same_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5544923456789", "554423456789"),  # a mobile, and the landline of the same digits
        ("5544999998888", "5544999998887"),
        ("5544999998888", "5545999998888"),
        ("351912345678", "35112345678"),
    ],
)
def test_two_numbers_are_two_people(one: str, other: str) -> None:
    assert not same_person(one, other)


@QUICK
@given(DIGITS)
def test_a_person_is_its_own_and_short_of_at_most_one_digit(phone: str) -> None:
    assert person(person(phone)) == person(phone)
    assert len(phone) - len(person(phone)) in (0, 1)


@pytest.mark.parametrize(
    ("phone", "longer"),
    [
        ("554488887777", "5544988887777"),
        ("551196541234", "5511996541234"),
        ("5544988887777", None),
        ("554433334444", None),  # a landline
        ("551170001234", None),  # a trunked radio, which keeps its eight digits
        ("54488887777", None),
        ("552088887777", None),  # no area has the number 20
    ],
)
def test_the_ninth_digit_is_missed_where_it_is_due(phone: str, longer: str | None) -> None:
    assert (None if is_assigned(phone) else with_ninth_digit(phone)) == longer


@pytest.mark.parametrize(
    "written",
    [
        "5544999999003",
        "+55 (44) 99999-9999",
        "55.44.99999.9999",
        "55 44 99999.9999",
        "0055 44 99999-9999",
        "33.6.12.34.56.78",
        "+33 6 12 34 56.78",
        "2010-99-99",
        "20 10-12-34567",
        "12345678",
        "123456789012345",
    ],
)
def test_masks_are_as_people_write_them(written: str) -> None:
    assert why_no_phone(written) is None


@pytest.mark.parametrize(
    ("written", "problem", "hint"),
    [
        ("5544999999003.0", "is a number with decimals, as spreadsheets write it", "write 5544999999003, if"),
        ("+5544999999003.00 ", "is a number with decimals", "write +5544999999003, if"),
        ("2001-12-14", '"2001-12-14" is a date, not a phone number', "write country, area and number"),
        ("1999/01/31", "is a date", "write country"),
        ("2024.02.29", "is a date", "write country"),
        ("1234567", "a phone number has 8 to 15 digits, and 1234567 has 7", "write country"),
        ("5544999999003,0", "is not a phone number", "write country"),
    ],
)
def test_what_spreadsheets_make_of_phones_is_told(written: str, problem: str, hint: str) -> None:
    found = why_no_phone(written)
    assert found
    assert problem in found[0]
    assert hint in found[1]


@pytest.mark.parametrize(
    ("phone", "why", "meant"),
    [
        ("044999998888", "begins with 0, and no country's code does", "5544999998888"),
        ("44999998888", "is no number that +44 (GB) gives out", "5544999998888"),
        ("55044999998888", "is no number that +55 (BR) gives out", "5544999998888"),
        ("5544777777777", "is no number that +55 (BR) gives out", None),
        ("5549999", "is too short for a number of +55 (BR)", None),
        ("55449999988881", "is too long for a number of +55 (BR)", None),
        ("999123456789", "begins with no country's code", None),
        ("00000000", "begins with 0, and no country's code does", None),
        ("05544999998888", "begins with 0, and no country's code does", "5544999998888"),
        ("440447911123456", "is too long for a number of +44 (GB)", None),
        ("4402079460000", "is no number that +44 (GB) gives out", "442079460000"),
    ],
)
def test_a_number_that_nobody_can_have_says_why_and_what_was_meant(
    phone: str, why: str, meant: str | None
) -> None:
    assert not is_assigned(phone)
    assert why_unassigned(phone) == why
    assert probably_meant(phone) == meant


@QUICK
@given(
    st.text("0123456789", min_size=8, max_size=15)
    | st.from_regex(r"(55|1|44|52|54|39)[0-9]{8,12}", fullmatch=True)
)
def test_the_short_way_gives_the_library_s_verdict(phone: str) -> None:
    assert isinstance(why_unassigned(phone), str)
    try:
        number = phonenumbers.parse(f"+{phone}")
    except phonenumbers.NumberParseException:
        assert not is_assigned(phone)
        return
    dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    valid = phonenumbers.is_valid_number(number) and dialled == f"+{phone}"
    assert is_assigned(phone) == valid or (phone.startswith("521") and is_assigned(person(phone)))


@QUICK
@given(DIGITS)
def test_what_is_proposed_is_a_number_that_somebody_can_have(phone: str) -> None:
    for proposed in (probably_meant(phone), with_ninth_digit(phone)):
        assert proposed is None or (
            proposed != phone and phonenumbers.is_valid_number(phonenumbers.parse(f"+{proposed}"))
        )


@pytest.mark.parametrize("area", AREAS)
def test_brazils_mobile_numbers_are_told_as_libphonenumber_tells_them(area: str) -> None:
    for number in ("961234567", "912345678", "812345678", "99123456", "9912345678"):
        phone = f"55{area}{number}"
        if phones._BRAZILIAN_MOBILES.fullmatch(phone):
            assert phonenumbers.is_valid_number(phonenumbers.parse(f"+{phone}"))
    usual = f"55{area}961234567"
    known = phonenumbers.is_valid_number(phonenumbers.parse(f"+{usual}"))
    assert bool(phones._BRAZILIAN_MOBILES.fullmatch(usual)) is known
