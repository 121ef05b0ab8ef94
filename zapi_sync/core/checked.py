"""A document and its schema: what of it can be read on, and complaints about the rest."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, TypeAlias, cast

from zapi_sync.core.complaints import MAX_COMPLAINTS
from zapi_sync.core.verdict import violations
from zapi_sync.dataclass import dataclass
from zapi_sync.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zapi_sync.core.complaints import Complaints
    from zapi_sync.core.document import Document, Value
    from zapi_sync.core.positions import Path
    from zapi_sync.core.verdict import Violation

Broken: TypeAlias = Collection[tuple[int, int]]
"""Entries of lists that are wrong: the list by its identity, as groups may share it, and the index."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A document as its schema finds it: what is ours of it, and what of that cannot be read."""

    document: Document
    known: Mapping[str, Value]
    unusable: Collection[Path] = ()
    broken: Broken = ()
    is_whole: bool = True
    """Whether this is all that the document says."""


def check(document: Document, schema: Mapping[str, object], complaints: Complaints) -> Checked:
    """A document as its schema finds it; what that finds wrong is added to the complaints."""
    if not isinstance(document.data, dict):
        if document.data is not None:
            from zapi_sync.core.wording import not_a_mapping

            complaints.add(not_a_mapping(document))
        return Checked(document, {}, is_whole=False)
    known = {name: value for name, value in document.data.items() if not name.startswith("x-")}
    violated = violations(schema, known, most=MAX_COMPLAINTS + 1)
    if not violated:
        return Checked(document, known)
    from zapi_sync.core.wording import in_words, without_echoes

    for each in without_echoes(violated):
        if complaints.has_room(Severity.ERROR):
            complaints.add(in_words(document, each))
    if len(violated) > MAX_COMPLAINTS:  # not all is known of what cannot be read
        complaints.leave_untold(Severity.ERROR)
        return Checked(document, {}, is_whole=False)
    unusable = {each.path[:2] for each in violated if _makes_unusable(each)}
    is_whole = unusable.isdisjoint([("people",), ("teams",)])
    return Checked(document, known, unusable, _broken_entries(known, violated), is_whole)


def _broken_entries(known: Mapping[str, Value], broken: Iterable[Violation]) -> set[tuple[int, int]]:
    """The entries of phone lists that are wrong: by the list's identity, as several groups may share it."""
    groups = cast(dict[str | int, dict[str, object]], known.get("groups"))
    teams = cast(dict[str | int, object], known.get("teams"))
    found: set[tuple[int, int]] = set()
    for path in (each.path for each in broken):
        index = _entry(path)
        if index is not None:
            found.add((id(groups[path[1]]["phones"] if path[0] == "groups" else teams[path[1]]), index))
    return found


def _entry(path: Path) -> int | None:
    """The index of the entry that a path into a list of participants goes to, or into."""
    depth = {"groups": 3, "teams": 2}.get(str(path[0]), len(path)) if path else 0
    index = path[depth] if depth < len(path) else None
    return index if isinstance(index, int) else None


def _makes_unusable(violation: Violation) -> bool:
    """Whether the group (or the pacing) cannot be read on: a wrong key, an attribute too many or one entry of
    its phones need not keep the rest from being checked."""
    is_entry = _entry(violation.path) is not None
    return violation.keyword not in ("additionalProperties", "propertyNames") and not is_entry
