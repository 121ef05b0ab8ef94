"""What a YAML parser refuses, in a person's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from zapi_sync.core.parsers import first_unprintable
from zapi_sync.core.source import BOM
from zapi_sync.dataclass import dataclass, replace
from zapi_sync.errors import Code, Diagnostic, Location
from zapi_sync.language import Text

if TYPE_CHECKING:
    from zapi_sync.core.source import Source


@dataclass(frozen=True, slots=True)
class _Words:
    """How a problem of libyaml's is told. `begun` tells of where the construct began that it broke in, and
    `unended` is the message where the text ends in it; with `at_begin` the mistake is where it began, and not
    where the parser noticed."""

    message: str
    hint: str
    begun: str | None = None
    unended: str | None = None
    at_begin: bool = False


_KEY_WITHOUT_BLANK = re.compile(r"\s*(?:- )?([A-Za-z_][\w-]*:)[^\s/:]")
_COMPARE = Text("compare with the example in the README")
_INDENT = Text(
    "check the indentation against the lines above: the attributes of one group stand under each other"
)

_NO_KEY_VALUE = _Words(
    Text("a `key: value` cannot stand here"),
    Text("put text that contains `: ` in quotes, and check the indentation"),
)
_GLUED = _Words(
    Text("a blank is missing after this colon"), Text("write `key: value`, with a blank between the two")
)
_TOO_DEEP = _Words(
    Text("this line stands further right than the one above it, which has its value already"),
    Text("begin it in the column of the line above"),
)
_TRAILING = _Words(
    Text("this cannot follow the value before it"),
    Text("put the whole text in quotes; a ' within single quotes is written twice"),
)
_TAB = _Words(Text("a tab stands in the indentation"), Text("indent with spaces"))
_BOM = _Words(
    Text("an unseen byte order mark (U+FEFF) stands before this, and only a file may begin with one"),
    Text("remove it, or write the line again; files that are joined into one leave such marks"),
)
_RESERVED = _Words(Text("a text cannot begin with this character"), Text("put the text in quotes"))

# By the beginning of what libyaml says (scanner.c, parser.c), the longest first where one is another's.
_IN_WORDS = {
    "mapping values are not allowed": _NO_KEY_VALUE,
    "block sequence entries are not allowed": _Words(
        Text("a list entry (`- `) cannot stand here"),
        Text("write it on a line of its own under its key, or quote the text"),
    ),
    "mapping keys are not allowed": _Words(
        Text("a key (`? `) cannot stand here"),
        Text("quote text that begins with `? `, and check the indentation"),
    ),
    "did not find expected key": _Words(
        Text("this line belongs to nothing above it"),
        _INDENT,
        Text("what it was read as part of begins here"),
    ),
    "did not find expected '-' indicator": _Words(
        Text("a list entry is expected here"),
        Text("begin it with `- `, or check the indentation"),
        Text("the list begins here"),
    ),
    "did not find expected ',' or ']'": _Words(
        Text("the list in brackets is not closed before this"),
        Text("close it with ], put a comma between its entries, and close each quote"),
        Text("it is opened here"),
        Text("the list in brackets is not closed"),
    ),
    "did not find expected ',' or '}'": _Words(
        Text("the mapping in braces is not closed before this"),
        Text("close it with }, put a comma between its entries, and close each quote"),
        Text("it is opened here"),
        Text("the mapping in braces is not closed"),
    ),
    "did not find expected node content": _Words(
        Text("a value is missing here"), Text("write it, or quote the text")
    ),
    "could not find expected ':'": _Words(
        Text("this is no `key: value`"), Text("write a colon and a space after the key"), at_begin=True
    ),
    "found unexpected end of stream": _Words(
        Text("this quote is never closed"), Text("close it"), at_begin=True
    ),
    "found unexpected document indicator": _Words(
        Text("this quote is not closed before the document ends"), Text("close it"), at_begin=True
    ),
    "found unknown escape character": _Words(
        Text("this backslash begins no escape"),
        Text("write \\\\ for a backslash, or use single quotes: '...'"),
    ),
    "did not find expected hexdecimal number": _Words(
        Text("this escape wants hexadecimal digits"),
        Text("write two after \\x, four after \\u, eight after \\U"),
    ),
    "found invalid Unicode character escape": _Words(
        Text("this escape is no character"),
        Text("write the character itself, or all of it as one \\U escape"),
    ),
    "did not find expected alphabetic or numeric": _Words(
        Text("a name of plain letters and digits is expected after this & or *"),
        Text("quote text that begins with & or *"),
        at_begin=True,
    ),
    "found unknown directive name": _Words(
        Text("a line that begins with % says something of YAML itself, and this is nothing known"),
        Text("remove it, or put the text in quotes"),
        at_begin=True,
    ),
    "did not find expected comment or line break": _Words(
        Text("nothing but a comment may follow here"), Text("write the text on the next line, indented")
    ),
    "did not find expected whitespace or line break": _Words(
        Text("a blank is expected here"), Text("put a blank between this and what goes before")
    ),
    "found a tab character": _Words(Text("a tab stands in the indentation"), Text("indent with spaces")),
    "found undefined tag handle": _Words(
        Text("this tag has no meaning here"), Text("quote text that begins with !")
    ),
    "did not find expected <document start>": _Words(
        Text("this stands after the end of the file's one value"),
        Text("remove what is too much, and check the indentation"),
    ),
    "found incompatible YAML document": _Words(
        Text("this YAML version is not known here"), Text("remove the %YAML line")
    ),
    "found duplicate %YAML directive": _Words(Text("a second %YAML line"), Text("remove it")),
    "control characters are not allowed": _Words(
        Text("a control character stands here, which YAML does not take"),
        Text("remove it, or write it as an escape in quotes"),
    ),
}


def syntax_error(source: Source, error: yaml.YAMLError) -> Diagnostic:
    """The complaint about a text that is not YAML, in a form like the others'."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        reason = getattr(error, "reason", None)
        problem = str(reason) if reason else Text("it cannot be read")
        place = source.location_of_offset(first_unprintable(source.text))
        return _complaint(_in_words(problem, place), place)
    place = source.location(error.problem_mark)
    words = _in_words(error.problem or Text("the text ends too early"), place)
    if words is _NO_KEY_VALUE:
        return _complaint(*_two_keys(source, place))
    begin = source.location(error.context_mark) if error.context_mark else None
    if begin is None or begin == place:
        return _complaint(words, place)
    if words.at_begin:
        return _complaint(words, begin)
    if words.begun and source.is_end(error.problem_mark):  # it is noticed only where the text ends
        return _complaint(replace(words, message=words.unended or words.message), begin)
    return _complaint(words, place, ((words.begun, begin),) if words.begun else ())


