"""Phone numbers: as they are written, as they are sent, and when two of them are one person."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NewType

from zapi_sync.core.source import shortened
from zapi_sync.language import Text

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

Phone = NewType("Phone", str)
"""A participant: digits only, country + area + number."""

EXAMPLES = ("5544999999999", "+55 44 99999-9999")
"""What our own hints show for a phone: nobody's, so it may be told to everybody."""

MIN_DIGITS, MAX_DIGITS = 8, 15

_MASK = re.compile(r"[\s().\-/\u2010-\u2015]")
_LID = r"[0-9A-Za-z._:-]+@lid"

# Numbering plans: forms of one mobile number that are both in use. WhatsApp knows accounts by either.
_BRAZILIAN_MOBILE = re.compile(r"(55[1-9]{2})9([6-9][0-9]{7})")  # the ninth digit, put in front since 2012
_MEXICAN_MOBILE = re.compile(r"(52)1([0-9]{10})")  # the 1 that was dialled until 2019
_ARGENTINE_MOBILE = re.compile(r"(54)9([0-9]{10})")  # the 9 that is dialled from abroad
_TWO_FORMS = {"55": _BRAZILIAN_MOBILE, "52": _MEXICAN_MOBILE, "54": _ARGENTINE_MOBILE}
_AREA_IN_BRACKETS = r"\s*\([1-9][1-9]\)\s*9"
_WITHOUT_NINTH = r"(55[1-9]{2})([6-9][0-9]{7})"

_BARE = re.compile(rf"(?!00)[0-9]{{{MIN_DIGITS},{MAX_DIGITS}}}")
_DECIMAL = r"\s*(\+?[0-9]{7,})\.[0-9]{1,2}\s*"  # no mask has its one dot there
_DATE = r"\s*(?:19|20)[0-9]{2}([-/.])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12][0-9]|3[01])\s*"
_AS_IN = Text("write country, area and number, as in 5544999999999")


def normalise_phone(written: str) -> str:
    """The text of a phone without mask characters, `+` and a leading `00`; the rest is left as it is."""
    bare = written if written.isdecimal() else _MASK.sub("", written)
    if bare.startswith("+"):
        return bare[1:]
    return bare.removeprefix("00")


def why_no_phone(written: str) -> tuple[str, str] | None:
    """What keeps a text from being a phone, and what to do; None where it is one."""
    if _BARE.fullmatch(written):
        return None
    phone, shown = normalise_phone(written), shortened(written)
    if not (phone.isascii() and phone.isdecimal()):
        return (
            Text('"{written}" is not a phone number', written=shown),
            Text("write country, area and number, as in 5544999999999 or +55 44 99999-9999"),
        )
    if decimal := re.fullmatch(_DECIMAL, written):
        return (
            Text(
                '"{written}" is a number with decimals, as spreadsheets write it, and no phone number',
                written=shown,
            ),
            Text(
                "write {phone}, if that is the phone; spreadsheets keep it in columns of text",
                phone=shortened(decimal[1]),
            ),
        )
    if re.fullmatch(_DATE, written):
        return Text('"{written}" is a date, not a phone number', written=shown), _AS_IN
    if not MIN_DIGITS <= len(phone) <= MAX_DIGITS:
        return (
            Text(
                "a phone number has {least} to {most} digits, and {phone} has {number}",
                least=MIN_DIGITS,
                most=MAX_DIGITS,
                phone=shortened(phone),
                number=len(phone),
            ),
            _AS_IN,
        )
    return None


def is_lid(written: str) -> bool:
    """Whether this is a private `…@lid` identifier, which create-group leaves out (create-group page)."""
    return "@" in written and re.fullmatch(_LID, written.strip()) is not None


def person(phone: str) -> str:
    """What two numbers of one person share: so do a Brazilian mobile's with and without its ninth digit."""
    form = _TWO_FORMS.get(phone[:2])
    found = form.fullmatch(phone) if form else None
    return found[1] + found[2] if found else phone


def same_person(one: str, other: str) -> bool:
    """Whether two numbers are one account."""
    return person(one) == person(other)


def with_ninth_digit(phone: str) -> str | None:
    """What a number that nobody can have would be with Brazil's ninth digit; None where that is no better."""
    found = re.fullmatch(_WITHOUT_NINTH, phone)
    longer = f"{found[1]}9{found[2]}" if found else ""
    return longer if longer and is_assigned(longer) else None


