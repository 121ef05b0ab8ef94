"""What a look at the instances found, and what a refresh writes: for a person, a program, a pull request.

Invite links stand in what a refresh says alone, because they are what it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.drift import Kind, Unseen
from zapi_sync.language import Text, _, ngettext, told
from zapi_sync.render import markdown as md
from zapi_sync.render.json import FORMAT_VERSION, diagnostics_of, document
from zapi_sync.render.paint import Paint
from zapi_sync.render.safe import pad, printable
from zapi_sync.render.text import MAX_PHONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from zapi_sync.core.drift import Drift, Finding, Looked
    from zapi_sync.core.model import GroupKey, Record
    from zapi_sync.core.state import State
    from zapi_sync.errors import Diagnostic

_WORDS = {
    Kind.GONE: Text("gone: no longer listed, and Z-API knows no group of its id"),
    Kind.LINK_CHANGED: Text("changed: the state has another link, which may lead nowhere; zapi-sync refresh"),
    Kind.LINK_FOUND: Text("there is one, and the state has none; zapi-sync refresh"),
    Kind.ADMIN_LOST: Text("the connected number is no administrator any more"),
    Kind.LEFT: Text("the connected number is not in the group any more"),
}
_IN_MARKDOWN = {
    Kind.GONE: Text("gone"),
    Kind.LINK_CHANGED: Text("its invite link was changed"),
    Kind.LINK_FOUND: Text("it has an invite link by now"),
    Kind.ADMIN_LOST: Text("the connected number is no administrator any more"),
    Kind.LEFT: Text("the connected number is not in it any more"),
}
_LABELS = {
    Kind.LINK_CHANGED: Text("link"),
    Kind.LINK_FOUND: Text("link"),
    Kind.JOINED: Text("joined"),
    Kind.ADMIN_LOST: Text("admin"),
    Kind.LEFT: Text("admin"),
    Kind.STILL_NOT_IN: Text("not in yet"),
}
_LABEL_COLUMNS = 11


def text(drift: Drift, paint: Paint) -> str:
    """For a terminal. Groups that are as the state says are only counted."""
    groups = [_group(each, paint) for each in drift.groups if any(_lines(each))]
    unseen = [_unseen(each, paint) for each in drift.unseen]
    said = [*groups, *unseen]
    return "\n".join([*said, *([""] if said else []), *summary(drift, paint)])


def summary(drift: Drift, paint: Paint) -> Iterator[str]:
    """How many groups are not as the state says, and what could not be told: a sentence a line."""
    seen = len(drift.groups) - len(drift.unseen)
    drifted = len(drift.drifted)
    if drifted:
        head = ngettext(
            "Drift: {drifted} of {number} group", "Drift: {drifted} of {number} groups", seen, drifted=drifted
        )
        yield paint.bold(head) + _(", not as the state says.")
    elif seen:
        rest = ngettext("{number} group, as the state says.", "{number} groups, as the state says.", seen)
        yield paint.bold(_("No drift:")) + f" {rest}"
    elif not drift.unseen:
        yield _("No group was created yet.")
    if drift.unseen:
        yield paint.red(
            ngettext(
                "{number} group could not be looked at.",
                "{number} groups could not be looked at.",
                len(drift.unseen),
            )
        )
    counts = drift.counts()
    if number := counts[Kind.LINK_UNKNOWN]:
        yield ngettext(
            "The invite link cannot be had now of {number} group.",
            "The invite link cannot be had now of {number} groups.",
            number,
        )
    if number := counts[Kind.MEMBERS_UNKNOWN]:
        yield ngettext(
            "Who is in it, or leads it, cannot be told for sure of {number} group.",
            "Who is in it, or leads it, cannot be told for sure of {number} groups.",
            number,
        )


def members(drift: Drift) -> dict[str, object]:
    """As JSON has it, in schemas/drift.schema.json and schemas/plan.schema.json alike."""
    return {
        "summary": {
            "groups": len(drift.groups),
            "drifted": len(drift.drifted),
            "unseen": len(drift.unseen),
            **drift.counts(),
        },
        "groups": [
            {
                "key": each.key,
                "instance": each.record.instance,
                "groupName": each.record.group_name,
                "phone": each.record.phone,
                "drifted": each.drifted,
                "unseen": each.sight.reason if isinstance(each.sight, Unseen) else None,
                "findings": [_members_of(finding) for finding in each.findings],
            }
            for each in drift.groups
        ],
    }


def json(drift: Drift, state: State | None, diagnostics: Sequence[Diagnostic]) -> str:
    """What drift found, as schemas/drift.schema.json has it. It holds phone numbers, and no invite link."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "state": _version(state),
            **members(drift),
            "diagnostics": diagnostics_of(diagnostics),
        }
    )


def lists(drift: Drift) -> dict[str, list[str]]:
    """As markdown has it: lists by title, without phone numbers and links."""
    drifted = [_in_markdown(each) for each in drift.drifted]
    return {
        _("Drift (not as the state says)"): drifted,
        _("Not looked at"): [f"- {md.code(each.key)}" for each in drift.unseen],
    }


