"""Stands between the client and the emulated API: keeps the ledger, and lets faults have their way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request

from zapi_sync.sandbox.exchange import Exchange, answer, json_of
from zapi_sync.sandbox.ledger import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from werkzeug.wrappers import Response

    from zapi_sync.sandbox.faults import FaultQueue
    from zapi_sync.sandbox.ledger import Ledger
    from zapi_sync.sandbox.store import Store

_PATH = re.compile(r"/instances/([^/]+)/token/[^/]+/(.+)", re.DOTALL)
_CALL = re.compile(
    "create-group|groups|status|me|device"
    "|(?:group-metadata|light-group-metadata|group-invitation-link|phone-exists)/[^/]+"
)


class Wire:
    """A WSGI application around the one that is the API."""

    def __init__(self, api: WSGIApplication, store: Store, ledger: Ledger, faults: FaultQueue) -> None:
        self._api = api
        self._store = store
        self._ledger = ledger
        self._faults = faults

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request; where a fault loses the answer, an OSError comes out instead."""
        request = Request(environ)
        path = _PATH.fullmatch(request.path)
        if path is None:
            environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"  # else redirected, query and all
            return self._api(environ, start_response)
        try:
            request.get_data()
        except ClientDisconnected:
            return answer({"error": "Bad Request"}, 400)(environ, start_response)
        # What follows an unknown call may be a piece of a token that holds a slash: it is not repeated.
        instance, call = path[1], path[2] if _CALL.fullmatch(path[2]) else ""
        number = self._ledger.received(_entry(request, instance, call))
        response = self._respond(request, instance, call.split("/")[0], number)
        self._ledger.answered(number, response.status_code)
        return response(environ, start_response)

    def _respond(self, request: Request, instance: str, call: str, number: int) -> Response:
        active = self._faults.take(request.method, call, instance)
        if active is None:
            return Exchange(request, instance, self._api, self._store, seconds=0, since=0).perform()
        self._ledger.struck(number, active.fault.name)
        exchange = Exchange(request, instance, self._api, self._store, active.seconds, active.since)
        return active.fault.act(exchange)


def _entry(request: Request, instance: str, call: str) -> Entry:
    headers = {}
    if "Content-Type" in request.headers:
        headers["Content-Type"] = request.headers["Content-Type"]
    if "Client-Token" in request.headers:
        headers["Client-Token"] = "***"
    query = request.query_string.decode("latin-1")
    return Entry(request.method, instance, call, query, headers, json_of(request.get_data()))
