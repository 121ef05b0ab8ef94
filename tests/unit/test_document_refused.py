"""Texts that are not YAML, or more than a groups file can be: one clear answer, at the right place."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core import document as limits
from zapi_sync.core import parsers as parser
from zapi_sync.core.document import MAX_DEPTH, MAX_EXPANDED
from zapi_sync.errors import ConfigInvalid

from .drawn import QUICK
from .made import document, refusal, told


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: b: c", "1:5+1 a `key: value` cannot stand here | put text that contains `: ` in quotes"),
        ("a: 1\n  b: 2", "2:3+1 this line stands further right than the one above it, which has its value"),
        ("a:\n  b:c\n  d: e", "2:3+2 a blank is missing after this colon | write `key: value`"),
        ("a: [b] c", "1:8+1 this cannot follow the value before it | put the whole text in quotes"),
        ("a: 'D'Ávila'", "1:7+1 this cannot follow the value before it | put the whole text in quotes"),
        ("a:\n\tb: 1", "2:1+1 a tab stands in the indentation | indent with spaces"),
        ("a: @x", "1:4+1 a text cannot begin with this character | put the text in quotes"),
        ("a: `x`", "1:4+1 a text cannot begin with this character | put the text in quotes"),
        ("a: %x", "1:4+1 a text cannot begin with this character | put the text in quotes"),
        ("a: 'b", "1:4+1 this quote is never closed | close it"),
        ('é: "b\nc: d\n', "1:4+1 this quote is never closed | close it"),
        ("a: 'b\n---\n", "1:4+1 this quote is not closed before the document ends | close it"),
        ("a: [1, 2\n", "1:4+1 the list in brackets is not closed | close it with ]"),
        ("a: {b: 1\n", "1:4+1 the mapping in braces is not closed | close it with }"),
        ("a:\n  - b\n c: d\n", "3:2+1 this line belongs to nothing above it | check the indentation"),
        ("a:\n  b\nc\n", "3:1+1 this is no `key: value` | write a colon and a space after the key"),
        ("a: - b", "1:4+1 a list entry (`- `) cannot stand here | write it on a line of its own"),
        ("- a: b\n - c", "2:2+1 a list entry is expected here | begin it with `- `"),
        ("a: ]", "1:4+1 a value is missing here | write it, or quote the text"),
        ('a: "x\\qz"', "1:6+1 this backslash begins no escape | write \\\\ for a backslash"),
        ('a: "\\x4"', "1:7+1 this escape wants hexadecimal digits | write two after \\x"),
        ('a: "\\ud83d"', "1:7+1 this escape is no character | write the character itself"),
        (
            "a: & b",
            "1:4+1 a name of plain letters and digits is expected after this & or *",
        ),
        ("a: | x", "1:6+1 nothing but a comment may follow here | write the text on the next line"),
        ("a: !y!x 1", "1:4+1 this tag has no meaning here | quote text that begins with !"),
        ("[a] b", "1:5+1 this stands after the end of the file's one value | remove what is too much"),
        ("%YAML 2.0\n---\na: 1", "1:1+1 this YAML version is not known here | remove the %YAML line"),
        ("%YAML 1.1\n%YAML 1.1\n---\na: 1", "2:1+1 a second %YAML line | remove it"),
        ("a: é\x07", "1:5+1 a control character stands here, which YAML does not take | remove it"),
        ("a: \x7f", "1:4+1 a control character stands here, which YAML does not take | remove it"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_place_and_a_remedy(text: str, complaint: str) -> None:
    (line,) = refusal(ConfigInvalid, lambda: document(text))
    place, _, words = complaint.partition(" ")
    assert line.startswith(f"groups.yaml:{place} error: this is not YAML: {words}")


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("a:\n  - [1, 2\nb: 3\n", ("it is opened here", 2, 5)),
        ("a: {b: 1\nc\nd: e", ("it is opened here", 1, 4)),
        ("a:\n  b: 1\n c: d\n", ("what it was read as part of begins here", 1, 1)),
    ],
)
def test_where_it_began_is_told_too(text: str, also: tuple[str, int, int]) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        document(text)
    ((word, place),) = refused.value.diagnostics[0].also
    assert (word, place.line, place.column) == also


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "a: *b",
            (
                "1:4+2 error: nothing above carries the anchor &b | "
                "write the anchor above its first use, or quote the text if it is no alias"
            ),
        ),
        (
            "é: [*later]\nb: &later 1",
            (
                "1:5+6 error: nothing above carries the anchor &later | "
                "write the anchor above its first use, or quote the text if it is no alias"
            ),
        ),
        ("&a [*a]", "1:5+2 error: *a stands inside the value that it names | write the value out"),
        ("a: &x\n  b: *x", "2:6+2 error: *x stands inside the value that it names | write the value out"),
        ("a: &x\n  <<: *x", "2:7+2 error: *x stands inside the value that it names | write the value out"),
        ("? [a]\n: 1", "1:3+1 error: a key is expected here, not a collection | keys are text: `key: value`"),
        ("{a: 1}: 2", "1:1+1 error: a key is expected here, not a collection | keys are text: `key: value`"),
        (
            "a: &m {b: 1}\n*m : 2",
            "2:1+2 error: a key is expected here, not a collection | keys are text: `key: value`",
        ),
    ],
)
def test_what_a_groups_file_cannot_be_is_refused(text: str, complaint: str) -> None:
    assert refusal(ConfigInvalid, lambda: document(text)) == [f"groups.yaml:{complaint}"]


@pytest.mark.parametrize("text", ["a: 1\n---\nb: 2", "a: 1\n--- {b: 2}\n---\nc: 3", "a: 1\n---\n[[[ !x *y"])
def test_a_second_document_is_told_and_the_first_one_read(text: str) -> None:
    found = document(text)
    assert found.data == {"a": "1"}
    assert told(found.problems) == [
        "groups.yaml:2:1+3 error: a second YAML document begins here, and a groups file holds one | "
        "give it a file of its own, and name both files with -f"
    ]
    assert (found.where(("a",)).line, found.where(("a",)).column) == (1, 4)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 10_000, 100_000])
@pytest.mark.parametrize(("opening", "column"), [("[", 1), ("{a: ", 4)])
def test_deep_nesting_is_refused_and_not_followed(depth: int, opening: str, column: int) -> None:
    (line,) = refusal(ConfigInvalid, lambda: document(opening * depth))
    place, _, complaint = line.partition(" ")
    assert complaint == "error: more than 50 levels of nesting | a groups file needs four: is this one?"
    # a libyaml that reads ahead has met its own bound by then
    assert place in (f"groups.yaml:1:{MAX_DEPTH * column + 1}+1", "groups.yaml:1:1001+1")


def test_more_values_than_any_config_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_VALUES", 6)
    assert document("[1, 2, 3, 4, 5]").data == ["1", "2", "3", "4", "5"]
    for text in ("[1, 2, 3,\n4, 5, 6]", "[[], {}, [],\n[], {}, []]"):
        (line,) = refusal(ConfigInvalid, lambda: document(text))  # noqa: B023  called at once
        assert line.startswith("groups.yaml:2:")
        assert "error: more than 6 keys and values in one file | split the file" in line


def test_nesting_up_to_the_bound_is_read() -> None:
    assert document("[" * MAX_DEPTH + "]" * MAX_DEPTH).problems == ()


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    floors = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    floors += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (line,) = refusal(ConfigInvalid, lambda: document("\n".join(floors)))
    assert line.endswith(
        "error: the aliases of this file stand for more than 1,000,000 values | write the values out, or"
        " split them over several runs: `-f` names the files of one"
    )
    assert line.startswith("groups.yaml:6:")


def test_a_bomb_of_merge_keys_is_refused_too() -> None:
    floors = [f"a0: &a0 {{{', '.join(f'k{n}: x' for n in range(100))}}}"]
    floors += [f"a{n}: &a{n} {{m: [{', '.join([f'{{<<: *a{n - 1}}}'] * 10)}]}}" for n in range(1, 8)]
    (line,) = refusal(ConfigInvalid, lambda: document("\n".join(floors)))
    assert "stand for more than 1,000,000 values" in line


def test_a_bomb_of_long_texts_is_refused_too() -> None:
    (line,) = refusal(ConfigInvalid, lambda: document(f"a: &a {'x' * 10**6}\nb: [{', '.join(['*a'] * 40)}]"))
    assert "groups.yaml:2:" in line
    assert "stand for more than 32,000,000 characters" in line


@pytest.mark.parametrize("link", ["[*a{}]", "{{k: *a{}}}"])
def test_nesting_through_aliases_is_bounded_as_well(link: str) -> None:
    floors = "".join(f"a{n}: &a{n} {link.format(n - 1)}\n" for n in range(1, 200))
    (line,) = refusal(ConfigInvalid, lambda: document("a0: &a0 [x]\n" + floors))
    assert line.startswith("groups.yaml:50:")
    assert "more than 50 levels of nesting" in line


def test_merging_adds_no_level() -> None:
    chain = "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, <<: [*a0, *a{n - 1}]}}\n" for n in range(1, 8))
    chain += "".join(f"a{n}: &a{n} {{<<: *a{n - 1}}}\n" for n in range(8, 200))
    assert document("a0: &a0 {k: v}\n" + chain).problems == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 'b\n\nc: d\n\n", "1:4"),
        ('a: "b\nc: d\n# e', "1:4"),
        ("a:\n  - [b\n  - c\n", "2:5"),
        ("a: {b: [c, d}\n", "1:13"),
        ("a: 1\nkey without a colon\nb: 2\n", "2:1"),
        ("[", "1:1"),
        ("a: [b,\n", "1:6"),
        ("\ufeffa: b: c\n", "1:6"),
        ("a: x\u2028b: c: d", "1:10"),
        ("# \x85\u2029\na: b: c", "2:5"),
        ("a: 1\n\ufeffb: 2\n", "2:2"),
    ],
)
def test_a_mistake_that_shows_late_is_told_where_it_was_made(text: str, place: str) -> None:
    (line,) = refusal(ConfigInvalid, lambda: document(text))
    assert line.startswith(f"groups.yaml:{place}+")


def test_a_byte_order_mark_amid_the_text_is_called_one() -> None:
    (line,) = refusal(ConfigInvalid, lambda: document("a: 1\n\ufeffb: 2\n"))
    assert "an unseen byte order mark (U+FEFF) stands before this, and only a file may begin with one" in line


def test_a_tag_before_text_that_is_not_yaml_is_told_too() -> None:
    lines = refusal(ConfigInvalid, lambda: document("a: !t b\nc: d: e\n"))
    assert [line.split("+")[0] for line in lines] == ["groups.yaml:1:4", "groups.yaml:2:5"]


@pytest.mark.parametrize(
    "text",
    [
        'a: "\\ud800"',
        'a: "\\ude00\\ud83d"',
        'a: "\\U00110000"',
        'a: "\\UFFFFFFFF"',
        "%YAML 1." + "1" * 5000 + "\n--- a",
    ],
)
@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_numbers_beyond_reason_are_refused_by_both_parsers(
    text: str, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser, "_LOADER", getattr(yaml, loader))
    (line,) = refusal(ConfigInvalid, lambda: document(text))
    assert line.startswith("groups.yaml:1:")


def test_a_thousand_groups_can_share_a_thousand_phones() -> None:
    team = "x-team: &team [" + ", ".join(str(5544990000000 + n) for n in range(998)) + "]\n"
    text = team + "groups:\n" + "".join(f"  g{n}: {{phones: *team}}\n" for n in range(1000))
    assert MAX_EXPANDED > 999 * 1000
    assert document(text).problems == ()


@pytest.mark.parametrize(
    ("text", "column", "length", "tag"),
    [
        ("a: !!python/object/apply:os.system x", 4, 33, "!!python/object/apply:os.system"),
        ("a: !!binary aGk=", 4, 13, "!!binary"),
        ("a: !!int 1", 4, 7, "!!int"),
        ("a: !env TOKEN", 4, 10, "!env"),
        ("a: !x {b: 1}", 4, 4, "!x"),
    ],
)
def test_a_tag_is_told_and_never_obeyed(text: str, column: int, length: int, tag: str) -> None:
    problems = document(text).problems
    assert told(problems) == [
        f"groups.yaml:1:{column}+{length} error: the tag {tag} has no meaning here | "
        "remove it, or put a text that begins with ! in quotes"
    ]


@pytest.mark.parametrize("text", ["a: !!str 1", "a: !!map {}", "a: !!seq []", "a: ! x"])
def test_the_tags_of_what_everything_is_anyway_pass(text: str) -> None:
    assert document(text).problems == ()


def complaints(text: str) -> list[str]:
    """All that is told about a text, whether it is refused or not."""
    try:
        return told(document(text).problems)
    except ConfigInvalid as refused:
        return told(refused.diagnostics)


@QUICK
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_data_or_a_refusal(text: str) -> None:
    assert all(line.startswith("groups.yaml") and " | " in line for line in complaints(text))


_PIECES = [
    "a",
    "b",
    ": ",
    "- ",
    "\n",
    "  ",
    "&x ",
    "*x",
    "<<: ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "'",
    '"',
    "# c",
    "? ",
    "|\n",
    "!t ",
    "---\n",
]


@QUICK
@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join))
def test_any_pieces_of_yaml_are_data_or_a_refusal(text: str) -> None:
    assert all(line.startswith("groups.yaml") and " | " in line for line in complaints(text))
