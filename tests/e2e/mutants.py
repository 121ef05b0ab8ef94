"""Near-valid inputs: a good one with some bytes, lines or values changed, reproducibly from a seed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from random import Random
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

PIECES = [
    b"", b" ", b"\n", b"\r\n", b"\t", b"\0", b"\x1b[31m", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"{",
    b"}", b"[", b"]", b'"', b"'", b",", b":", b": ", b"- ", b"&a ", b"*a", b"<<: ", b"!x ", b"#", b"|",
    b"---\n", b"null", b"true", b"-1", b"1e999", b"9" * 400, b"NaN", b"\\ud800", b"\\u0000", b"\xe2\x80\xae",
    b"x-",
    b"version", b"groups", b"phones", b"groupName", b"<<<<<<< HEAD\n", b"=======\n", b"../",
    b"::error::", b"@lid",
]  # fmt: skip
VALUES: list[Json] = [
    None, True, False, 0, -1, 1, 2**53, 10**30, 0.5, "", "x", "\ud800", "\x1b[2J", "a" * 5000, [], {}, [[]],
    {"a": 1}, "2026-11-23T10:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "sha256:0", "default",
    "120363019502650977-group", "https://chat.whatsapp.com/x", "sandbox", "sending", "created", "intent",
    "absent", "adopted",
]  # fmt: skip


def some_bytes(chance: Random, raw: bytes) -> bytes:
    """Up to four times: bytes flipped, cut out, put in, doubled or swapped, or the end torn off."""
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(raw) + 1), chance.choice([1, 1, 2, 5, 20, 200])
        kind = chance.randrange(6)
        if kind == 0 and at < len(raw):
            raw = raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]
        elif kind == 1:
            raw = raw[:at] + raw[at + size :]
        elif kind == 2:
            raw = raw[:at] + chance.choice(PIECES) + raw[at:]
        elif kind == 3:
            raw = raw[:at] + raw[at : at + size] * 2 + raw[at + size :]
        elif kind == 4:
            raw = raw[:at]
        else:
            lines = raw.split(b"\n")
            one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]
            raw = b"\n".join(lines)
    return raw


def a_value(chance: Random, document: Json) -> Json:
    """A value somewhere in the document replaced, left out or put in."""
    places = list(_places(document))
    if not places:
        return chance.choice(VALUES)
    place = chance.choice(places)
    odd = chance.choice(VALUES)
    if isinstance(place, list):
        place.insert(chance.randint(0, len(place)), odd)
    elif place and chance.random() < 0.4:
        del place[chance.choice(sorted(place))]
    else:
        place[chance.choice([*sorted(place), "more", ""])] = odd
    return document


def _places(document: Json) -> list[dict[str, Json] | list[Json]]:
    if isinstance(document, dict):
        return [document, *(place for each in document.values() for place in _places(each))]
    if isinstance(document, list):
        return [document, *(place for each in document for place in _places(each))]
    return []


def state_value(chance: Random, raw: bytes) -> bytes:
    """A state of good JSON, with an odd value in it."""
    return json.dumps(a_value(chance, json.loads(raw)), indent=2).encode()


def journal_value(chance: Random, raw: bytes) -> bytes:
    """A journal whose checksums hold, with an odd value in a line, or with lines left out or swapped."""
    lines = [json.loads(line) for line in raw.splitlines()]
    kind = chance.randrange(3)
    if kind == 0:
        del lines[chance.randrange(len(lines))]
    elif kind == 1:
        lines.append(dict(chance.choice(lines)))
    else:
        at = chance.randrange(len(lines))
        changed = a_value(chance, lines[at])
        lines[at] = changed if isinstance(changed, dict) else {}
    return b"".join(_line(number, line) for number, line in enumerate(lines, start=1))


def _line(number: int, members: dict[str, Json]) -> bytes:
    rest = {name: value for name, value in members.items() if name not in ("n", "crc")}
    body = json.dumps({"n": number, **rest}, separators=(",", ":"))[:-1]
    return f'{body},"crc":"{zlib.crc32(body.encode()):08x}"}}\n'.encode()


Mutator: TypeAlias = Callable[[Random, bytes], bytes]
MUTATORS: dict[str, list[Mutator]] = {
    "groups.yaml": [some_bytes],
    "groups.state.json": [some_bytes, state_value],
    "groups.state.json.journal": [some_bytes, journal_value],
}
