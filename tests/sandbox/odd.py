"""Odd requests as hypothesis draws them: WSGI environs that no client library would send."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from hypothesis import strategies as st

from zapi_sync.sandbox import CONNECTED_NUMBER, REFUSED_CLIENT_TOKEN

from .fuzzed import CLIENT_TOKEN, TOKEN
from .world import LID, PHONE, SHY, order

METHODS = [
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "QUERY",
    "PROPFIND",
    "get",
    "X",
]
CALLS = [
    "create-group",
    "groups",
    "group-metadata/120363019502650977-group",
    "light-group-metadata/120363019502650977-group",
    "group-invitation-link/120363019502650977-group",
    "status",
    "me",
    "device",
    f"phone-exists/{PHONE}",
]
# In bytes, as a path may be none of UTF-8: overlong forms, halves of surrogates, and what a proxy might undo.
ODD_PIECES = [
    *(
        b"",
        b"..",
        b".",
        b"%2e%2e",
        b"%2F",
        b"%00",
        b"\x00",
        b"\n",
        b"\r\n",
        b" ",
        b"?",
        b"#",
        b";x=1",
        b"*",
        b"'",
    ),
    *(b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf5\xff", b"\xff", b"\xc3\xa9", b"\xe2\x80\xae"),
    *(b"<phone>", b"{phone}", b"a" * 5000, b"create-group", b"groups", b"token", b"instances", b"sandbox"),
]

_PIECE = st.sampled_from(ODD_PIECES) | st.binary(max_size=8)
_ODD_CALL = st.lists(_PIECE, max_size=4).map(b"/".join)
_CALL = st.sampled_from([call.encode() for call in CALLS]) | _ODD_CALL
_API = st.tuples(st.sampled_from([b"INSTANCE", b"i"]) | _PIECE, _CALL).map(
    lambda drawn: b"/instances/%s/token/%s/%s" % (drawn[0], TOKEN.encode(), drawn[1])
)
_OWN = st.sampled_from(
    [b"/", b"/openapi.json", b"/sandbox/invites", b"/sandbox/nothing", b"/sandbox/requests/"]
)
PATHS = _API | _API | _OWN | _ODD_CALL.map(lambda call: b"/" + call)

_COUNT = st.sampled_from(
    ["1", "2", "0", "-1", "01", "9" * 9, "9" * 400, "1e3", "", "x", "\u0663", "\ud7ff", "NaN"]
)
QUERIES = st.tuples(_COUNT, _COUNT).map(
    lambda drawn: f"page={quote(drawn[0])}&pageSize={quote(drawn[1])}"
) | st.sampled_from(["", "page", "page=1&page=2&pageSize=3", "%", "%zz=%ff", "&&&==", "page[]=1", "a" * 9000])

_LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=12)
    | st.sampled_from(
        [10**400, 1e308, "\ud83d", "", " \t\u2003", "VIP", PHONE, SHY, LID, CONNECTED_NUMBER, "+55"]
    )
)
_ANY = st.recursive(
    _LEAF, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=8
)
_PHONE = st.sampled_from([PHONE, SHY, LID, "1"])
_ODD_PHONE = st.sampled_from([CONNECTED_NUMBER, "", "+55", "\u0665" * 9, "55\n", "\ud83d"])
_PHONES = st.lists(_PHONE, max_size=5) | st.lists(_PHONE | _ODD_PHONE, max_size=5)
ORDERS = st.fixed_dictionaries(
    {
        "autoInvite": st.booleans() | _LEAF,
        "groupName": st.text(max_size=101) | _LEAF,
        "phones": _PHONES | _ANY,
    }
)


def _deep(depth: int) -> str:
    return '{"a":' * depth + "0" + "}" * depth


_GOOD = json.dumps(order())
_DEPTHS = (50, 99, 101, 450, 600, 900, 990, 1200, 5000, 100_000)
_ODD_BODIES = [
    b"",
    b" ",
    b"null",
    b"{",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf" + _GOOD.encode(),
    _GOOD.encode("utf-16"),
    _GOOD.encode("utf-32-be"),
    _GOOD.encode() + b"{}",
    _GOOD.encode().replace(b"VIP", b"\xff"),
    _GOOD.encode().replace(b"VIP", b"\xed\xa0\x80"),
    _GOOD.replace("VIP", "\\ud83d").encode(),
    _GOOD.replace("VIP", "a\\u0000b").encode(),
    _GOOD.replace('"VIP"', "1" * 5000).encode(),
    _GOOD.replace('"VIP"', "1e99999").encode(),
    _GOOD.replace("}", ', "extra": NaN}').encode(),
    _GOOD.replace("}", ', "extra": -Infinity}').encode(),
    _GOOD.replace("}", ', "extra": 1e999}').encode(),
    _GOOD.replace("}", ', "extra": "\\udc00"}').encode(),
    _GOOD.replace("}", ', "groupName": ""}').encode(),
    _GOOD.replace("{", '{"groupName": 1, ').encode(),
    b"x" * (1 << 20),
    json.dumps(order(phones=[PHONE] * 20_000)).encode(),
    *(deep.encode() for depth in _DEPTHS for deep in (_deep(depth), "[" * depth + "]" * depth)),
    *(_GOOD.replace("}", f', "x": {_deep(depth)}}}').encode() for depth in _DEPTHS),
]
_JSON = (ORDERS | _ANY).map(json.dumps)
BODIES = (
    st.just(_GOOD.encode()) | _JSON.map(str.encode) | st.sampled_from(_ODD_BODIES) | st.binary(max_size=40)
)

TYPES = st.sampled_from(
    [
        *["application/json"] * 8,
        "application/json; charset=utf-8",
        "application/json; charset=no-such",
        "APPLICATION/JSON",
        "application/json;",
        "application/jsonp",
        "text/plain",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "",
        ";",
        "\xff",
        None,
    ]
)
CLIENT_TOKENS = st.sampled_from([CLIENT_TOKEN] * 6 + [f" {CLIENT_TOKEN}\xff", REFUSED_CLIENT_TOKEN, "", None])
LENGTHS = st.sampled_from([None, "-1", "x", "1e3", "", " 5", "+5", "0", "3", "9" * 60, "5,5", "\xb2"])
_NAMES = (
    *("UPGRADE", "CONNECTION", "EXPECT", "RANGE", "COOKIE", "IF_NONE_MATCH", "ACCEPT", "ACCEPT_ENCODING"),
    *("X_HTTP_METHOD_OVERRIDE", "AUTHORIZATION", "X_FORWARDED_HOST", "HOST", "CONTENT_TYPE"),
)
_VALUES = (
    *(
        "",
        "websocket",
        "Upgrade",
        "100-continue",
        "bytes=0-",
        "a=b",
        "*",
        "a b",
        "[::1",
        "x:99999",
        "chunked",
    ),
    *("\xff", "x" * 9000, "DELETE", "../..", "/x", "gzip", "Basic \xe9"),
)
HEADERS = st.dictionaries(
    st.sampled_from([*(f"HTTP_{name}" for name in _NAMES), "SCRIPT_NAME", "HTTP_TRANSFER_ENCODING"]),
    st.sampled_from(_VALUES),
    max_size=4,
)


@dataclass(frozen=True)
class Odd:
    """A request: what an environ says of it, and its body."""

    method: str
    path: bytes
    query: str
    mimetype: str | None
    client_token: str | None
    headers: dict[str, str]
    body: bytes
    length: str | None
    """What is announced in place of the body's length."""
    terminated: bool
    """Whether the server says that the body ends by itself, as with chunks."""

    def environ(self) -> dict[str, object]:
        environ: dict[str, object] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path.decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_NAME": "sandbox",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **self.headers,
        }
        may_be_missing = {
            "CONTENT_TYPE": self.mimetype,
            "HTTP_CLIENT_TOKEN": self.client_token,
            "CONTENT_LENGTH": self.length,
        }
        environ.update({name: value for name, value in may_be_missing.items() if value is not None})
        if self.terminated:
            environ["wsgi.input_terminated"] = True
        return environ


