"""The look at what became of the groups of a state: it changes nothing, and takes nothing for granted.

A group is gone only where a complete listing lacks it and the API says that there is none of its id: a
time-out, an error or nonsense says nothing about a group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.drift import Gone, Unseen
from zapi_sync.core.looking import UNANSWERED_IN_A_ROW, about, look_ended
from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import Code, RemoteUnavailable
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from zapi_sync.core.drift import Sight
    from zapi_sync.core.lookup import Listed
    from zapi_sync.core.model import GroupId, GroupKey, InstanceName, Record
    from zapi_sync.errors import Diagnostic
    from zapi_sync.ports import GroupInspector


@dataclass(slots=True)
class Survey:
    """What was seen: `sights` of every group that was to be looked at, `listings` and `own_phones` of the
    instances that gave them, `failures` what could not be had."""

    sights: dict[GroupKey, Sight] = field(default_factory=dict)
    listings: dict[InstanceName, Sequence[Listed]] = field(default_factory=dict)
    own_phones: dict[InstanceName, str | None] = field(default_factory=dict)
    failures: list[Diagnostic] = field(default_factory=list)

    def fail(self, what: str, unavailable: RemoteUnavailable, code: Code | None = None) -> None:
        self.failures += about(what, unavailable.diagnostics, code)


@dataclass(frozen=True, slots=True)
class Surveyor:
    """The collaborators of a look.

    `listing` gives the complete listing of an instance, or raises RemoteUnavailable; `looked` is told, group
    by group, how many of the instance's were looked at, of how many.
    """

    inspectors: Callable[[InstanceName], GroupInspector]
    listing: Callable[[InstanceName], Sequence[Listed]]
    looked: Callable[[InstanceName, int, int], None]

    def survey(
        self, records: Mapping[GroupKey, Record], to_be_listed: Collection[InstanceName] = ()
    ) -> Survey:
        """Look at these groups, and list the instances `to_be_listed` besides. What cannot be had is told."""
        survey = Survey()
        for instance in sorted({record.instance for record in records.values()} | set(to_be_listed)):
            here = {key: record for key, record in sorted(records.items()) if record.instance == instance}
            try:
                listing = self.listing(instance)
            except RemoteUnavailable as unavailable:
                survey.fail(
                    Text('the instance "{instance}" cannot be looked at', instance=instance), unavailable
                )
                survey.sights |= dict.fromkeys(here, Unseen(Text("its instance cannot be looked at")))
                continue
            survey.listings[instance] = listing
            self._find_own_phone(instance, survey)
            if here:
                self._look(instance, here, {each.phone for each in listing}, survey)
        return survey

    def _find_own_phone(self, instance: InstanceName, survey: Survey) -> None:
        try:
            survey.own_phones[instance] = self.inspectors(instance).own_phone()
        except RemoteUnavailable as unavailable:
            survey.fail(
                Text('the connected number of the instance "{instance}" is not known', instance=instance),
                unavailable,
            )

    def _look(
        self,
        instance: InstanceName,
        records: Mapping[GroupKey, Record],
        listed: Collection[GroupId],
        survey: Survey,
    ) -> None:
        unanswered = 0
        for number, (key, record) in enumerate(records.items(), start=1):
            if unanswered == UNANSWERED_IN_A_ROW:
                left = list(records)[number - 1 :]
                survey.sights |= dict.fromkeys(left, Unseen(Text("the look ended before its turn")))
                survey.failures.append(look_ended(instance, len(left)))
                return
            try:
                sight = self._sight(instance, record.phone, listed)
            except RemoteUnavailable as unavailable:
                sight = Unseen(unavailable.diagnostics[0].message)
                survey.fail(
                    Text('the group "{key}" cannot be looked at', key=key), unavailable, Code.GROUP_UNSEEN
                )
            unanswered = unanswered + 1 if isinstance(sight, Unseen) else 0
            survey.sights[key] = sight
            self.looked(instance, number, len(records))

    def _sight(self, instance: InstanceName, phone: GroupId, listed: Collection[GroupId]) -> Sight:
        details = self.inspectors(instance).details(phone)
        if details is not None:
            return details
        if phone in listed:
            raise RemoteUnavailable.of(
                Code.GROUP_UNSEEN,
                Text("the API lists it, and says that there is none of its id"),
                hint=Text("run this again; if it stays so, look at the phone"),
            )
        return Gone()
