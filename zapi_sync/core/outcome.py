"""What can become of a create-group call, and an answer of the API before anybody judges it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zapi_sync.core.model import GroupId

MAX_VALUES = 100_000
"""Values in an answer: 2 MiB of groups hold 80,000; each may take 30 times the room that it takes in JSON."""
MAX_LENGTH = 10_000
"""Of a text in an answer, in characters. A longer one is nothing that is read here, and is not searched."""


class Cause(StrEnum):
    """Why the API turned a call down."""

    CREDENTIALS = "credentials"
    SUBSCRIPTION = "subscription"
    DISCONNECTED = "disconnected"
    INPUT = "input"
    OWN_NUMBER = "own_number"
    NOT_FOUND = "not_found"
    METHOD = "method"
    CONTENT_TYPE = "content_type"
    RATE_LIMIT = "rate_limit"

    @property
    def concerns_instance(self) -> bool:
        """Whether the next group on this instance would be turned down for the same reason."""
        return self not in (Cause.INPUT, Cause.OWN_NUMBER)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The API, or WhatsApp behind it, asks to slow down. `retry_after` is in seconds, if given."""

    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """The API named the group. The link is None where the answer holds none that can be an invite link."""

    phone: GroupId
    invitation_link: str | None
    phones_not_added: tuple[str, ...] = ()
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The API turned the call down, and no group came of it."""

    cause: Cause
    said: str
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """The request never left: nothing can have been created."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request left, and nothing proves what became of it.

    `refused` is true for a complete answer that says no. Such an attempt counts as not made once its group
    has been absent for long enough (core/known.py); without an answer, absence proves nothing.
    """

    reason: str
    refused: bool = False
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing came of an unknown call: somebody looked and said so, or declared absence to be proof."""

    reason: str


Outcome: TypeAlias = Created | Rejected | Unsent | Unknown
"""What becomes of a call by itself."""


class Contradictory(ValueError):
    """An answer in which a member is given twice, and differently: either may be what was meant."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that was read to its end, unless `complete` says otherwise."""

    status: int
    body: bytes
    complete: bool = True
    retry_after: str | None = None
    mask: Callable[[str], str] = str
    """Takes secrets out of all that the answer says."""

    def texts(self) -> list[str]:
        """Return every text in the body, masked: the strings of a JSON document, else the whole body."""
        try:
            return list(_strings(self.json()))
        except ValueError:
            # As in UTF-16: what matters here is ASCII.
            return [self.mask(self.body.replace(b"\0", b"").decode(errors="replace"))]

    def json(self) -> object:
        """What the body says, each text masked and without half characters. Raises ValueError where it cannot
        be told: no JSON, no UTF-8, too much or too deep; Contradictory where a member is given twice."""
        if sum(map(self.body.count, (b",", b"[", b"{"))) > MAX_VALUES:
            raise ValueError("size")
        try:
            return json.loads(self.body, object_pairs_hook=self._object)
        except RecursionError:
            raise ValueError("depth") from None

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = {name: self._cleaned(value) for name, value in pairs}
        if len(members) < len(pairs) and any(self._cleaned(value) != members[name] for name, value in pairs):
            raise Contradictory
        return members

    def _cleaned(self, value: object) -> object:
        if isinstance(value, list):
            return [self._text(each) if isinstance(each, str) else each for each in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        if len(text) > MAX_LENGTH:
            return ""
        return self.mask(text if text.isascii() else text.encode(errors="replace").decode())


def _strings(value: object) -> Iterator[str]:
    """Every string in a JSON value, the names of members left out."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            left += each.values()
        elif isinstance(each, list):
            left += each
