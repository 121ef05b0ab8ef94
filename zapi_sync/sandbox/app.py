"""The sandbox as one WSGI application: the emulated API behind its wire, and the sandbox's own pages."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, NotFound

from zapi_sync.sandbox.calls import z_api
from zapi_sync.sandbox.control import control
from zapi_sync.sandbox.faults import FaultQueue
from zapi_sync.sandbox.guard import refusal
from zapi_sync.sandbox.ledger import Ledger
from zapi_sync.sandbox.page import page
from zapi_sync.sandbox.saying import plainly
from zapi_sync.sandbox.store import Store
from zapi_sync.sandbox.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from zapi_sync.sandbox.saying import Say


class Sandbox(Flask):
    """Flask, with the wire before it and without request paths in its log."""

    def __init__(self, store: Store, ledger: Ledger, faults: FaultQueue) -> None:
        super().__init__("zapi_sync.sandbox", static_folder=None, template_folder=None)
        # A redirect would repeat the path, and with it the token.
        self.url_map.merge_slashes = False
        self._wire = Wire(super().wsgi_app, store, ledger, faults)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        refused = refusal(environ)
        return (refused or self._wire)(environ, start_response)

    def log_exception(
        self,
        exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Log a failure of the sandbox itself. Flask's own message holds the path, which holds the token."""
        self.logger.error("the sandbox failed", exc_info=exc_info)


def create_app(
    database: str, *, faults: Sequence[str] = (), say: Say = plainly, language: str = "en"
) -> Flask:
    """Return the sandbox over a SQLite file, or ":memory:".

    `faults` are switched on from the start, each written NAME or NAME:TIMES. Its page is in the language with
    this tag, into which `say` puts a text. Raises ValueError for one that
    is not known or a file that is no sandbox database, and OSError for a file that cannot be created.
    """
    store, ledger = Store(database), Ledger()
    queue = FaultQueue(store.last_serial)
    for text in faults:
        queue.add_text(text)
    app = Sandbox(store, ledger, queue)
    app.register_blueprint(z_api(store))
    app.register_blueprint(control(store, ledger, queue))
    app.register_blueprint(page(store, ledger, queue, say, language))
    app.add_url_rule("/openapi.json", "openapi", _openapi, provide_automatic_options=False)
    app.register_error_handler(HTTPException, _error)
    return app


def _openapi() -> Response:
    document = resources.files("zapi_sync.sandbox").joinpath("openapi.json").read_bytes()
    return Response(document, mimetype="application/json")


def _error(error: HTTPException) -> Response:
    """Say every error in JSON. The body of an unknown path is as reported from the field."""
    body = {"error": error.name}
    if isinstance(error, NotFound):
        body = {"error": "NOT_FOUND", "message": "Unable to find matching target resource method"}
    response = Response(json.dumps(body), status=error.code, mimetype="application/json")
    response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response
