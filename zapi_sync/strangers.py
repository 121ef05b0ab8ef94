"""The look at the groups that the instances have and no state knows; it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.importing import Seen
from zapi_sync.core.looking import UNANSWERED_IN_A_ROW, about, look_ended
from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import Code, RemoteUnavailable
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from zapi_sync.core.lookup import Listed
    from zapi_sync.core.model import GroupId, InstanceName
    from zapi_sync.errors import Diagnostic
    from zapi_sync.ports import GroupInspector


@dataclass(slots=True)
class Strangers:
    """What was `seen`, the connected numbers of the instances that it is on, and what could not be had."""

    seen: list[Seen] = field(default_factory=list)
    own_phones: dict[InstanceName, str] = field(default_factory=dict)
    failures: list[Diagnostic] = field(default_factory=list)

    def fail(self, what: str, unavailable: RemoteUnavailable, code: Code | None = None) -> None:
        self.failures += about(what, unavailable.diagnostics, code)


@dataclass(frozen=True, slots=True)
class StrangerLook:
    """The collaborators of a look.

    `listing` gives the complete listing of an instance, or raises RemoteUnavailable; `looked` is told, group
    by group, how many of the instance's were looked at, of how many.
    """

    inspectors: Callable[[InstanceName], GroupInspector]
    listing: Callable[[InstanceName], Sequence[Listed]]
    looked: Callable[[InstanceName, int, int], None]

    def look(self, instances: Iterable[InstanceName], known: Collection[GroupId]) -> Strangers:
        """All groups of these instances but the known ones. An instance that cannot be looked at is told, and
        hides nothing of the others."""
        found = Strangers()
        for instance in instances:
            try:
                own_phone = self._own_phone(instance)
                listing = [each for each in self.listing(instance) if each.phone not in known]
            except RemoteUnavailable as unavailable:
                found.fail(
                    Text('the instance "{instance}" cannot be looked at', instance=instance), unavailable
                )
            else:
                found.own_phones[instance] = own_phone
                found.seen += self._each(instance, listing, found)
        return found

    def _own_phone(self, instance: InstanceName) -> str:
        """Without it, the one who may not stand in `phones` could not be told from the others."""
        own_phone = self.inspectors(instance).own_phone()
        if own_phone is None:
            raise RemoteUnavailable.of(
                Code.LOOKUP_FAILED,
                Text("the look-up device does not tell the connected number"),
                hint=Text("see whether the instance is connected, then run this again"),
            )
        return own_phone

    def _each(self, instance: InstanceName, listing: Sequence[Listed], found: Strangers) -> Iterator[Seen]:
        unanswered = 0
        for number, listed in enumerate(listing, start=1):
            if unanswered == UNANSWERED_IN_A_ROW:
                found.failures.append(look_ended(instance, len(listing) - number + 1))
                for left in listing[number - 1 :]:
                    yield Seen(instance, left.phone, left.name, None, Text("the look ended before its turn"))
                return
            try:
                details, unseen = self.inspectors(instance).details(listed.phone), None
                unanswered = 0
            except RemoteUnavailable as unavailable:
                details, unseen = None, unavailable.diagnostics[0].message
                unanswered += 1
                what = Text("the group {id} cannot be looked at", id=listed.phone)
                found.fail(what, unavailable, Code.GROUP_UNSEEN)
            yield Seen(instance, listed.phone, listed.name, details, unseen)
            self.looked(instance, number, len(listing))
