"""Keeps the web pages of others out: a browser on this machine would carry their requests here."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from flask import jsonify, request

from zapi_sync.sandbox.exchange import answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Response
    from werkzeug.wrappers import Response as Answer

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::[0-9]*)?")
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def refusal(environ: WSGIEnvironment) -> Answer | None:
    """Refuse a request over a connection that a browser sends on behalf of another's page.

    A name in Host that is not of this machine may be one that its owner points here (DNS rebinding): to the
    browser this would be that page's own server. And where a page asks another server, the browser says so in
    Origin. What is no browser names this machine, as it found it, and sends no Origin.
    """
    if "werkzeug.socket" not in environ:
        return None  # inside the client's own process
    host, origin = environ.get("HTTP_HOST"), environ.get("HTTP_ORIGIN")
    if host is not None and not _is_of_this_machine(host):
        return answer({"error": "the sandbox answers to localhost or to an IP address alone"}, 403)
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return answer({"error": "the sandbox does not answer to other sites' pages"}, 403)
    return None


def ask_for_json() -> Response | None:
    """Refuse a body that is not called JSON: any other, a browser sends from anywhere without asking."""
    if request.mimetype == "application/json" or not request.get_data():
        return None
    response = jsonify(error="the body must be application/json")
    response.status_code = 415
    return response


def keep_to_itself(response: Response) -> Response:
    """Tell a browser that this may load nothing from elsewhere, and be loaded from nowhere else."""
    response.headers.update(
        {
            "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cache-Control": "no-store",
        }
    )
    return response


def _is_of_this_machine(host: str) -> bool:
    """Whether a Host is localhost or an IP address: nobody can point those elsewhere."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found[1].lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
