"""What a person reads, in their language: English as it stands in the code, others from gettext catalogues.

The core and the edges say a `Text`: English to whatever keeps or compares it, a journal, JSON, SARIF, a test,
and put into the language of the run where a person is about to read it (`told`). What is itself the last step
before a person, render and cli, asks for the language at once (`_`, `ngettext`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENGLISH = "en"
LANGUAGES: Mapping[str, str] = {ENGLISH: "English", "pt_BR": "Português (Brasil)"}
"""The languages that there are, by their gettext names, each with its own name for itself."""


class Catalogue(Protocol):
    """What gettext gives for a language."""

    def gettext(self, message: str, /) -> str: ...
    def ngettext(self, one: str, many: str, number: int, /) -> str: ...


class Text(str):
    """English text that can be put into another language later: a template, and what stands in its braces.

    Without values the template is taken as it is, braces and all; with values it is one of `str.format`.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        text = super().__new__(cls, template.format(**values) if values else template)
        text.template, text.values = template, values
        return text

    def told(self, catalogue: Catalogue) -> str:
        """The text in the catalogue's language."""
        return _filled(catalogue.gettext(self.template), self.values, catalogue)

    def __add__(self, other: str) -> Text:
        return Joined("", (self, other))

    def __radd__(self, other: str) -> Text:
        return Joined("", (other, self))


class Plural(Text):
    """A text about a number of things; `number` stands in its braces, too."""

    __slots__ = ("many", "number")
    many: str
    number: int

    def __new__(cls, one: str, many: str, number: int, /, **values: object) -> Self:
        text = super().__new__(cls, one if number == 1 else many, number=Amount(number), **values)
        text.template, text.many, text.number = one, many, number
        return text

    def told(self, catalogue: Catalogue) -> str:
        template = catalogue.ngettext(self.template, self.many, self.number)
        return _filled(template, self.values, catalogue)


class Amount(Text):
    """A whole number, its thousands kept apart as the language does."""

    __slots__ = ()

    def __new__(cls, number: int, /) -> Self:
        text = super().__new__(cls, f"{number:,}")
        text.values = {}
        return text

    def told(self, catalogue: Catalogue) -> str:
        return self.replace(",", catalogue.gettext("1,000")[1])


class Joined(Text):
    """Several texts one after another."""

    __slots__ = ("parts",)
    parts: tuple[str, ...]

    def __new__(cls, separator: str, parts: Iterable[str], /) -> Self:
        whole = tuple(parts)
        text = super().__new__(cls, separator.join(whole))
        text.template, text.parts = separator, whole
        return text

    def told(self, catalogue: Catalogue) -> str:
        return _in(self.template, catalogue).join(_in(part, catalogue) for part in self.parts)


class _Speech:
    """The language of this run; English as long as nothing else was asked for."""

    catalogue: Catalogue | None = None
    language: str = ENGLISH


def speak(catalogue: Catalogue | None, language: str = ENGLISH) -> None:
    """From now on, what a person reads is in the language of this catalogue; None: in English."""
    _Speech.catalogue, _Speech.language = catalogue, language


def tag() -> str:
    """The language of this run as a page names it (BCP 47): en, pt-BR."""
    return _Speech.language.replace("_", "-")


def told(text: str) -> str:
    """A text for a person, in the language of this run; what was never a Text is given back as it is."""
    return text if _Speech.catalogue is None else _in(text, _Speech.catalogue)


def _(template: str, /, **values: object) -> str:
    """A text in the language of this run, with the values in its braces."""
    catalogue = _Speech.catalogue
    if catalogue is None:
        return template.format(**values) if values else template
    return _filled(catalogue.gettext(template), values, catalogue)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """A text about a number of things in the language of this run; `number` stands in its braces, too."""
    return told(Plural(one, many, number, **values))


def chosen(arguments: Iterable[str], environment: Mapping[str, str]) -> str:
    """The language that a run is asked to speak: by --lang, else by the locale's variables, in POSIX's order.

    Any Portuguese is answered in Brazil's. A language that there is not is English.
    """
    asked = _option(arguments)
    if asked is None or not known_as(asked):  # which is refused, in the language of the locale
        names = ("LC_ALL", "LC_MESSAGES", "LANG")
        asked = next((environment[name] for name in names if environment.get(name)), "")
        if environment.get("LANGUAGE") and asked.partition(".")[0] not in ("", "C", "POSIX"):
            asked = environment["LANGUAGE"]  # a list, as GNU gettext reads it
    known = (known_as(each) for each in asked.split(":"))
    return next((each for each in known if each), ENGLISH)


def known_as(name: str) -> str | None:
    """The language that a locale's name stands for, as in pt_BR.UTF-8, pt-br or pt; None if there is none."""
    short = name.partition(".")[0].partition("@")[0].replace("-", "_").partition("_")[0].lower()
    return next((each for each in LANGUAGES if each.partition("_")[0] == short), None)


def _option(arguments: Iterable[str]) -> str | None:
    """The last value of --lang; what stands after -- is no option."""
    asked = None
    words = iter(arguments)
    for word in words:
        if word == "--":
            break
        if word == "--lang":
            asked = next(words, None)
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
    return asked


def _in(text: str, catalogue: Catalogue) -> str:
    return text.told(catalogue) if isinstance(text, Text) else text


def _filled(template: str, values: Mapping[str, object], catalogue: Catalogue) -> str:
    if not values:
        return template
    shown = {
        name: _in(value, catalogue) if isinstance(value, str) else value for name, value in values.items()
    }
    return template.format(**shown)
