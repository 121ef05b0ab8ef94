"""Text from outside meets a terminal harmless, and as wide as it is measured."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.render.safe import pad, printable, width

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
    if text.isprintable():
        assert once == text


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
