"""The Z-API client for one instance: the create-group call, made so that its outcome can be judged.

The token stands in the URL's path, so nothing of httpx's own words (its log lines, its exceptions) is ever
passed on: what went wrong is told in words of our own.
"""

from __future__ import annotations

import logging
import math
import socket
import ssl
import time
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import quote

import httpx

from zapi_sync import __version__
from zapi_sync.core.http_date import read_date
from zapi_sync.core.lookup import (
    NotUnderstood,
    is_no_such_group,
    is_wrong_method,
    read_account,
    read_connected,
    read_details,
    read_groups,
    read_link,
    read_metadata,
    read_own_phone,
)
from zapi_sync.core.outcome import Answer, Created, Unknown, Unsent
from zapi_sync.dataclass import dataclass
from zapi_sync.deadline import Deadline, Line
from zapi_sync.errors import Code, RemoteUnavailable
from zapi_sync.language import Text
from zapi_sync.zapi.outcomes import MAX_TEXT, classify, rate_limit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from _typeshed.wsgi import WSGIApplication

    from zapi_sync.core.credentials import Credentials, Remote
    from zapi_sync.core.lookup import (
        Account,
        Details,
        Listed,
        Metadata,
    )
    from zapi_sync.core.model import Group, GroupId
    from zapi_sync.core.outcome import Outcome, RateLimit

CONNECT_SECONDS = 10.0
LOOKUP_SECONDS = 30.0
RETRY_PAUSES = (0.5, 1.0)
MAX_ANSWER_BYTES = 64 * 1024
MAX_LISTING_BYTES = 2 * 1024 * 1024
PAGE_SIZE = 300
"""Groups a page; 299 to 999 were seen in use (field reports), the documentation names no limit."""

_SEE_TO_THE_INSTANCE = Text(
    "see whether the instance is connected and its subscription runs, then run this again"
)
_SEE_TO_THE_CREDENTIALS = Text(
    "check ZAPI_CLIENT_TOKEN, ZAPI_TOKEN and ZAPI_INSTANCE_ID (of this instance), then run this again"
)
_SEE_TO_THE_ID = Text("check the group's id, and that the group is on this instance")
_SEE_TO_THE_WAY = Text("see to the network and to ZAPI_BASE_URL, if it is set, then run this again")
_NO_COOKIES = DefaultCookiePolicy(netscape=False, rfc2965=False)
_T = TypeVar("_T")
_log = logging.getLogger("zapi_sync.zapi")

# Their lines hold URLs, and so the token: they go nowhere, whoever turns logging on.
for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
    logging.getLogger(_name).disabled = True


