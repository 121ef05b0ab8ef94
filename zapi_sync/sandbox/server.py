"""The sandbox over loopback: werkzeug's threaded server, made quiet and taught to keep connections alive."""

from __future__ import annotations

import io
import json
import re
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest, ClientDisconnected
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from werkzeug.serving import BaseWSGIServer

_LENGTH = re.compile(r"[0-9]{1,18}")


class QuietHandler(WSGIRequestHandler):
    """Answers one connection after the other. It logs nothing, as every URL holds a token."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # an idle connection does not keep its thread for ever
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Serve one request. Unlike werkzeug's own, it leaves the connection open for the next."""
        try:
            environ = self._read()
            response = Response.from_app(self.server.app, environ, buffered=True)
        except (ConnectionError, ClientDisconnected):
            self.close_connection = True  # lost on purpose by a fault, or left by the client
            return
        except BadRequest:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        self._send(response)

    def _read(self) -> WSGIEnvironment:
        """Read a request with its body. Raises BadRequest where it is not HTTP."""
        lengths = set(self.headers.get_all("Content-Length", ()))
        if self.request_version == "HTTP/0.9":
            raise BadRequest  # its answers have no head, and so no status
        if len(lengths) > 1 or not all(_LENGTH.fullmatch(length) for length in lengths):
            raise BadRequest  # what follows could be a body as well as the next request
        try:
            environ = self.make_environ()
            # All of the body, whoever needs it: what stays unread would be taken for the next request.
            environ["wsgi.input"] = io.BytesIO(get_input_stream(environ).read())
        except (ConnectionError, TimeoutError):
            raise
        except (OSError, ValueError) as error:
            raise BadRequest from error  # a broken chunk, or a URL that is none
        return environ

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not HTTP. The library's own answer repeats the request, and with it the token."""
        self.close_connection = True
        if self.request_version == "HTTP/0.9":
            self.request_version = self.protocol_version  # said or assumed: an answer has a head
        body = json.dumps({"error": HTTPStatus(code).phrase})
        self._send(Response(body, code, {"Connection": "close"}, mimetype="application/json"))

    def _send(self, response: Response) -> None:
        body = response.get_data()
        if response.status_code != 204:
            response.headers.setdefault("Content-Length", str(len(body)))
        if self.command != "HEAD" and int(response.headers.get("Content-Length", 0)) != len(body):
            self.close_connection = True  # a truncated answer
        self.send_response_only(response.status_code)
        self.send_header("Date", self.date_time_string())
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


def serve(app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """Return a server that listens already; `serve_forever()` runs it, `shutdown()` ends that.

    Port 0 picks a free one, and `server_port` tells which. Raises OSError where it cannot listen.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Given a socket, werkzeug neither prints nor exits where the port is taken.
    with socket.create_server((host, port), family=family, backlog=128) as listener:
        server = make_server(
            host, port, app, threaded=True, request_handler=QuietHandler, fd=listener.fileno()
        )
    server.server_name, server.server_port = host, server.port
    return server
