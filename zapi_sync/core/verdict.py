"""Whether data fits a JSON Schema: a compiled validator gives the verdict, jsonschema explains a "no".

Small data that plainly fits is told at sight; tests/unit/test_verdict.py holds the three to one verdict. The
explanation costs a hundred times as much: it is imported and run only where there is something to explain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from zapi_sync.core.at_sight import fits_at_sight
from zapi_sync.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import jsonschema_rs
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from zapi_sync.core.positions import Path

JsonValue: TypeAlias = "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
_Object: TypeAlias = Mapping[str, object]
_Keyword: TypeAlias = "Callable[[Validator, object, object, _Object], Iterator[ValidationError]]"


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
    """Every violation, at most `most`; an empty list where the data fits.

    What is wrong within a list is told of the first place alone that the list stands at.
    """
    if fits_at_sight(schema, data):
        return []
    import jsonschema_rs

    if jsonschema_rs.Draft202012Validator(dict(schema)).is_valid(data):
        return []
    found: dict[tuple[Path, str], Violation] = {}
    for error in _explainer(schema).iter_errors(data):
        for violation in _violations_of(error):
            found.setdefault((violation.path, violation.keyword), violation)
            if len(found) >= most:
                return list(found.values())
    return list(found.values())


def _explainer(schema: Mapping[str, object]) -> Validator:
    from jsonschema import Draft202012Validator, validators

    extend = cast("Callable[..., type[Validator]]", validators.extend)
    unfit = _Unfit(schema)
    descend = cast("Callable[..., Iterator[ValidationError]]", Draft202012Validator.descend)
    additional = cast(_Keyword, Draft202012Validator.VALIDATORS["additionalProperties"])

    def additional_properties(
        validator: Validator, rule: object, instance: object, within: _Object
    ) -> Iterator[ValidationError]:
        if not isinstance(rule, dict) or not isinstance(instance, dict):
            yield from additional(validator, rule, instance, within)
            return
        for name in _additional(instance, within):  # in the order written; jsonschema goes by a set
            if unfit.is_unfit(rule, instance[name]):
                yield from descend(validator, instance[name], rule, path=name)

    def items(
        validator: Validator, rule: object, instance: object, _within: _Object
    ) -> Iterator[ValidationError]:
        if isinstance(instance, list):  # in our schemas `items` stands for all of them
            for index in unfit.indices(rule, instance):
                yield from descend(validator, instance[index], rule, path=index)

    own = {"pattern": _pattern, "additionalProperties": additional_properties, "items": items}
    return extend(Draft202012Validator, own)(schema)


class _Unfit:
    """What there is to explain: the compiled validator finds the few of many groups that do not fit."""

    def __init__(self, schema: _Object) -> None:
        self._defs = schema.get("$defs", {})
        self._compiled: dict[int, tuple[object, jsonschema_rs.Draft202012Validator]] = {}
        self._told: dict[tuple[int, int], tuple[object, object]] = {}
        # by identity, so each holds on to what it was made for

    def is_unfit(self, rule: object, value: object) -> bool:
        import jsonschema_rs

        if id(rule) not in self._compiled:
            whole = {**cast(_Object, rule), "$defs": self._defs}
            self._compiled[id(rule)] = rule, jsonschema_rs.Draft202012Validator(whole)
        return not self._compiled[id(rule)][1].is_valid(value)

    def indices(self, rule: object, values: list[object]) -> list[int]:
        """Those of a list, told once: through aliases a thousand groups may share it."""
        key = id(rule), id(values)
        if key in self._told:
            return []
        self._told[key] = rule, values
        return [index for index, each in enumerate(values) if self.is_unfit(rule, each)]


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
        for name in _additional(instance, schema):
            yield Violation((*path, name), keyword, tuple(known), instance[name])
    elif keyword == "required":
        for name in cast(list[str], error.validator_value):
            if name not in cast(_Object, error.instance):
                yield Violation((*path, name), keyword, name, None)
    elif "propertyNames" in error.absolute_schema_path:
        yield Violation((*path, str(error.instance)), "propertyNames", error.validator_value, error.instance)
    else:
        yield Violation(path, keyword, error.validator_value, error.instance)


def _additional(instance: _Object, schema: _Object) -> Iterator[str]:
    """The names that neither `properties` nor `patternProperties` speak of."""
    known = cast(_Object, schema.get("properties", {}))
    free = cast(_Object, schema.get("patternProperties", {}))
    return (
        name
        for name in instance
        if name not in known and not any(re.search(pattern, name) for pattern in free)
    )
