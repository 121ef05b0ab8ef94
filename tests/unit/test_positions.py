"""Where a value stands: the line, the column and the length that a person counts in an editor."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.document import Document, Value
from zapi_sync.core.positions import Path
from zapi_sync.errors import Location

from .drawn import QUICK
from .made import document


def token(location: Location) -> str:
    """The characters that a location points at."""
    assert location.line is not None
    assert location.column is not None
    assert location.text is not None
    return location.text[location.column - 1 : location.column - 1 + location.length]


TEXT = """\
version: 1
défaults: {é: "ção", 😀: [x, 'two words']}
groups:
  ação-01:
    groupName: Condomínio · Bloco A   # síndica
    phones:
      - "+55 44 8"
      - 5544
    'quoted': ""
"""


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n"), TEXT.replace("\n", "\r")])
@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("version",), (1, 10, "1")),
        (("défaults", "é"), (2, 15, '"ção"')),
        (("défaults", "😀", 0), (2, 26, "x")),
        (("défaults", "😀", 1), (2, 29, "'two words'")),
        (("groups", "ação-01", "groupName"), (5, 16, "Condomínio · Bloco A")),
        (("groups", "ação-01", "phones", 0), (7, 9, '"+55 44 8"')),
        (("groups", "ação-01", "phones", 1), (8, 9, "5544")),
        (("groups", "ação-01", "quoted"), (9, 15, '""')),
    ],
)
def test_a_value_is_found_to_the_character(text: str, path: Path, place: tuple[int, int, str]) -> None:
    where = document(text).where(path)
    assert (where.line, where.column, token(where)) == place
    assert where.file == "groups.yaml"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("version",), (1, 1, "version")),
        (("défaults", "😀"), (2, 22, "😀")),
        (("groups", "ação-01"), (4, 3, "ação-01")),
        (("groups", "ação-01", "quoted"), (9, 5, "'quoted'")),
    ],
)
def test_a_key_is_found_to_the_character(path: Path, place: tuple[int, int, str]) -> None:
    where = document(TEXT).where_key(path)
    assert (where.line, where.column, token(where)) == place


def test_what_is_not_there_is_told_at_its_nearest_parent() -> None:
    doc = document("a:\n  b: x\n")
    assert doc.where(("a", "c", 3)) == doc.where(("a",))
    assert doc.where_key(("a", "c")) == doc.where(("a",))
    assert doc.where_keys(("z", "c")) == []
    assert doc.where(()).line == 1


def test_in_an_empty_text_the_place_is_its_beginning() -> None:
    assert document("").where(("a",)) == Location("groups.yaml", 1, 1, text="")


def test_a_value_over_several_lines_is_marked_where_it_begins() -> None:
    where = document("a: |\n  x\n  y\nb: 'x\n  y'\n").where(("b",))
    assert (where.line, where.column, where.length) == (4, 4, 1)


def test_each_writing_of_a_key_has_its_place() -> None:
    places = document("a: 1\nb: 2\na: 3\n").where_keys(("a",))
    assert [(each.line, each.column) for each in places] == [(1, 1), (3, 1)]


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("x: &x [1, 22]\na: *x\n", ("a", 1), (1, 11, "22")),
        ("x: &x {k: v}\na: *x\n", ("a", "k"), (1, 11, "v")),
        ("x: &x {k: v}\na:\n  <<: *x\n", ("a", "k"), (1, 11, "v")),
        ("x: &x {k: v}\na:\n  <<: *x\n  k: own\n", ("a", "k"), (4, 6, "own")),
        ("x: &x {k: v}\ny: &y {k: w, l: z}\na:\n  <<: [*x, *y]\n", ("a", "k"), (1, 11, "v")),
        ("x: &x {k: v}\ny: &y {k: w, l: z}\na:\n  <<: [*x, *y]\n", ("a", "l"), (2, 17, "z")),
    ],
)
def test_a_value_that_an_alias_brings_is_found_where_it_was_written(
    text: str, path: Path, place: tuple[int, int, str]
) -> None:
    where = document(text).where(path)
    assert (where.line, where.column, token(where)) == place


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("\ufeffversion: 1\n", ("version",), (1, 11, "1")),
        ("# a\u2028# b\nversion: 1\n", ("version",), (2, 10, "1")),
        ("# a\x85# b\nversion: 1\n", ("version",), (2, 10, "1")),
        ("a: x\u2029version: 1\n", ("version",), (1, 15, "1")),
        ("a: |\n  x\x85  y\r\n  z\nversion: 1\r", ("version",), (4, 10, "1")),
        ("a:\t'x'\t# c\nversion:\t1\n", ("version",), (2, 10, "1")),
        ("k: &k version\n*k : 1\n", ("version",), (2, 6, "1")),
    ],
)
def test_a_place_is_where_an_editor_shows_it(text: str, path: Path, place: tuple[int, int, str]) -> None:
    where = document(text).where(path)
    assert (where.line, where.column, token(where)) == place


def test_a_key_that_is_an_alias_stands_where_the_alias_does() -> None:
    (place,) = document("k: &k version\n*k : 1\n").where_keys(("version",))
    assert (place.line, place.column, token(place)) == (2, 1, "*k")


def test_what_a_long_chain_of_merges_brings_is_found() -> None:
    chain = "".join(f"x{n}: &x{n} {{<<: *x{n - 1}}}\n" for n in range(1, 990))
    doc = document("x0: &x0 {k: v}\n" + chain + "a: {<<: *x989}\n")
    assert (doc.where(("a", "k")).line, doc.where(("a", "none")).line) == (1, 991)


def test_a_quoted_merge_key_is_a_key_like_any_other() -> None:
    doc = document('a: {"<<": {k: v}}\n')
    assert doc.data == {"a": {"<<": {"k": "v"}}}
    assert doc.where(("a", "<<", "k")).column == 15


def leaves(data: Value, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from leaves(value, (*path, index))
    else:
        yield path, str(data)


# `<<` among the keys would be looked for in what it merges, quoted or not: it is left out here.
_words = st.text(st.characters(categories=["L", "N", "So"], include_characters=" -_·"), max_size=8)
_data: st.SearchStrategy[Value] = st.recursive(
    _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=15,
)


def written_at(doc: Document, path: Path) -> str:
    where = doc.where(path)
    return str(yaml.safe_load(token(where)))


@QUICK
@given(_data, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_place_of_any_leaf_holds_its_text(data: Value, line_break: str, flow: bool) -> None:
    text = yaml.safe_dump(data, default_style='"', allow_unicode=True, width=10**6, default_flow_style=flow)
    doc = document(re.sub("\n", line_break, text))
    for path, leaf in leaves(data):
        assert written_at(doc, path) == leaf
