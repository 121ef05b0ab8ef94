"""Invite links for people who hand them on: a sheet to be printed, and QR codes on a terminal.

Who has a link can join. So these are made where somebody asked for links, and never for a pull request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from zapi_sync.core.drift import Kind
from zapi_sync.dataclass import dataclass
from zapi_sync.language import _, ngettext
from zapi_sync.render import qr
from zapi_sync.render.pages import page
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zapi_sync.core.drift import Drift
    from zapi_sync.core.model import GroupKey, Record
    from zapi_sync.render.paint import Paint


@dataclass(frozen=True, slots=True)
class Card:
    """What is seen of a group: `link` and its `code` are missing where it has no link yet."""

    key: str
    instance: str
    name: str
    link: str | None
    code: Markup | None


def html(groups: Mapping[GroupKey, Record]) -> str:
    """One page: a card a group, by key; of one group alone, a poster."""
    cards = [_card(key, record) for key, record in sorted(groups.items())]
    return page("invites.html", cards=cards, missing=sum(card.link is None for card in cards))


def terminal(groups: Mapping[GroupKey, Record], paint: Paint) -> str:
    """The QR code of each group by key, with name and link under it."""
    if not groups:
        return _("No group was created yet.")
    return "\n\n".join("\n".join(_under_its_code(key, groups[key], paint)) for key in sorted(groups))


def without_link(keys: Sequence[GroupKey]) -> str:
    """Of which groups there is nothing to show, and what to do about it."""
    return ngettext(
        "{number} group has no invite link yet: {keys}. zapi-sync apply fetches it.",
        "{number} groups have no invite link yet: {keys}. zapi-sync apply fetches them.",
        len(keys),
        keys=", ".join(keys),
    )


def news(drift: Drift, paint: Paint) -> str:
    """What a look found out about links that the state does not say; empty where there is nothing."""
    lines = [
        f"{paint.yellow('~ ' + each.key)}  {said}"
        for each in drift.groups
        for finding in each.findings
        if (said := _said(finding.kind))
    ]
    stale = {Kind.LINK_CHANGED, Kind.LINK_FOUND}
    if any(finding.kind in stale for each in drift.groups for finding in each.findings):
        lines.append(_("The state is as it was. To take new links into it: zapi-sync refresh"))
    return "\n".join(lines)


def _card(key: GroupKey, record: Record) -> Card:
    link = record.invitation_link
    code = Markup(qr.inline(link)) if link else None  # noqa: S704  drawn from modules: no text is in it
    return Card(key, record.instance, printable(record.group_name), link, code)


def _under_its_code(key: GroupKey, record: Record, paint: Paint) -> Iterator[str]:
    link = record.invitation_link
    if link:
        yield from qr.terminal(link, paint)
    yield f"{paint.bold(printable(record.group_name))}  {paint.dim(key)}"
    yield link or _("(none yet: apply fetches it)")


def _said(kind: Kind) -> str | None:
    match kind:
        case Kind.LINK_CHANGED:
            return _("its link was reset: shown is the new one, and that of the state leads nowhere")
        case Kind.LINK_FOUND:
            return _("it has a link by now, which the state does not have yet")
        case Kind.LINK_UNKNOWN:
            return _("its link cannot be had now: shown is that of the state")
        case Kind.GONE:
            return _("the group is gone, and its link with it")
        case _:
            return None
