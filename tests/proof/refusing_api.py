"""A Z-API on loopback that refuses the first requests, and lists its groups late.

It shares a simulated clock with zapi-sync, so that hours pass at once. The requests are real HTTP.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from zapi_sync.edge.clock import SystemClock

OWN_PHONE = "5511900000000"
BEGIN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that moves when a test moves it, or when zapi-sync waits; in seconds since its beginning."""

    seconds: float = 0.0

    @property
    def moment(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)

    @contextlib.contextmanager
    def replacing_the_machines(self) -> Iterator[None]:
        """Make this the clock of every command that runs in this process."""

        def now(_: SystemClock) -> datetime:
            return self.moment

        def wait(_: SystemClock, seconds: float) -> None:
            self.seconds += max(0.0, seconds)

        with mock.patch.multiple(SystemClock, now=now, wait=wait):
            yield


@dataclass(frozen=True)
class Refusal:
    """The answer to the first create-group request of each of these keys.

    `makes_group`: the API makes the group, and refuses the request all the same.
    """

    status: int
    text: str
    makes_group: bool
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """A group that exists on the server."""

    phone: str
    key: str
    name: str
    phones: tuple[str, ...]
    at: float

    @property
    def link(self) -> str:
        return f"https://chat.whatsapp.com/Link{self.phone[:18]}"


@dataclass(frozen=True)
class Asked:
    """A create-group request: in which run of the command, and when."""

    run: int
    at: float


@dataclass
class Number:
    """The groups of one connected number, and the create-group requests for each key.

    The first phone identifies a key, because a user may change the name.
    """

    clock: Clock
    refusal: Refusal
    lag: float
    keys: dict[str, str]
    run: int = 0
    groups: list[Made] = field(default_factory=list)
    asked: dict[str, list[Asked]] = field(default_factory=dict)

    def of(self, key: str) -> list[Made]:
        return [group for group in self.groups if group.key == key]

    def create(self, body: dict[str, Any]) -> tuple[int, object]:
        """Answer create-group."""
        key = self.keys[body["phones"][0]]
        requests = self.asked.setdefault(key, [])
        requests.append(Asked(self.run, self.clock.seconds))
        refused = key in self.refusal.keys and len(requests) == 1
        if not refused or self.refusal.makes_group:
            phone = f"1203630{len(self.groups):011}-group"
            made = Made(phone, key, body["groupName"], tuple(body["phones"]), self.clock.seconds)
            self.groups.append(made)
        if refused:
            return self.refusal.status, {"error": self.refusal.text}
        return 200, {"phone": made.phone, "phonesNotAdded": [], "invitationLink": made.link}

    def look_up(self, call: str, argument: str, page: int) -> tuple[int, object]:
        """Answer a call that changes nothing."""
        if call == "status":
            said = "You are already connected."
            return 200, {"connected": True, "error": said, "smartphoneConnected": True}
        if call == "device":
            return 200, {"phone": OWN_PHONE, "name": "Test", "isBusiness": False}
        if call == "groups":
            return 200, self._listed() if page == 1 else []
        found = [group for group in self.groups if group.phone == argument]
        if not found:
            return 404, {"error": "Group not found"}
        if call == "group-invitation-link":
            return 200, {"phone": argument, "invitationLink": found[0].link}
        if call == "light-group-metadata":
            return 200, _metadata(found[0])
        return 404, {"error": "NOT_FOUND"}

    def _listed(self) -> list[object]:
        return [
            {
                "archived": "false",
                "pinned": "false",
                "isGroup": True,
                "name": group.name,
                "phone": group.phone,
            }
            for group in self.groups
            if self.clock.seconds >= group.at + self.lag
        ]


def _metadata(group: Made) -> object:
    created = int((BEGIN + timedelta(seconds=group.at)).timestamp() * 1000)
    return {
        "phone": group.phone,
        "description": None,
        "owner": OWN_PHONE,
        "subject": group.name,
        "creation": created,
        "participants": [
            {"phone": phone, "isAdmin": phone == OWN_PHONE, "isSuperAdmin": phone == OWN_PHONE}
            for phone in (OWN_PHONE, *group.phones)
        ],
    }


class RefusingApi:
    """The server. Set `number` to a new one at the beginning of each case."""

    def __init__(self) -> None:
        self.number: Number | None = None
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece, else each costs a delayed acknowledgement
    api: ClassVar[RefusingApi]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        _, _, _, _, _, call, *argument = url.path.split("/")
        page = int(parse_qs(url.query).get("page", ["1"])[0])
        assert self.api.number
        self._answer(*self.api.number.look_up(call, "".join(argument), page))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path.endswith("/create-group")
        assert self.api.number
        self._answer(*self.api.number.create(body))

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
