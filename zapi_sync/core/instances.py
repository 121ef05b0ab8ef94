"""The instances that groups are on: where each is first written, and which of them look misspelt."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from zapi_sync.core.model import DEFAULT_INSTANCE, InstanceName, credential_variables
from zapi_sync.core.nearest import nearest
from zapi_sync.core.places import tell
from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import Code, Severity
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from zapi_sync.core.complaints import Complaints
    from zapi_sync.core.model import Group
    from zapi_sync.core.places import Place

_MANY_INSTANCES = 100
"""With more instances than that, no name is looked at for being another one's misspelling."""


@dataclass(slots=True)
class Instances:
    """The instances of a run's groups, as they come; what is wrong with one goes to the complaints."""

    complaints: Complaints
    places: dict[InstanceName, Place] = field(default_factory=dict)
    _variables: dict[str, InstanceName] = field(
        default_factory=lambda: dict.fromkeys(credential_variables(DEFAULT_INSTANCE), DEFAULT_INSTANCE)
    )

    def take(self, place: Place, instance: InstanceName) -> None:
        """Remember where an instance is first written, and that no other one reads its variables."""
        if instance in self.places or instance == DEFAULT_INSTANCE:
            return
        self.places[instance] = place
        for variable in credential_variables(instance):
            other = self._variables.setdefault(variable, instance)
            if other != instance:
                tell(
                    self.complaints,
                    Code.INSTANCES_CLASH,
                    place,
                    Text(
                        'the instances "{instance}" and "{other}" would both read {variable}',
                        instance=instance,
                        other=other,
                        variable=variable,
                    ),
                    Text('give "{instance}" another name', instance=instance),
                )
                return

    def check_names(self, groups: Iterable[Group]) -> None:
        """An instance that one group alone is on, and whose name is all but that of another one."""
        used = Counter(group.instance for group in groups)
        if len(used) > _MANY_INSTANCES:
            return
        for instance, place in self.places.items():
            known = {DEFAULT_INSTANCE, *(other for other in used if used[other] > 1)}
            meant = _misspelt(instance, known) if used[instance] == 1 else None
            if meant:
                tell(
                    self.complaints,
                    Code.INSTANCE_MISSPELT,
                    place,
                    Text(
                        'this group alone is on the instance "{instance}", and others are on "{meant}"',
                        instance=instance,
                        meant=meant,
                    )
                    if meant in used
                    else Text(
                        'the instance "{instance}" is all but "{meant}", where groups are by default',
                        instance=instance,
                        meant=meant,
                    ),
                    Text(
                        'did you mean "{meant}"? If not, {variable} says what it is',
                        meant=meant,
                        variable=credential_variables(instance)[0],
                    ),
                    severity=Severity.WARNING,
                )


def _misspelt(instance: InstanceName, known: Collection[InstanceName]) -> InstanceName | None:
    """The known name that was probably meant; numbers are no misspellings (sales-1, sales-2)."""
    letters = re.sub("[^a-z]", "", instance)
    others = [other for other in known if re.sub("[^a-z]", "", other) != letters]
    close = nearest(instance, others, cutoff=0.8) if len(letters) > 3 else None
    return InstanceName(close) if close else None
