"""What breaks the groups schema, in a person's words: never a keyword of JSON Schema, never a pointer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING

from zapi_sync.core.nearest import nearest
from zapi_sync.core.phones import EXAMPLES
from zapi_sync.core.redact import names_credential
from zapi_sync.core.source import shortened
from zapi_sync.core.verdict import Violation
from zapi_sync.errors import Code, Diagnostic
from zapi_sync.language import Amount, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.core.document import Document
    from zapi_sync.core.positions import Path

_EXPECTED = {
    "version": Text("the number 1"),
    "defaults": Text("a mapping, as in `autoInvite: true` on a line of its own"),
    "pacing": Text("a mapping, with `every` and `perDay`"),
    "instances": Text("a mapping from each instance's name to its pace"),
    "every": Text("a time, as in 60s, 5m or 1h"),
    "perDay": Text("a whole number, 1 or more"),
    "encryption": Text("a mapping, with `recipients`"),
    "recipients": Text("a list of recipients, each on a line of its own after a dash"),
    "people": Text("a mapping from each person's name to a phone number"),
    "teams": Text("a mapping from each team's name to a list of phone numbers and names"),
    "groups": Text("a mapping from each group's key to the group"),
    "groupName": Text("a text of 1 to 100 characters"),
    "phones": Text("a list of phone numbers"),
    "csv": Text("the path of a CSV file"),
    "column": Text("the name of a column, at most 100 characters"),
    "autoInvite": Text("true or false"),
    "moved": Text("a list of moves, each with `from` and `to`"),
    "from": Text("the key that a group had: 1 to 100 of a-z, 0-9, `-`, `_` and `.`"),
    "to": Text("the key that a group has now: 1 to 100 of a-z, 0-9, `-`, `_` and `.`"),
    "instance": Text("a name of lower-case letters, digits, - and _, at most 40"),
}
_GROUP = Text("a mapping with `groupName` and `phones`")
_PACE = Text("a mapping, with `every` or `perDay` or both")
_MOVE = Text("a move, as in `- from: launch-1`, and `to: launch-01` under it")
_PHONE = Text("a phone number, as in {one} or {other}", one=EXAMPLES[0], other=EXAMPLES[1])
_KEY_RULE = Text("a key is 1 to 100 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter or digit")
_INSTANCE_RULE = Text(
    "the name of an instance is 1 to 40 of a-z, 0-9, `-` and `_`, and begins with a letter or digit"
)
_NAME_RULE = Text("a name is 1 to 100 of a-z, 0-9, `-` and `_`, and begins with a letter")
_RANGE_RULE = Text("a range is two numbers, the lower one first, as in launch-{01..40}, and one in a key")
_CUTS = {
    "maxLength": Text("shorten it"),
    "maxItems": Text("split the group: WhatsApp takes far fewer"),
    "maxProperties": Text("split them over several runs: `-f` names the files of one"),
}
_MOVED_CUTS = {"maxLength": _KEY_RULE, "maxItems": Text("remove the moves that every state has taken over")}
_NAME = re.compile("[a-z][a-z0-9_-]{0,99}")
_LONGEST = 1000  # so much of a key is looked at for another one to propose
_YES = {"yes", "y", "on", "sim", "s"}
_NO = {"no", "n", "off", "não", "nao"}


def without_echoes(broken: Sequence[Violation]) -> list[Violation]:
    """The violations less each missing attribute that was only misspelt: it is told where it was misspelt;
    and less the attributes of a mapping among phones that is no CSV file: it is told as a whole."""
    meant = {
        (*violation.path[:-1], _meant(violation))
        for violation in broken
        if violation.keyword == "additionalProperties"
    }
    strange = {each.path[:-1] for each in broken if _lacks_csv(each) and each.path not in meant}
    return [
        each
        for each in broken
        if (each.keyword != "required" or each.path not in meant)
        and (each.keyword != "additionalProperties" or each.path[:-1] not in strange)
    ]


def in_words(document: Document, violation: Violation) -> Diagnostic:
    """The complaint about one violation of the groups schema."""
    path = violation.path
    if violation.keyword == "additionalProperties":
        return _unknown_attribute(document, violation)
    if _lacks_csv(violation):
        whole = Violation(path[:-1], "type", None, {})
        return Diagnostic(
            _code(whole.path, whole),
            _mismatch(whole.path, whole),
            _remedy(whole.path, whole),
            document.where(whole.path),
        )
    if violation.keyword == "required":
        return _missing_attribute(document, path)
    if violation.keyword == "propertyNames":
        return _impossible_key(document, path)
    if path[:2] == ("encryption", "recipients") and len(path) == 3:
        from zapi_sync.core.encryption import no_recipient

        return no_recipient(document, path, violation.found)
    return Diagnostic(
        _code(path, violation), _mismatch(path, violation), _remedy(path, violation), document.where(path)
    )


def not_a_mapping(document: Document) -> Diagnostic:
    """The complaint about a file whose outermost value holds no keys."""
    remedy = Text("a groups file begins with `version: 1` and `groups:`; the README shows one")
    if document.data == "":
        return Diagnostic(
            Code.NO_GROUPS_FILE, Text("there is nothing in this file"), remedy, document.source.beginning
        )
    return Diagnostic(
        Code.NO_GROUPS_FILE,
        Text("this file holds {found} instead of groups", found=found(document.data)),
        remedy,
        document.where(()),
    )


def found(value: object) -> str:
    """What a value is, as one says it."""
    if value == "":
        return Text("nothing")
    if isinstance(value, dict):
        return Text("a mapping")
    if isinstance(value, list):
        return Text("a list")
    if isinstance(value, bool):
        return str(value).lower()
    short = shortened(str(value), 40)
    if isinstance(value, str):
        return Text('the text "{text}"', text=short)
    return Text("the number {number}", number=short)


def _unknown_attribute(document: Document, violation: Violation) -> Diagnostic:
    path = violation.path
    if names_credential(_name(path)):
        return _credential(document, path)
    meant = _meant(violation)
    remedy = (
        Text('did you mean "{meant}"?', meant=meant)
        if meant
        else Text("known here: {names}", names=", ".join(_known(violation)))
    )
    if len(path) == 1:
        remedy += Text(" (what is yours begins with x-)")
    return Diagnostic(
        Code.UNKNOWN_ATTRIBUTE,
        Text('unknown attribute "{name}"{of}', name=_name(path), of=_of(path[:-1])),
        remedy,
        document.where_key(path),
    )


def _credential(document: Document, path: Path) -> Diagnostic:
    return Diagnostic(
        Code.UNKNOWN_ATTRIBUTE,
        Text(
            'unknown attribute "{name}"{of}: credentials never stand in this file',
            name=_name(path),
            of=_of(path[:-1]),
        ),
        Text(
            "set them in the environment (ZAPI_INSTANCE_ID, ZAPI_TOKEN, ZAPI_CLIENT_TOKEN), remove them "
            "here, and have the Z-API panel make new ones if they were ever pushed"
        ),
        document.where_key(path),
    )


def _missing_attribute(document: Document, path: Path) -> Diagnostic:
    name = str(path[-1])
    owner = _subject(path[:-1]) if len(path) > 1 else Text("this file")
    return Diagnostic(
        Code.MISSING_ATTRIBUTE,
        Text('{owner} has no "{name}"', owner=owner, name=name),
        Text("add `version: 1` as the first line")
        if name == "version"
        else Text("add `{name}:`, {expected}", name=name, expected=_expected(path)),
        document.where_key(path[:-1]),
    )


def _impossible_key(document: Document, path: Path) -> Diagnostic:
    if _is_pace(path):
        what = Text('"{name}" cannot be the name of an instance', name=_name(path))
        return Diagnostic(Code.WRONG_VALUE, what, _INSTANCE_RULE, document.where_key(path))
    if path[0] in ("people", "teams"):
        what = (
            Text('"{name}" cannot be the name of a person', name=_name(path))
            if path[0] == "people"
            else Text('"{name}" cannot be the name of a team', name=_name(path))
        )
        return Diagnostic(Code.WRONG_VALUE, what, _NAME_RULE, document.where_key(path))
    key = str(path[-1])
    if "{" in key:
        what = Text('"{key}" cannot be the key of a range of groups', key=shortened(key))
        return Diagnostic(Code.NO_RANGE, what, _RANGE_RULE, document.where_key(path))
    plain = unicodedata.normalize("NFKD", key[:_LONGEST]).encode("ascii", "ignore").decode().lower()
    possible = re.sub(r"[^a-z0-9._-]+", "-", plain).strip("-._") if len(key) <= _LONGEST else ""
    remedy = (
        Text("{rule}; for example {key}", rule=_KEY_RULE, key=possible)
        if 0 < len(possible) <= 100
        else _KEY_RULE
    )
    what = Text('"{key}" cannot be the key of a group', key=shortened(key))
    return Diagnostic(Code.IMPOSSIBLE_KEY, what, remedy, document.where_key(path))


def _code(path: Path, violation: Violation) -> Code:
    match violation.keyword:
        case "maxItems" | "maxProperties":
            return Code.BEYOND_BOUNDS
        case "minItems":
            return Code.NO_PARTICIPANTS
        case "maxLength" if path[-1] == "groupName":
            return Code.NAME_TOO_LONG
    return Code.NOT_A_PHONE if _is_phone(path) else Code.WRONG_VALUE


def _mismatch(path: Path, violation: Violation) -> str:
    value = violation.found
    if violation.keyword == "maxLength" and isinstance(value, str):
        return Text(
            "{subject} is {number} characters long, and {most} is the most",
            subject=_subject(path),
            number=len(value),
            most=violation.rule,
        )
    if violation.keyword == "minItems":
        return Text(
            "{subject} is empty, and create-group wants at least one participant", subject=_subject(path)
        )
    if violation.keyword in ("maxItems", "maxProperties") and isinstance(value, Sized):
        return Text(
            "{subject} holds {number} entries, and {most} is the most",
            subject=_subject(path),
            number=Amount(len(value)),
            most=Amount(int(str(violation.rule))),
        )
    return Text(
        "{subject} must be {expected}, and this is {found}",
        subject=_subject(path),
        expected=_expected(path),
        found=found(value),
    )


def _remedy(path: Path, violation: Violation) -> str:
    if violation.keyword in _CUTS:
        if path[0] == "encryption":
            return Text("whoever has one identity of a list can read all of it: keep it short")
        return _MOVED_CUTS[violation.keyword] if path[0] == "moved" else _CUTS[violation.keyword]
    value = "" if isinstance(violation.found, (list, dict)) else str(violation.found).strip().lower()
    if path == ("groups",):
        return Text(
            "write each group under a key of its own: `launch-vip-01:`, and under that its attributes"
        )
    if _is_list(path):
        return _remedy_of_a_list(violation, value)
    attribute = None if path[0] == "groups" and len(path) == 2 else path[-1]  # a key may be any word
    if attribute == "autoInvite" and (meant := _boolean(value)):
        return meant
    if attribute == "groupName" and isinstance(violation.found, dict):
        return Text('a text that begins with { stands in quotes, as in "{n}"')
    if attribute == "version" and value == "1":
        return Text("write 1 without quotes")
    if isinstance(attribute, int) and _NAME.fullmatch(value):
        return Text("write a phone number, or {name} if one of `people` or `teams` is called so", name=value)
    return Text("write {expected}", expected=_expected(path))


def _remedy_of_a_list(violation: Violation, value: str) -> str:
    if violation.keyword != "type":
        return Text("add at least one phone number besides the connected one")
    if value.startswith("-"):
        return Text(
            "write a list, each number on a line of its own, with a blank after the dash: `- {phone}`",
            phone=EXAMPLES[0],
        )
    return Text("write a list, each number on a line of its own: `- {phone}`", phone=EXAMPLES[0])


def _boolean(value: str) -> str | None:
    """What to write for a word that is probably meant for true or false."""
    if value in {"true", "false"}:
        return Text("write {word} without quotes", word=value)
    if value in _YES:
        return Text("write true")
    return Text("write false") if value in _NO else None


def _expected(path: Path) -> str:
    if _is_move(path):
        return _MOVE
    if _is_phone(path):
        return _PHONE
    if path[0] == "groups" and len(path) == 2:
        return _GROUP
    if _is_list(path):
        return _EXPECTED["phones"]
    if _is_pace(path):
        return _PACE
    return _EXPECTED.get(str(path[-1]), Text("something else"))


def _subject(path: Path) -> str:
    if not path:
        return Text("this file")
    if path[0] == "groups" and len(path) == 2:
        return Text('the group "{key}"', key=_name(path))
    if _is_pace(path):
        return Text('the pace of the instance "{name}"', name=_name(path))
    if _is_move(path):
        return Text("this entry of `moved`")
    if path[0] == "people" and len(path) == 2:
        return Text('the person "{name}"', name=_name(path))
    if path[0] == "teams" and len(path) == 2:
        return Text('the team "{name}"', name=_name(path))
    if isinstance(path[-1], int):  # of all that share the list
        return Text("this entry of a team") if path[0] == "teams" else Text("this entry of `phones`")
    return f"`{path[-1]}`" + _of(path[:-1])


def _is_phone(path: Path) -> bool:
    is_entry = isinstance(path[-1], int) and not _is_move(path)
    return is_entry or (path[0] == "people" and len(path) == 2)


def _is_list(path: Path) -> bool:
    """Whether participants are listed there."""
    return (path[0] == "teams" and len(path) == 2) or (
        path[0] == "groups" and len(path) == 3 and path[-1] == "phones"
    )


def _lacks_csv(violation: Violation) -> bool:
    """Whether a mapping stands among phones, or for them, that names no CSV file."""
    return violation.keyword == "required" and violation.path[-1] == "csv" and len(violation.path) > 2


def _is_pace(path: Path) -> bool:
    return path[:2] == ("pacing", "instances") and len(path) == 3


def _is_move(path: Path) -> bool:
    return path[0] == "moved" and len(path) == 2


def _name(path: Path) -> str:
    return shortened(str(path[-1]))


def _of(path: Path) -> str:
    if path[:1] == ("teams",) and len(path) >= 2:
        return Text(' of the team "{name}"', name=shortened(str(path[1])))
    if len(path) >= 2 and path[0] == "groups":
        return Text(' of the group "{key}"', key=shortened(str(path[1])))
    if _is_pace(path):
        return Text(' of the instance "{name}"', name=_name(path))
    return Text(" of `{attribute}`", attribute=path[0]) if path else ""


def _known(violation: Violation) -> list[str]:
    return [str(each) for each in violation.rule] if isinstance(violation.rule, Iterable) else []


def _meant(violation: Violation) -> str | None:
    """The known name that was probably meant: one with the same letters, or one that is close."""
    name, names = _name(violation.path), _known(violation)
    bare = {re.sub("[^a-z]", "", each.lower()): each for each in names}
    folded = re.sub("[^a-z]", "", name.lower())
    aliases = {"name": "groupName", "subject": "groupName", "participants": "phones", "members": "phones"}
    if folded in bare:
        return bare[folded]
    if aliases.get(folded) in names:
        return aliases[folded]
    close = nearest(folded, bare)
    return bare[close] if close else None
