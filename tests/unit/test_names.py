"""Group names: when two are one, and what is said of one that nobody should want."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.names import MAX_NAME, comparable_name, name_problems
from zapi_sync.errors import Code, Severity

from .drawn import QUICK

ERROR, WARNING = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize(
    "name",
    [
        "Launch VIP 01", "Ação", "👨\u200d👩\u200d👧 Família", "❤\ufe0f Turma", "مرحبا بالعالم", "שלום",
        "مرحبا\u200f (1)", "می\u200cخواهم", "你好世界",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\U0001faff", "ක්\u200dර",
        "a", "a" * MAX_NAME, "🎉" * 50, "##turma", "::x::", "| a | b |", "`x`", "<b>x</b>", "=1+1",
    ],
)  # fmt: skip
def test_what_people_write_is_fine(name: str) -> None:
    assert list(name_problems(name)) == []


@pytest.mark.parametrize(
    ("name", "code", "severity", "message"),
    [
        ("", Code.NAME_UNUSABLE, ERROR, "blank"),
        (" \t", Code.NAME_UNUSABLE, ERROR, "blank"),
        ("\u3000", Code.NAME_UNUSABLE, ERROR, "blank"),
        ("\u200b\u2060\ufeff\u3164", Code.NAME_UNUSABLE, ERROR, "blank"),
        ("\u200d", Code.NAME_UNUSABLE, ERROR, "blank"),
        ("\u0301\u0302", Code.NAME_UNUSABLE, ERROR, "blank"),
        ("\ue000\U000f0000", Code.NAME_UNUSABLE, ERROR, "blank"),
        ("\u0378", Code.NAME_UNUSABLE, ERROR, "blank"),
        ("\x07", Code.NAME_UNUSABLE, ERROR, "blank"),
        ("a\nb", Code.NAME_UNUSABLE, ERROR, "U+000A (a line break)"),
        ("a\u2028b", Code.NAME_UNUSABLE, ERROR, "U+2028 (line separator)"),
        ("a\x1b[31mb", Code.NAME_UNUSABLE, ERROR, "U+001B (a control character)"),
        ("a\x9bb", Code.NAME_UNUSABLE, ERROR, "U+009B (a control character)"),
        ("a\u202eb", Code.NAME_DISGUISED, ERROR, "U+202E (right-to-left override)"),
        ("a\u2066b", Code.NAME_DISGUISED, ERROR, "U+2066 (left-to-right isolate)"),
        (
            "🎉" * 51,
            Code.NAME_TOO_LONG,
            WARNING,
            "51 characters long, which make 102",
        ),
        (" a", Code.NAME_WITH_BORDERS, WARNING, "begins with a blank"),
        ("a ", Code.NAME_WITH_BORDERS, WARNING, "ends with a blank"),
        ("a\u200bb", Code.NAME_WITH_INVISIBLES, WARNING, "U+200B (zero width space)"),
        ("a\ufeff", Code.NAME_WITH_INVISIBLES, WARNING, "U+FEFF (zero width no-break space)"),
        ("a\u00adb", Code.NAME_WITH_INVISIBLES, WARNING, "U+00AD (soft hyphen)"),
        ("a\u3164b", Code.NAME_WITH_INVISIBLES, WARNING, "U+3164 (hangul filler)"),
        ("a\u200db", Code.NAME_WITH_INVISIBLES, WARNING, "U+200D (zero width joiner)"),
        ("a\u200c", Code.NAME_WITH_INVISIBLES, WARNING, "U+200C (zero width non-joiner)"),
        ("👨\u200d\u200d👩", Code.NAME_WITH_INVISIBLES, WARNING, "U+200D (zero width joiner)"),
        ("a\U000e0061", Code.NAME_WITH_INVISIBLES, WARNING, "U+E0061 (tag latin small letter a)"),
        ("🏴\U000e0067\U000e007fb\U000e0001", Code.NAME_WITH_INVISIBLES, WARNING, "U+E0001 (language tag)"),
        ("葛\U000e0100", Code.NAME_WITH_INVISIBLES, WARNING, "U+E0100 (variation selector-17)"),
        ("a\u00a0b", Code.NAME_WITH_INVISIBLES, WARNING, "U+00A0 (no-break space)"),
        ("a\u2009b", Code.NAME_WITH_INVISIBLES, WARNING, "U+2009 (thin space)"),
    ],
)
def test_what_is_wrong_is_said_with_its_reason(
    name: str, code: Code, severity: Severity, message: str
) -> None:
    (problem,) = name_problems(name)
    assert (problem.code, problem.severity) == (code, severity)
    assert message in problem.message
    assert problem.hint


def test_all_that_is_wrong_is_said_at_once() -> None:
    codes = [problem.code for problem in name_problems(" a\n\u202e\u200b" + "🎉" * 60)]
    assert codes == [
        Code.NAME_UNUSABLE,
        Code.NAME_DISGUISED,
        Code.NAME_TOO_LONG,
        Code.NAME_WITH_BORDERS,
        Code.NAME_WITH_INVISIBLES,
    ]


@QUICK
@given(st.text(max_size=30))
def test_any_text_is_judged_and_no_message_holds_what_it_warns_of(name: str) -> None:
    for problem in name_problems(name):
        assert problem.message.isprintable()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ação", unicodedata.normalize("NFD", "Ação")),
        ("Turma 1", " Turma  1 "),
        ("Turma 1", "Turma\u00a01"),
        ("Turma 1", "Turma\u20091"),
        ("Turma 1", "Turma\t1"),
        ("Turma 1", "Turma\u200b 1\ufeff"),
        ("Turma 1", "\u200eTurma 1\u200f"),
        ("❤ Turma", "❤\ufe0f Turma"),
        ("Turma 1", "\u3164Turma 1"),
        ("Turma 1", "Tur\u200dma\u200c 1"),
        ("Turma é", "Turma e\u200b\u0301"),
        ("Turma 1", "Turma\U000e0061 1\U000e01ef"),
    ],
)
def test_names_that_look_the_same_are_one(one: str, other: str) -> None:
    assert comparable_name(one) == comparable_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Turma 1", "turma 1"),
        ("Turma 1", "Turma1"),
        ("Turma", "Tur ma"),
        ("👨👩", "👨\u200d👩"),
        ("a", "ａ"),
        ("🏴", "🏴\U000e0067\U000e0062\U000e007f"),
        ("میخواهم", "می\u200cخواهم"),
    ],
)
def test_names_that_people_tell_apart_are_two(one: str, other: str) -> None:
    assert comparable_name(one) != comparable_name(other)


def test_a_name_made_to_stall_is_compared_at_once() -> None:
    name = "a" + "\u0301\u0316" * 200_000
    assert comparable_name(name) == comparable_name(name)
    assert comparable_name(name) != comparable_name(name + "b")


@QUICK
@given(st.text(max_size=30))
def test_the_comparable_form_is_its_own(name: str) -> None:
    once = comparable_name(name)
    assert comparable_name(once) == once
