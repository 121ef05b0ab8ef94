"""The Z-API client for one instance: the create-group call, made so that its outcome can be judged.

The token stands in the URL's path, so nothing of httpx's own words (its log lines, its exceptions) is ever
passed on: what went wrong is told in words of our own.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

import httpx

from zapi_sync import __version__
from zapi_sync.core.model import Credentials, Group, Remote
from zapi_sync.core.outcome import Answer, Created, Outcome, Rejected, Unknown, Unsent, classify
from zapi_sync.errors import StateUnwritable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CONNECT_SECONDS = 10.0
MAX_ANSWER_BYTES = 64 * 1024

_log = logging.getLogger("zapi_sync.zapi")


class ZApi:
    """One instance of Z-API, over HTTP, or in-process where an `app` stands in for the API.

    `timeout` (seconds) bounds the time from a request's first byte to its answer's last one.
    """

    def __init__(
        self,
        remote: Remote,
        credentials: Credentials,
        *,
        timeout: float,
        app: WSGIApplication | None = None,
    ) -> None:
        self._remote = remote
        self._credentials = credentials
        self._timeout = timeout
        self._app = app

    def create_group(self, group: Group, sending: Callable[[], None]) -> Outcome:
        """One POST create-group on a connection of its own (Z-API, create-group page); see GroupCreator."""
        call = _Call(sending, self._timeout)
        began = time.monotonic()
        try:
            outcome: Outcome = classify(self._post(group, call))
        except StateUnwritable:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is: sent or not sent is what counts
            outcome = call.judge(error, self._remote)
        finally:
            call.end()
        outcome = self._without_secrets(outcome)
        took = time.monotonic() - began
        _log.debug(
            "POST %s/instances/***/token/***/create-group for %s: %s after %.2f s",
            self._remote.origin,
            group.key,
            type(outcome).__name__.lower(),
            took,
        )
        return outcome

    def _post(self, group: Group, call: _Call) -> Answer:
        body = {
            "autoInvite": group.auto_invite,
            "groupName": group.group_name,
            "phones": list(group.phones),
        }
        timeout = httpx.Timeout(self._timeout, connect=CONNECT_SECONDS)
        with (
            httpx.Client(transport=self._fresh_transport(), timeout=timeout, trust_env=False) as client,
            client.stream(
                "POST",
                self._url("create-group"),
                json=body,
                headers=self._headers,
                extensions={"trace": call.trace},
            ) as response,
        ):
            return _read(response)

    def _fresh_transport(self) -> httpx.BaseTransport:
        """A create never rides on an idle connection, which the other side may just be closing."""
        if self._app is not None:
            return _InProcessTransport(app=self._app)
        return httpx.HTTPTransport(verify=self._tls, retries=0, http2=False)

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        return httpx.create_ssl_context() if self._remote.base_url.startswith("https:") else True

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {
            "Client-Token": self._credentials.client_token,
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # nothing to unpack, so nothing that swells while it is unpacked
            "User-Agent": f"zapi-sync/{__version__}",
        }

    def _url(self, call: str) -> str:
        instance_id, token = (
            quote(part, safe="") for part in (self._credentials.instance_id, self._credentials.token)
        )
        return f"{self._remote.base_url}/instances/{instance_id}/token/{token}/{call}"

    def _without_secrets(self, outcome: Outcome) -> Outcome:
        """The outcome with secrets masked: a 403 may echo the Client-Token (field report)."""
        match outcome:
            case Rejected():
                return replace(outcome, said=self._credentials.mask(outcome.said))
            case Unknown() | Unsent():
                return replace(outcome, reason=self._credentials.mask(outcome.reason))
            case Created():
                return outcome


def _read(response: httpx.Response) -> Answer:
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            return Answer(response.status_code, b"", complete=False)
    return Answer(response.status_code, body, retry_after=response.headers.get("Retry-After"))


@dataclass(slots=True)
class _Call:
    """One request on its way: whether it has left, and the clock that ends it."""

    sending: Callable[[], None]
    timeout: float
    sent: bool = False
    timed_out: bool = False
    _socket: socket.socket | None = None
    _timer: threading.Timer | None = field(default=None)

    def trace(self, event: str, info: dict[str, object]) -> None:
        """httpx's trace extension: called at each step of a connection; what it raises stops the call."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            stream = cast("_Stream", info["return_value"])
            self._socket = cast("socket.socket | None", stream.get_extra_info("socket"))
        elif event == "http11.send_request_headers.started":
            self.sending()
            self.sent = True
            self._timer = threading.Timer(self.timeout, self._time_out)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        if self._timer:
            self._timer.cancel()

    def judge(self, error: Exception, remote: Remote) -> Unsent | Unknown:
        """What a call that ended without an answer proves: nothing, once it has left."""
        if not self.sent:
            return Unsent(_why_unsent(error, remote))
        if self.timed_out or isinstance(error, httpx.TimeoutException):
            return Unknown(f"no whole answer came within {self.timeout:g} s")
        if isinstance(error, httpx.RemoteProtocolError):
            return Unknown("the connection ended before a whole, well-formed answer")
        if isinstance(error, (httpx.NetworkError, OSError)):
            return Unknown("the connection broke before an answer came")
        return Unknown(f"the answer could not be taken in ({type(error).__name__})")

    def _time_out(self) -> None:
        """Ends the connection under whoever reads from it; httpx bounds each read, but not all of them."""
        self.timed_out = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Stream:
    """The part of httpcore's NetworkStream that is used here."""

    def get_extra_info(self, name: str) -> object: ...


class _InProcessTransport(httpx.WSGITransport):
    """A WSGI app in place of the network; there is no connection, but the moment of sending is the same."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        trace = cast(Callable[[str, dict[str, object]], None], request.extensions["trace"])
        trace("http11.send_request_headers.started", {})
        return super().handle_request(request)


def _why_unsent(error: Exception, remote: Remote) -> str:
    host = remote.origin.partition("://")[2]
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return f"{host} did not prove who it is (TLS certificate)"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return f"no TLS connection to {host} came about"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"the name {host} does not resolve"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"{host} refuses connections"
    if isinstance(error, httpx.ConnectTimeout):
        return f"{host} took no connection within {CONNECT_SECONDS:g} s"
    return f"no connection to {host} came about ({type(error).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
