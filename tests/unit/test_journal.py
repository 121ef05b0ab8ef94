"""The journal's bytes: what was written comes back, what was torn is dropped, and all else is refused."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zapi_sync.core.journal import Adopted, Begin, Concluded, Event, Intent, LinkFound, Sending
from zapi_sync.core.journal_lines import Journal, check_belongs, line_of, parse_journal
from zapi_sync.core.model import GroupId, GroupKey, How
from zapi_sync.core.outcome import Absent, Answer, Cause, Created, Rejected, Unknown, Unsent
from zapi_sync.errors import StateInvalid
from zapi_sync.zapi.outcomes import classify

from .drawn import QUICK, TEXTS, runs
from .made import AT, LINEAGE, group, refusal, state

FILE = "groups.state.json.journal"
HELP = (
    "restore state and journal together from a backup; "
    "nothing was sent, because what this line says is needed to not create a group twice"
)
RUN: list[Event] = [
    Begin(LINEAGE, 3),
    Intent(AT, "a-1", group(name="Ação 😀\u2028\n", phones=("5544999999999", "5544888888888"))),
    Sending(AT, "a-1"),
    Concluded(AT, "a-1", Created(GroupId("120363019502650977-group"), None, ("5544777777777",))),
    Intent(AT, "a-2", group("b", auto_invite=True), (GroupId("120363000000000000-group"),)),
    Sending(AT, "a-2"),
    Concluded(AT, "a-2", Rejected(Cause.RATE_LIMIT, "slow \x1b down")),
    Concluded(AT, "a-2", Unknown("lost")),
    Concluded(AT, "a-2", Unsent("never left")),
    Concluded(AT, "a-2", Absent("looked")),
    Adopted(AT, group("c"), Created(GroupId("120363000000000001-group"), None), AT, How.IMPORTED),
    LinkFound(AT, GroupKey("c"), "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"),
]


def written(events: Sequence[Event]) -> bytes:
    return b"".join(line_of(number, event) for number, event in enumerate(events, start=1))


def line(members: dict[str, object]) -> bytes:
    """A line with a right checksum, whatever it says."""
    body = json.dumps(members, separators=(",", ":"))[:-1]
    return f'{body},"crc":"{zlib.crc32(body.encode()):08x}"}}\n'.encode()


def test_each_kind_of_event_comes_back_as_it_was() -> None:
    assert parse_journal(written(RUN), FILE) == Journal(RUN, len(written(RUN)))


@QUICK
@given(runs())
def test_any_run_comes_back_as_it_was(events: list[Event]) -> None:
    raw = written(events)
    assert parse_journal(raw, FILE) == Journal(events, len(raw))


@QUICK
@given(
    status=st.sampled_from([200, 400, 429, 500]),
    body=st.dictionaries(st.sampled_from(["error", "message"]), TEXTS),
)
@example(status=500, body={"error": "\ud800"})
@example(status=400, body={"error": "\ud800"})
def test_whatever_the_api_says_is_written_so_that_it_can_be_read_again(
    status: int, body: dict[str, str]
) -> None:
    outcome = classify(Answer(status, json.dumps(body).encode()))
    events = [*RUN[:3], Concluded(AT, "a-1", outcome)]
    found = parse_journal(written(events), FILE).events
    assert found[:3] == RUN[:3]
    assert isinstance(found[3], Concluded)
    assert type(found[3].outcome) is type(outcome)


def test_a_line_is_one_line_of_ascii_json_with_its_number_first() -> None:
    for number, event in enumerate(RUN, start=1):
        raw = line_of(number, event)
        assert raw.isascii()
        assert raw.count(b"\n") == 1
        assert next(iter(json.loads(raw).items())) == ("n", number)


def test_the_lines_have_this_form() -> None:
    body = b'{"n":1,"event":"begin","version":2,"lineage":"3f1c2a56-7b8d-4e9f-a0b1-c2d3e4f5a6b7","serial":3'
    assert line_of(1, RUN[0]) == body + f',"crc":"{zlib.crc32(body):08x}"}}\n'.encode()
    assert json.loads(line_of(3, RUN[2])) | {"crc": ""} == {
        "n": 3, "at": "2026-11-23T10:00:00Z", "event": "sending", "attempt": "a-1", "crc": "",
    }  # fmt: skip


def test_moments_are_kept_in_utc_and_whole_seconds() -> None:
    at = datetime.fromisoformat("2026-11-23T07:00:00.900-03:00")
    (event,) = parse_journal(
        line_of(1, Begin(LINEAGE, 1)) + line_of(2, Intent(at, "a", group())), FILE
    ).events[1:]
    assert isinstance(event, Intent)
    assert event.at == AT
    assert event.at.tzinfo == UTC


@pytest.mark.parametrize("end", range(len(written(RUN[:4])) + 1))
def test_however_far_the_writing_came_what_is_whole_is_read(end: int) -> None:
    raw = written(RUN[:4])[:end]
    whole = raw.count(b"\n")
    assert parse_journal(raw, FILE) == Journal(RUN[:whole], len(written(RUN[:whole])))


@QUICK
@given(runs(), st.data())
def test_every_prefix_of_any_run_is_a_prefix_of_its_events(events: list[Event], data: st.DataObject) -> None:
    raw = written(events)
    prefix = raw[: data.draw(st.integers(0, len(raw)))]
    journal = parse_journal(prefix, FILE)
    assert journal.events == events[: prefix.count(b"\n")]
    assert written(journal.events) == prefix[: journal.length]


def test_any_single_flipped_bit_is_refused_or_drops_the_torn_tail_and_never_says_something_else() -> None:
    events = RUN[:4]
    raw = written(events)
    for position in range(len(raw)):
        for bit in range(8):
            flipped = raw[:position] + bytes([raw[position] ^ 1 << bit]) + raw[position + 1 :]
            try:
                found = parse_journal(flipped, FILE).events
            except StateInvalid:
                continue
            assert (
                position == len(raw) - 1
            )  # the last line break alone: without it the line was never finished
            assert found == events[:-1]


@QUICK
@given(runs(), st.data())
def test_bytes_put_in_or_taken_out_are_refused_or_drop_the_tail(
    events: list[Event], data: st.DataObject
) -> None:
    raw = written(events)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    changed = raw[:start] + data.draw(st.binary(max_size=8)) + raw[end:]
    try:
        found = parse_journal(changed, FILE).events
    except StateInvalid:
        return
    assert found == events[: len(found)]


@pytest.mark.parametrize(
    ("change", "number", "why"),
    [
        (lambda lines: [lines[0], lines[2], lines[3]], 2, "it is numbered 3"),
        (lambda lines: [lines[0], lines[2], lines[1]], 2, "it is numbered 3"),
        (lambda lines: [lines[0], lines[1], lines[1]], 3, "it is numbered 2"),
        (lambda lines: lines[1:], 1, "it is numbered 2"),
        (lambda lines: [lines[0], b"\n", lines[1]], 2, "its checksum does not match"),
        (lambda lines: [lines[0], b"<<<<<<< HEAD\n"], 2, "its checksum does not match"),
        (
            lambda lines: [lines[0], lines[1].replace(b"Intent", b"").replace(b"a-1", b"a-2")],
            2,
            "its checksum does not match",
        ),
        (lambda lines: [lines[0], lines[1][:-1] + b"\r\n"], 2, "its checksum does not match"),
        (
            lambda lines: [lines[0], line_of(2, RUN[2])],
            2,
            "it speaks of an attempt that no earlier line announces",
        ),
        (
            lambda lines: [lines[0], line_of(2, RUN[3])],
            2,
            "it speaks of an attempt that no earlier line announces",
        ),
        (lambda lines: [lines[0], line_of(2, RUN[0])], 2, "its first line and no other says where it begins"),
        (lambda _lines: [line_of(1, RUN[1])], 1, "its first line and no other says where it begins"),
    ],
)
def test_a_line_that_is_not_as_it_was_written_is_refused(
    change: Callable[[list[bytes]], list[bytes]], number: int, why: str
) -> None:
    raw = b"".join(change([line_of(at, event) for at, event in enumerate(RUN, start=1)]))
    assert refusal(StateInvalid, lambda: parse_journal(raw, FILE)) == [
        f"{FILE}:{number}:1+1 error: the journal cannot be used: line {number} is not as it was written"
        f" ({why}) | {HELP}"
    ]


_BEGIN: dict[str, object] = {"n": 1, "event": "begin", "version": 1, "lineage": "x", "serial": 1}


@pytest.mark.parametrize(
    "members",
    [
        _BEGIN | {"version": 2},
        {"n": 1},
        {"n": 1, "event": "begin", "version": 1},
        {"n": 1, "event": "dreamt", "at": "2026-11-23T10:00:00Z", "attempt": "a"},
        {"n": 1, "event": "sending", "at": "yesterday", "attempt": "a"},
        {"n": 1, "event": "sending", "at": "2026-11-23T10:00:00Z"},
        {
            "n": 1,
            "event": "rejected",
            "at": "2026-11-23T10:00:00Z",
            "attempt": "a",
            "cause": "new",
            "said": "",
        },
        {"n": 1, "event": "created", "at": "2026-11-23T10:00:00Z", "attempt": "a", "phone": "1"},
        {"n": 1, "event": "intent", "at": "2026-11-23T10:00:00Z", "attempt": "a", "key": "k", "phones": 1},
        {
            "n": 1,
            "event": "adopted",
            "at": "2026-11-23T10:00:00Z",
            "how": "guessed",
            "createdAt": "2026-11-23T10:00:00Z",
        },
        {"n": 1, "event": "link", "at": "2026-11-23T10:00:00Z", "key": "k"},
    ],
)
def test_a_line_of_a_newer_form_is_refused_and_never_skipped(members: dict[str, object]) -> None:
    assert refusal(StateInvalid, lambda: parse_journal(line(members), FILE)) == [
        f"{FILE}:1:1+1 error: the journal cannot be used: line 1 is not as it was written "
        f"(it is of no known form; a newer zapi-sync may have written it) | {HELP}"
    ]


def test_a_journal_of_no_bytes_holds_nothing() -> None:
    assert parse_journal(b"", FILE) == Journal([], 0)


def test_a_journal_belongs_to_its_state_or_to_a_later_one_of_the_same_lineage() -> None:
    for serial in (3, 4, 100):
        check_belongs(Journal(RUN, 0), state(serial=serial), FILE)
    check_belongs(Journal([], 0), state(), FILE)


@pytest.mark.parametrize(
    ("begin", "why"),
    [
        (
            Begin("another", 1),
            f"it goes on from another state (lineage another, and the state's is {LINEAGE})",
        ),
        (Begin(LINEAGE, 9), "it goes on from serial 9, and the state beside it is at serial 8"),
    ],
)
def test_a_journal_of_another_or_a_later_state_is_refused(begin: Begin, why: str) -> None:
    assert refusal(StateInvalid, lambda: check_belongs(Journal([begin], 0), state(serial=8), FILE)) == [
        f"{FILE} error: the journal does not fit the state: {why} | "
        "put back the state that belongs to it (the two files are one thing); nothing was sent"
    ]


_AT = "2026-11-23T10:00:00Z"
_ADOPTED: dict[str, object] = json.loads(line_of(2, RUN[10]).rpartition(b',"crc"')[0] + b"}")
_INTENT: dict[str, object] = json.loads(line_of(2, RUN[4]).rpartition(b',"crc"')[0] + b"}")


@pytest.mark.parametrize(
    "members",
    [
        _ADOPTED | {"key": "A B"},
        _ADOPTED | {"key": "a" * 101},
        _ADOPTED | {"instance": "../x"},
        _ADOPTED | {"instance": "a" * 41},
        _ADOPTED | {"phone": "\x1b]0;x\x07"},
        _ADOPTED | {"phone": "120363019502650977-group\n"},
        _ADOPTED | {"invitationLink": "javascript:x"},
        _ADOPTED | {"invitationLink": ""},
        _ADOPTED | {"phonesNotAdded": ["::error::"]},
        _ADOPTED | {"groupName": "x" * 501},
        _ADOPTED | {"groupName": ""},
        _ADOPTED | {"autoInvite": 1},
        _ADOPTED | {"createdAt": "9999-12-31T00:00:00Z"},
        _INTENT | {"at": "0001-01-01T00:00:00Z"},
        _INTENT | {"phones": ["12"]},
        _INTENT | {"sameName": ["x"]},
        _INTENT | {"attempt": "x" * 129},
        _INTENT | {"attempt": "x y"},
        _INTENT | {"attempt": ""},
        _INTENT | {"n": True},
        {"n": 2, "event": "link", "at": _AT, "key": "c", "invitationLink": "https://example.com/x"},
    ],
)
def test_a_line_with_a_right_checksum_is_still_held_to_what_may_stand_there(
    members: dict[str, object],
) -> None:
    assert parse_journal(written(RUN[:1]) + line(_ADOPTED) + line(_INTENT | {"n": 3}), FILE).events
    (told,) = refusal(StateInvalid, lambda: parse_journal(written(RUN[:1]) + line(members), FILE))
    assert told == (
        f"{FILE}:2:1+1 error: the journal cannot be used: line 2 is not as it was written "
        f"(it is of no known form; a newer zapi-sync may have written it) | {HELP}"
    )


@pytest.mark.parametrize(
    "begin",
    [
        {"version": True},
        {"serial": -1},
        {"serial": 0},
        {"serial": 1.0},
        {"serial": 10**400},
        {"lineage": "x"},
    ],
)
def test_a_beginning_that_no_state_has_is_refused(begin: dict[str, object]) -> None:
    (told,) = refusal(StateInvalid, lambda: parse_journal(line(_BEGIN | begin), FILE))
    assert "(it is of no known form; " in told


def test_a_member_that_stands_twice_is_refused() -> None:
    body = b'{"n":1,"event":"begin","version":2,"lineage":"' + LINEAGE.encode() + b'","serial":1,"serial":2'
    raw = body + f',"crc":"{zlib.crc32(body):08x}"}}\n'.encode()
    (told,) = refusal(StateInvalid, lambda: parse_journal(raw, FILE))
    assert "(it is of no known form; " in told
