"""A bucket on loopback. moto's server stands in for S3: real requests over HTTP, and no real S3.

It honours If-None-Match and If-Match, but looks and then puts: what S3 does as one, here a lock makes one.
"""

from __future__ import annotations

import functools
import itertools
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest import mock

import httpx
import obstore
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from obstore.store import S3Store
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from zapi_sync.cli.wiring import open_state
from zapi_sync.core import object_sequence

if TYPE_CHECKING:
    from .stores import Open

SECRET = "sekrit-of-the-bucket"
KEY_ID = "AKIDOFTHEBUCKET"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    environ: dict[str, Any]

    @property
    def body(self) -> bytes:
        """Of a request that is not served any more."""
        body: bytes = self.environ["wsgi.input"].read(int(self.environ["CONTENT_LENGTH"]))
        return body


Serve: TypeAlias = Callable[[], Response]
Act: TypeAlias = Callable[[Asked, Serve], Response | None]
"""What is answered; None ends the connection without an answer."""


def served(asked: Asked, serve: Serve) -> Response:
    return serve()


class Endpoint:
    """The server; `act` may come between a request and what serves it."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.act: Act = served
        self._app = DomainDispatcherApplication(create_backend_app)
        self._turn = threading.Lock()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = make_server("127.0.0.1", 0, self._serve, threaded=True)
        server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def requests(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to know."""
        keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
        return {**keys, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": self.url}

    def new_bucket(self) -> str:
        name = f"bucket-{next(_numbers)}"
        httpx.put(f"{self.url}/{name}").raise_for_status()
        return name

    def open(self, bucket: str) -> S3Store:
        """A bucket for the test itself to look into and to meddle with."""
        with mock.patch.dict("os.environ", self.environment):
            return S3Store(bucket, client_options={"allow_http": True})

    def paths(self, bucket: str) -> list[str]:
        return sorted(each["path"] for some in obstore.list(self.open(bucket)) for each in some)

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = Asked(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ)
        self.asked.append(asked)

        def serve() -> Response:
            with self._turn:
                return Response.from_app(self._app, environ, buffered=True)

        answer = self.act(asked, serve)
        if answer is None:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            answer = Response()
        sent: Iterable[bytes] = answer(environ, start_response)
        return sent


@functools.cache
def endpoint() -> Endpoint:
    """One for all tests of this process."""
    return Endpoint()


@contextmanager
def objects(folder: Path) -> Iterator[Open]:
    """A bucket of its own; the clocks of one machine agree, so that no margin need go by."""
    there = endpoint()
    address = f"s3://{there.new_bucket()}/team/launch"
    no_margin = mock.patch.object(object_sequence, "MARGIN_SECONDS", 0.5)
    with mock.patch.dict("os.environ", there.environment), no_margin:
        yield lambda: open_state(address)
