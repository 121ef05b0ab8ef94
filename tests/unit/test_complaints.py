"""Complaints as a compiler prints them: the caret stands under what is meant, whatever stands before it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.errors import Code, Diagnostic, Location, Severity
from zapi_sync.render.complaints import MAX_SHOWN, complaints, place
from zapi_sync.render.paint import Paint
from zapi_sync.render.safe import width

from .drawn import QUICK

PLAIN = Paint(on=False)


def told(message: str, hint: str, location: Location | None = None) -> Diagnostic:
    return Diagnostic(Code.WRONG_VALUE, message, hint, location)


def shown(text: str, column: int, length: int = 1) -> tuple[str, str]:
    """The excerpt of a source line, and what the carets under it underline."""
    block = complaints([told("what", "help", Location("f", 7, column, length, text))], PLAIN)
    _, excerpt, carets, _ = block.splitlines()
    assert excerpt.startswith("  7 | ")
    assert carets.startswith("    | ")
    return excerpt[6:], carets[6:]


def underlined(excerpt: str, carets: str) -> str:
    """The characters of the excerpt that stand above carets, column by column."""
    columns = "".join(character.ljust(width(character), "\0") for character in excerpt if width(character))
    start = len(carets) - len(carets.lstrip(" "))
    return columns[start : len(carets)].replace("\0", "")


def test_a_complaint_says_where_what_and_what_to_do() -> None:
    location = Location("groups.yaml", 3, 5, 6, "    phonse: []")
    first = Location("other.yaml", 1, 2, 1, "never shown")
    found = Diagnostic(
        Code.UNKNOWN_ATTRIBUTE,
        'unknown attribute "phonse"',
        'did you mean "phones"?',
        location,
        also=(("first written here", first),),
    )
    assert complaints([found], PLAIN).splitlines() == [
        'groups.yaml:3:5: error: unknown attribute "phonse" [ZS112]',
        "  3 |     phonse: []",
        "    |     ^^^^^^",
        "  first written here: other.yaml:1:2",
        '  hint: did you mean "phones"?',
    ]


@pytest.mark.parametrize(
    ("location", "head"),
    [
        (None, "error: what [ZS114]"),
        (Location("f"), "f: error: what [ZS114]"),
        (Location("f", 3), "f:3: error: what [ZS114]"),
        (Location("f", 3, 4), "f:3:4: error: what [ZS114]"),
        (Location("a\x1b\nb", 3, 4), "a\\u{1b}\\u{a}b:3:4: error: what [ZS114]"),
        (Location(":", 3, 4), ":\\u{3a}3:4: error: what [ZS114]"),
        (Location(":"), ":\\u{3a} error: what [ZS114]"),
        (Location("::add-mask::x"), ":\\u{3a}add-mask::x: error: what [ZS114]"),
    ],
)
def test_a_place_is_told_as_far_as_it_is_known(location: Location | None, head: str) -> None:
    assert complaints([Diagnostic(Code.WRONG_VALUE, "what", "do", location)], PLAIN) == f"{head}\n  hint: do"


def test_a_warning_is_called_one() -> None:
    assert (
        complaints([Diagnostic(Code.WRONG_VALUE, "what", "do", severity=Severity.WARNING)], PLAIN)
        == "warning: what [ZS114]\n  hint: do"
    )


def test_nothing_from_outside_reaches_the_terminal_as_it_came() -> None:
    evil = "\x1b]0;x\x07\u202e\n\ud800"
    location = Location(evil, 1, 1, 3, evil)
    text = complaints([Diagnostic(Code.TAG, evil, evil, location, also=(("first", location),))], PLAIN)
    assert not re.search("[^\n -~]", text)
    assert len(text.splitlines()) == 5


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("phonse: 1", "phonse"),
        ("  - ção: x", "ção"),
        ("a: ção x", "x"),
        ("字字: 字x", "字x"),
        ("😀 😀: k", "k"),
        ("e\u0301e\u0301: k", "k"),
        ("\t\tk: v", "k"),
        ("a\tb: vv", "vv"),
        ("\x07k: v", "v"),
        ("k: '\u202ev'", "k"),
    ],
)
def test_the_carets_stand_under_what_is_meant(text: str, token: str) -> None:
    excerpt, carets = shown(text, text.rindex(token) + 1, len(token))
    assert underlined(excerpt, carets) == token


def test_tabs_are_shown_as_wide_as_they_are_counted() -> None:
    assert shown("\t'a\tb': x", 2, 5) == (" 'a b': x", " ^^^^^")
    assert shown("\t" * 30 + "key: x", 31, 3) == (" " * 30 + "key: x", " " * 30 + "^^^")


@pytest.mark.parametrize("column", [1, 50, 51, 100, 101, 300, 595])
def test_of_a_long_line_the_part_around_the_caret_is_shown(column: int) -> None:
    text = "".join(chr(ord("a") + n % 26) for n in range(600))
    excerpt, carets = shown(text, column, 3)
    assert len(excerpt) <= 100
    assert underlined(excerpt, carets) == text[column - 1 : column + 2]


def test_where_a_line_was_cut_there_is_a_mark() -> None:
    assert shown("abc" * 40, 1)[0] == ("abc" * 40)[:97] + "..."
    assert shown("abc" * 40, 120)[0] == "..." + ("abc" * 40)[72:]
    assert shown("abc" * 90, 120)[0] == "..." + ("abc" * 90)[72:166] + "..."


def test_the_carets_stand_under_what_a_terminal_without_letters_shows() -> None:
    location = Location("f", 7, 9, 3, "ção: 1, ção: 2")
    _, excerpt, carets, _ = complaints([told("what", "do", location)], Paint(False, "ascii")).splitlines()
    seen = excerpt.encode("ascii", "backslashreplace").decode()
    assert seen[carets.index("^") : carets.rindex("^") + 1] == r"\xe7\xe3o"


def test_carets_never_reach_beyond_the_excerpt() -> None:
    excerpt, carets = shown("k: " + "v" * 500, 4, 500)
    assert len(carets) <= 100
    assert excerpt.startswith("k: vvv")


def test_a_place_beyond_the_line_has_a_caret_at_its_end() -> None:
    assert shown("", 1) == ("", "^")
    assert shown("a: [1", 6) == ("a: [1", "     ^")


_lines = st.text(st.characters(exclude_characters="\n"), max_size=250)


@QUICK
@given(_lines, st.integers(1, 260), st.integers(1, 260))
def test_any_line_has_an_excerpt_and_a_caret(text: str, column: int, length: int) -> None:
    lines = complaints([told("what", "do", Location("f", 7, column, length, text))], PLAIN).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("    | ")
    assert set(lines[2][6:]) <= {" ", "^"}
    assert "^" in lines[2]


def test_all_complaints_are_shown_up_to_a_bound_and_the_rest_is_counted() -> None:
    many = [told(f"number {n}", "do") for n in range(MAX_SHOWN + 7)]
    assert complaints(many[:MAX_SHOWN], PLAIN).count("hint:") == MAX_SHOWN
    assert "... and" not in complaints(many[:MAX_SHOWN], PLAIN)
    lines = complaints(many, PLAIN).splitlines()
    assert lines[-1] == "... and 7 more (--format json shows them)"
    assert sum("hint:" in line for line in lines) == MAX_SHOWN
    assert complaints([], PLAIN) == ""


def test_colours_change_nothing_but_colours() -> None:
    found = [Diagnostic(Code.WRONG_VALUE, "what", "do", Location("f", 3, 5, 6, "    phonse: []"))]
    coloured = complaints(found, Paint(on=True))
    assert coloured != complaints(found, PLAIN)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == complaints(found, PLAIN)


def test_a_place_links_as_editors_do() -> None:
    assert place(Location("a/b.yaml", 3, 9)) == "a/b.yaml:3:9"
