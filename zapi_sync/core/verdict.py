"""Whether data fits a JSON Schema: a compiled validator gives the verdict, jsonschema explains a "no".

The two are held to one verdict by tests/unit/test_verdict.py. The explanation costs a hundred times as much,
so it is imported and run only when there is something to explain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import jsonschema_rs

from zapi_sync.core.positions import Path

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

JsonValue: TypeAlias = "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
_Object: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which data breaks its schema: at `path`, the schema's `keyword`, with that keyword's `rule`.

    For `additionalProperties`, `required` and `propertyNames` the path ends with the key in question.
    """

    path: Path
    keyword: str
    rule: object
    found: object


def violations(schema: Mapping[str, object], data: JsonValue, *, most: int) -> list[Violation]:
    """Every violation, at most `most`; an empty list where the data fits."""
    if jsonschema_rs.Draft202012Validator(dict(schema)).is_valid(data):
        return []
    found: dict[tuple[Path, str], Violation] = {}
    for error in _explainer(schema).iter_errors(data):
        for violation in _violations_of(error):
            found.setdefault((violation.path, violation.keyword), violation)
        if len(found) >= most:
            break
    return list(found.values())[:most]


def _explainer(schema: Mapping[str, object]) -> Validator:
    from jsonschema import Draft202012Validator, validators

    extend = cast("Callable[..., type[Validator]]", validators.extend)
    return extend(Draft202012Validator, {"pattern": _pattern})(schema)


def _pattern(
    _validator: object, pattern: str, instance: object, _schema: object
) -> Iterator[ValidationError]:
    """`pattern` by ECMA 262, as JSON Schema has it: there `$` is the end of the text, in Python's `re` also
    the place before a last line break."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError(f"does not match {pattern}")


def _violations_of(error: ValidationError) -> Iterator[Violation]:
    path: Path = tuple(error.absolute_path)
    keyword = str(error.validator)
    if keyword == "additionalProperties":
        instance, schema = cast(_Object, error.instance), cast(_Object, error.schema)
        known = cast(_Object, schema.get("properties", {}))
        free = cast(_Object, schema.get("patternProperties", {}))
        for name in instance:
            if name not in known and not any(re.search(pattern, name) for pattern in free):
                yield Violation((*path, name), keyword, tuple(known), instance[name])
    elif keyword == "required":
        for name in cast(list[str], error.validator_value):
            if name not in cast(_Object, error.instance):
                yield Violation((*path, name), keyword, name, None)
    elif "propertyNames" in error.absolute_schema_path:
        yield Violation((*path, str(error.instance)), "propertyNames", error.validator_value, error.instance)
    else:
        yield Violation(path, keyword, error.validator_value, error.instance)
