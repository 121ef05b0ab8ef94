"""A text is its English to all that keeps or compares it, and is told in the language of the run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.language import (
    LANGUAGES,
    Amount,
    Joined,
    Plural,
    Text,
    _,
    chosen,
    known_as,
    ngettext,
    speak,
    told,
)

from .drawn import QUICK, TEXTS

WORDS = {
    "the group {key} is gone": "sumiu o grupo {key}",
    "{what} of {whose}": "{whose}: {what}",
    "braces {{}} and {what}": "chaves {{}} e {what}",
    "{} as it is": "{} assim mesmo",
    "state": "estado",
    " and ": " e ",
    "1,000": "1.000",
}
PLURALS = {"{number} group of {whose}": ("{number} grupo de {whose}", "{number} grupos de {whose}")}


class Portuguese:
    """A few words of it. As in Portuguese, nought is one."""

    def gettext(self, message: str, /) -> str:
        return WORDS.get(message, message)

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        return PLURALS.get(one, (one, many))[number > 1]


class Mute:
    """A catalogue without a word."""

    def gettext(self, message: str, /) -> str:
        return message

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        return one if number == 1 else many


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    speak(None)


def texts(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.builds(lambda value: Text("a {value} {{}}", value=value), parts)
        | st.builds(lambda number, value: Plural("{v}", "{number} {v}", number, v=value), NUMBERS, parts)
        | st.builds(Joined, parts, st.lists(parts, max_size=3))
        | st.builds(lambda text, other: Text("", n=1) + text + other, parts, parts)
    )


NUMBERS = st.integers(-(10**9), 10**9)
ANY = st.recursive(TEXTS | TEXTS.map(Text) | NUMBERS.map(Amount), texts, max_leaves=6)


@given(ANY)
@QUICK
def test_a_text_is_its_english(text: str) -> None:
    english = "".join(text)  # which is no Text any more
    assert type(english) is str
    assert text == english
    assert hash(text) == hash(english)
    assert {text: 1}[english] == 1
    assert json.dumps({text: text}) == json.dumps({english: english})
    assert told(text) == english
    speak(Mute())
    assert told(text) == english


@given(TEXTS, TEXTS, NUMBERS)
@QUICK
def test_its_english_is_what_python_makes_of_it(one: str, other: str, number: int) -> None:
    assert Text(one) == one
    assert Text("{{{one}}} {other!r} {number:03}", one=one, other=other, number=number) == (
        f"{{{one}}} {other!r} {number:03}"
    )
    assert Joined(one, (other, Text(one), other)) == one.join((other, one, other))
    assert Text(one) + other == one + Text(other) == Text(one) + Text(other) == one + other
    assert Amount(number) == f"{number:,}"
    assert Plural("one {x}", "{number} {x}", number, x=one) == (
        f"one {one}" if number == 1 else f"{number:,} {one}"
    )


GROUP = Text("the group {key} is gone", key="launch")
GONE = "sumiu o grupo launch"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GROUP, GONE),
        (Text("{} as it is"), "{} assim mesmo"),
        (Text("braces {{}} and {what}", what=Text("state")), "chaves {} e estado"),
        (Text("the group {key} is gone", key="state"), "sumiu o grupo state"),  # a key, and no text of ours
        (Text("{what} of {whose}", what=Text("state"), whose=GROUP), f"{GONE}: estado"),
        (Text("{number} is no text", number=7), "7 is no text"),
        (Text("nobody translated {what}", what=Text("state")), "nobody translated estado"),
        (Amount(1234567), "1.234.567"),
        (Amount(-1000), "-1.000"),
        (Joined(Text(" and "), (Text("state"), "state", GROUP)), f"estado e state e {GONE}"),
        (Text("state") + ", state; " + GROUP, f"estado, state; {GONE}"),
        ("state: " + Text("state"), "state: estado"),
        ("state", "state"),
    ],
)
def test_a_text_is_told_with_all_that_is_in_it(text: str, expected: str) -> None:
    assert told(text) == text
    speak(Portuguese())
    assert told(text) == expected


@pytest.mark.parametrize(
    ("number", "english", "portuguese"),
    [
        (0, "0 groups of state", "0 grupo de estado"),
        (1, "1 group of state", "1 grupo de estado"),
        (2500, "2,500 groups of state", "2.500 grupos de estado"),
    ],
)
def test_a_language_has_its_own_plurals(number: int, english: str, portuguese: str) -> None:
    forms = "{number} group of {whose}", "{number} groups of {whose}"
    whose = Text("state")
    assert Plural(*forms, number, whose=whose) == ngettext(*forms, number, whose=whose) == english
    speak(Portuguese())
    assert told(Plural(*forms, number, whose=whose)) == ngettext(*forms, number, whose=whose) == portuguese


def test_the_last_step_before_a_person_asks_for_the_language_at_once() -> None:
    assert _("braces {{}} and {what}", what=Text("state")) == "braces {} and state"
    assert _("{} as it is") == "{} as it is"
    speak(Portuguese())
    assert _("braces {{}} and {what}", what=Text("state")) == "chaves {} e estado"
    assert _("{} as it is") == "{} assim mesmo"
    assert type(_("state")) is str


@pytest.mark.parametrize(
    ("name", "language"),
    [
        *(
            (name, "pt_BR")
            for name in ("pt_BR", "pt_BR.UTF-8", "pt-br", "PT", "pt_PT@euro", "pt@x", "pt.ISO-8859-1")
        ),
        *((name, "en") for name in ("en", "en_US.UTF-8", "en-gb")),
        *((name, None) for name in ("", "C", "C.UTF-8", "POSIX", "fr_FR", "português", "ptx", "e", "_BR")),
    ],
)
def test_a_locale_stands_for_a_language(name: str, language: str | None) -> None:
    assert known_as(name) == language


def test_each_language_is_known_by_its_own_name() -> None:
    assert {known_as(name): name for name in LANGUAGES} == {name: name for name in LANGUAGES}


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ("plan", "", "en"),
        ("plan", "LANG=pt_BR.UTF-8", "pt_BR"),
        ("plan", "LANG=pt_BR LC_MESSAGES=en_US", "en"),
        ("plan", "LANG=en_US LC_MESSAGES=pt_BR", "pt_BR"),
        ("plan", "LANG=pt_BR LC_MESSAGES=pt_BR LC_ALL=C", "en"),
        ("plan", "LC_MESSAGES=en LC_ALL=pt_BR", "pt_BR"),
        ("plan", "LC_ALL= LC_MESSAGES= LANG=pt_BR", "pt_BR"),  # empty is as if it were not set
        ("plan", "LANG=fr_FR", "en"),
        ("plan", "LC_TIME=pt_BR", "en"),
        # LANGUAGE says more than the locale, but where there is none
        ("plan", "LANGUAGE=pt_BR", "en"),
        ("plan", "LANGUAGE=pt_BR LANG=C", "en"),
        ("plan", "LANGUAGE=pt_BR LANG=pt_BR LC_ALL=POSIX", "en"),
        ("plan", "LANGUAGE=pt_BR LC_ALL=C.UTF-8", "en"),
        ("plan", "LANGUAGE=pt_BR LC_ALL=en_US.UTF-8", "pt_BR"),
        ("plan", "LANGUAGE=en LANG=pt_BR", "en"),
        ("plan", "LANGUAGE= LANG=pt_BR", "pt_BR"),
        ("plan", "LANGUAGE=fr:pt:en LANG=de_DE", "pt_BR"),
        ("plan", "LANGUAGE=fr:en:pt LANG=de_DE", "en"),
        ("plan", "LANGUAGE=fr LANG=pt_BR", "en"),
        ("--lang xx plan", "LANG=pt_BR", "pt_BR"),
        # the option goes before all of them
        ("--lang pt_BR plan", "LANGUAGE=en LC_ALL=en_US", "pt_BR"),
        ("plan --lang=pt", "", "pt_BR"),
        ("plan --lang en", "LC_ALL=pt_BR", "en"),
        ("--lang en plan --lang=pt", "", "pt_BR"),
        ("--lang=pt plan --lang en", "", "en"),
        ("plan --lang", "LANG=pt_BR", "pt_BR"),
        ("plan -- --lang pt", "", "en"),
        ("plan --lang=en -- --lang=pt", "LANG=pt_BR", "en"),
        ("plan --language=pt", "", "en"),
        ("plan pt", "", "en"),
    ],
)
def test_a_run_speaks_what_it_is_asked_to(arguments: str, environment: str, language: str) -> None:
    variables = dict(each.split("=") for each in environment.split())
    assert chosen(arguments.split(), variables) == language
