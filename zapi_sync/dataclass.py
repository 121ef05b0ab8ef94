"""`dataclass`, `field` and `replace` of the standard library, as far as they are used here, quick to import.

The standard library writes up to six methods of each class as source text and compiles them while the module
is imported, and it loads `inspect`: together that was a quarter of what a small plan took. Here the methods
that can be shared are, and `__init__` is compiled when a class makes its first value. A type checker sees the
standard library's own; tests/unit/test_dataclass.py holds the two to one behaviour (docs/decisions/0016).
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_T = TypeVar("_T")
_MISSING: object = object()


class _Field:
    """How a field is made where no value is given for it."""

    __slots__ = ("default", "factory", "init", "repr")

    def __init__(self, default: object, factory: object, init: bool, repr: bool) -> None:
        self.default, self.factory, self.init, self.repr = default, factory, init, repr


def _field(
    *, default: object = _MISSING, default_factory: object = _MISSING, init: bool = True, repr: bool = True
) -> object:
    return _Field(default, default_factory, init, repr)


def _dataclass(*, frozen: bool = False, slots: bool = False) -> Callable[[type[_T]], type[_T]]:
    def make(cls: type[_T]) -> type[_T]:
        body = dict(cls.__dict__)
        fields = dict(_fields_of(body))
        for name, each in fields.items():
            if slots or each.default is _MISSING:
                body.pop(name, None)
        if slots:
            body["__slots__"] = tuple(fields)
        del body["__dict__"], body["__weakref__"]
        methods = _methods(fields, frozen=frozen)
        return cast("type[_T]", type(cls.__name__, cls.__bases__, {**methods, **body}))

    return make


def _fields_of(body: Mapping[str, object]) -> list[tuple[str, _Field]]:
    annotations = cast("Mapping[str, str]", body.get("__annotations__", {}))
    defaults = [
        (name, body.get(name, _MISSING)) for name, kind in annotations.items() if "ClassVar" not in kind
    ]
    return [
        (name, default if isinstance(default, _Field) else _Field(default, _MISSING, True, True))
        for name, default in defaults
    ]


def _methods(fields: Mapping[str, _Field], *, frozen: bool) -> dict[str, object]:
    """What all such classes have; a class that says otherwise in its own body is right."""
    values = attrgetter(*fields) if fields else lambda _: ()

    def equals(self: object, other: object) -> bool:
        return values(self) == values(other) if type(other) is type(self) else NotImplemented

    def to_hash(self: object) -> int:
        return hash(values(self))

    shared: dict[str, object] = {
        "__dataclass__": fields,
        "__match_args__": tuple(name for name, each in fields.items() if each.init),
        "__init__": _first_init,
        "__repr__": _to_repr,
        "__eq__": equals,
        "__hash__": to_hash if frozen else None,
    }
    return {**shared, "__setattr__": _refuse, "__delattr__": _refuse} if frozen else shared


def _first_init(self: object, *args: object, **kwargs: object) -> None:
    """Makes way for the `__init__` that sets the fields, and calls it."""
    cls = type(self)
    init = _init_of(cls)
    cls.__init__ = init  # type: ignore[method-assign]
    init(self, *args, **kwargs)


def _init_of(cls: type) -> Callable[..., None]:
    fields = cast("Mapping[str, _Field]", cls.__dict__["__dataclass__"])
    frozen = cls.__dict__.get("__setattr__") is _refuse
    known: dict[str, object] = {"_MISSING": _MISSING, "_set": object.__setattr__}
    parameters, lines = ["self"], []
    for name, each in fields.items():
        value = name
        if each.default is not _MISSING:
            known[f"_{name}_default"] = each.default
            parameters.append(f"{name}=_{name}_default")
        elif each.factory is not _MISSING:
            known[f"_{name}_factory"] = each.factory
            value = f"_{name}_factory()"
            if each.init:
                parameters.append(f"{name}=_MISSING")
                value += f" if {name} is _MISSING else {name}"
        elif each.init:
            parameters.append(name)
        else:
            continue
        lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if "__post_init__" in cls.__dict__:
        lines.append("self.__post_init__()")
    source = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines or ["pass"])
    exec(source, known)  # noqa: S102  of names that stand in our own classes
    init = cast("Callable[..., None]", known["__init__"])
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _to_repr(self: object) -> str:
    fields = cast("Mapping[str, _Field]", type(self).__dict__["__dataclass__"])
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, each in fields.items() if each.repr)
    return f"{type(self).__qualname__}({shown})"


def _refuse(self: object, name: str, *_: object) -> None:
    raise AttributeError(f"the values of {type(self).__name__} cannot be changed: {name}")


def _replace(value: _T, /, **changes: object) -> _T:
    cls = type(value)
    for name, each in cast("Mapping[str, _Field]", cls.__dict__["__dataclass__"]).items():
        if each.init:
            changes.setdefault(name, getattr(value, name))
    return cls(**changes)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
    dataclass, field, replace = _dataclass, _field, _replace
