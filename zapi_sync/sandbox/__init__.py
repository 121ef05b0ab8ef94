"""An emulator of the Z-API calls that zapi-sync needs: another program, which shares nothing with the client.

Flask is imported once an app or a server is asked for, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.sandbox.rules import CONNECTED_NUMBER, NOT_ADDABLE_SUFFIX, REFUSED_CLIENT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed.wsgi import WSGIApplication
    from flask import Flask
    from werkzeug.serving import BaseWSGIServer

    from zapi_sync.sandbox.saying import Say

__all__ = [
    "CONNECTED_NUMBER",
    "NOT_ADDABLE_SUFFIX",
    "REFUSED_CLIENT_TOKEN",
    "create_app",
    "known_faults",
    "serve",
]


def create_app(
    database: str, *, faults: Sequence[str] = (), say: Say | None = None, language: str = "en"
) -> Flask:
    """Return the sandbox over a SQLite file, or ":memory:".

    `faults` are switched on from the start, each written NAME or NAME:TIMES. Its page is in the language with
    this tag, into which `say` puts a text; without it, in English. Raises ValueError for one that
    is not known or a file that is no sandbox database, and OSError for a file that cannot be created.
    """
    from zapi_sync.sandbox import app
    from zapi_sync.sandbox.saying import plainly

    return app.create_app(database, faults=faults, say=say or plainly, language=language)


def serve(app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """Return a server that listens already; `serve_forever()` runs it, `shutdown()` ends that.

    Port 0 picks a free one, and `server_port` tells which. Raises OSError where it cannot listen.
    """
    from zapi_sync.sandbox import server

    return server.serve(app, host, port)


def known_faults() -> dict[str, str]:
    """Return what each fault does, by name."""
    from zapi_sync.sandbox.faults import KNOWN

    return {name: fault.what.description for name, fault in KNOWN.items()}
