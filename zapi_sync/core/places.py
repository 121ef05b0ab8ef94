"""Where the values of documents stand, and where they are used from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from zapi_sync.dataclass import dataclass
from zapi_sync.errors import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zapi_sync.core.complaints import Complaints
    from zapi_sync.core.document import Document
    from zapi_sync.core.positions import Path
    from zapi_sync.errors import Code, Location


class Spot(Protocol):
    """Where something stands, and where it is used from: three places, from the nearest on."""

    @property
    def location(self) -> Location: ...

    @property
    def uses(self) -> Iterator[Location]: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a document, or the key that it stands under; its Location costs a second parse."""

    document: Document
    path: Path
    key: bool = False

    @property
    def location(self) -> Location:
        return self.document.where_key(self.path) if self.key else self.document.where(self.path)

    @property
    def uses(self) -> Iterator[Location]:
        """Where it stands, then where it is used from there: under its own key, and under the group's."""
        yield self.location
        yield self.document.where_key(self.path)
        yield self.document.where_key(self.path[:2])


def apart(one: Spot, other: Spot) -> tuple[Location, Location]:
    """Where two values stand; where they stand under one anchor, where it is used."""
    uses = list(zip(one.uses, other.uses, strict=True))
    return next((each for each in uses if each[0] != each[1]), uses[0])


def tell(
    complaints: Complaints,
    code: Code,
    place: Spot,
    message: str,
    hint: str,
    *,
    also: tuple[str, Spot] | None = None,
    severity: Severity = Severity.ERROR,
) -> None:
    """Adds a complaint about a place, if it will be told: where that stands is found out only then."""
    if complaints.has_room(severity):
        here, there = apart(place, also[1]) if also else (place.location, None)
        others = ((also[0], there),) if also and there else ()
        complaints.add(Diagnostic(code, message, hint, here, severity, others))
