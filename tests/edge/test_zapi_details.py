"""The call that tells all about a group, over a connection: what it asks, and what it takes for an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing

import pytest

from zapi_sync.core.lookup import Details
from zapi_sync.core.model import GroupId
from zapi_sync.edge import zapi
from zapi_sync.errors import RemoteUnavailable
from zapi_sync.language import Text
from zapi_sync.zapi.outcomes import MAX_TEXT

from .calls import SECRETS, client
from .given import MADE
from .peer import Act, Peer, answering, http

Start = Callable[[Act], Peer]
BODY = json.dumps({"phone": MADE.phone, "subject": "VIP", "invitationLink": MADE.invitation_link}).encode()
NO_GROUP = b'{"error": "Group not found"}'


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again without a pause."""
    monkeypatch.setattr(zapi, "RETRY_PAUSES", (0.0, 0.0))


def details_of(url: str, phone: GroupId = MADE.phone) -> Details | None:
    with closing(client(url)) as api:
        return api.details(phone)


def test_it_asks_for_the_group_and_takes_in_what_is_told(peer: Start) -> None:
    api = peer(answering(http("200 OK", BODY)))
    details = details_of(api.url)
    assert details == Details(MADE.phone, "VIP", None, MADE.invitation_link, None)
    request = b"".join(api.received)
    assert request.startswith(b"GET /instances/")
    assert f"/group-metadata/{MADE.phone} HTTP/1.1".encode() in request


def test_that_there_is_no_such_group_is_an_answer(peer: Start) -> None:
    assert details_of(peer(answering(http("404 Not Found", NO_GROUP))).url) is None


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (http("200 OK", NO_GROUP), "status 200: Group not found"),
        (http("404 Not Found", b'{"error": "Instance not found"}'), "status 404: Instance not found"),
        (http("503 Unavailable", NO_GROUP), "status 503: Group not found"),
        (http("404 Not Found", NO_GROUP)[:-1], "the connection ended before a whole, well-formed answer"),
        (b"HTTP/1.0 404 Not Found\r\n\r\n" + NO_GROUP, "an answer (404) that broke off or is far too long"),
        (b"", "the connection ended before a whole, well-formed answer"),
    ],
)
def test_all_else_leaves_it_open(peer: Start, raw: bytes, why: str) -> None:
    with pytest.raises(RemoteUnavailable) as unavailable:
        details_of(peer(answering(raw)).url)
    assert str(unavailable.value) == f"the look-up group-metadata gave no usable answer: {why}"


class German:
    """A language with one word."""

    def gettext(self, message: str, /) -> str:
        return message.replace("status {", "Status {")

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        return self.gettext(one if number == 1 else many)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"odd", "Status 503: odd"),
        (b"odd: " + SECRETS.token.encode(), "Status 503: odd: ***"),
        (b"x" * MAX_TEXT, f"status 503: {'x' * MAX_TEXT}"[:MAX_TEXT]),
    ],
)
def test_the_reason_can_be_told_in_another_language(peer: Start, said: bytes, told: str) -> None:
    with pytest.raises(RemoteUnavailable) as unavailable:
        details_of(peer(answering(http("503 Unavailable", b'{"error": "%b"}' % said))).url)
    message = unavailable.value.diagnostics[0].message
    assert isinstance(message, Text)
    assert message.told(German()) == f"the look-up group-metadata gave no usable answer: {told}"


def test_what_speaks_of_another_group_is_no_answer(peer: Start) -> None:
    with pytest.raises(RemoteUnavailable, match="it speaks of another group"):
        details_of(peer(answering(http("200 OK", BODY))).url, GroupId("120363000000000009-group"))
