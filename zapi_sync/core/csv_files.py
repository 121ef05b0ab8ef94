"""Which CSV files a document names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zapi_sync.core.document import Document, Value


def tables_wanted(document: Document) -> list[str]:
    """The CSV files that a document names in its groups and teams, as it names them, each of them once."""
    text = document.source.text
    if "csv" not in text and "\\" not in text:  # no key is `csv` without being written, but by an escape
        return []
    wanted: dict[str, None] = {}
    data = document.data if isinstance(document.data, dict) else {}
    for phones in _phone_lists(data):
        for entry in phones if isinstance(phones, list) else [phones]:
            if isinstance(entry, dict) and isinstance(file := entry.get("csv"), str):
                wanted[file] = None
    return list(wanted)


def _phone_lists(data: Mapping[str, Value]) -> Iterator[Value]:
    """What stands for participants, a list that groups share once; none of it need be what it should."""
    groups, teams = data.get("groups"), data.get("teams")
    each_group = groups.values() if isinstance(groups, dict) else ()
    lists = [group["phones"] for group in each_group if isinstance(group, dict) and "phones" in group]
    lists += teams.values() if isinstance(teams, dict) else ()
    yield from {id(each): each for each in lists}.values()
