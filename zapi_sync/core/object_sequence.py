"""What the objects of a state in object storage say; object_state.py has the protocol."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from zapi_sync.core.holding import Kept, holder_text, read_holder
from zapi_sync.core.moments import moment_of
from zapi_sync.dataclass import dataclass
from zapi_sync.errors import Code, StateInvalid, StateUnwritable
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zapi_sync.core.holding import Holder

_ADDRESS = re.compile(
    r"(?P<cloud>s3|gs|az)://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{1,254})"
    r"(?:/(?P<prefix>(?:(?!\.+/)[A-Za-z0-9._=@+-]+/)*)(?P<name>(?!\.+$)[A-Za-z0-9._=@+-]+)?)?"
)

LINE, CHECKPOINT, TAKEOVER = "line", "checkpoint", "takeover"
MARGIN_SECONDS = 10.0
MARGIN = 0.1
"""Of a lease; the longer of the two margins goes by before another one takes the lock over."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state is: the object of this path in a bucket, and those whose paths begin with it."""

    cloud: str
    bucket: str
    path: str


def read_place(address: str) -> Place:
    """An address that ends with a folder means `groups` in it. Raises StateInvalid for what is no address."""
    parts = _ADDRESS.fullmatch(address)
    if not parts:  # it is not shown, as it may hold a credential
        raise StateInvalid.of(
            Code.STATE_ADDRESS,
            Text(
                "what follows {scheme}:// is no BUCKET[/PREFIX/]NAME",
                scheme=address.partition("://")[0],
            ),
            hint=Text(
                "write letters, digits and . _ = @ + - between slashes, as in s3://acme-infra/whatsapp/launch"
                "; credentials and endpoints are read from the environment alone"
            ),
        )
    name = (parts["name"] or "groups").removesuffix(".state.json")
    return Place(parts["cloud"], parts["bucket"], f"{parts['prefix'] or ''}{name}.state.json")


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of the sequence: a line of JSON that says what it is, and its bytes."""

    kind: str
    fence: int
    body: bytes
    sizes: tuple[int, int, int | None]
    takeovers: tuple[int, ...]

    @property
    def kept(self) -> Kept:
        state, journal, backup = self.sizes
        at = state + journal
        return Kept(self.body[:state], self.body[state:at], None if backup is None else self.body[at:])

    @property
    def is_whole(self) -> bool:
        return self.kind != CHECKPOINT or sum(size or 0 for size in self.sizes) == len(self.body)


def entry_text(kind: str, fence: int, token: str, body: bytes = b"", **more: object) -> bytes:
    head = {"kind": kind, "fence": fence, "token": token, **more}
    return json.dumps(head).encode() + b"\n" + body


def checkpoint_text(fence: int, token: str, kept: Kept, takeovers: Sequence[int]) -> bytes:
    parts = (kept.state or b"", kept.journal, kept.backup)
    sizes = [None if part is None else len(part) for part in parts]
    body = b"".join(part or b"" for part in parts)
    return entry_text(CHECKPOINT, fence, token, body, sizes=sizes, takeovers=sorted(takeovers))


def read_entry(raw: bytes, name: str, number: int) -> Entry:
    """Raises StateInvalid."""
    text, _, body = raw.partition(b"\n")
    try:
        head = json.loads(text)
        state, journal, backup = head.get("sizes", (0, 0, None))
        takeovers = tuple(map(int, head.get("takeovers", ())))
        entry = Entry(head["kind"], int(head["fence"]), body, (state, journal, backup), takeovers)
        if entry.kind in (LINE, CHECKPOINT, TAKEOVER) and entry.is_whole:
            return entry
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise StateInvalid.of(
        Code.JOURNAL_BROKEN,
        Text("number {number:010} of its journal is not as this zapi-sync writes it", number=number),
        hint=Text(
            "a newer zapi-sync may have written it: update this one; "
            "else restore it from the bucket's versions"
        ),
        file=name,
    )


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept, from which number on; all numbers that are there, and the takeovers', which stay."""

    kept: Kept
    first: int
    numbers: Sequence[int]
    takeovers: Sequence[int]

    @property
    def bygone(self) -> list[int]:
        """What counts no more once a checkpoint has taken the next number."""
        return [number for number in self.numbers if number not in set(self.takeovers)]


