"""The emulated calls of Z-API: create-group to the letter of its page, and the look-ups."""

import time

from flask import Blueprint, Response, g, jsonify, request

from zapi_sync.sandbox.exchange import json_of
from zapi_sync.sandbox.rules import (
    CONNECTED_NUMBER,
    Refusal,
    has_whatsapp,
    is_phone,
    judge_create,
    positive,
    refuse_client_token,
)
from zapi_sync.sandbox.store import Group, Store

_YEAR_MS = 365 * 24 * 3600 * 1000
_NO_GROUP = Refusal(404, "Group not found")


class Calls:
    """The calls over one store of groups."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create_group(self) -> Response:
        """Create a group (Z-API, create-group page). There is no idempotency: each call makes one more."""
        if request.mimetype != "application/json":
            return _refused(Refusal(415, "Unsupported Media Type"))
        verdict = judge_create(json_of(request.get_data()))
        if isinstance(verdict, Refusal):
            return _refused(verdict)
        group = self._store.create(g.instance_id, verdict)
        return jsonify(phone=group.phone, phonesNotAdded=list(verdict.not_added), invitationLink=group.link)

    def groups(self) -> Response:
        """List the groups, a page at a time (Z-API, get-groups page). Most values are strings."""
        page, size = positive(request.args.get("page")), positive(request.args.get("pageSize"))
        if page is None or size is None:
            return _refused(Refusal(400, "page and pageSize are required"))
        return jsonify([_listed(group) for group in self._store.page(g.instance_id, page, size)])

    def group_metadata(self, phone: str) -> Response:
        """Tell all about a group (Z-API, metadata-group page)."""
        group = self._store.find(g.instance_id, phone)
        return _refused(_NO_GROUP) if group is None else jsonify(self._metadata(group, group.link))

    def light_group_metadata(self, phone: str) -> Response:
        """Tell all about a group but its link (Z-API, light-metadata-group page)."""
        group = self._store.find(g.instance_id, phone)
        return _refused(_NO_GROUP) if group is None else jsonify(self._metadata(group, None))

    def group_invitation_link(self, phone: str) -> Response:
        """Tell a group's link (Z-API, get-invitation-link page)."""
        group = self._store.find(g.instance_id, phone)
        if group is None:
            return _refused(_NO_GROUP)
        return jsonify(phone=group.phone, invitationLink=group.link)

    def status(self) -> Response:
        """Tell whether the instance is connected (Z-API, status page). `error` is set even so."""
        return jsonify(connected=True, error="You are already connected.", smartphoneConnected=True)

    def me(self) -> Response:
        """Describe the instance (Z-API, me page). It echoes the token back."""
        return jsonify(
            id=g.instance_id,
            token=g.token,
            name="Sandbox",
            due=time.time_ns() // 1_000_000 + _YEAR_MS,
            connected=True,
            paymentStatus="PAID",
        )

    def device(self) -> Response:
        """Describe the connected phone (Z-API, device page)."""
        return jsonify(
            phone=CONNECTED_NUMBER,
            imgUrl=None,
            about="Nothing here is real",
            name="Sandbox",
            device={"sessionName": "Z-API", "device_model": "Sandbox"},
            originalDevice="android",
            sessionId=1,
            isBusiness=False,
        )

    def phone_exists(self, phone: str) -> Response:
        """Tell whether a number has WhatsApp (Z-API, get-iswhatsapp page)."""
        if not is_phone(phone):
            return _refused(Refusal(400, "Invalid phone"))
        return jsonify([{"exists": has_whatsapp(phone), "phone": phone, "lid": None}])

    def _metadata(self, group: Group, link: str | None) -> dict[str, object]:
        leads = not group.demoted
        creator = {"phone": CONNECTED_NUMBER, "isAdmin": leads, "isSuperAdmin": leads}
        others = [
            {"phone": phone, "isAdmin": False, "isSuperAdmin": False} for phone in self._store.members(group)
        ]
        return {
            "phone": group.phone,
            "description": None,
            "owner": CONNECTED_NUMBER,
            "subject": group.name,
            "creation": group.created_ms,
            "invitationLink": link,
            "invitationLinkError": None,
            "communityId": None,
            "adminOnlyMessage": False,
            "adminOnlySettings": False,
            "requireAdminApproval": False,
            "isGroupAnnouncement": False,
            "participants": [creator, *others],
            "subjectTime": group.created_ms,
            "subjectOwner": CONNECTED_NUMBER,
        }


def z_api(store: Store) -> Blueprint:
    """Return the calls at their paths. Any instance id and any token will do."""
    calls = Calls(store)
    blueprint = Blueprint("z_api", __name__, url_prefix="/instances/<instance_id>/token/<token>")
    blueprint.url_value_preprocessor(_keep_instance)
    blueprint.before_request(_check_client_token)
    for rule, view, methods in (
        ("create-group", calls.create_group, ("POST",)),
        ("groups", calls.groups, ("GET",)),
        ("group-metadata/<phone>", calls.group_metadata, ("GET",)),
        ("light-group-metadata/<phone>", calls.light_group_metadata, ("GET",)),
        ("group-invitation-link/<phone>", calls.group_invitation_link, ("GET", "POST")),
        ("status", calls.status, ("GET",)),
        ("me", calls.me, ("GET",)),
        ("device", calls.device, ("GET",)),
        ("phone-exists/<phone>", calls.phone_exists, ("GET",)),
    ):
        blueprint.add_url_rule(
            f"/{rule}", view.__name__, view, methods=methods, provide_automatic_options=False
        )
    return blueprint


def _keep_instance(_endpoint: str | None, values: dict[str, str] | None) -> None:
    if values is not None:
        g.instance_id, g.token = values.pop("instance_id"), values.pop("token")


def _check_client_token() -> Response | None:
    refusal = refuse_client_token(request.headers.get("Client-Token"))
    return None if refusal is None else _refused(refusal)


def _listed(group: Group) -> dict[str, object]:
    return {
        "isGroup": True,
        "name": group.name,
        "phone": group.phone,
        "unread": "0",
        "lastMessageTime": str(group.created_ms),
        "isMuted": "0",
        "isMarkedSpam": "false",
        "archived": "false",
        "pinned": "false",
        "muteEndTime": None,
        "messagesUnread": "0",
    }


def _refused(refusal: Refusal) -> Response:
    response = jsonify(error=refusal.error)
    response.status_code = refusal.status
    return response
