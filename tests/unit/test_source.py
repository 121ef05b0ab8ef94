"""Bytes -> text, or a clear answer about what these bytes are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.source import Source, decode

from .drawn import QUICK
from .made import told


@pytest.mark.parametrize("raw", ["a: ção 😀".encode(), "a: ção 😀".encode("utf-8-sig")])
def test_utf_8_is_read_with_and_without_its_mark(raw: bytes) -> None:
    assert decode("f", raw) == Source("f", "a: ção 😀")


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"\xef\xbb\xbfa: \xe7", (1, 4, "e7")),
        (b"a\rb\rc: \xe7\r", (3, 4, "e7")),
        ("é\r\n😀 ".encode() + b"\xff\xfe", (2, 3, "ff")),
    ],
)
def test_a_byte_that_is_no_text_is_told_by_its_place(raw: bytes, place: tuple[int, int, str]) -> None:
    complaint = decode("f", raw).problem
    assert complaint
    assert complaint.location
    assert (complaint.location.line, complaint.location.column) == place[:2]
    assert f"0x{place[2]}" in complaint.message


def test_no_bytes_are_an_empty_text() -> None:
    assert decode("f", b"").text == ""


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (
            "a: 1".encode("utf-16"),
            "f:1:1+1 error: this is UTF-16 or UTF-32 text, not UTF-8 | save the file as UTF-8",
        ),
        (
            "a: 1".encode("utf-16-le"),
            "f:1:1+1 error: this is UTF-16 or UTF-32 text, not UTF-8 | save the file as UTF-8",
        ),
        (
            "a: 1".encode("utf-16-be"),
            "f:1:1+1 error: this is UTF-16 or UTF-32 text, not UTF-8 | save the file as UTF-8",
        ),
        (
            "a: 1".encode("utf-32"),
            "f:1:1+1 error: this is UTF-16 or UTF-32 text, not UTF-8 | save the file as UTF-8",
        ),
        (b"a: 1\nb: \0", "f:2:4+1 error: this is a binary file, not YAML | name a YAML text file"),
        (b"PK\x03\x04\x14\0\xff", "f:1:6+1 error: this is a binary file, not YAML | name a YAML text file"),
        (b"\x7fELF\x02\x01\x01\0", "f:1:8+1 error: this is a binary file, not YAML | name a YAML text file"),
        (
            "a: 1\r\nb: ção".encode("latin-1"),
            (
                "f:2:4+1 error: byte 0xe7 is not UTF-8 text | "
                "save the file as UTF-8 (an editor may have saved it as latin-1 or Windows-1252)"
            ),
        ),
        (
            "é: ".encode() + b"\x80",
            (
                "f:1:4+1 error: byte 0x80 is not UTF-8 text | "
                "save the file as UTF-8 (an editor may have saved it as latin-1 or Windows-1252)"
            ),
        ),
        (
            b"a: \xf0\x9f\x98",
            (
                "f:1:4+1 error: byte 0xf0 is not UTF-8 text | "
                "save the file as UTF-8 (an editor may have saved it as latin-1 or Windows-1252)"
            ),
        ),
        (
            b"a: \xed\xa0\x80",
            (
                "f:1:4+1 error: byte 0xed is not UTF-8 text | "
                "save the file as UTF-8 (an editor may have saved it as latin-1 or Windows-1252)"
            ),
        ),
    ],
)
def test_other_bytes_are_named_for_what_they_are(raw: bytes, complaint: str) -> None:
    source = decode("f", raw)
    assert source.problem
    assert told([source.problem]) == [complaint]
    assert source.text == ""


@QUICK
@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_a_refusal(raw: bytes) -> None:
    source = decode("f", raw)
    assert source.problem or source.text.encode() == raw.removeprefix(b"\xef\xbb\xbf")


@QUICK
@given(st.text("ab\n\r\x85\u2028é😀", max_size=20), st.data())
def test_an_offset_is_found_as_a_line_and_a_column(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, max(0, len(text) - 1)))
    where = Source("f", text).location_of_offset(offset)
    assert where.line is not None
    assert where.column is not None
    assert where.text == Source("f", text).lines[where.line - 1]
    if text and text[offset] in "abé😀":
        assert where.text[where.column - 1] == text[offset]