def with_brazils_code(written: str) -> str | None:
    """What a number would be with 55 before it that is written as within Brazil, its area in brackets, and
    that another country has without it; None for any other."""
    if "(" not in written:
        return None
    phone = normalise_phone(written)
    is_national = re.match(_AREA_IN_BRACKETS, written) is not None and len(phone) == 11
    return f"55{phone}" if is_national and is_assigned(phone) and is_assigned(f"55{phone}") else None


def is_assigned(phone: str) -> bool:
    """Whether some country's numbering plan has such numbers (libphonenumber's metadata)."""
    phone = _MEXICAN_MOBILE.sub(r"\1\2", phone) if phone.startswith("521") else phone
    if is_plain_mobile(phone) or _usual_numbers(phone[:3]).fullmatch(phone):
        return True
    number = _parsed(phone)
    if number is None:
        return False
    from phonenumbers import PhoneNumberFormat, format_number, is_valid_number

    # less a 0 that is for calls within the country
    as_dialled = format_number(number, PhoneNumberFormat.E164)
    return is_valid_number(number) and as_dialled == f"+{phone}"


def why_unassigned(phone: str) -> Text:
    """Why no numbering plan has a number, as the end of a sentence that begins with the number."""
    if phone.startswith("0"):
        return Text("begins with 0, and no country's code does")
    code = country_code(phone)
    if not code:
        return Text("begins with no country's code")
    from phonenumbers import ValidationResult, is_possible_number_with_reason, region_code_for_country_code

    country = f"+{code} ({region_code_for_country_code(int(code))})"
    number = _parsed(phone)
    reason = is_possible_number_with_reason(number) if number else ValidationResult.INVALID_LENGTH
    if reason in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return Text("is too short for a number of {country}", country=country)
    if reason == ValidationResult.TOO_LONG:
        return Text("is too long for a number of {country}", country=country)
    return Text("is no number that {country} gives out", country=country)


def probably_meant(phone: str) -> str | None:
    """The number that was probably meant by one that nobody can have; None where there is none to be seen.

    Tried are the number without the 0 that is dialled within a country, and with Brazil's code before it.
    """
    code = country_code(phone)
    bare = phone.lstrip("0")
    candidates = [code + phone.removeprefix(code).lstrip("0"), bare] if code else [bare]
    if not bare.startswith("55") or len(bare) == 11:  # 55 is an area as well
        candidates.append(f"55{bare}")
    return next((each for each in candidates if each not in ("", phone) and is_assigned(each)), None)


_BRAZILIAN_MOBILES = re.compile(r"55(?:[14689][1-9]|2[12478]|3[1-578]|5[13-5]|7[13-579])9[0-9]{8}")
"""As libphonenumber has them: most numbers here are such, and are told without its being imported."""


def is_plain_mobile(written: str) -> bool:
    """Whether this is a Brazilian mobile number as it is sent: about most there is nothing more to ask."""
    return _BRAZILIAN_MOBILES.fullmatch(written) is not None


@cache
def _usual_numbers(beginning: str) -> re.Pattern[str]:
    """What the mobile and fixed-line numbers look like of the country that numbers with these first three
    digits are of: nearly all are told by this alone, at a hundredth of what parsing them costs."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    code = country_code(beginning)
    described = [
        kind.national_number_pattern
        for region in (COUNTRY_CODE_TO_REGION_CODE[int(code)] if code else ())
        if (metadata := PhoneMetadata.metadata_for_region(region, None))
        for kind in (metadata.mobile, metadata.fixed_line)
        if kind and kind.national_number_pattern
    ]
    return re.compile(rf"{code}(?:{'|'.join(described)})" if described else "(?!)")


def country_code(phone: str) -> str:
    """The country's code that a number begins with; empty where there is none."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    beginnings = (phone[:length] for length in (1, 2, 3))
    return next(
        (each for each in beginnings if each[:1] != "0" and int(each) in COUNTRY_CODE_TO_REGION_CODE), ""
    )


def _parsed(phone: str) -> PhoneNumber | None:
    from phonenumbers import NumberParseException, parse

    try:
        return parse(f"+{phone}")
    except NumberParseException:
        return None
