"""The sandbox over loopback: werkzeug's threaded server, made quiet and taught to keep connections alive."""

from __future__ import annotations

import io
import socket
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class QuietHandler(WSGIRequestHandler):
    """Answers one connection after the other. It logs nothing, as every URL holds a token."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # an idle connection does not keep its thread for ever
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Serve one request. Unlike werkzeug's own, it leaves the connection open for the next."""
        environ = self.make_environ()
        try:
            # All of the body, whoever needs it: what stays unread would be taken for the next request.
            environ["wsgi.input"] = io.BytesIO(get_input_stream(environ).read())
            response = Response.from_app(self.server.app, environ, buffered=True)
        except (ConnectionError, ClientDisconnected):
            self.close_connection = True  # lost on purpose by a fault, or left by the client
            return
        self._send(response)

    def _send(self, response: Response) -> None:
        body = response.get_data()
        if response.status_code != 204:
            response.headers.setdefault("Content-Length", str(len(body)))
        if self.command != "HEAD" and int(response.headers.get("Content-Length", 0)) != len(body):
            self.close_connection = True  # a truncated answer
        self.send_response_only(response.status_code)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
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
