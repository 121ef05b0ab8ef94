"""An API that says back whatever secret it was sent, in every place and form that an answer has."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

SECRETS = {
    "ZAPI_INSTANCE_ID": "CANARY-INSTANCE-3C0D8A/7F",
    "ZAPI_TOKEN": 'CANARY-TOKEN-9A8B+7C=="6D\\5E',
    "ZAPI_CLIENT_TOKEN": "CANARY-CLIENT-F1A2%20B3",
}
ID = "120363019502650977-group"
LINK = "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"


def forms() -> list[str]:
    """All secrets in the forms that an answer may repeat them in."""
    found = []
    for secret in SECRETS.values():
        found += [
            secret,
            quote(secret, safe=""),
            json.dumps(secret)[1:-1],
            b64encode(secret.encode()).decode(),
        ]
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """What a request held, and what it was for."""

    call: str
    echo: str


Answer = tuple[int, dict[str, str], bytes]


def _json(status: int, document: object) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def documented(said: Said) -> object:
    """An answer of the documented form, with the echo wherever a text may stand."""
    echo = said.echo
    return {
        "create-group": {"phone": ID, "invitationLink": LINK, "phonesNotAdded": [echo], "message": echo},
        "groups": [{"phone": ID, "name": f"Group {echo}", "isGroup": True, "about": echo}],
        "light-group-metadata": {
            "phone": ID,
            "subject": f"Turma {echo}",
            "owner": echo,
            "participants": [{"phone": echo}],
        },
        "group-metadata": {
            "phone": ID,
            "subject": f"Turma {echo}",
            "owner": echo,
            "invitationLink": LINK.replace("GON", "NEW"),
            "participants": [{"phone": echo}, {"phone": "5511900000000", "isAdmin": False}],
        },
        "group-invitation-link": {"phone": ID, "invitationLink": f"https://chat.whatsapp.com/{echo}"},
        "status": {"connected": True, "error": echo},
        "device": {"phone": "5511900000000", "name": echo},
    }.get(said.call, {"error": echo})


MODES: dict[str, Callable[[Said], Answer]] = {
    "documented": lambda said: _json(200, documented(said)),
    "403": lambda said: _json(403, {"error": f"Client-Token {said.echo} not allowed"}),
    "400": lambda said: _json(400, {"error": said.echo, "message": said.echo}),
    "200-error": lambda said: _json(200, {"error": f"You need to be connected with whatsapp: {said.echo}"}),
    "200-odd": lambda said: _json(
        200, {said.echo: {said.echo: [said.echo]}, "phone": said.echo, "value": said.echo}
    ),
    "500": lambda said: _json(500, {"error": said.echo, "path": said.echo}),
    "html": lambda said: (200, {"Content-Type": "text/html"}, f"<title>{said.echo}</title>".encode()),
    "302": lambda said: (302, {"Location": f"http://127.0.0.1:1/{quote(said.echo)}"}, b""),
    "429": lambda said: (
        429,
        {"Retry-After": said.echo, "Set-Cookie": f"a={quote(said.echo)}"},
        said.echo.encode(),
    ),
    "not-json": lambda said: (200, {"Content-Type": "application/json"}, f'{{"phone": {said.echo}'.encode()),
}


@dataclass
class Parrot:
    """The API behind a port; `mode` is how it answers, and `creations` how often it was asked to create."""

    mode: str = "documented"
    creations: int = 0
    _server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        parrot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                call = self.path.partition("?")[0].split("/")[5]
                parrot.creations += call == "create-group"
                secrets = [unquote(self.path), self.path, *self.headers.values(), *forms()]
                status, headers, body = MODES[parrot.mode](Said(call, " ".join(secrets)))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815  the library calls them so

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
