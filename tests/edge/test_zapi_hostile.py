"""The network as an enemy: whatever it answers, nothing hangs, eats memory, leaks or crashes."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zapi_sync.core.credentials import Remote
from zapi_sync.core.forms import MAX_NAME, as_invitation_link, is_group_id
from zapi_sync.core.lookup import MAX_DIGITS, Details, Listed, Metadata
from zapi_sync.core.outcome import (
    Created,
    Outcome,
    RateLimit,
    Rejected,
    Unknown,
    Unsent,
)
from zapi_sync.edge.zapi import ZApi
from zapi_sync.errors import RemoteUnavailable

from .calls import SECRETS, client, create
from .given import MADE
from .hostile import BODIES, ENDLESS, FORMS, RETRY_AFTER, SIZES, Case
from .peer import CREATED, PATIENCE, Act, Line, Peer, answering, http

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Start = Callable[[Act], Peer]
MOST_MEMORY = 20_000_000
REMOTE = Remote("http://127.0.0.1", "http://127.0.0.1")
LOOK_UPS: dict[str, Callable[[ZApi], object]] = {
    "groups": lambda api: api.groups_page(1),
    "metadata": lambda api: api.metadata(MADE.phone),
    "details": lambda api: api.details(MADE.phone),
    "link": lambda api: api.invitation_link(MADE.phone),
    "status": ZApi.is_connected,
    "device": ZApi.own_phone,
}


def cases(*tables: dict[str, Case]) -> pytest.MarkDecorator:
    every = [pytest.param(*case, id=name) for table in tables for name, case in table.items()]
    return pytest.mark.parametrize(("act", "kind"), every)


@contextmanager
def bounded() -> Iterator[None]:
    """What happens within takes less time than any peer has patience, and little memory."""
    tracemalloc.start()
    began = time.monotonic()
    try:
        yield
        took, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took < PATIENCE / 2
    assert peak < MOST_MEMORY


def looked_up(url: str, look_up: Callable[[ZApi], object], timeout: float = 0.4) -> object:
    """What a look-up gives, or the words with which it gives up."""
    with closing(client(url, timeout=timeout)) as api:
        try:
            return look_up(api)
        except RemoteUnavailable as unavailable:
            return unavailable.diagnostics[0].message


def is_sane(found: object) -> bool:
    match found:
        case Metadata(phone):
            texts = [found.subject or "", found.owner or "", *(found.participants or ())]
            return phone == MADE.phone and all(len(text) <= MAX_NAME for text in texts)
        case Details(phone):
            texts = [
                found.subject or "",
                found.owner or "",
                *(each.who or "" for each in found.members or ()),
            ]
            return phone == MADE.phone and all(len(text) <= MAX_NAME for text in texts)
        case list():
            return all(
                isinstance(each, Listed) and is_group_id(each.phone) and len(each.name or "") <= MAX_NAME
                for each in found
            )
        case str() if found.isdecimal():
            return len(found) <= MAX_DIGITS
        case str():
            return as_invitation_link(found) == found or found.startswith("the look-up ")
    return found is None or isinstance(found, bool)


@cases(SIZES, BODIES, FORMS)
def test_a_creation_is_judged_whatever_comes(peer: Start, act: Act, kind: type[Outcome]) -> None:
    api = peer(act)
    with bounded():
        outcome = create(api.url, timeout=2)
    assert type(outcome) is kind, outcome
    assert len(repr(outcome)) < 1000
    assert "SECRET" not in repr(outcome)
    assert [raw.count(b"POST ") for raw in api.received] == [1]


@cases(SIZES, BODIES, FORMS)
def test_a_look_up_gives_a_sane_value_or_gives_up(peer: Start, act: Act, kind: type[Outcome]) -> None:
    api = peer(act)
    for name, look_up in LOOK_UPS.items():
        with bounded():
            found = looked_up(api.url, look_up)
        assert is_sane(found), (name, found)
        assert "SECRET" not in repr(found)


@cases(ENDLESS)
def test_a_creation_is_unknown_when_its_time_is_up(peer: Start, act: Act, kind: type[Outcome]) -> None:
    api = peer(act)
    with bounded():
        outcome = create(api.url, timeout=0.1)
    assert type(outcome) is kind
    assert [raw.count(b"POST ") for raw in api.received] == [1]


@cases(ENDLESS)
@pytest.mark.parametrize("look_up", LOOK_UPS.values(), ids=LOOK_UPS.keys())
def test_a_look_up_ends_when_its_time_is_up(
    peer: Start, act: Act, kind: type[Outcome], look_up: Callable[[ZApi], object]
) -> None:
    api = peer(act)
    with bounded():
        found = looked_up(api.url, look_up, timeout=0.05)
    assert "no whole answer came within 0.05 s" in str(found) or "broke off" in str(found)
    assert len(api.received) == 1


def test_time_is_up_for_a_look_up_on_a_connection_that_was_used_before(peer: Start) -> None:
    def act(line: Line) -> None:
        line.read_request()
        line.send(http("200 OK", b"[]"))
        line.received.clear()
        line.read_request()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        while not line.has_ended():
            line.send(b" ")
            time.sleep(0.03)

    api = peer(act)
    with closing(client(api.url, timeout=0.3)) as one, bounded():
        assert one.groups_page(1) == []
        with pytest.raises(RemoteUnavailable, match=r"no whole answer came within 0\.3 s"):
            one.groups_page(2)
    assert len(api.lines) == 1


def test_time_that_is_up_for_one_look_up_is_not_for_the_next(peer: Start) -> None:
    turns = iter([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", http("200 OK", b"[]")])

    def act(line: Line) -> None:
        line.read_request()
        line.send(next(turns))
        while not line.has_ended():
            time.sleep(0.01)

    with closing(client(peer(act).url, timeout=0.2)) as one:
        with pytest.raises(RemoteUnavailable):
            one.groups_page(1)
        assert one.groups_page(1) == []


def test_no_clock_goes_on_once_its_call_has_ended(peer: Start) -> None:
    api = peer(answering(CREATED))
    before = threading.active_count()
    assert create(api.url, timeout=60) == MADE
    assert is_sane(looked_up(api.url, LOOK_UPS["metadata"], timeout=60))
    for clock in threading.enumerate():
        if isinstance(clock, threading.Timer):
            clock.join(PATIENCE)
    assert threading.active_count() == before


def test_an_answer_that_comes_byte_by_byte_takes_a_time_that_grows_with_it_alone() -> None:
    def app(environ: object, start: Callable[[str, list[tuple[str, str]]], object]) -> Iterator[bytes]:
        start("200 OK", [("Content-Length", str(size))])
        yield b"["
        yield from (b" " for _ in range(size - 2))
        yield b"]"

    size = 500_000
    api = ZApi(REMOTE, SECRETS, timeout=60, app=cast("WSGIApplication", app))
    began = time.monotonic()
    assert api.groups_page(1) == []
    assert time.monotonic() - began < PATIENCE / 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_else_is_asked_because_an_answer_points_there(peer: Start, status: int) -> None:
    elsewhere = peer(answering(CREATED))
    raw = http(f"{status} Moved", b"{}", f"Location: {elsewhere.url}/x", "Refresh: 0")
    api = peer(answering(raw))
    assert isinstance(create(api.url), Unknown)
    for look_up in LOOK_UPS.values():
        assert f"status {status}" in str(looked_up(api.url, look_up))
    assert elsewhere.received == []
    assert len(api.received) == 1 + len(LOOK_UPS)


@pytest.mark.parametrize(
    "location", ["http://[", "//", "\xff", "javascript:x", "http://a:b@c:99999/", "x" * 60_000]
)
def test_an_answer_may_point_anywhere(peer: Start, location: str) -> None:
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 2\r\nLocation: " + location.encode("latin-1")
    api = peer(answering(head + b"\r\n\r\n{}"))
    assert isinstance(create(api.url), Unknown)
    assert is_sane(looked_up(api.url, LOOK_UPS["groups"]))


@pytest.mark.parametrize("value", RETRY_AFTER)
def test_what_is_no_number_of_seconds_is_none(peer: Start, value: str) -> None:
    head = b"HTTP/1.1 429 Slow\r\nContent-Length: 2\r\nRetry-After: " + value.encode()
    outcome = create(peer(answering(head + b"\r\n\r\n{}")).url)
    assert isinstance(outcome, Unknown)
    assert outcome.refused
    assert outcome.rate_limit == RateLimit(None)


def test_tls_is_not_spoken_by_a_plain_peer(peer: Start) -> None:
    def plain(line: Line) -> None:
        line.received += line.socket.recv(65536)
        line.send(CREATED)

    url = peer(plain).url.replace("http:", "https:")
    assert isinstance(create(url), Unsent)
    assert "no TLS connection" in str(looked_up(url, LOOK_UPS["groups"]))


def test_a_handshake_that_never_ends_is_given_up(peer: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zapi_sync.edge.zapi.CONNECT_SECONDS", 0.2)
    url = peer(Line.read_to_end).url.replace("http:", "https:")
    with bounded():
        assert isinstance(create(url), Unsent)
        assert is_sane(looked_up(url, LOOK_UPS["groups"]))


def test_no_cookie_travels_back(peer: Start) -> None:
    def act(line: Line) -> None:
        for _ in range(3):
            line.read_request()
            line.send(http("200 OK", b"[]", "Set-Cookie: session=CRUMB; Path=/; Max-Age=99999"))
            crumbs.append(b"cookie" in line.received.lower())
            line.received.clear()

    crumbs: list[bool] = []
    with closing(client(peer(act).url)) as one:
        assert [one.groups_page(page) for page in (1, 2, 3)] == [[]] * 3
    assert crumbs == [False] * 3


ODD: list[object] = [
    None,
    True,
    0,
    -1.5,
    "",
    " ",
    "x",
    "0",
    [],
    [[]],
    [None],
    {},
    {"phone": {}},
    "9" * 500,
    10**400,
]
MEMBERS = ("phone", "phonesNotAdded", "invitationLink", "name", "isGroup", "subject", "owner", "creation",
           "participants", "connected", "error", "message")  # fmt: skip


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_may_be_of_any_type(peer: Start, member: str) -> None:
    whole = {"phone": MADE.phone, "name": "A", "subject": "A", "connected": True}
    calls = 1 + len(LOOK_UPS)
    asked = [whole | {member: odd} for odd in ODD for _ in range(calls)]
    listing = 1  # the look-up that takes a list
    bodies = iter([[each] if at % calls == listing else each for at, each in enumerate(asked)])

    def act(line: Line) -> None:
        line.read_request()
        line.send(http("200 OK", json.dumps(next(bodies)).encode()))

    url = peer(act).url
    for odd in ODD:
        outcome = create(url)
        assert isinstance(outcome, Unknown if member == "phone" else Created), odd
        for look_up in LOOK_UPS.values():
            assert is_sane(looked_up(url, look_up)), odd


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_answer_that_was_tampered_with_anywhere(peer: Start, data: st.DataObject) -> None:
    raw = bytearray(CREATED)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        match data.draw(st.sampled_from(["flip", "cut", "insert"])):
            case "flip" if raw:
                raw[at] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del raw[at : at + data.draw(st.integers(1, 40))]
            case _:
                raw[at:at] = data.draw(st.binary(min_size=1, max_size=8))
    outcome = create(peer(answering(bytes(raw))).url, timeout=1)
    assert isinstance(outcome, (Created, Rejected, Unknown))
    if isinstance(outcome, Created):
        assert is_group_id(outcome.phone)
        assert outcome.phone.encode() in raw
        assert outcome.invitation_link is None or as_invitation_link(outcome.invitation_link)
