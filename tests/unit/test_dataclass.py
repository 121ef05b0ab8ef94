"""Our quick dataclasses are held to the standard library's behaviour, as far as they are used."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cached_property
from types import ModuleType
from typing import Any, ClassVar

import pytest

import zapi_sync
import zapi_sync.dataclass as quick

BOTH = pytest.mark.parametrize("library", [dataclasses, quick], ids=["standard", "quick"])


class Classes:
    """The same classes, made by one of the two."""

    def __init__(self, library: Any) -> None:
        dataclass, field = library.dataclass, library.field

        @dataclass(frozen=True, slots=True)
        class Frozen:
            """Data."""

            kind: ClassVar[str] = "frozen"
            name: str
            number: int = 3
            many: tuple[int, ...] = field(default=(1,), repr=False)

            @property
            def double(self) -> int:
                return self.number * 2

        @dataclass(frozen=True, slots=True)
        class Other:
            name: str
            number: int = 3
            many: tuple[int, ...] = ()

        @dataclass(frozen=True, slots=True)
        class Empty:
            pass

        @dataclass(frozen=True)
        class Cached:
            name: str
            known: dict[str, int] = field(default_factory=dict)

            @cached_property
            def long(self) -> str:
                return self.name * 2

        @dataclass(slots=True)
        class Open:
            first: list[int] = field(default_factory=list)
            second: int = 0
            third: str = field(init=False)
            fourth: set[int] = field(init=False, default_factory=set)

            def __post_init__(self) -> None:
                self.third = f"{self.second}"

        self.frozen: Any = Frozen
        self.other: Any = Other
        self.empty: Any = Empty
        self.cached: Any = Cached
        self.open: Any = Open


@pytest.fixture(params=[dataclasses, quick], ids=["standard", "quick"])
def made(request: pytest.FixtureRequest) -> Classes:
    return Classes(request.param)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(TypeError) as caught:
        call()
    return str(caught.value)


def test_values_are_equal_by_what_they_hold_and_by_their_class(made: Classes) -> None:
    assert made.frozen("a") == made.frozen("a", 3) == made.frozen(name="a", number=3, many=(1,))
    assert made.frozen("a") != made.frozen("b")
    assert made.frozen("a", 3, ()) != made.other("a", 3, ())
    assert made.frozen("a") != "a"
    assert made.empty() == made.empty()
    assert made.open([1], 2) == made.open([1], 2)


def test_what_is_frozen_has_a_hash_and_what_is_not_has_none(made: Classes) -> None:
    assert len({made.frozen("a"), made.frozen("a", 3), made.frozen("b"), made.empty(), made.empty()}) == 3
    assert made.frozen.__hash__ is not None
    with pytest.raises(TypeError, match="unhashable type: 'Open'"):
        hash(made.open())


def test_what_is_frozen_cannot_be_changed(made: Classes) -> None:
    value = made.frozen("a")
    with pytest.raises(AttributeError):
        value.name = "b"
    with pytest.raises((AttributeError, TypeError)):  # the latter by a slip of the standard library
        value.unknown = "b"
    with pytest.raises(AttributeError):
        del value.name
    assert value.name == "a"
    changeable = made.open()
    changeable.second = 7
    with pytest.raises(AttributeError):
        changeable.unknown = 1
    assert changeable.second == 7


def test_it_shows_its_fields_but_those_that_are_not_for_showing(made: Classes) -> None:
    assert repr(made.frozen("a")).endswith("Frozen(name='a', number=3)")
    assert repr(made.empty()).endswith("Empty()")
    assert repr(made.open([1], 2)).endswith("Open(first=[1], second=2, third='2', fourth=set())")


def test_defaults_are_made_anew_for_each_value(made: Classes) -> None:
    one, other = made.open(), made.open()
    one.first.append(1)
    one.fourth.add(1)
    assert (other.first, other.fourth, other.third) == ([], set(), "0")
    assert made.cached("a").known is not made.cached("a").known


def test_a_property_may_be_cached_where_there_are_no_slots(made: Classes) -> None:
    value = made.cached("ab")
    assert value.long is value.long
    assert not hasattr(made.frozen("a"), "__dict__")


def test_class_attributes_are_no_fields(made: Classes) -> None:
    assert made.frozen.kind == "frozen"
    assert made.frozen("a").double == 6


def test_patterns_match_by_position(made: Classes) -> None:
    assert made.frozen.__match_args__ == ("name", "number", "many")
    assert made.open.__match_args__ == ("first", "second")
    match made.frozen("a", 4):
        case made.frozen(name, number):
            assert (name, number) == ("a", 4)


@BOTH
def test_a_copy_with_changes(library: Any) -> None:
    made = Classes(library)
    value = made.frozen("a", 4, (2,))
    assert library.replace(value, number=5) == made.frozen("a", 5, (2,))
    assert library.replace(made.open([1], 2), second=3).third == "3"
    assert "unexpected keyword argument 'nope'" in refused(lambda: library.replace(value, nope=1))


def test_wrong_arguments_are_refused_each_time_in_the_same_words(made: Classes) -> None:
    missing = "Frozen.__init__() missing 1 required positional argument: 'name'"
    for _ in range(2):  # the first time, the method is only being made
        assert refused(made.frozen).endswith(missing)
    assert refused(lambda: made.empty(1)).endswith("takes 1 positional argument but 2 were given")
    assert "unexpected keyword argument 'third'" in refused(lambda: made.open(third="3"))


def modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(zapi_sync.__path__, "zapi_sync."):
        if not module.name.startswith(("zapi_sync.ci", "zapi_sync.__main__")):
            yield importlib.import_module(module.name)


def test_no_class_of_ours_asks_for_more_than_is_there() -> None:
    """Keyword-only fields, InitVar and fields that are inherited would be taken for what they are not."""
    found = {
        each
        for module in modules()
        for each in vars(module).values()
        if isinstance(each, type) and "__dataclass__" in vars(each)
    }
    assert len(found) > 90
    for each in found:
        assert each.__bases__ == (object,), each
        kinds = vars(each).get("__annotations__", {}).values()
        assert not [kind for kind in kinds if "InitVar" in kind or "KW_ONLY" in kind], each