def markdown(drift: Drift, diagnostics: Sequence[Diagnostic]) -> str:
    """What drift found, for a pull request or a job's summary."""
    head, *more = summary(drift, Paint(False))
    return md.report([_("### zapi-sync drift"), f"**{head}**", *more], lists(drift), diagnostics)


def refresh_text(before: Mapping[GroupKey, Record], fresh: Mapping[GroupKey, Record], paint: Paint) -> str:
    """What a refresh writes into the state: links from one to the other, and who is in by now."""
    lines = []
    for key, record in fresh.items():
        lines.append(paint.yellow(f"~ {printable(key)}"))
        lines += [f"    {line}" for line in _written(before[key], record)]
    return "\n".join(lines)


def refresh_json(
    before: Mapping[GroupKey, Record],
    fresh: Mapping[GroupKey, Record],
    state: State | None,
    diagnostics: Sequence[Diagnostic],
) -> str:
    """What a refresh wrote, as schemas/refresh.schema.json has it. It holds invite links."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "state": _version(state),
            "groups": [
                {
                    "key": key,
                    "instance": record.instance,
                    "groupName": record.group_name,
                    "phone": record.phone,
                    "linkChanged": record.invitation_link != before[key].invitation_link,
                    "invitationLink": record.invitation_link,
                    "joined": list(_joined(before[key], record)),
                    "phonesNotAdded": list(record.phones_not_added),
                }
                for key, record in fresh.items()
            ],
            "diagnostics": diagnostics_of(diagnostics),
        }
    )


def _version(state: State | None) -> dict[str, object] | None:
    return {"lineage": state.lineage, "serial": state.serial} if state else None


def _members_of(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind,
        "drift": finding.kind.is_drift,
        "name": finding.name,
        "phones": list(finding.phones),
    }


def _group(looked: Looked, paint: Paint) -> str:
    key = printable(looked.key)
    mark = paint.yellow(f"~ {key}") if looked.drifted else f"  {key}"
    if looked.findings[0].kind is Kind.GONE:
        mark = f"{paint.red(f'! {key}')}  {paint.dim(told(_WORDS[Kind.GONE]))}"
    return "\n".join([mark, *(f"    {line}" for line in _lines(looked))])


def _lines(looked: Looked) -> Iterator[str]:
    record = looked.record
    for finding in looked.findings:
        match finding.kind:
            case Kind.GONE:
                yield f"groupName   {printable(record.group_name)}"
                yield f"id          {printable(record.phone)}"
            case Kind.RENAMED:
                yield f"groupName   {printable(record.group_name)} -> {printable(finding.name or '')}"
            case Kind.JOINED | Kind.STILL_NOT_IN:
                yield f"{_label(finding.kind)} {_phones(finding.phones)}"
            case Kind.LINK_UNKNOWN | Kind.MEMBERS_UNKNOWN:
                pass
            case _other:
                yield f"{_label(finding.kind)} {told(_WORDS[finding.kind])}"


def _label(kind: Kind) -> str:
    return pad(told(_LABELS[kind]), _LABEL_COLUMNS)


def _unseen(looked: Looked, paint: Paint) -> str:
    note = _("could not be looked at")
    return f"{paint.red(f'? {printable(looked.key)}')}  {paint.dim(note)}"


def _phones(phones: Sequence[str]) -> str:
    left = len(phones) - MAX_PHONES
    shown = ", ".join(map(printable, phones[:MAX_PHONES]))
    return _("{shown} and {left} more", shown=shown, left=left) if left > 0 else shown


def _in_markdown(looked: Looked) -> str:
    said = [said_of(finding, md.code) for finding in looked.findings if finding.kind.is_drift]
    return "- " + ", ".join([md.code(looked.key), md.code(looked.record.group_name), *said])


def said_of(finding: Finding, quoted: Callable[[str], str]) -> str:
    """A finding in a few words, a name from outside as `quoted` has it; no phone number and no link."""
    match finding.kind:
        case Kind.RENAMED:
            return _("now named {name}", name=quoted(finding.name or ""))
        case Kind.JOINED:
            return ngettext(
                "{number} participant joined", "{number} participants joined", len(finding.phones)
            )
        case _other:
            return told(_IN_MARKDOWN[finding.kind])


def _written(before: Record, record: Record) -> Iterator[str]:
    if record.invitation_link != before.invitation_link:
        link = before.invitation_link or _("(none)")
        yield f"{'invitationLink':<15} {link} -> {record.invitation_link}"
    if joined := _joined(before, record):
        said = _("no longer {phones}: in the group by now", phones=_phones(joined))
        yield f"{'phonesNotAdded':<15} {said}"


def _joined(before: Record, record: Record) -> tuple[str, ...]:
    return tuple(phone for phone in before.phones_not_added if phone not in record.phones_not_added)
