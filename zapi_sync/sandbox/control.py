"""The sandbox's own calls, under /sandbox: what was asked of it, who is invited, which faults are on, and
what people do at their phones.
"""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from zapi_sync.sandbox.exchange import json_of
from zapi_sync.sandbox.faults import KNOWN, Active, FaultQueue
from zapi_sync.sandbox.guard import ask_for_json, keep_to_itself
from zapi_sync.sandbox.ledger import Ledger
from zapi_sync.sandbox.rules import Refusal, is_phone
from zapi_sync.sandbox.store import Group, Store


class Control:
    """The calls that show and steer the sandbox."""

    def __init__(self, store: Store, ledger: Ledger, faults: FaultQueue) -> None:
        self._store = store
        self._ledger = ledger
        self._faults = faults

    def requests(self) -> Response:
        """List the requests to the emulated API, oldest first."""
        return jsonify([asdict(entry) for entry in self._ledger.entries()])

    def forget_requests(self) -> Response:
        """Empty that list."""
        self._ledger.clear()
        return Response(status=204)

    def invites(self) -> Response:
        """List the private invites that are pending."""
        return jsonify([asdict(invite) for invite in self._store.invites()])

    def faults(self) -> Response:
        """List the faults that are switched on, and those that could be."""
        queue = [as_told(active) for active in self._faults.queued()]
        return jsonify(queue=queue, known={name: fault.what.description for name, fault in KNOWN.items()})

    def switch_on(self) -> Response:
        """Queue a fault: `{"fault": NAME, "times": N, "seconds": S, "instance": ID}`, at least the first.

        `times` is 1 unless given; null: until it is switched off.
        """
        try:
            self._faults.add(*_wanted(json_of(request.get_data())))
        except ValueError as error:
            response = jsonify(error=str(error))
            response.status_code = 400
            return response
        return Response(status=204)

    def happen(self) -> Response:
        """Do to a group what people do at their phones: `{"act": ACT, "instance": ID, "group": PHONE}`.

        `rename` takes a "name" besides, and `join` a "phone"; `reset-link`, `demote` (the connected number)
        and `remove` (the group) take nothing.
        """
        body = json_of(request.get_data())
        refusal = self._act(body) if isinstance(body, dict) else Refusal(400, "the body must be an object")
        if refusal is None:
            return Response(status=204)
        response = jsonify(error=refusal.error)
        response.status_code = refusal.status
        return response

    def _act(self, body: dict[str, object]) -> Refusal | None:
        instance, phone = body.get("instance"), body.get("group")
        if not (isinstance(instance, str) and isinstance(phone, str) and (instance + phone).isprintable()):
            return Refusal(400, "instance and group must be text")
        group = self._store.find(instance, phone)
        if group is None:
            return Refusal(404, "there is no such group on this instance")
        match body.get("act"):
            case "rename":
                return self._rename(group, body.get("name"))
            case "join":
                return self._join(group, body.get("phone"))
            case "reset-link":
                self._store.reset_link(group)
            case "demote":
                self._store.demote(group)
            case "remove":
                self._store.remove(group)
            case _:
                return Refusal(400, "act must be one of rename, reset-link, join, demote, remove")
        return None

    def _rename(self, group: Group, name: object) -> Refusal | None:
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            return Refusal(400, "name must be text")
        self._store.rename(group, name)
        return None

    def _join(self, group: Group, phone: object) -> Refusal | None:
        if not isinstance(phone, str) or not is_phone(phone):
            return Refusal(400, "phone must be digits")
        self._store.join(group, phone)
        return None

    def switch_off(self) -> Response:
        """Switch all faults off."""
        self._faults.clear()
        return Response(status=204)

    def switch_one_off(self, number: int) -> Response:
        """Switch one fault off, if it is still on."""
        self._faults.remove(number)
        return Response(status=204)


def as_told(active: Active) -> dict[str, object]:
    """A fault that is switched on, for JSON."""
    return {
        "number": active.number,
        "fault": active.fault.name,
        "times": active.times,
        "seconds": active.seconds,
        "instance": active.instance,
    }


def control(store: Store, ledger: Ledger, faults: FaultQueue) -> Blueprint:
    """Return the sandbox's own calls at their paths."""
    calls = Control(store, ledger, faults)
    blueprint = Blueprint("control", __name__, url_prefix="/sandbox")
    blueprint.before_request(ask_for_json)
    blueprint.after_request(keep_to_itself)
    for rule, view, method in (
        ("requests", calls.requests, "GET"),
        ("requests", calls.forget_requests, "DELETE"),
        ("invites", calls.invites, "GET"),
        ("happen", calls.happen, "POST"),
        ("faults", calls.faults, "GET"),
        ("faults", calls.switch_on, "POST"),
        ("faults", calls.switch_off, "DELETE"),
        ("faults/<int:number>", calls.switch_one_off, "DELETE"),
    ):
        blueprint.add_url_rule(
            f"/{rule}", view.__name__, view, methods=[method], provide_automatic_options=False
        )
    return blueprint


def _wanted(body: object) -> tuple[str, int | None, float | None, str | None]:
    if not isinstance(body, dict) or not isinstance(body.get("fault"), str):
        raise ValueError('a fault is switched on with {"fault": NAME, "times": N}')
    times, seconds, instance = body.get("times", 1), body.get("seconds"), body.get("instance")
    if times is not None and (not isinstance(times, int) or isinstance(times, bool)):
        raise ValueError("times must be an integer, or null: until it is switched off")
    if seconds is not None and (not isinstance(seconds, int | float) or isinstance(seconds, bool)):
        raise ValueError("seconds must be a number")
    if instance is not None and not isinstance(instance, str):
        raise ValueError("instance must be the id of one")
    return body["fault"], times, seconds, instance
