"""A verdict at sight: small data that plainly fits its schema, told without the compiled validator.

That one gives its verdict on 10,000 groups in 10 ms, and takes longer than a small plan to be imported. So
the few values of a small config are held against the schema here. This says yes, or nothing: a keyword that
is not known here, more values than are quick to look at, or anything amiss leaves it to the validator.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Rule = Mapping[str, object]
    Keyword = Callable[["_AtSight", object, object, Rule], bool]

MAX_LOOKS = 2000
"""So many values and keywords are looked at: it takes a few milliseconds."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_TELLS_NOTHING = {
    "$schema", "$id", "$defs", "title", "description", "default", "examples", "format",
    "properties", "patternProperties",  # which additionalProperties goes by
}  # fmt: skip


def fits_at_sight(schema: Rule, data: object) -> bool:
    """Whether the data surely fits the schema (JSON Schema 2020-12, as far as ours go)."""
    return _AtSight(cast("Mapping[str, Rule]", schema.get("$defs", {}))).fits(schema, data)


class _AtSight:
    def __init__(self, defs: Mapping[str, Rule]) -> None:
        self.defs = defs
        self._looks = MAX_LOOKS

    def fits(self, rule: object, value: object) -> bool:
        if not isinstance(rule, dict):
            return rule is True
        self._looks -= len(rule)
        if self._looks < 0:
            return False
        if ("properties" in rule or "patternProperties" in rule) and "additionalProperties" not in rule:
            return False
        for keyword, wanted in rule.items():
            if keyword in _TELLS_NOTHING:
                continue
            holds = _KEYWORDS.get(keyword)
            if holds is None or not holds(self, wanted, value, rule):
                return False
        return True


def _type(_: _AtSight, wanted: object, value: object, __: Rule) -> bool:
    kinds = wanted if isinstance(wanted, list) else [wanted]
    return any(type(value) in _TYPES[str(kind)] for kind in kinds)


def _properties(look: _AtSight, others: object, value: object, rule: Rule) -> bool:
    if not isinstance(value, dict):
        return True
    known = cast("Mapping[str, Rule]", rule.get("properties", {}))
    free = cast("Mapping[str, Rule]", rule.get("patternProperties", {}))
    for name, each in value.items():
        patterned = [of_pattern for pattern, of_pattern in free.items() if _finds(pattern, name)]
        rules: list[object] = [*([known[name]] if name in known else []), *patterned]
        if not all(look.fits(each_rule, each) for each_rule in rules or [others]):
            return False
    return True


def _property_names(look: _AtSight, wanted: object, value: object, _: Rule) -> bool:
    return not isinstance(value, dict) or all(look.fits(wanted, name) for name in value)


def _items(look: _AtSight, wanted: object, value: object, _: Rule) -> bool:
    return not isinstance(value, list) or all(look.fits(wanted, each) for each in value)


def _required(_: _AtSight, wanted: object, value: object, __: Rule) -> bool:
    return not isinstance(value, dict) or all(name in value for name in cast("list[str]", wanted))


def _reference(look: _AtSight, wanted: object, value: object, _: Rule) -> bool:
    rule = look.defs.get(str(wanted).removeprefix("#/$defs/"))
    return rule is not None and look.fits(rule, value)


def _any_of(look: _AtSight, wanted: object, value: object, _: Rule) -> bool:
    return any(look.fits(each, value) for each in cast("list[object]", wanted))


def _constant(_: _AtSight, wanted: object, value: object, __: Rule) -> bool:
    return type(value) is type(wanted) and value == wanted


def _enumerated(_: _AtSight, wanted: object, value: object, __: Rule) -> bool:
    return isinstance(value, str) and value in cast("list[object]", wanted)


def _pattern(_: _AtSight, wanted: object, value: object, __: Rule) -> bool:
    return not isinstance(value, str) or _finds(str(wanted), value)


def _finds(pattern: str, text: str) -> bool:
    return re.search(pattern.replace("$", r"\Z"), text) is not None  # ECMA 262's `$` is the end of the text


def _bound(kinds: Sequence[type], size: Callable[[object], float], *, at_least: bool) -> Keyword:
    def look(_: _AtSight, wanted: object, value: object, __: Rule) -> bool:
        if type(value) not in kinds:
            return True
        bound = cast(float, wanted)
        return bound <= size(value) if at_least else size(value) <= bound

    return look


def _length(value: object) -> int:
    return len(cast(str, value))


def _number(value: object) -> float:
    return cast(float, value)


_KEYWORDS: Mapping[str, Keyword] = {
    "type": _type,
    "const": _constant,
    "enum": _enumerated,
    "required": _required,
    "additionalProperties": _properties,
    "propertyNames": _property_names,
    "items": _items,
    "$ref": _reference,
    "anyOf": _any_of,
    "pattern": _pattern,
    "minLength": _bound([str], _length, at_least=True),
    "maxLength": _bound([str], _length, at_least=False),
    "minItems": _bound([list], _length, at_least=True),
    "maxItems": _bound([list], _length, at_least=False),
    "maxProperties": _bound([dict], _length, at_least=False),
    "minimum": _bound([int, float], _number, at_least=True),
    "maximum": _bound([int, float], _number, at_least=False),
}
