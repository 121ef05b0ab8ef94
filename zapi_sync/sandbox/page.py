"""The sandbox's page: the pretended WhatsApp as it is now, and the switches of its faults.

The page asks for the view again and again, and gets it only where something has changed. None of this goes
past the wire: it stands in no ledger, and no fault strikes it.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, render_template, request

from zapi_sync.sandbox.control import as_told
from zapi_sync.sandbox.faults import KNOWN
from zapi_sync.sandbox.guard import keep_to_itself
from zapi_sync.sandbox.rules import CONNECTED_NUMBER, NOT_ADDABLE_SUFFIX

if TYPE_CHECKING:
    from zapi_sync.sandbox.faults import FaultQueue
    from zapi_sync.sandbox.ledger import Ledger, Line
    from zapi_sync.sandbox.saying import Say
    from zapi_sync.sandbox.store import Shown, Store

GROUPS, MEMBERS, REQUESTS = 500, 50, 200
"""How much is shown: the newest groups, the first members of each, the newest requests."""

_WELCOME = (
    "This is the zapi-sync sandbox, an emulator of Z-API: nothing real happens here. See /openapi.json\n"
)
_FILES = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


class Page:
    """The page, its files, and what it shows."""

    def __init__(self, store: Store, ledger: Ledger, faults: FaultQueue, say: Say, language: str) -> None:
        self._store = store
        self._ledger = ledger
        self._faults = faults
        self._say = say
        self._language = language
        self._start = secrets.token_hex(4)

    def front(self) -> Response:
        """Show a browser the page, and tell anybody else in a line what this is."""
        if request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
            response = Response(self._html(), mimetype="text/html")
        else:
            response = Response(_WELCOME, mimetype="text/plain")
        response.vary.add("Accept")
        return response

    def file(self, name: str) -> Response:
        """Give a file of the page."""
        content = resources.files("zapi_sync.sandbox").joinpath("static", name).read_bytes()
        return Response(content, mimetype=_FILES[name])

    def view(self) -> Response:
        """Tell all that is shown, or nothing where that is what `known` names."""
        # Asked before the rest: what changes in between is a change that is still to be told.
        version = f"{self._start}-{self._store.changes()}-{self._ledger.changes()}-{self._faults.changes()}"
        version = hashlib.sha256(version.encode()).hexdigest()[:16]
        if request.args.get("known") == version:
            return Response(status=204)
        groups, groups_in_all = self._store.newest(GROUPS, MEMBERS)
        lines, requests_in_all = self._ledger.newest(REQUESTS)
        return jsonify(
            version=version,
            groups=[_group(shown) for shown in groups],
            groupsInAll=groups_in_all,
            requests=[_request(line) for line in lines],
            requestsInAll=requests_in_all,
            faults=[as_told(active) for active in self._faults.queued()],
        )

    def qr(self, phone: str) -> Response:
        """Draw a group's link as a QR code: black on white with a quiet zone, whatever the page's colours."""
        import segno

        link = self._store.link_of(phone)
        if link is None:
            response = jsonify(error="Group not found")
            response.status_code = 404
            return response
        drawn = io.BytesIO()
        code = segno.make(link, error="m", micro=False)
        code.save(drawn, kind="svg", scale=3, border=4, dark="#000", light="#fff", xmldecl=False, nl=False)
        return Response(drawn.getvalue(), mimetype="image/svg+xml")

    def _html(self) -> str:
        known = [
            {"name": name, "call": " / ".join(fault.calls), "does": fault.what.told(self._say)}
            for name, fault in KNOWN.items()
        ]
        known.sort(key=lambda fault: _CALLS.index(fault["call"]))
        return render_template(
            "index.html",
            _=self._say,
            language=self._language,
            address=request.host_url.rstrip("/"),
            calls=[(call, list(faults)) for call, faults in groupby(known, lambda fault: fault["call"])],
            take_time=[name for name, fault in KNOWN.items() if fault.what.seconds is not None],
            creator=CONNECTED_NUMBER,
            suffix=NOT_ADDABLE_SUFFIX,
        )


_CALLS = list(dict.fromkeys(" / ".join(fault.calls) for fault in KNOWN.values()))
"""The calls that faults are for, in order."""


def page(store: Store, ledger: Ledger, faults: FaultQueue, say: Say, language: str) -> Blueprint:
    """Return the page at its paths."""
    shown = Page(store, ledger, faults, say, language)
    blueprint = Blueprint("page", "zapi_sync.sandbox", template_folder="static")
    blueprint.after_request(keep_to_itself)
    for rule, name, view in (
        ("/", "front", shown.front),
        ("/sandbox/view", "view", shown.view),
        ("/sandbox/qr/<phone>.svg", "qr", shown.qr),
    ):
        blueprint.add_url_rule(rule, name, view, provide_automatic_options=False)
    for name in _FILES:
        blueprint.add_url_rule(
            f"/sandbox/{name}",
            name.replace(".", "-"),
            shown.file,
            defaults={"name": name},
            provide_automatic_options=False,
        )
    return blueprint


def _group(shown: Shown) -> dict[str, object]:
    group = shown.group
    # The link is named by its digest: a code that is drawn anew has another address.
    link = hashlib.sha256(group.link.encode()).hexdigest()[:8]
    return {
        "id": group.phone,
        "instance": shown.instance,
        "name": group.name,
        "created": group.created_ms,
        "link": group.link,
        "qr": f"/sandbox/qr/{group.phone}.svg?{link}",
        "demoted": group.demoted,
        "members": shown.members,
        "membersInAll": shown.members_in_all,
        "invited": shown.invited,
        "invitedInAll": shown.invited_in_all,
    }


def _request(line: Line) -> dict[str, object]:
    entry = line.entry
    name = entry.json.get("groupName") if isinstance(entry.json, dict) else None
    return {
        "number": line.number,
        "at": line.at_ms,
        "method": entry.method,
        "call": entry.call,
        "instance": entry.instance,
        "name": name[:100] if isinstance(name, str) else None,
        "status": entry.status,
        "fault": line.fault,
    }
