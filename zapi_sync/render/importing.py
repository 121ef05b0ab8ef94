"""The groups that exist and that no state knew, for a person and for a program."""

from __future__ import annotations

from collections.abc import Sequence

from zapi_sync.core.importing import LeftOut, Proposal
from zapi_sync.render.json import FORMAT_VERSION, document
from zapi_sync.render.paint import Paint
from zapi_sync.render.safe import printable
from zapi_sync.render.text import count
from zapi_sync.render.text import table as table_of


def table(made: Sequence[Proposal], paint: Paint) -> str:
    """The keys that the groups would have."""
    rows = [
        (each.group.key, printable(each.group.group_name), each.group.instance, each.phone) for each in made
    ]
    return "\n".join(table_of(("KEY", "GROUP", "INSTANCE", "ID"), rows, paint))


def summary(made: Sequence[Proposal], left: Sequence[LeftOut], *, out: str | None, written: bool) -> str:
    """How much was found, and where it went."""
    told = f"{count(len(made), 'group')} that no state knew"
    if left:
        told += f", and {len(left)} that no config can hold (the comments say why)"
    lines = [f"{told}."]
    if out is not None:
        lines.append(f"Written: {printable(out)}.")
    if made and written:
        lines.append("Taken into the state. Once the YAML is in the config, the plan says unchanged.")
    elif made:
        lines.append("The state is as it was: --write takes them in, under these keys.")
    return "\n".join(lines)


def json(made: Sequence[Proposal], left: Sequence[LeftOut], *, out: str | None, written: bool) -> str:
    """The same, as schemas/import.schema.json has it; no invite link."""
    return document(
        {
            "format_version": FORMAT_VERSION,
            "written": written,
            "out": out,
            "groups": [
                {
                    "key": each.group.key,
                    "instance": each.group.instance,
                    "groupName": each.group.group_name,
                    "phone": each.phone,
                    "phones": list(each.group.phones),
                    "lids": list(each.lids),
                }
                for each in made
            ],
            "leftOut": [
                {
                    "instance": each.stranger.instance,
                    "groupName": each.group_name,
                    "phone": each.stranger.phone,
                    "reason": each.reason,
                }
                for each in left
            ],
        }
    )
