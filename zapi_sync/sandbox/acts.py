"""What can go wrong with a call: each act takes the exchange and returns what the client gets, or loses it.

An act that ends the connection raises an OSError after it. In-process there is no connection, so that is
what the client meets: ConnectionResetError for a reset, ConnectionAbortedError for a closed connection,
TimeoutError for silence.
"""

import os
import selectors
import socket
import struct
import time
from collections.abc import Callable
from typing import NoReturn

from werkzeug.wrappers import Response

from zapi_sync.sandbox.exchange import Exchange, answer, json_of

Act = Callable[[Exchange], Response]
Edit = Callable[[dict[str, object]], dict[str, object]]
ListingEdit = Callable[[list[dict[str, object]]], list[dict[str, object]]]


def normal(exchange: Exchange) -> Response:
    """Answer as if there were no fault."""
    return exchange.perform()


def slow(exchange: Exchange) -> Response:
    """Think for a while, then answer as if there were no fault."""
    time.sleep(exchange.seconds)
    return exchange.perform()


def after(act: Act) -> Act:
    """Do what was asked, throw its answer away, then act."""

    def performed(exchange: Exchange) -> Response:
        exchange.perform()
        return act(exchange)

    return performed


def reset(exchange: Exchange) -> NoReturn:
    """Tear the connection down with a TCP RST."""
    if exchange.socket is not None:
        # Lingering for zero seconds makes close() send RST; a shutdown() before it would send FIN.
        exchange.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(exchange.socket.detach())
    raise ConnectionResetError("the sandbox reset the connection")


def close(exchange: Exchange) -> NoReturn:  # noqa: ARG001 - an act like the others
    """End the connection in good order, but without an answer; the server sends the FIN."""
    raise ConnectionAbortedError("the sandbox closed the connection without an answer")


def silent(exchange: Exchange) -> NoReturn:
    """Say nothing until the client goes away or the time is up. In-process nobody waits."""
    if exchange.socket is None:
        raise TimeoutError("the sandbox does not answer")
    with selectors.DefaultSelector() as selector:
        selector.register(exchange.socket, selectors.EVENT_READ)
        selector.select(timeout=exchange.seconds)
    raise ConnectionAbortedError("the sandbox did not answer")


def fixed(body: object, status: int = 200) -> Act:
    """Answer with this JSON whatever was asked."""
    return lambda _: answer(body, status)


def raw(data: bytes, status: int = 200, mimetype: str = "application/json") -> Act:
    """Answer with these bytes whatever was asked."""
    return lambda _: Response(data, status=status, mimetype=mimetype)


def oversize(exchange: Exchange) -> Response:  # noqa: ARG001 - an act like the others
    """Answer with more than anybody should read."""
    return Response(b" " * (16 << 20), mimetype="application/json")


def redirect(exchange: Exchange) -> Response:  # noqa: ARG001 - an act like the others
    """Send the client elsewhere, as a captive portal would."""
    return answer({"error": "Found"}, 302, {"Location": "/"})


def rate_limited(exchange: Exchange) -> Response:
    """Refuse with 429 and a Retry-After."""
    return answer({"error": "Too many requests"}, 429, {"Retry-After": str(round(exchange.seconds))})


def echo_client_token(exchange: Exchange) -> Response:
    """Refuse the Client-Token and repeat it, as reported from the field."""
    value = exchange.request.headers.get("Client-Token", "null")
    return answer({"error": f"Client-Token {value} not allowed"}, 403)


def truncated(exchange: Exchange) -> Response:
    """Announce the whole answer, send half of it, and close."""
    response = exchange.perform()
    whole = response.get_data()
    response.set_data(whole[: len(whole) // 2])
    response.headers["Content-Length"] = str(len(whole))
    return response


def edited(edit: Edit) -> Act:
    """Alter the attributes of an answer that is a JSON object; an error stays what it is."""

    def act(exchange: Exchange) -> Response:
        response = exchange.perform()
        body = json_of(response.get_data())
        return answer(edit(body)) if response.status_code == 200 and isinstance(body, dict) else response

    return act


def setting(**attributes: object) -> Act:
    """Give attributes of the answer these values."""
    return edited(lambda body: {**body, **attributes})


def keeping(*names: str) -> Act:
    """Leave only these attributes in the answer."""
    return edited(lambda body: {name: body[name] for name in names if name in body})


def lid_participants(body: dict[str, object]) -> dict[str, object]:
    """Turn the participants of a metadata answer into `@lid` identifiers that no phone can be read from."""
    participants = body.get("participants")
    if not isinstance(participants, list):
        return body
    hidden = [{**one, "phone": f"{10**14 + at}@lid"} for at, one in enumerate(participants)]
    return {**body, "participants": hidden}


def create_twice(exchange: Exchange) -> Response:
    """Create two groups out of one request, and answer for the second."""
    exchange.perform()
    return exchange.perform()


def create_unlisted(exchange: Exchange) -> Response:
    """Create the group, but keep it out of the listings for a while."""
    response = exchange.perform()
    body = json_of(response.get_data())
    if isinstance(body, dict) and isinstance(body.get("phone"), str):
        exchange.store.unlist(body["phone"], exchange.seconds)
    return response


def relisted(edit: ListingEdit) -> Act:
    """Alter the entries of a page of `groups`; an error stays what it is."""

    def act(exchange: Exchange) -> Response:
        response = exchange.perform()
        entries = json_of(response.get_data())
        return answer(edit(entries)) if isinstance(entries, list) else response

    return act


def without_new_groups(exchange: Exchange) -> Response:
    """List only what was there when the fault was switched on."""
    new = exchange.store.newer_than(exchange.since)
    return relisted(lambda entries: [entry for entry in entries if entry["phone"] not in new])(exchange)


def page_before(exchange: Exchange) -> Response:
    """Answer with the page before the one that is asked for."""
    return exchange.perform(_query(exchange, max(1, _page(exchange) - 1)))


def first_page(exchange: Exchange) -> Response:
    """Answer with page 1, whichever is asked for."""
    return exchange.perform(_query(exchange, 1))


def overlapping_page(exchange: Exchange) -> Response:
    """Begin a page with the last entry of the page before it."""
    if _page(exchange) == 1:
        return exchange.perform()
    before = json_of(exchange.perform(_query(exchange, _page(exchange) - 1)).get_data())
    repeated = before[-1:] if isinstance(before, list) else []
    return relisted(lambda entries: repeated + entries)(exchange)


def as_strings(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    """Turn the one real boolean of a listing into a string as well."""
    return [{**entry, "isGroup": "true"} for entry in entries]


def with_old_group(exchange: Exchange) -> Response:
    """Let the instance have a group from before November 2021, with an id in the old format."""
    exchange.store.create_old(exchange.instance, "Old group")
    return exchange.perform()


def _page(exchange: Exchange) -> int:
    return exchange.request.args.get("page", default=1, type=int)


def _query(exchange: Exchange, page: int) -> str:
    return f"page={page}&pageSize={exchange.request.args.get('pageSize', '')}"
