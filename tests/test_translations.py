"""Whatever a person reads is told in each language: no sentence stands in the code that no translator sees,
no message has no translation, and none has other values, or other things to type, than the English one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from translations import PACKAGE, extracted, paths, read

CATALOGUES = {path.parts[-3]: read(path) for path in paths()}
EXTRACTED = extracted()
MARKED = {"_", "Text", "Plural", "ngettext"}
MODULES = sorted(PACKAGE.rglob("*.py"))
SENTENCE = re.compile(r"""[A-Za-z]{2,}[^A-Za-z]? [A-Za-z{`"(\[]|[}`"] [a-z]{2,}""")
"""Two words beside each other, or a value and a word."""


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def own(message: Message) -> bool:
    """Whether it is said by us; click's own words are as many as the click that is installed has."""
    return not all(file.startswith("click/") for file, _line in message.locations)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms(text: object) -> list[str]:
    return [str(each) for each in text] if isinstance(text, (list, tuple)) else [str(text)]


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """The English and its translation, form by form."""
    yield from zip(forms(message.id), forms(message.string), strict=True)


TRANSLATED = [
    pytest.param(message, id=f"{language}-{forms(message.id)[0][:60]}")
    for language, catalogue in CATALOGUES.items()
    for message in messages(catalogue)
]


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_has_what_is_said_and_nothing_else(language: str) -> None:
    said = {str(message.id) for message in messages(EXTRACTED) if own(message)}
    there = {str(message.id) for message in messages(CATALOGUES[language]) if own(message)}
    assert said - there == set(), "run `make messages`, and translate what is new"
    assert there - said == set(), "run `make messages`"


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_message_is_translated(language: str) -> None:
    untold = [each.id for each in messages(CATALOGUES[language]) if not all(forms(each.string or ""))]
    assert untold == []
    assert not any(each.fuzzy for each in messages(CATALOGUES[language]))


@pytest.mark.parametrize("message", TRANSLATED)
def test_a_translation_has_the_same_values_and_what_is_to_be_typed(message: Message) -> None:
    for english, told in pairs(message):
        if own(message):
            assert values(told) | {"number"} == values(english) | {"number"}
        assert typed(told) == typed(english)
        assert edges(told) == edges(english)


def values(template: str) -> set[str]:
    """The names in braces; a template without values may hold braces that are no such."""
    try:
        return {f"{name}!{how or ''}" for _text, name, _spec, how in Formatter().parse(template) if name}
    except ValueError:
        return set()


def typed(text: str) -> set[str]:
    """Options, what stands between backticks, and variables of the environment."""
    return set(re.findall(r"--[a-z][a-z-]+|`[^`]+`|\b[A-Z]+_[A-Z_]+\b", text))


def edges(text: str) -> tuple[str, str]:
    """The blanks at both ends."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_complaint_is_told_where_it_is_shown_and_not_before(path: Path) -> None:
    """It stands in JSON, too, which is English."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and re.search(r"\.(of|at)$|^Diagnostic$", ast.unparse(node.func)):
            calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
            assert not {"_", "ngettext", "told"} & {ast.unparse(each.func) for each in calls}, node.lineno


UNTOLD_MODULES = {
    "ci": "a script that speaks in a CI's log, in English as the runner does",
    "core/scaffold.py": "files that init writes",
    "dataclass.py": "messages for whoever changes this code",
    "edge/scaffold.py": "files that init writes",
    "errors.py": "the codes' summaries, which SARIF and docs/errors.md have",
    "language.py": "the languages' own names",
    "sandbox": "another program, whose answers are those of Z-API",
    "zapi/refusals.py": "the words of Z-API and WhatsApp, and their sources",
}
WORDS_OF_OTHERS = {
    "AGE-SECRET-KEY-|PRIVATE KEY",  # a pattern
    "POST %s/instances/***/token/***/create-group for %s: %s after %.2f s",  # -vv: the protocol
    "did not find expected key",  # libyaml's
    "does not match {}",  # jsonschema's
    "docs/errors.md tells more of {}.",  # in SARIF
    "found invalid Unicode character escape code",  # libyaml's
    "journal {}",  # what git's log says of a shared state
    "jsonb may write {} in another way",
    "lock taken away",
    "state, serial {}",
    "timed out",  # git's
}
SQL = r"\s*(?:alter|create|delete|insert|lock_id|select|set|update|s\.\w+) (?!taken)"
TYPES = r"\w+\[.+\]|\w+ \| \w+"
PATTERNS = r".*[\w?)]\|\w"
NOT_FOR_PEOPLE = re.compile(f"{SQL}|{TYPES}|{PATTERNS}")


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """The sentences of a module that are marked for no translator, each with its line."""
    tree = ast.parse(path.read_text("utf-8"))
    seen = {id(part) for node in ast.walk(tree) for some in unread(node) for part in ast.walk(some)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in node.values)
            text = "".join(map(str, parts))
            seen |= {id(each) for each in node.values}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        is_told = text not in WORDS_OF_OTHERS and not NOT_FOR_PEOPLE.match(text)
        if id(node) not in seen and is_told and SENTENCE.search(text):
            yield node.lineno, text


def unread(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that translators see, or that nobody reads but developers and other programs."""
    match node:
        case ast.Call(func):
            called = ast.unparse(func)
            is_heard = called in MARKED or called.startswith(("click.option", "click.argument", "re."))
            return [node] if is_heard else []
        case ast.Dict(keys) | ast.MatchMapping(keys):  # what others say, to be recognised
            return [key for key in keys if key]
        case ast.Expr(ast.Constant()):
            return [node]
        case ast.Compare():
            return [node]
        case ast.arg(annotation=types) | ast.AnnAssign(annotation=types) | ast.FunctionDef(returns=types):
            return [types] if types else []
    return []


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in MODULES
        if not {str(path.relative_to(PACKAGE)), path.relative_to(PACKAGE).parts[0]} & {*UNTOLD_MODULES}
    ],
    ids=name_of,
)
def test_no_sentence_is_kept_from_the_translators(path: Path) -> None:
    assert list(sentences(path)) == []
