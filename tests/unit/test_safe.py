"""Text from outside meets a terminal harmless, and as wide as it is measured."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.phones import EXAMPLES
from zapi_sync.render.safe import MAX_SHOWN, pad, printable, width, without_phones

from .drawn import QUICK


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Launch VIP 01", "Launch VIP 01"),
        ("Condomínio · Bloco A 😀 字", "Condomínio · Bloco A 😀 字"),
        ("\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "\\u{1b}]8;;http://evil\\u{7}link\\u{1b}]8;;\\u{7}"),
        ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
        ("\x9b31m \x90 \x9d", "\\u{9b}31m \\u{90} \\u{9d}"),
        ("a\u202egpj.exe\u202c", "a\\u{202e}gpj.exe\\u{202c}"),
        ("\u2066x\u2069 \u200e\u200f\u061c", "\\u{2066}x\\u{2069} \\u{200e}\\u{200f}\\u{61c}"),
        ("a\nb\r\nc\td", "a\\u{a}b\\u{d}\\u{a}c\\u{9}d"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf", "a\\u{2028}b\\u{2029}c\\u{85}d\\u{b}e\\u{c}f"),
        ("\ud800", "\\u{d800}"),
        ("\0\x7f\b", "\\u{0}\\u{7f}\\u{8}"),
        ("a\u200bb\ufeffc\u2060d\u00ade", "a\\u{200b}b\\u{feff}c\\u{2060}d\\u{ad}e"),
        ("\u00a0\u3000\u2003", "\\u{a0}\\u{3000}\\u{2003}"),
        ("\U000e0041\ue000", "\\u{e0041}\\u{e000}"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\u200db \u200dc e\u0301\u200dd", "a\\u{200d}b \\u{200d}c e\u0301\\u{200d}d"),
        ("葛\U000e0100", "葛\\u{e0100}"),
        ("::error::x", ":\\u{3a}error::x"),
        (" \t::stop-commands::x", " \\u{9}::stop-commands::x"),
        ("\u3000::x", "\\u{3000}::x"),
        ("a ::error::x", "a ::error::x"),
        ("##[add-mask]x", "#\\u{23}[add-mask]x"),
        ("a ##vso[task.setvariable]b", "a #\\u{23}vso[task.setvariable]b"),
        ("###teamcity[x]", "##\\u{23}teamcity[x]"),
        ("## turma [1]", "## turma [1]"),
    ],
)
def test_what_a_terminal_acts_upon_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@QUICK
@given(st.text(st.characters(), max_size=30))
def test_any_text_becomes_one_harmless_line(text: str) -> None:
    shown = printable(text)
    assert all(character.isprintable() or character == "\u200d" for character in shown)
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert not any(
        unicodedata.bidirectional(character) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI"}
        for character in shown
    )


@QUICK
@given(st.text(st.characters(), max_size=30))
def test_what_is_harmless_already_stays_as_it_is(text: str) -> None:
    once = printable(text)
    assert printable(once) == once


def test_a_text_is_not_shown_without_an_end() -> None:
    assert printable("a" * 10**6) == "a" * (MAX_SHOWN - 3) + "..."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tel5544999998888", "tel...8888"),
        ("5544999998888a", "...8888a"),
        ("５５４４９９９９９８８８８", "...８８８８"),
        ("٥٥٤٤٩٩٩٩٩٨٨٨٨", "...٨٨٨٨"),
        ("55_44_99999_8888", "...8888"),
        ("55,44,99999,8888", "...8888"),
        ("+55\u00a044\u00a099999\u22128888", "...8888"),
        ("55\u201044\u301c99999\uff0d8888", "...8888"),
        ("(55) 44 99999-8888", "(...8888"),
        ("55449999988885544999998888", "...8888"),
        ("5544999998888, 5544999997777", "...8888, ...7777"),
        ("5544999998888-1623281429-group", "...8888-1623281429-group"),
        ("5544999998888-1623281429@g.us", "...8888-1623281429@g.us"),
        ("chat.whatsapp.com/AbC", "(invite link)"),
        ("hTTps://CHAT.whatsapp.com:443/AbC?x now", "(invite link) now"),
    ],
)
def test_no_phone_and_no_link_is_told_to_a_pull_request(text: str, shown: str) -> None:
    assert without_phones(text) == shown
    assert without_phones(f"a {text}") == f"a {shown}"


@pytest.mark.parametrize(
    "text",
    [
        "120363019502650977-group", "120363019502650977@g.us", "2026-11-23", "2026-11-23 10:00:00",
        "2026-11-23T10:00:00Z", "1,000,000 entries", "123,456,789", "groups-20261123.yaml", "1234567",
        f"write it as in {' or '.join(EXAMPLES)}", f"`- {EXAMPLES[0]}`",
    ],
)  # fmt: skip
def test_what_is_no_phone_stays(text: str) -> None:
    assert without_phones(text) == text


def test_a_text_made_to_stall_is_through_at_once() -> None:
    text = "1 " * 100_000 + "1-group"
    assert without_phones(text) == "...1111-1-group"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("ção", 3),
        ("c\u0327a\u0303o", 3),
        ("字字", 4),
        ("😀", 2),
        ("ｱ", 1),
        ("\uff21", 2),
        ("a\u200db", 2),
    ],
)
def test_a_text_takes_so_many_columns(text: str, columns: int) -> None:
    assert width(text) == columns
    assert pad(text, columns + 2) == text + "  "
