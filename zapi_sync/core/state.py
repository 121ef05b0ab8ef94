"""What is known to have been created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.model import credential_variables
from zapi_sync.core.pacing import RequestLog
from zapi_sync.dataclass import dataclass, field, replace
from zapi_sync.errors import Code, StateInvalid
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zapi_sync.core.model import GroupId, GroupKey, InstanceName, Record


@dataclass(frozen=True, slots=True)
class State:
    """The groups created so far, and the remote that they live behind.

    `remote` is the origin of the API's base URL, or `sandbox`; `instances` has a digest of each id.
    """

    lineage: str
    serial: int
    remote: str
    instances: Mapping[InstanceName, str] = field(default_factory=dict)
    groups: Mapping[GroupKey, Record] = field(default_factory=dict)
    recipients: tuple[str, ...] = ()
    """To whom it is encrypted, sorted; none where it stands in the clear."""
    requests: Mapping[InstanceName, RequestLog] = field(default_factory=dict)
    """What pacing needs to know of each instance besides its groups; no instance without such."""

    def with_instances(self, instances: Mapping[InstanceName, str]) -> State:
        """The state once it also speaks of these instances (name -> digest); itself where it did already."""
        together = {**self.instances, **instances}
        if together == self.instances:
            return self
        return replace(self, serial=self.serial + 1, instances=together)

    def after(self, before: State | None) -> State:
        """This state as the version that comes after another one, so that everybody notices."""
        return replace(self, serial=max(self.serial, before.serial if before else 0) + 1)

    def encrypted_to(self, recipients: tuple[str, ...]) -> State:
        """The next version of this state, for other readers."""
        return replace(self, serial=self.serial + 1, recipients=recipients)

    def with_groups(self, groups: Mapping[GroupKey, Record]) -> State:
        """The next version of this state."""
        return replace(self, serial=self.serial + 1, groups=groups)

    def with_requests(self, requests: Mapping[InstanceName, RequestLog]) -> State:
        """This state with these logs, less the empty ones."""
        return replace(self, requests={name: log for name, log in requests.items() if log != RequestLog()})


@dataclass(frozen=True, slots=True)
class Clash:
    """Two keys that stand for one group, as after a record was copied by hand."""

    first: GroupKey
    key: GroupKey
    phone: GroupId

    def __str__(self) -> str:
        return Text(
            '"{first}" and "{key}" stand for one group, {phone}',
            first=self.first,
            key=self.key,
            phone=self.phone,
        )


def two_of_one_group(groups: Mapping[GroupKey, Record]) -> Clash | None:
    """The first two keys that stand for one group."""
    first: dict[GroupId, GroupKey] = {}
    for key, record in groups.items():
        other = first.setdefault(record.phone, key)
        if other != key:
            return Clash(other, key, record.phone)
    return None


def check_remote(state: State, origin: str, instances: Mapping[InstanceName, str], file: str) -> None:
    """Raises StateInvalid where the state speaks of another API, or of another number behind a name.

    `instances` maps the names in use to digests of their ids.
    """
    if state.remote != origin:
        raise StateInvalid.of(
            Code.STATE_OF_ANOTHER_REMOTE,
            Text(
                "this state speaks of groups at {remote}, and this run would talk to {origin}",
                remote=state.remote,
                origin=origin,
            ),
            hint=Text(
                "use the state that belongs there (--state), or correct --sandbox or ZAPI_BASE_URL; "
                "nothing was sent"
            ),
            file=file,
        )
    for name, digest in instances.items():
        variable = credential_variables(name)[0]
        if state.instances.get(name, digest) != digest:
            raise StateInvalid.of(
                Code.STATE_OF_ANOTHER_INSTANCE,
                Text('this state speaks of another Z-API instance under the name "{name}"', name=name),
                hint=Text(
                    "set {variable} to the instance that created these groups, or give the new one "
                    "a name of its own; nothing was sent",
                    variable=variable,
                ),
                file=file,
            )
        elsewhere = [other for other, known in state.instances.items() if known == digest and other != name]
        if elsewhere:
            raise StateInvalid.of(
                Code.STATE_OF_ANOTHER_INSTANCE,
                Text(
                    'the instance "{name}" is the one that this state knows as "{other}"',
                    name=name,
                    other=elsewhere[0],
                ),
                hint=Text(
                    "correct {variable}, or use one name for both; nothing was sent", variable=variable
                ),
                file=file,
            )
