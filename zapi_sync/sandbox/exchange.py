"""One request to the emulated API as a fault sees it: to pass on, answer otherwise, or drop."""

from __future__ import annotations

import io
import json
import math
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIApplication
    from werkzeug.wrappers import Request

    from zapi_sync.sandbox.store import Store

_DEPTH = 100
"""How deep a body may be nested: what can be read on a short stack cannot always be told on a long one."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The request, the API behind it, and what the fault was given when it was switched on."""

    request: Request
    instance: str
    api: WSGIApplication
    store: Store
    seconds: float
    since: int
    """The serial of the newest group when the fault was switched on."""

    @property
    def socket(self) -> socket.socket | None:
        """The client's connection; None where the app runs inside the client's own process."""
        connection = self.request.environ.get("werkzeug.socket")
        return connection if isinstance(connection, socket.socket) else None

    def perform(self, query: str | None = None) -> Response:
        """Let the API do what is asked, and return its answer; `query` takes the place of the client's."""
        body = self.request.get_data()
        environ = {**self.request.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        if query is not None:
            environ["QUERY_STRING"] = query
        return Response.from_app(self.api, environ, buffered=True)


def json_of(data: bytes) -> object:
    """Read JSON; None where it is none, or holds what could not be told again: NaN, 1e999, a deep nesting."""
    try:
        document: object = json.loads(data, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return document if _is_shallow(document) else None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number that JSON can say")
    return number


def _is_shallow(document: object) -> bool:
    level = [document]
    for _ in range(_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return True
    return False


def _inside(document: object) -> Iterable[object]:
    if isinstance(document, dict):
        return document.values()
    return document if isinstance(document, list) else ()


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Make a JSON answer."""
    return Response(json.dumps(body), status=status, headers=headers, mimetype="application/json")
