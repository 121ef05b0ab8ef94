"""What `import --all` found and did, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.language import Text, _, ngettext, told
from zapi_sync.render.json import FORMAT_VERSION, diagnostics_of, document
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.core.importing import Import, Importing, LeftOut
    from zapi_sync.errors import Diagnostic


def summary(found: Importing, out: str | None, *, written: bool) -> str:
    """A line or two: how many groups there are, where they stand now, and what comes next."""
    left = ""
    if found.left_out:
        left = ngettext("; left out: {number} group", "; left out: {number} groups", len(found.left_out))
    if not found.imports:
        return _("Nothing to import{left}.", left=left)
    file = printable(out or "")
    if written:
        return ngettext(
            "Imported {number} group into the state; the config of them is {file}{left}.",
            "Imported {number} groups into the state; the config of them is {file}{left}.",
            len(found.imports),
            file=file,
            left=left,
        )
    if out:
        said = ngettext(
            "Found {number} group written to {file}, and the state is as it was{left}.",
            "Found {number} groups written to {file}, and the state is as it was{left}.",
            len(found.imports),
            file=file,
            left=left,
        )
    else:
        said = ngettext(
            "Found {number} group, and the state is as it was{left}.",
            "Found {number} groups, and the state is as it was{left}.",
            len(found.imports),
            left=left,
        )
    return f"{said}\n{told(_NEXT)}"


_NEXT = Text("To take them into the state as well: zapi-sync import --all --write --out FILE")


def json(found: Importing, out: str | None, diagnostics: Sequence[Diagnostic], *, written: bool) -> str:
    """As schemas/import.schema.json has it. It holds no invite link."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "written": written,
            "out": out,
            "groups": [_import(each) for each in found.imports],
            "leftOut": [_left_out(each) for each in found.left_out],
            "diagnostics": diagnostics_of(diagnostics),
        }
    )


def _import(each: Import) -> dict[str, object]:
    group = each.group
    return {
        "key": group.key,
        "instance": group.instance,
        "phone": each.details.phone,
        "groupName": group.group_name,
        "phones": list(group.phones),
        "others": [{"who": who, "why": why} for who, why in each.others],
        "own": each.is_own,
    }


def _left_out(each: LeftOut) -> dict[str, object]:
    seen = each.seen
    return {
        "instance": seen.instance,
        "phone": seen.phone,
        "groupName": (seen.details.subject if seen.details else None) or seen.name,
        "reason": each.reason,
        "hint": each.hint,
    }
