"""The faults that can be switched on, by name, and the queue of those that are.

A name begins with the call that it hits. To add a fault is to add one entry to a table below.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from zapi_sync.sandbox import acts
from zapi_sync.sandbox.acts import Act
from zapi_sync.sandbox.saying import Say, plainly

_NOT_FOUND = {"error": "NOT_FOUND", "message": "Unable to find matching target resource method"}
_HTML = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Bad gateway</h1></body></html>"


def _(text: str) -> str:
    """Mark a text that can be told in another language; it is translated where it is told."""
    return text


@dataclass(frozen=True, slots=True)
class What:
    """What happens to a call; `seconds` is the default of a fault that takes some time, else None.

    `frame` is a sentence that the text stands in, at {what}.
    """

    text: str
    act: Act
    seconds: float | None = None
    frame: str = ""

    def told(self, say: Say) -> str:
        """Describe it in somebody's language."""
        return say(self.frame, what=say(self.text)) if self.frame else say(self.text)

    @property
    def description(self) -> str:
        """Describe it in English."""
        return self.told(plainly)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one call (or of two that answer alike)."""

    name: str
    method: str
    calls: tuple[str, ...]
    what: What

    @property
    def act(self) -> Act:
        """What to do with an exchange."""
        return self.what.act


_CALLS = {
    "create": ("POST", ("create-group",)),
    "groups": ("GET", ("groups",)),
    "metadata": ("GET", ("group-metadata", "light-group-metadata")),
    "link": ("GET", ("group-invitation-link",)),
    "status": ("GET", ("status",)),
    "me": ("GET", ("me",)),
    "device": ("GET", ("device",)),
    "phone-exists": ("GET", ("phone-exists",)),
}

# Each call has these.
_EVERYWHERE = {
    "ok": What(_("nothing: holds back the faults that are queued behind it"), acts.normal),
    "slow": What(_("the answer takes its time"), acts.slow, seconds=2),
    "truncated": What(_("half of the answer, then the connection ends"), acts.truncated),
    "429": What(_("429 with Retry-After (seconds), nothing done"), acts.rate_limited, seconds=60),
    "client-token-403": What(_("403 that echoes the Client-Token, nothing done"), acts.echo_client_token),
    "not-configured-400": What(
        _("400, nothing done"), acts.fixed({"error": "your client-token is not configured"}, 400)
    ),
    "subscribe-400": What(
        _("400, nothing done"),
        acts.fixed(
            {"error": "To continue sending a message, you must subscribe to this instance again"}, 400
        ),
    ),
    "disconnected-400": What(
        _("400, nothing done"), acts.fixed({"error": "You need to be connected with whatsapp"}, 400)
    ),
    "disconnected-200": What(
        _("200 with an error, nothing done"), acts.fixed({"error": "Whatsapp not connected"})
    ),
    "instance-404": What(_("404, nothing done"), acts.fixed({"error": "Instance not found"}, 404)),
    "not-found-200": What(_("200 with the body of an unknown path, nothing done"), acts.fixed(_NOT_FOUND)),
}

# Each call has these; for create they come as -before and -after the group is created.
_LOSSES = {
    "reset": What(_("the connection is reset"), acts.reset),
    "close": What(_("the connection is closed"), acts.close),
    "silent": What(_("no answer until the client goes away"), acts.silent, seconds=300),
    "302": What(_("a redirect"), acts.redirect),
    "408": What("408", acts.fixed({"error": "Request Timeout"}, 408)),
    "409": What("409", acts.fixed({"error": "Conflict"}, 409)),
    "500": What("500", acts.fixed({"error": "Internal Server Error"}, 500)),
    "502": What(_("502 with a page of HTML"), acts.raw(_HTML, 502, "text/html")),
    "503": What("503", acts.fixed({"error": "Service Unavailable"}, 503)),
    "504": What(_("504 with a page of HTML"), acts.raw(_HTML, 504, "text/html")),
    "garbage": What(_("200 with bytes that are no text"), acts.raw(b"\x00\xff\xfe{\x80" * 20)),
    "html": What(_("200 with a page of HTML"), acts.raw(_HTML, mimetype="text/html")),
    "empty-200": What(_("200 without a body"), acts.raw(b"")),
    "oversize": What(_("200 with 16 MiB of spaces"), acts.oversize),
    "error-200": What(
        _("200 with an error that nobody documents"), acts.fixed({"error": "Unexpected error"})
    ),
    "no-response-200": What(_("200, WhatsApp is silent"), acts.fixed({"error": "Whatsapp did not respond"})),
    "refused-400": What(_("400 with no known reason"), acts.fixed({"error": "Bad Request"}, 400)),
    "too-many-400": What(_("400, too many requests"), acts.fixed({"error": "too many requests"}, 400)),
    "overlimit-400": What(_("400, WhatsApp's rate limit"), acts.fixed({"error": "rate-overlimit"}, 400)),
    "overlimit-200": What(_("200, WhatsApp's rate limit"), acts.fixed({"error": "rate-overlimit"})),
    "no-response-400": What(
        _("400, WhatsApp is silent"), acts.fixed({"error": "Whatsapp did not respond"}, 400)
    ),
}

_ONE_CALL = {
    "create-no-phone": What(
        _("created, 200 without phone"), acts.keeping("phonesNotAdded", "invitationLink")
    ),
    "create-null-phone": What(_("created, 200 with phone null"), acts.setting(phone=None)),
    "create-null-link": What(_("created, invitationLink null"), acts.setting(invitationLink=None)),
    "create-twice": What(_("two groups of the same name out of one request"), acts.create_twice),
    "create-lag": What(_("created, but unlisted for so many seconds"), acts.create_unlisted, seconds=5),
    "groups-lag": What(_("without the groups made since this was switched on"), acts.without_new_groups),
    "groups-repeat-page": What(_("the page before the one asked for"), acts.page_before),
    "groups-endless": What(_("page 1, whichever is asked for"), acts.first_page),
    "groups-overlap": What(_("a page begins with the last entry of the page before"), acts.overlapping_page),
    "groups-duplicates": What(_("each entry twice"), acts.relisted(lambda entries: entries * 2)),
    "groups-empty": What(_("an empty page"), acts.fixed([])),
    "groups-strings": What(_("isGroup as a string too"), acts.relisted(acts.as_strings)),
    "groups-old-id": What(_("one more group, with an id in the old format"), acts.with_old_group),
    "metadata-link-limited": What(
        _("no link: too many requests"),
        acts.setting(invitationLink=None, invitationLinkError="too many requests"),
    ),
    "metadata-link-forbidden": What(
        _("no link: forbidden"), acts.setting(invitationLink=None, invitationLinkError="forbidden")
    ),
    "metadata-success-false": What(_("200 with success false alone"), acts.fixed({"success": False})),
    "metadata-lid-only": What(_("participants as @lid alone"), acts.edited(acts.lid_participants)),
    "metadata-few-keys": What(
        _("the few attributes of an old answer"), acts.keeping("phone", "subject", "creation", "participants")
    ),
    "metadata-404": What(_("404 although the group is there"), acts.fixed({"error": "Group not found"}, 404)),
    "link-405": What(_("405 on GET; POST works"), acts.fixed({"error": "Method Not Allowed"}, 405)),
    "link-null": What(_("invitationLink null"), acts.setting(invitationLink=None)),
    "status-disconnected": What(
        _("not connected"), acts.setting(connected=False, error="You are not connected.")
    ),
    "status-restore": What(
        _("not connected"), acts.setting(connected=False, error="You need to restore the session.")
    ),
    "status-phone-offline": What(_("smartphoneConnected false"), acts.setting(smartphoneConnected=False)),
}


def _all() -> Iterator[tuple[str, What]]:
    for prefix in _CALLS:
        yield from ((f"{prefix}-{suffix}", what) for suffix, what in _EVERYWHERE.items())
        for suffix, what in _LOSSES.items():
            if prefix != "create":
                yield f"{prefix}-{suffix}", what
                continue
            yield f"create-{suffix}-before", replace(what, frame=_("nothing created, {what}"))
            lost = replace(what, frame=_("created, {what}"), act=acts.after(what.act))
            yield f"create-{suffix}-after", lost
    yield from _ONE_CALL.items()


def _prefix(name: str) -> str:
    return next(prefix for prefix in _CALLS if name.startswith(f"{prefix}-"))


KNOWN = {name: Fault(name, *_CALLS[_prefix(name)], what) for name, what in _all()}


@dataclass(frozen=True, slots=True)
class Active:
    """A fault that is switched on: how often it still strikes, and what it was given."""

    number: int
    fault: Fault
    times: int | None
    """None: until it is switched off."""
    seconds: float
    since: int
    instance: str | None = None
    """The id of the instance that it strikes; None for any."""

    def after_a_strike(self) -> "list[Active]":
        """Return what is left of it."""
        if self.times is None:
            return [self]
        return [replace(self, times=self.times - 1)] if self.times > 1 else []


class FaultQueue:
    """The faults that are switched on. Each strikes the calls it is for, and those of one call take turns."""

    def __init__(self, newest_group: Callable[[], int]) -> None:
        self._newest_group = newest_group
        self._queue: list[Active] = []
        self._numbers = itertools.count(1)
        self._changes = 0
        self._lock = threading.Lock()

    def add(
        self, name: str, times: int | None = 1, seconds: float | None = None, instance: str | None = None
    ) -> None:
        """Switch a fault on, without `times` until it is switched off.

        Raises ValueError for an unknown one, or values it cannot take.
        """
        if name not in KNOWN:
            raise ValueError(f"unknown fault {name!r}; known are: {', '.join(sorted(KNOWN))}")
        if times is not None and times < 1:
            raise ValueError(f"{name}: times must be at least 1")
        default = KNOWN[name].what.seconds
        if seconds is not None and (default is None or not 0 <= seconds <= 300):
            raise ValueError(f"{name}: seconds must be from 0 to 300, where a fault takes them at all")
        length = (default or 0) if seconds is None else seconds
        since = self._newest_group()
        with self._lock:
            self._queue.append(Active(next(self._numbers), KNOWN[name], times, length, since, instance))
            self._changes += 1

    def add_text(self, text: str) -> None:
        """Switch a fault on that is written NAME or NAME:TIMES. Raises ValueError."""
        name, colon, times = text.partition(":")
        if colon and not (times.isascii() and times.isdigit()):
            raise ValueError(f"{text!r}: what follows the colon must be a number")
        self.add(name, int(times) if colon else 1)

    def take(self, method: str, call: str, instance: str) -> Active | None:
        """Return the fault that strikes this call on an instance, if any, and count it off."""
        with self._lock:
            for at, active in enumerate(self._queue):
                strikes = method == active.fault.method and call in active.fault.calls
                if strikes and active.instance in (None, instance):
                    self._queue[at : at + 1] = active.after_a_strike()
                    self._changes += 1
                    return active
        return None

    def queued(self) -> list[Active]:
        """Return what is switched on, the next first."""
        with self._lock:
            return list(self._queue)

    def remove(self, number: int) -> None:
        """Switch one off, if it is still on."""
        with self._lock:
            self._queue = [active for active in self._queue if active.number != number]
            self._changes += 1

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._queue.clear()
            self._changes += 1

    def changes(self) -> int:
        """Return a number that grows with whatever changes here."""
        return self._changes
