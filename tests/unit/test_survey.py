"""The look at the instances: a group is gone on evidence alone, and an API that gives none is let be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zapi_sync.core.drift import Gone, Sight, Unseen
from zapi_sync.core.lookup import Details, Listed, Metadata
from zapi_sync.core.model import GroupId, GroupKey, InstanceName, Record
from zapi_sync.errors import Code, Diagnostic, RemoteUnavailable
from zapi_sync.survey import Survey, Surveyor

from .made import group, record, told

OWN = "5511900000000"
SILENT = RemoteUnavailable.of(Code.LOOKUP_FAILED, "no whole answer came", hint="run this again")


@dataclass
class Inspector:
    """One instance: the ids that it lists (None: it does not), and what it says of each group."""

    listed: Sequence[str] | None = ()
    groups: Mapping[str, Details | RemoteUnavailable] = field(default_factory=dict)
    own: str | RemoteUnavailable = OWN
    asked: list[str] = field(default_factory=list)

    def listing(self) -> Sequence[Listed]:
        if self.listed is None:
            raise SILENT
        return [Listed(GroupId(phone), "Name") for phone in self.listed]

    def details(self, phone: GroupId) -> Details | None:
        self.asked.append(phone)
        answer = self.groups.get(phone)
        if isinstance(answer, RemoteUnavailable):
            raise answer
        return answer

    def own_phone(self) -> str | None:
        if isinstance(self.own, RemoteUnavailable):
            raise self.own
        return self.own

    def groups_page(self, page: int) -> list[Listed]:
        raise NotImplementedError

    def metadata(self, phone: GroupId) -> Metadata:
        raise NotImplementedError

    def invitation_link(self, phone: GroupId) -> str | None:
        raise NotImplementedError

    def is_connected(self) -> bool:
        raise NotImplementedError


def seen(phone: str) -> Details:
    return Details(GroupId(phone), "Name", OWN, None, None)


def survey(
    inspectors: Mapping[str, Inspector], keys: Mapping[str, str], also: Sequence[str] = ()
) -> tuple[Survey, list[str]]:
    """A look at groups given as `key: instance`, each with its key for an id; and the progress told."""
    records: dict[GroupKey, Record] = {
        GroupKey(key): record(group(key, instance=instance), phone=key) for key, instance in keys.items()
    }
    progress: list[str] = []

    def looked(instance: InstanceName, number: int, total: int) -> None:
        progress.append(f"{instance} {number}/{total}")

    surveyor = Surveyor(inspectors.__getitem__, lambda name: inspectors[name].listing(), looked)
    return surveyor.survey(records, [InstanceName(name) for name in also]), progress


def here(*keys: str) -> dict[str, str]:
    return dict.fromkeys(keys, "default")


def sights(survey: Survey) -> dict[str, Sight]:
    return {str(key): sight for key, sight in survey.sights.items()}


def codes(diagnostics: Sequence[Diagnostic]) -> list[Code]:
    return [each.code for each in diagnostics]


def test_what_is_there_is_seen_and_what_is_nowhere_is_gone() -> None:
    found, progress = survey(
        {"default": Inspector(["a"], {"a": seen("a"), "c": seen("c")})}, here("a", "b", "c")
    )
    assert sights(found) == {"a": seen("a"), "b": Gone(), "c": seen("c")}  # c: the listing lags
    assert found.own_phones == {"default": OWN}
    assert found.failures == []
    assert progress == ["default 1/3", "default 2/3", "default 3/3"]


def test_what_is_listed_and_denied_is_not_gone() -> None:
    found, _ = survey({"default": Inspector(["a"])}, here("a"))
    assert isinstance(found.sights[GroupKey("a")], Unseen)
    assert told(found.failures) == [
        'error: the group "a" cannot be looked at: the API lists it, and says that there is none of its id | '
        "run this again; if it stays so, look at the phone"
    ]


def test_what_gives_no_answer_is_not_gone() -> None:
    found, _ = survey({"default": Inspector([], {"a": SILENT, "b": seen("b")})}, here("a", "b"))
    assert sights(found) == {"a": Unseen("no whole answer came"), "b": seen("b")}
    assert codes(found.failures) == [Code.GROUP_UNSEEN]
    assert told(found.failures) == [
        'error: the group "a" cannot be looked at: no whole answer came | run this again'
    ]


def test_without_a_listing_no_group_of_the_instance_is_looked_at_and_others_are() -> None:
    silent, other = Inspector(None), Inspector(["b"], {"b": seen("b")})
    found, _ = survey({"default": silent, "sales": other}, {"a": "default", "b": "sales"})
    assert sights(found) == {"a": Unseen("its instance cannot be looked at"), "b": seen("b")}
    assert silent.asked == []
    assert told(found.failures) == [
        'error: the instance "default" cannot be looked at: no whole answer came | run this again'
    ]


def test_three_in_a_row_without_an_answer_end_the_look_at_the_instance() -> None:
    silent = Inspector([], dict.fromkeys("abcde", SILENT))
    other = Inspector(["z"], {"z": seen("z")})
    found, _ = survey({"default": silent, "sales": other}, {**here(*"abcde"), "z": "sales"})
    assert silent.asked == ["a", "b", "c"]
    assert codes(found.failures) == [*[Code.GROUP_UNSEEN] * 3, Code.LOOK_ENDED]
    assert told(found.failures)[-1] == (
        'error: 3 groups in a row of the instance "default" gave no usable answer, so the look at it ended; '
        "not looked at: 2 | see whether Z-API is well and the instance is connected, then run this again"
    )
    assert sights(found)["e"] == Unseen("the look ended before its turn")
    assert sights(found)["z"] == seen("z")


def test_an_answer_in_between_lets_it_go_on() -> None:
    groups: dict[str, Details | RemoteUnavailable] = {**dict.fromkeys("abde", SILENT), "c": seen("c")}
    inspector = Inspector([], groups)
    found, _ = survey({"default": inspector}, here(*"abcde"))
    assert inspector.asked == [*"abcde"]
    assert codes(found.failures) == [Code.GROUP_UNSEEN] * 4


def test_three_at_the_very_end_end_nothing() -> None:
    found, _ = survey({"default": Inspector([], dict.fromkeys("abc", SILENT))}, here(*"abc"))
    assert codes(found.failures) == [Code.GROUP_UNSEEN] * 3


def test_a_number_that_is_not_told_is_a_failure_and_the_groups_are_seen() -> None:
    found, _ = survey({"default": Inspector(["a"], {"a": seen("a")}, own=SILENT)}, here("a"))
    assert sights(found) == {"a": seen("a")}
    assert found.own_phones == {}
    assert told(found.failures) == [
        'error: the connected number of the instance "default" is not known: no whole answer came'
        " | run this again"
    ]


def test_an_instance_without_groups_is_listed_and_asked_its_number() -> None:
    found, progress = survey({"default": Inspector(["x"])}, {}, also=["default"])
    assert {name: [each.phone for each in listing] for name, listing in found.listings.items()} == {
        "default": ["x"]
    }
    assert (found.sights, found.own_phones, progress) == ({}, {"default": "5511900000000"}, [])