def _complaint(words: _Words, place: Location, also: tuple[tuple[str, Location], ...] = ()) -> Diagnostic:
    return Diagnostic(
        Code.NOT_YAML,
        Text("this is not YAML: {problem}", problem=words.message),
        words.hint,
        place,
        also=also,
    )


def _two_keys(source: Source, place: Location) -> tuple[_Words, Location]:
    """Why a second colon came too soon: because of the line above, more often than not."""
    line, text = place.line or 1, place.text or ""
    above = next((number for number in range(line - 1, 0, -1) if source.lines[number - 1].strip()), 0)
    before = source.lines[above - 1] if above else ""
    glued = _KEY_WITHOUT_BLANK.match(before)
    if glued:
        return _GLUED, Location(source.name, above, glued.start(1) + 1, len(glued[1]), before)
    if (
        above
        and _indent(text) > _indent(before)
        and not before.rstrip().endswith(":")
        and text.count(": ") < 2
    ):
        return _TOO_DEEP, Location(source.name, line, _indent(text) + 1, text=text)
    return _NO_KEY_VALUE, place


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _in_words(problem: str, place: Location) -> _Words:
    before, character = _around(place)
    if before.endswith(BOM):
        return _BOM
    if "cannot start any token" in problem:
        return _TAB if character == "\t" else _RESERVED
    if problem.startswith("did not find expected key") and before.strip():
        return _TRAILING
    known = next((words for beginning, words in _IN_WORDS.items() if problem.startswith(beginning)), None)
    return known or _Words(problem, _COMPARE)


def _around(place: Location) -> tuple[str, str]:
    """What stands before a place in its line, and the character at it."""
    text, column = place.text or "", place.column or 1
    return text[: column - 1], text[column - 1 : column]
