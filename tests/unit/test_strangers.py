"""The look at groups that no state knows: what cannot be had is told, and hides nothing of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zapi_sync.core.importing import Seen
from zapi_sync.core.lookup import Listed
from zapi_sync.core.model import GroupId, InstanceName
from zapi_sync.strangers import StrangerLook, Strangers

from .made import told
from .test_survey import OWN, SILENT, Inspector, seen


@dataclass
class World:
    """Instances by name, and what was told of the way."""

    instances: dict[str, Inspector]
    looked: list[tuple[str, int, int]] = field(default_factory=list)

    def look(self, *known: str) -> Strangers:
        def listing(instance: InstanceName) -> Sequence[Listed]:
            return self.instances[instance].listing()

        look = StrangerLook(
            self.instances.__getitem__, listing, lambda *progress: self.looked.append(progress)
        )
        return look.look(map(InstanceName, self.instances), set(map(GroupId, known)))


def ids(seen: Sequence[Seen]) -> list[str]:
    return [f"{each.instance}/{each.phone}: {each.unseen or (each.details and 'seen')}" for each in seen]


def test_all_are_looked_at_but_those_that_are_known() -> None:
    here = Inspector(["11111-group", "22222-group", "33333-group"], {"22222-group": seen("22222-group")})
    world = World({"default": here})
    found = world.look("11111-group")
    assert ids(found.seen) == ["default/22222-group: seen", "default/33333-group: None"]
    assert here.asked == ["22222-group", "33333-group"]
    assert (found.own_phones, found.failures) == ({"default": OWN}, [])
    assert world.looked == [("default", 1, 2), ("default", 2, 2)]


def test_an_instance_that_cannot_be_looked_at_hides_nothing_of_the_others() -> None:
    well = Inspector(["11111-group"], {"11111-group": seen("11111-group")})
    world = World({"a": Inspector(None), "b": Inspector(own=SILENT), "c": Inspector(), "d": well})
    world.instances["c"].own = None  # type: ignore[assignment]
    found = world.look()
    assert ids(found.seen) == ["d/11111-group: seen"]
    assert told(found.failures) == [
        'error: the instance "a" cannot be looked at: no whole answer came | run this again',
        'error: the instance "b" cannot be looked at: no whole answer came | run this again',
        'error: the instance "c" cannot be looked at: the look-up device does not tell the connected number'
        " | see whether the instance is connected, then run this again",
    ]


def test_three_in_a_row_that_give_no_answer_end_the_look() -> None:
    phones = [f"{number}-group" for number in range(11111, 11118)]
    answers = {phone: SILENT if number != 1 else seen(phone) for number, phone in enumerate(phones)}
    found = World({"default": Inspector(phones, answers)}).look()
    assert ids(found.seen) == [
        "default/11111-group: no whole answer came",
        "default/11112-group: seen",
        "default/11113-group: no whole answer came",
        "default/11114-group: no whole answer came",
        "default/11115-group: no whole answer came",
        "default/11116-group: the look ended before its turn",
        "default/11117-group: the look ended before its turn",
    ]
    assert told(found.failures)[0] == (
        "error: the group 11111-group cannot be looked at: no whole answer came | run this again"
    )
    assert told(found.failures)[-1].startswith(
        'error: 3 groups in a row of the instance "default" gave no usable answer, so the look at it ended; '
        "not looked at: 2 | "
    )
