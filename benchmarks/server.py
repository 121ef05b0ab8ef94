"""A stand-in for Z-API that costs next to nothing: it creates what it is asked for, and lists no groups.

python server.py LATENCY

Prints its port. When its standard input ends it prints, as JSON, when each creation's request had come in
(seconds of the monotonic clock, which all processes share), and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from email.utils import formatdate

GROUP = '{{"phone":"120363{0:012}-group","phonesNotAdded":[],"invitationLink":"https://chat.whatsapp.com/{0:022}"}}'


class ZApiStandIn(asyncio.Protocol):
    """One connection; `arrivals` is shared by all of them."""

    def __init__(self, latency: float, arrivals: list[float]) -> None:
        self._latency = latency
        self._arrivals = arrivals
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            self._received = b""
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        content = "[]"
        if head.startswith(b"POST "):
            self._arrivals.append(time.monotonic())
            content = GROUP.format(len(self._arrivals))
        lines = (
            "HTTP/1.1 200 OK",
            f"Date: {formatdate(usegmt=True)}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            "",
            content,
        )
        return "\r\n".join(lines).encode()


def _length(head: bytes) -> int:
    _, named, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if named else 0


async def serve(latency: float) -> list[float]:
    """When each creation's request came in, until standard input ends."""
    arrivals: list[float] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: ZApiStandIn(latency, arrivals), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()
    return arrivals


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(serve(float(sys.argv[1])))))
