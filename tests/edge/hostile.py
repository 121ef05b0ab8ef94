"""Answers of a peer that means ill or is broken, each with what it leaves a creation to be."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TypeAlias

from zapi_sync.core.outcome import Created, Outcome, Rejected, Unknown

from .given import MADE
from .peer import BODY, Act, answering, flooding, http

Case: TypeAlias = tuple[Act, type[Outcome]]

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ID = MADE.phone
BOMB = b"\0" * 20_000_000


def answer(raw: bytes, outcome: type[Outcome] = Unknown) -> Case:
    return answering(raw), outcome


def body(text: bytes, outcome: type[Outcome] = Unknown, status: str = "200 OK") -> Case:
    return answering(http(status, text)), outcome


def raw_deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text) + packer.flush()


SIZES: dict[str, Case] = {
    "a huge Content-Length, and little of it": answer(OK + b"Content-Length: 999999999999999999\r\n\r\n{}"),
    "a Content-Length of 5,000 digits": answer(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}"),
    "a body without end": (flooding(OK + b"\r\n", b"x" * 65536), Unknown),
    "a huge Content-Length, and all of it": (
        flooding(OK + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536),
        Unknown,
    ),
    "one header of 10 MB": answer(OK + b"X-Long: " + b"x" * 10_000_000 + b"\r\n\r\n{}"),
    "headers without end": (flooding(OK, b"X-Pad: x\r\n" * 1000), Unknown),
    "cookies without end": (flooding(OK, b"Set-Cookie: a=b\r\n" * 1000), Unknown),
    "a status line without end": (flooding(b"HTTP/1.1 200 ", b"O" * 65536), Unknown),
    "a chunk size without end": (flooding(CHUNKED, b"0" * 65536), Unknown),
    "a chunk extension without end": (flooding(CHUNKED + b"5;", b"x" * 65536), Unknown),
    "trailers without end": (flooding(CHUNKED + b"0\r\n", b"X-Pad: x\r\n" * 1000), Unknown),
    "a chunk of more than there are bytes": (flooding(CHUNKED + b"f" * 15 + b"\r\n", b"x" * 65536), Unknown),
    "a gzip bomb": answer(http("200 OK", gzip.compress(BOMB), "Content-Encoding: gzip")),
    "a deflate bomb": answer(http("200 OK", raw_deflate(BOMB), "Content-Encoding: deflate")),
    "a bomb within a bomb": answer(
        http("200 OK", gzip.compress(gzip.compress(BOMB)), "Content-Encoding: gzip, gzip")
    ),
    "what is said to be brotli": answer(http("200 OK", b"\xcf\xff\xff\x7f" * 99, "Content-Encoding: br")),
    "chunks said to be gzip": answer(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    "2 MB of empty lists": body(b"[" + b"[]," * 650_000 + b"0]"),
    "2 MB of small objects": body(b"[" + b'{"":0},' * 260_000 + b"0]"),
    "2 MB of wide characters": body(b'["' + b"x" * 2_000_000 + '😀"]'.encode()),
    "2 MB of a name": body(json.dumps([{"phone": ID, "name": "x" * 2_000_000}]).encode()),
}

ENDLESS: dict[str, Case] = {
    "1xx without end": (flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), Unknown),
    "1xx that drip": (flooding(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.03), Unknown),
    "a status line that drips": (flooding(b"", b"H", 0.03), Unknown),
    "headers that drip": (flooding(OK + b"X-Slow: ", b"x", 0.03), Unknown),
    "a body that drips": (flooding(OK + b"Content-Length: 60000\r\n\r\n", b" ", 0.03), Unknown),
    "a body of no length that drips": (flooding(OK + b"\r\n", b" ", 0.03), Unknown),
    "chunks that drip": (flooding(CHUNKED, b"1\r\n \r\n", 0.03), Unknown),
    "chunks of one byte without end": (flooding(CHUNKED, b"1\r\n \r\n" * 1000), Unknown),
    "nothing": (flooding(b"", b"", 0.03), Unknown),
}

DEEP = b"[" * 100_000
BODIES: dict[str, Case] = {
    "no JSON": body(b"created!"),
    "nothing": body(b""),
    "a list": body(b"[" + BODY + b"]"),
    "a string": body(b'"' + ID.encode() + b'"'),
    "a number": body(b"1"),
    "null": body(b"null"),
    "text after it": body(BODY + b"x"),
    "two of them": body(BODY + BODY),
    "a comma too many": body(BODY[:-1] + b",}"),
    "a BOM before it": body(b"\xef\xbb\xbf" + BODY, Created),
    "UTF-16": body(BODY.decode().encode("utf-16"), Created),
    "UTF-16 in a refusal": body(
        '{"error": "x", "made": "120363019502650977-group"}'.encode("utf-16"), Unknown, "400 Bad Request"
    ),
    "invalid UTF-8": body(b'{"error": "\xff\xfe\xc3"}'),
    "an overlong NUL": body(b'{"error": "\xc0\x80"}'),
    "invalid UTF-8 in a refusal": body(b'{"error": "\xff"}', Unknown, "400 Bad Request"),
    "invalid UTF-8 at 405": body(b'{"error": "\xff"}', Rejected, "405 Method Not Allowed"),
    "100,000 lists deep": body(DEEP),
    "a member 30,000 lists deep": body(b'{"phone": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
    "members 900 lists deep": body(
        b'{"connected": ' + b"[" * 900 + b"]" * 900 + b',"error":' + b"[" * 900 + b"]" * 900 + b"}"
    ),
    "a refusal 30,000 objects deep": body(b'{"a":' * 10_000, Unknown, "400 Bad Request"),
    "30,000 objects deep at 405": body(b'{"a":' * 10_000, Rejected, "405 Method Not Allowed"),
    "a number of 5,000 digits": body(b'{"phone": ' + b"9" * 5000 + b"}"),
    "a number of 4,000 digits": body(b'{"phone": ' + b"9" * 4000 + b"}"),
    "a number beyond all floats": body(b'{"phone": 1e999999, "creation": 1e999999}'),
    "NaN": body(b'{"phone": NaN, "connected": NaN, "creation": NaN}'),
    "Infinity": body(b'{"phone": -Infinity, "creation": Infinity}'),
    "an id twice, and differently": body(b'{"phone": "120363019502650978-group",' + BODY[1:]),
    "an id twice, and alike": body(f'{{"phone": "{ID}",'.encode() + BODY[1:], Created),
    "half a character": body(b'{"error": "\\ud800", "phone": "\\udc00"}'),
    "half a character in a name": body(f'[{{"phone": "{ID}", "name": "\\ud83d"}}]'.encode()),
    "a NUL in an id": body(b'{"phone": "120363019502650977\\u0000-group"}'),
    "a line feed in an id": body(b'{"phone": "120363019502650977-group\\n"}'),
    "a path for an id": body(b'{"phone": "../../me"}'),
    "terminal escapes": body(b'{"error": "\\u001b]0;x\\u0007\\u001b[2J\\u202e"}'),
    "a message of 60 kB": body(b'{"error": "' + b"x" * 60_000 + b'"}'),
    "only white space": body(b" " * 60_000),
}

FORMS: dict[str, Case] = {
    "the HTML of a proxy at 200": answer(http("200 OK", b"<html><h1>Welcome", "Content-Type: text/html")),
    "the HTML of a proxy at 407": body(b"<html>log in", Unknown, "407 Proxy Authentication Required"),
    "the HTML of a proxy at 502": body(b"<html>nginx</html>", Unknown, "502 Bad Gateway"),
    "the HTML of a proxy at 403": body(b"<html>blocked</html>", Unknown, "403 Forbidden"),
    "the HTML of a proxy at 405": body(b"<html>blocked</html>", Rejected, "405 Method Not Allowed"),
    "another Content-Type": answer(http("200 OK", BODY, "Content-Type: image/png"), Created),
    "a Content-Type of no sense": answer(http("200 OK", BODY, "Content-Type: \xff;;charset=x"), Created),
    "no content": answer(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "204 with a body": answer(http("204 No Content", BODY)),
    "205 with a body": body(BODY, Unknown, "205 Reset Content"),
    "206, a part": body(BODY, Unknown, "206 Partial Content"),
    "304 with a body": answer(http("304 Not Modified", BODY)),
    "304 without": answer(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "101, another protocol": answer(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + BODY),
    "status 999": body(BODY, Unknown, "999 Odd"),
    "status 000": body(BODY, Unknown, "000 Odd"),
    "status 600, no reason": body(BODY, Unknown, "600"),
    "HTTP/0.9": answer(BODY),
    "HTTP/1.0": answer(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY, Created),
    "HTTP/2": answer(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
    "HTTP/2 frames": answer(b"\0\0\x12\4\0\0\0\0\0" + bytes(18)),
    "HTTP/3 of sorts": answer(b"HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "a TLS alert": answer(b"\x15\x03\x01\x00\x02\x02\x46"),
    "garbage": answer(bytes(range(256)) * 64),
    "NULs": answer(bytes(100_000)),
    "an answer cut short": answer(http("200 OK", BODY)[:-1]),
    "a chunk cut short": answer(CHUNKED + b"%x\r\n" % len(BODY) + BODY[:-1]),
    "no last chunk": answer(CHUNKED + b"%x\r\n" % len(BODY) + BODY + b"\r\n"),
    "a chunk of a negative size": answer(CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n"),
    "a chunk size with 0x": answer(CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n"),
    "a negative Content-Length": answer(OK + b"Content-Length: -1\r\n\r\n" + BODY),
    "two Content-Lengths": answer(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"),
    "a length, and chunks": answer(
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ),
    "a transfer encoding of no sense": answer(OK + b"Transfer-Encoding: cow\r\n\r\n" + BODY),
    "two answers": answer(http("200 OK", b"{}") + http("200 OK", BODY)),
    "an answer within a header": answer(OK + b"X: y\rHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "a NUL in a header": answer(OK + b"X: \0\r\nContent-Length: 2\r\n\r\n{}"),
    "a header without a colon": answer(OK + b"Nonsense\r\nContent-Length: 2\r\n\r\n{}"),
    "a header without a name": answer(OK + b": x\r\nContent-Length: 2\r\n\r\n{}"),
    "a folded header": answer(OK + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"),
    "a header of bytes": answer(OK + b"X: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}"),
    "a cookie of no sense": answer(http("200 OK", b"{}", "Set-Cookie: ;;=;expires=\x01; domain=.")),
}

RETRY_AFTER = [
    "", "-1", "1e9", "99999999999999999999", "0x10", "1.5", "+5", "\u0663", "NaN", "x" * 9000,
    "Fri, 31 Dec 1999 23:59:59 GMT",
]  # fmt: skip
