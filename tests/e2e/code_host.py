"""The comments of GitHub's and GitLab's APIs, behind a port."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ME = {"user": {"login": "github-actions[bot]", "type": "Bot"}, "author": {"id": 7}}
SOMEBODY = {"user": {"login": "mallory", "type": "User"}, "author": {"id": 8}}


@dataclass
class CodeHost:
    """One pull request's comments, and what was sent for them."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    refuse: int = 0

    def add(self, body: str, by: dict[str, Any]) -> dict[str, Any]:
        self.comments.append({"id": len(self.comments) + 1, "body": body, **by})
        return self.comments[-1]

    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments]

    def start(self) -> None:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                host.requests.append((self.command, self.path))
                host.tokens.add(self.headers["Authorization"] or self.headers["PRIVATE-TOKEN"])
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "{}")
                code, body = host.answer(self.command, self.path, sent)
                self.send_response(code)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, method: str, path: str, sent: dict[str, Any]) -> tuple[int, Any]:
        one = re.fullmatch(r"/repos/ana/turmas/issues/comments/(\d+)|.+/merge_requests/5/notes/(\d+)", path)
        if self.refuse:
            return self.refuse, {"message": "Resource not accessible by integration"}
        if path == "/user":
            return 200, {"id": 7}
        if one and method in ("PATCH", "PUT"):
            self.comments[int(one[1] or one[2]) - 1]["body"] = sent["body"]
            return 200, {}
        if re.match(r"/repos/ana/turmas/issues/5/comments|/projects/3/merge_requests/5/notes", path):
            if method == "POST":
                return 201, self.add(sent["body"], ME)
            page = int((re.search(r"[?&]page=(\d+)", path) or ["", "1"])[1])
            return 200, self.comments[(page - 1) * 100 : page * 100]
        return 404, {}
