"""What is known: the state's records, and what is in doubt; for a person, and for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.moments import timestamp
from zapi_sync.core.plan import Unsettled
from zapi_sync.language import _, ngettext
from zapi_sync.render.markdown import code, report
from zapi_sync.render.safe import printable
from zapi_sync.render.state import entry
from zapi_sync.render.text import unsettled

if TYPE_CHECKING:
    from zapi_sync.core.known import Known
    from zapi_sync.core.saved_plan import SavedPlan
    from zapi_sync.render.paint import Paint


def text(known: Known, paint: Paint) -> str:
    """Every record with its invite link, and what is unsettled."""
    return "\n".join(
        [
            *(entry(key, record, paint) for key, record in sorted(known.groups.items())),
            *unsettled([Unsettled(key, attempt) for key, attempt in sorted(known.open.items())], paint),
            *([""] if known.groups or known.open else []),
            f"{summary(known)}.",
        ]
    )


def markdown(known: Known) -> str:
    """Which groups there are; no link, no id and no phone number."""
    return report(
        [_("### zapi-sync state"), f"**{summary(known)}.**"],
        {
            _("Created"): [
                f"- {code(key)}, {code(each.group_name)}" for key, each in sorted(known.groups.items())
            ],
            _("Unsettled: the group may exist or not"): [
                f"- {code(key)}, {code(each.intent.group.group_name)}"
                for key, each in sorted(known.open.items())
            ],
        },
        [],
    )


def summary(known: Known) -> str:
    """How much is known, in one phrase."""
    if known.state is None:
        return _("There is no state yet")
    return ngettext(
        "{number} group{doubt}; serial {serial}",
        "{number} groups{doubt}; serial {serial}",
        len(known.groups),
        doubt=_(", {count} unsettled", count=len(known.open)) if known.open else "",
        serial=known.state.serial,
    )


def made_of(saved: SavedPlan) -> str:
    """Which plan this is: when it was made, of what, and for which API."""
    files = ", ".join(map(printable, saved.files))
    serial = _("no state yet") if saved.serial is None else _("serial {serial}", serial=saved.serial)
    return _(
        "Plan of {time}: {files} against {state} ({serial}), for {api}.",
        time=timestamp(saved.created_at),
        files=files,
        state=printable(saved.state),
        serial=serial,
        api=printable(saved.remote),
    )