class ZApi:
    """One instance of Z-API, over HTTP, or in-process where an `app` stands in for the API.

    `timeout` (seconds) bounds a creation, from its request's first byte to its answer's last one, and a
    look-up with all its tries, which never takes longer than LOOKUP_SECONDS. One thread at a time asks an
    instance: two look-ups at once would close each other's connection.
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
        self._line = Line()
        self.told_time: datetime | None = None
        """The API's clock, as its last answer told it."""

    def create_group(self, group: Group, sending: Callable[[], None]) -> Outcome:
        """One POST create-group on a connection of its own (Z-API, create-group page); see GroupCreator."""
        call = _Call(sending, Deadline(self._timeout))
        began = time.monotonic()
        try:
            outcome: Outcome = classify(self._post(group, call), self._credentials.mask)
            if call.deadline.passed and not isinstance(outcome, Created):
                outcome = call.judge(TimeoutError(), self._remote)
        except Exception as error:  # whatever it is: sent or not sent is what counts
            if error is call.refusal:
                raise
            outcome = call.judge(error, self._remote)
        finally:
            call.deadline.end()
        took = time.monotonic() - began
        _log.debug(
            "POST %s/instances/***/token/***/create-group for %s: %s after %.2f s",
            self._remote.origin,
            group.key,
            type(outcome).__name__.lower(),
            took,
        )
        return outcome

    def groups_page(self, page: int) -> list[Listed]:
        """See ports.GroupInspector, for this and the look-ups that follow."""
        return self._look_up("groups", read_groups, page=str(page), pageSize=str(PAGE_SIZE))

    def metadata(self, phone: GroupId) -> Metadata:
        call = f"light-group-metadata/{quote(phone, safe='')}"
        metadata = self._look_up(call, read_metadata)
        _check_is_of(phone, metadata.phone, call)
        return metadata

    def details(self, phone: GroupId) -> Details | None:
        call = f"group-metadata/{quote(phone, safe='')}"
        answer = self._answer("GET", call)
        if is_no_such_group(answer):
            return None
        details = self._understood(call, answer, read_details)
        _check_is_of(phone, details.phone, call)
        return details

    def invitation_link(self, phone: GroupId) -> str | None:
        call = f"group-invitation-link/{quote(phone, safe='')}"
        answer = self._answer("GET", call)
        if is_wrong_method(answer):
            answer = self._answer("POST", call)
        return self._understood(call, answer, read_link)

    def is_connected(self) -> bool:
        return self._look_up("status", read_connected)

    def own_phone(self) -> str | None:
        return self._look_up("device", read_own_phone)

    def account(self) -> Account:
        return self._look_up("me", read_account)

    def close(self) -> None:
        self._lookups.close()

    def _look_up(self, call: str, read: Callable[[Answer], _T], **params: str) -> _T:
        return self._understood(call, self._answer("GET", call, params), read)

    def _answer(self, method: str, call: str, params: Mapping[str, str] | None = None) -> Answer:
        """The answer to a look-up, tried again where the fault may pass: a look-up changes nothing."""
        with Deadline(min(self._timeout, LOOKUP_SECONDS), self._line) as deadline:
            for pause in (*RETRY_PAUSES, math.inf):
                try:
                    answer = self._ask(method, call, params, deadline)
                except Exception as error:  # noqa: BLE001  httpx's words hold the URL; ours do not
                    if deadline.left <= pause:
                        why = _why_unanswered(error, deadline, self._remote)
                        raise _unavailable(call, why, _SEE_TO_THE_WAY) from None
                else:
                    if deadline.left <= pause or not (answer.status == 429 or answer.status >= 500):
                        return answer
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _ask(self, method: str, call: str, params: Mapping[str, str] | None, deadline: Deadline) -> Answer:
        with self._lookups.stream(
            method,
            self._url(call),
            params=params,
            headers=self._headers,
            extensions={"trace": deadline.trace},
        ) as response:
            answer = self._read(response, MAX_LISTING_BYTES, deadline)
        name = call.partition("/")[0]
        _log.debug("%s %s/instances/***/token/***/%s: %d", method, self._remote.origin, name, answer.status)
        return answer

    def _understood(self, call: str, answer: Answer, read: Callable[[Answer], _T]) -> _T:
        try:
            return read(answer)
        except NotUnderstood as why:
            text = why.args[0]
            masked = self._credentials.mask(text)[:MAX_TEXT]
            said = text if masked == text else masked  # as it was, it can still be told in other languages
            raise _unavailable(call, said, _remedy(answer)) from None

    def _post(self, group: Group, call: _Call) -> Answer:
        body = {
            "autoInvite": group.auto_invite,
            "groupName": group.group_name,
            "phones": list(group.phones),
        }
        timeout = httpx.Timeout(self._timeout, connect=CONNECT_SECONDS)
        with (
            httpx.Client(
                transport=self._fresh_transport(),
                timeout=timeout,
                cookies=CookieJar(_NO_COOKIES),
                trust_env=False,
            ) as client,
            client.stream(
                "POST",
                self._create_url,
                json=body,
                headers=self._headers,
                extensions={"trace": call.trace},
            ) as response,
        ):
            call.rate_limit = rate_limit_of(response.status_code, response.headers.get("Retry-After"))
            return self._read(response, MAX_ANSWER_BYTES)

    def _read(self, response: httpx.Response, most: int, deadline: Deadline | None = None) -> Answer:
        """The answer; without a length or chunks, its end cannot be told from its breaking off."""
        status, headers, body = response.status_code, response.headers, bytearray()
        self.told_time = read_date(headers.get("Date"))
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > most:
                return Answer(status, b"", complete=False, retry_after=headers.get("Retry-After"))
            if deadline and deadline.passed:
                raise TimeoutError  # what came in before is still to be read, maybe in a million chunks
        framed = "Content-Length" in headers or "Transfer-Encoding" in headers
        return Answer(status, bytes(body), framed, headers.get("Retry-After"), self._credentials.mask_kept)

    def _fresh_transport(self) -> httpx.BaseTransport:
        """A create never rides on an idle connection, which the other side may just be closing."""
        if self._app is not None:
            return _InProcessTransport(app=self._app)
        one = httpx.Limits(max_connections=1)  # so the connection that was made last is the one in use
        return httpx.HTTPTransport(verify=self._tls, retries=0, http2=False, limits=one)

    @cached_property
    def _lookups(self) -> httpx.Client:
        """Look-ups may share a connection: asked again after it broke, they do no harm."""
        seconds = min(self._timeout, LOOKUP_SECONDS)
        return httpx.Client(
            transport=self._fresh_transport(),
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            cookies=CookieJar(_NO_COOKIES),
            trust_env=False,
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once; for plain http one that trusts nobody, as httpx would make another for each client."""
        is_tls = self._remote.base_url.startswith("https:")
        return httpx.create_ssl_context() if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {
            "Client-Token": self._credentials.client_token,
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # nothing to unpack, so nothing that swells while it is unpacked
            "User-Agent": f"zapi-sync/{__version__}",
        }

    @cached_property
    def _create_url(self) -> httpx.URL:
        return httpx.URL(self._url("create-group"))

    def _url(self, call: str) -> str:
        instance_id, token = (
            quote(part, safe="") for part in (self._credentials.instance_id, self._credentials.token)
        )
        return f"{self._remote.base_url}/instances/{instance_id}/token/{token}/{call}"


@dataclass(slots=True)
class _Call:
    """One creation on its way: whether it has left, and the clock that then runs."""

    sending: Callable[[], None]
    deadline: Deadline
    sent: bool = False
    refusal: Exception | None = None
    rate_limit: RateLimit | None = None
    """What the head of the answer says, in case that its body never ends."""

    def trace(self, event: str, info: dict[str, object]) -> None:
        self.deadline.trace(event, info)
        if event == "http11.send_request_headers.started":
            try:
                self.sending()
            except Exception as refusal:
                self.refusal = refusal
                raise
            self.sent = True
            self.deadline.start()

    def judge(self, error: Exception, remote: Remote) -> Unsent | Unknown:
        """What a call that ended without an answer proves: nothing, once it has left."""
        if not self.sent:
            return Unsent(_why_unsent(error, remote))
        return Unknown(_why_broken(error, self.deadline), rate_limit=self.rate_limit)


class _InProcessTransport(httpx.WSGITransport):
    """A WSGI app in place of the network; there is no connection, but the moment of sending is the same."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        trace = cast("Callable[[str, dict[str, object]], None] | None", request.extensions.get("trace"))
        if trace:
            trace("http11.send_request_headers.started", {})
        return super().handle_request(request)


def _check_is_of(asked: GroupId, told: GroupId, call: str) -> None:
    if told != asked:
        raise _unavailable(call, Text("it speaks of another group"), _SEE_TO_THE_INSTANCE)


def _remedy(answer: Answer) -> str:
    if answer.status in (401, 403):
        return _SEE_TO_THE_CREDENTIALS
    return _SEE_TO_THE_ID if is_no_such_group(answer) else _SEE_TO_THE_INSTANCE


def _unavailable(call: str, why: str, hint: str) -> RemoteUnavailable:
    name = call.partition("/")[0]
    message = Text("the look-up {call} gave no usable answer: {why}", call=name, why=why)
    return RemoteUnavailable.of(Code.LOOKUP_FAILED, message, hint=hint)


def _why_broken(error: Exception, deadline: Deadline) -> str:
    if deadline.passed or isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return Text("no whole answer came within {seconds:g} s", seconds=deadline.seconds)
    if isinstance(error, httpx.RemoteProtocolError):
        return Text("the connection ended before a whole, well-formed answer")
    if isinstance(error, (httpx.NetworkError, OSError)):
        return Text("the connection broke before an answer came")
    return Text("the answer could not be taken in ({error})", error=type(error).__name__)


def _why_unanswered(error: Exception, deadline: Deadline, remote: Remote) -> str:
    before = (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.LocalProtocolError)
    unsent = isinstance(error, before) and not deadline.passed
    return _why_unsent(error, remote) if unsent else _why_broken(error, deadline)


def _why_unsent(error: Exception, remote: Remote) -> str:
    host = remote.origin.partition("://")[2]
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Text("{host} did not prove who it is (TLS certificate)", host=host)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Text("no TLS connection to {host} came about", host=host)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Text("the name {host} does not resolve", host=host)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Text("{host} refuses connections", host=host)
    if isinstance(error, httpx.ConnectTimeout):
        return Text("{host} took no connection within {seconds:g} s", host=host, seconds=CONNECT_SECONDS)
    return Text("no connection to {host} came about ({error})", host=host, error=type(error).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
