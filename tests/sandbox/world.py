"""The sandbox as the tests see it: an HTTP client, and shorthands for what they do most."""

import itertools
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from zapi_sync.sandbox import serve

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TOKEN = "SECRET-URL-TOKEN"
CLIENT_TOKEN = "SECRET-CLIENT-TOKEN"
PHONE, OTHER, SHY = "5544999999999", "5544888888888", "5544000007777"
LID = "123456789012345@lid"
# Loading the certificate authorities takes longer than most of these tests.
_NO_CAS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
GROUP_ID = re.compile(r"1203630[0-9]{11}-group")
LINK = re.compile(r"https://chat\.whatsapp\.com/[A-Za-z0-9]{22}")

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class World:
    """One client of one instance of a sandbox."""

    http: httpx.Client
    loopback: bool
    instance: str = "INSTANCE"

    def url(self, call: str, instance: str | None = None, token: str = TOKEN) -> str:
        return f"/instances/{instance or self.instance}/token/{token}/{call}"

    def get(self, call: str, instance: str | None = None) -> httpx.Response:
        return self.http.get(self.url(call, instance))

    def post(self, body: object, instance: str | None = None) -> httpx.Response:
        return self.http.post(self.url("create-group", instance), json=body)

    def create(self, name: str = "VIP", instance: str | None = None) -> Json:
        return record(self.post(order(groupName=name), instance))

    def listing(self, page: int = 1, size: int = 100, instance: str | None = None) -> list[Json]:
        return records(self.get(f"groups?page={page}&pageSize={size}", instance))

    def names(self, page: int = 1, size: int = 100) -> list[object]:
        return [group["name"] for group in self.listing(page, size)]

    def fault(self, name: str, **options: float) -> None:
        answer = self.http.post("/sandbox/faults", json={"fault": name, **options})
        assert answer.status_code == 204, answer.text

    def ledger(self) -> list[Json]:
        return records(self.http.get("/sandbox/requests"))


def order(**changes: object) -> Json:
    return {"autoInvite": False, "groupName": "VIP", "phones": [PHONE], **changes}


def record(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert isinstance(body, dict)
    return body


def records(answer: httpx.Response) -> list[Json]:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert isinstance(body, list)
    return body


@contextmanager
def over_loopback(app: "WSGIApplication", timeout: float = 20) -> Iterator[World]:
    server = serve(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        with _client(f"http://127.0.0.1:{server.server_port}", timeout=timeout) as client:
            yield World(client, loopback=True)
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def in_process(app: "WSGIApplication") -> Iterator[World]:
    with _client("http://sandbox", httpx.WSGITransport(app=app)) as client:
        yield World(client, loopback=False)


def eventually(world: World, name: str) -> bool:
    """Look until the group is listed; a bounded number of looks, not a wait."""
    return any(name in world.names() for _ in itertools.repeat(None, 5000))


def _client(origin: str, transport: httpx.BaseTransport | None = None, timeout: float = 20) -> httpx.Client:
    headers = {"Client-Token": CLIENT_TOKEN}
    return httpx.Client(
        base_url=origin,
        headers=headers,
        transport=transport,
        timeout=timeout,
        verify=_NO_CAS,
        trust_env=False,
    )
