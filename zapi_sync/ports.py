"""What apply and the look for drift need from the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from zapi_sync.core.lookup import Details, Listed, Metadata
    from zapi_sync.core.model import Group, GroupId
    from zapi_sync.core.outcome import Outcome


class GroupCreator(Protocol):
    """One instance's create-group call."""

    def create_group(self, group: Group, sending: Callable[[], None]) -> Outcome:
        """Sends one request, never a second one, and says what became of it.

        Calls `sending` once, just before the first byte of the request; what it raises comes out unchanged,
        and then nothing was sent. Raises nothing of its own.
        """


class GroupDirectory(Protocol):
    """One instance's look-ups, which change nothing. Each raises RemoteUnavailable."""

    def groups_page(self, page: int) -> list[Listed]:
        """A page of the groups, from 1; the pages past the last are empty."""

    def metadata(self, phone: GroupId) -> Metadata:
        """What is known of a group."""

    def invitation_link(self, phone: GroupId) -> str | None:
        """A group's invite link, None where there is none to be had now."""

    def is_connected(self) -> bool:
        """Whether the instance is connected to WhatsApp."""

    def own_phone(self) -> str | None:
        """The connected number, None where it is not told."""


class GroupInspector(GroupDirectory, Protocol):
    """The look-ups of a directory, and the one that tells all about a group. Raises RemoteUnavailable."""

    def details(self, phone: GroupId) -> Details | None:
        """All that is told of a group; None where the API says that there is none of this id."""


class Clock(Protocol):
    """The time, and whether somebody asked to stop."""

    @property
    def stopping(self) -> bool:
        """Whether no further group is to be started."""

    def now(self) -> datetime:
        """The time in UTC."""

    def wait(self, seconds: float) -> None:
        """Returns after that time, or earlier once `stopping`."""