@st.composite
def odd_requests(draw: st.DrawFn) -> Odd:
    body = draw(BODIES)
    good = st.just(str(len(body)))
    to_create = draw(st.booleans())
    return Odd(
        method="POST" if to_create else draw(st.sampled_from(METHODS)),
        path=b"/instances/i/token/%s/create-group" % TOKEN.encode() if to_create else draw(PATHS),
        query="" if to_create else draw(QUERIES),
        mimetype=draw(TYPES),
        client_token=draw(CLIENT_TOKENS),
        headers=draw(HEADERS),
        body=body,
        length=draw(good | good | good | LENGTHS),
        terminated=draw(st.sampled_from([False, False, False, True])),
    )


def each_odd_piece() -> Iterator[Odd]:
    """Each odd body sent to create-group, and each odd piece in each place of a path: no draw misses one."""
    for body in _ODD_BODIES:
        yield _good(b"/instances/i/token/%s/create-group" % TOKEN.encode(), "POST", body)
    for piece in ODD_PIECES:
        yield _good(b"/instances/%s/token/%s/me" % (piece, TOKEN.encode()))
        yield _good(b"/instances/i/token/%s%s/me" % (TOKEN.encode(), piece))
        yield _good(b"/instances/i/token/%s/%s" % (TOKEN.encode(), piece))
        yield _good(b"/instances/i/token/%s/group-metadata/%s" % (TOKEN.encode(), piece))
        yield _good(b"/%s" % piece)


def _good(path: bytes, method: str = "GET", body: bytes = b"") -> Odd:
    return Odd(method, path, "", "application/json", CLIENT_TOKEN, {}, body, str(len(body)), terminated=False)