def picture_of(numbers: Sequence[int], newest_first: Iterable[tuple[int, Entry]]) -> Picture:
    """The newest checkpoint, and what follows it without a gap. Raises Gone."""
    lines: list[bytes] = []
    takeovers: list[int] = []
    expected = numbers[-1] if numbers else 0
    for number, entry in newest_first:
        if number != expected:
            break
        if entry.kind == CHECKPOINT:
            base = entry.kept
            kept = Kept(base.state, base.journal + b"".join(reversed(lines)), base.backup)
            return Picture(kept, number, numbers, [*entry.takeovers, *takeovers])
        if entry.kind == LINE:
            lines.append(entry.body)
        else:
            takeovers.append(number)
        expected -= 1
    if expected:
        raise Gone(expected)
    return Picture(Kept(journal=b"".join(reversed(lines))), 0, numbers, takeovers)


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock's object. `is_settled`: whoever had it gave it back, and left nothing in doubt."""

    fence: int = 0
    holder: Holder | None = None
    free_at: datetime = _NEVER
    is_settled: bool = True

    def held_at(self, now: datetime) -> Holder | None:
        return self.holder if now < self.free_at else None

    def text(self, token: str) -> bytes:
        members = {
            "fence": self.fence,
            "holder": json.loads(holder_text(self.holder)) if self.holder else None,
            "freeAt": self.free_at.isoformat(),
            "settled": self.is_settled,
            "token": token,
        }
        return json.dumps(members).encode()


def read_lock(raw: bytes, name: str) -> Lock:
    """Raises StateUnwritable."""
    try:
        members = json.loads(raw)
        holder = None if members["holder"] is None else read_holder(json.dumps(members["holder"]))
        free_at = moment_of(members["freeAt"]) if holder else _NEVER
        return Lock(int(members["fence"]), holder, free_at, members["settled"] is True)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StateUnwritable.of(
            Code.STATE_UNWRITABLE,
            Text("its lock is not as this zapi-sync writes it"),
            hint=Text(
                "see what the object that ends in .state.json.lock is; "
                "remove it while no zapi-sync is at work"
            ),
            file=name,
        ) from None


def free_at(now: datetime, seconds: float) -> datetime:
    """When another one may take over a lease that is renewed now."""
    return now + timedelta(seconds=seconds + max(MARGIN_SECONDS, seconds * MARGIN))


class Trouble(Exception):
    """A request that failed, in our own words. `is_final`: for sure it has done nothing."""

    def __init__(self, why: str, remedy: str, is_final: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy
        self.is_final = is_final


class Gone(Trouble):
    """An entry is not there that was listed, or has to be."""

    def __init__(self, number: int) -> None:
        super().__init__(
            Text("number {number:010} of its journal was just cleared away", number=number),
            Text("run this again"),
        )
        self.number = number


NO_BUCKET = (
    Text("there is no such bucket"),
    Text("see to the address, or make the bucket: zapi-sync makes none"),
)
NO_CONDITIONS = (
    Text("this object storage does not honour the conditions of a put (If-None-Match, If-Match)"),
    Text("keep the state where it does, or in git or PostgreSQL: without them there is no lock"),
)
_REASONS = (
    (re.compile(r"status code: 501|not supported|not implemented"), *NO_CONDITIONS),
    (
        re.compile(r"169\.254\.|metadata\.google\.internal"),  # where the clouds' own machines get theirs
        Text("no credentials were found"),
        Text("set those of the cloud in this environment, as its own tools read them"),
    ),
    (
        re.compile(r"configured region|status code: 30[1278]"),
        Text("the bucket is in another region"),
        Text("set AWS_REGION to the bucket's own"),
    ),
    (
        re.compile(r"status code: 40[13]"),
        Text("access was denied"),
        Text(
            "see to the credentials of this environment, and that they may list, read, write and delete there"
        ),
    ),
    (re.compile(r"status code: 404"), *NO_BUCKET),
    (
        re.compile(r"kind: Timeout"),
        Text("it gave no answer in time"),
        Text("see to the network or the service, then run this again"),
    ),
    (
        re.compile(r"kind: Connect"),
        Text("it cannot be reached"),
        Text("see to the network, a proxy or the endpoint, then run this again"),
    ),
)
_OTHERWISE = Text("see to the service, then run this again")


def trouble_of(text: str) -> Trouble:
    """What an object store's error says, and nothing of its text: it may hold an address that is signed."""
    status = re.search(r"status code: ([0-9]{3})", text)
    code = status[1] if status else ""
    # those that are told to come again, and those in whose place the put may have been done after all
    is_final = code[:1] in ("3", "4") and code not in ("408", "409", "412", "429")
    for pattern, known, remedy in _REASONS:
        if pattern.search(text):
            return Trouble(known, remedy, is_final)
    why = Text("it answered with {status}", status=code) if code else Text("it gave no usable answer")
    return Trouble(why, _OTHERWISE, is_final)
