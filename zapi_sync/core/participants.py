"""Lists of participants -> phones: what is called by name, and what stands in CSV files, put in its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from zapi_sync.core.document import MAX_CELLS, SPLIT_ALIASES, Aliased, Value
from zapi_sync.core.nearest import nearest
from zapi_sync.core.phones import EXAMPLES, Phone, is_lid, normalise_phone, person, why_no_phone
from zapi_sync.core.places import Place, tell
from zapi_sync.core.source import shortened
from zapi_sync.dataclass import dataclass, field
from zapi_sync.errors import Code, Diagnostic, Severity
from zapi_sync.language import Amount, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from zapi_sync.core.checked import Broken
    from zapi_sync.core.complaints import Complaints
    from zapi_sync.core.document import Document
    from zapi_sync.core.places import Spot
    from zapi_sync.core.positions import Path
    from zapi_sync.core.table import Table

MAX_PARTICIPANTS = 1023
"""Assumption: WhatsApp takes 1,024 members a group, the creator among them (Z-API documents no limit)."""

_MANY_NAMES = 500
"""Where more are called by name than that, none is looked at for being what was meant."""
_NAME = re.compile("[a-z][a-z0-9_-]*")
_OWNER = {"group": Text("this group"), "team": Text("this team")}
_WITHIN = {"group": Text("in this group"), "team": Text("in this team")}
_ALL_LIDS = {
    "group": Text("all participants of this group are @lid entries, and create-group leaves those out"),
    "team": Text("all participants of this team are @lid entries, and create-group leaves those out"),
}
_SPLIT = {"group": Text("split the group and the file"), "team": Text("split the team and the file")}


class TooMuch(Exception):
    """What the config stands for is beyond what it may be."""

    def __init__(self, complaint: Diagnostic) -> None:
        super().__init__(complaint.message)
        self.complaint = complaint


@dataclass(slots=True)
class Allowance:
    """What aliases, ranges, names and CSV files stand for together in all files of a run."""

    spent: Aliased = field(default_factory=Aliased)

    def take(self, more: Aliased, place: Place) -> None:
        """Raises TooMuch where it is more than may be."""
        self.spent += more
        if excess := self.spent.excess:
            raise TooMuch(
                Diagnostic(
                    Code.BEYOND_BOUNDS,
                    Text(
                        "what ranges, names, CSV files and aliases stand for up to here is more than "
                        "{excess}",
                        excess=excess,
                    ),
                    SPLIT_ALIASES,
                    place.location,
                )
            )


@dataclass(frozen=True, slots=True)
class Entry:
    """A participant: where the list at hand has it from, and where its number itself stands."""

    text: str
    place: Spot
    origin: Spot
    merges: bool = False
    """Whether a team brought it: then it may be in the list besides."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Who a list stands for, in the order written; with entries where it is no mere list of phones."""

    phones: tuple[Phone, ...]
    entries: tuple[Entry, ...] = ()
    is_sound: bool = True


@dataclass(frozen=True, slots=True)
class _Named:
    """A person or a team as it is declared."""

    place: Place
    value: Value
    broken: Broken
    is_usable: bool

    @property
    def is_team(self) -> bool:
        return self.place.path[0] == "teams"

    @property
    def value_place(self) -> Place:
        return Place(self.place.document, self.place.path)


@dataclass(slots=True)
class Rosters:
    """Reads lists of participants. `take_all` sees to it that all documents have declared whom they call by
    name, and says whether all could be read."""

    complaints: Complaints
    take_all: Callable[[], bool]
    allowance: Allowance = field(default_factory=Allowance)
    _named: dict[str, _Named] = field(default_factory=dict)
    _teams: dict[str, Roster] = field(default_factory=dict)
    _tables: dict[int, Table] = field(default_factory=dict)

    def declare(
        self, document: Document, known: Mapping[str, Value], unusable: Collection[Path], broken: Broken
    ) -> None:
        """Whom a document calls by name."""
        for kind in ("people", "teams"):
            declared = known.get(kind)
            for name, value in declared.items() if isinstance(declared, dict) else ():
                place = Place(document, (kind, name), key=True)
                is_usable = (kind, name) not in unusable
                first = self._named.setdefault(name, _Named(place, value, broken, is_usable)).place
                if first is not place:
                    tell(
                        self.complaints,
                        Code.CALLED_TWICE,
                        place,
                        Text(
                            'two are called "{name}", and names are shared by the people and teams of all '
                            "files",
                            name=shortened(name),
                        ),
                        Text("give one of the two another name"),
                        also=(Text("first written here"), first),
                    )

    def check(self, document: Document, known: Mapping[str, Value]) -> None:
        """Tells what is wrong with those whom a document calls by name, whether they are in a group or not.
        Raises TooMuch."""
        for kind in ("people", "teams"):
            declared = known.get(kind)
            for name in declared if isinstance(declared, dict) else ():
                named = self._named[name]
                if named.place.document is not document or not named.is_usable:
                    continue
                if named.is_team:
                    self._team(name)
                elif problem := why_no_phone(str(named.value)):
                    tell(self.complaints, Code.NOT_A_PHONE, named.value_place, *problem)

    def read(self, document: Document, path: Path, written: Value, broken: Broken) -> Roster:
        """Who the `phones` of a group stand for. Raises TooMuch."""
        if not isinstance(written, list) or not _is_plain(written):
            return self._read_expanded(Place(document, path), written, broken)
        texts = cast(list[str], written)
        indices: Sequence[int] = range(len(texts))
        if broken:
            indices = [index for index in indices if (id(texts), index) not in broken]
        seen = self._tell_apart(texts, indices, lambda index: Place(document, (*path, index)), (), "group")
        if not 0 < len(seen) <= MAX_PARTICIPANTS:
            self._tell_size(Place(document, path), len(seen), has_gaps=len(indices) < len(texts))
        return Roster(tuple([Phone(phone) for phone, _ in seen.values()]))

    def _read_expanded(self, place: Place, written: Value, broken: Broken) -> Roster:
        gathered = _Gathered()
        self._gather(gathered, place, written, broken)
        entries = gathered.entries
        merged = {index for index, entry in enumerate(entries) if entry.merges}
        seen = self._tell_apart(
            [entry.text for entry in entries],
            range(len(entries)),
            lambda index: entries[index].place,
            merged,
            _owner(place),
        )
        self._tell_size(place, len(seen), has_gaps=not gathered.is_sound, is_all_lids=bool(entries))
        if len(seen) > MAX_CELLS:
            raise TooMuch(
                Diagnostic(
                    Code.BEYOND_BOUNDS,
                    Text(
                        "{owner} holds {number} participants, and {most} is the most",
                        owner=_OWNER[_owner(place)],
                        number=Amount(len(seen)),
                        most=Amount(MAX_CELLS),
                    ),
                    Text("split it"),
                    place.location,
                )
            )
        kept = [(phone, entries[index]) for phone, index in seen.values()]
        return Roster(
            tuple(Phone(phone) for phone, _ in kept), tuple(entry for _, entry in kept), gathered.is_sound
        )

    def _tell_apart(
        self,
        texts: Sequence[str],
        indices: Sequence[int],
        spot: Callable[[int], Spot],
        merged: Collection[int],
        owner: str,
    ) -> dict[str, tuple[str, int]]:
        """Each person once, with phone and index; told is who is there twice, and what is no phone."""
        seen: dict[str, tuple[str, int]] = {}
        for position in indices:
            text = texts[position]
            if is_lid(text):
                tell(
                    self.complaints,
                    Code.LID,
                    spot(position),
                    Text(
                        "{lid} is a private @lid, and create-group leaves those out",
                        lid=shortened(text.strip()),
                    ),
                    Text("the group is created without it; write the phone number if you know it"),
                    severity=Severity.WARNING,
                )
                continue
            phone = normalise_phone(text)
            who = person(phone)
            other, index = seen.setdefault(who, (phone, position))
            if index != position:
                if index in merged:
                    seen[who] = other, position  # lest it be written twice besides
                elif position not in merged:
                    self._tell_twice(spot(position), spot(index), phone, other, owner)
            elif problem := why_no_phone(text):
                tell(self.complaints, Code.NOT_A_PHONE, spot(position), *problem)
        return seen

    def _tell_twice(self, spot: Spot, first: Spot, phone: str, other: str, owner: str) -> None:
        tell(
            self.complaints,
            Code.PHONE_TWICE,
            spot,
            Text("the phone {phone} is {within} already", phone=shortened(phone), within=_WITHIN[owner])
            + (
                ""
                if phone == other
                else Text(", as {other}: these two are one person's", other=shortened(other))
            ),
            Text("remove one of the two"),
            also=(Text("first written here"), first),
        )

    def _tell_size(self, place: Place, number: int, *, has_gaps: bool, is_all_lids: bool = True) -> None:
        owner = _owner(place)
        if not number and not has_gaps:
            tell(
                self.complaints,
                Code.NO_PARTICIPANTS,
                place,
                _ALL_LIDS[owner]
                if is_all_lids
                else Text("nobody is {within}: the CSV column that it names is empty", within=_WITHIN[owner]),
                Text("add at least one phone number"),
            )
        if number > MAX_PARTICIPANTS and owner == "group":
            tell(
                self.complaints,
                Code.TOO_MANY_PARTICIPANTS,
                place,
                Text(
                    "{number} participants, and a WhatsApp group is known to take {most} besides the one who "
                    "creates it",
                    number=Amount(number),
                    most=Amount(MAX_PARTICIPANTS),
                ),
                Text("split the group, lest the creation be refused"),
                severity=Severity.WARNING,
            )

    def _gather(self, gathered: _Gathered, place: Place, written: Value, broken: Broken) -> None:
        if isinstance(written, dict):
            self._gather_cells(gathered, place, written, place)
            return
        called: dict[str, Place] = {}
        for index, each in enumerate(cast(list[Value], written)):
            here = Place(place.document, (*place.path, index))
            if (id(written), index) in broken:
                gathered.is_sound = False
            elif isinstance(each, dict):
                self._gather_cells(gathered, here, each, place)
            elif _NAME.fullmatch(text := str(each)):
                self._gather_called(gathered, here, text, called)
            else:
                gathered.entries.append(Entry(text, here, here))

    def _gather_cells(
        self, gathered: _Gathered, place: Place, written: Mapping[str, Value], owner: Place
    ) -> None:
        from zapi_sync.core.table import DEFAULT_COLUMN, Cell, Table

        file, column = str(written["csv"]), str(written.get("column", DEFAULT_COLUMN))
        used = Place(place.document, (*place.path, "csv"))
        source = place.document.tables[file]
        table = self._tables.setdefault(id(source), Table(source))
        if column not in table.columns:
            self.allowance.take(Aliased(0, len(source.text)), used)
        cells = table.column(column)
        if isinstance(cells, Diagnostic):
            gathered.is_sound = False
            if cells.location:
                self.complaints.add(cells)
            else:
                tell(self.complaints, cells.code, used, cells.message, cells.hint)
            return
        if len(cells) > MAX_CELLS:
            gathered.is_sound = False
            what = Text(
                "more than {most} phones stand in this column of the CSV file", most=Amount(MAX_CELLS)
            )
            tell(self.complaints, Code.BEYOND_BOUNDS, used, what, _SPLIT[_owner(owner)])
            return
        self.allowance.take(Aliased(len(cells), sum(len(text) for _, text in cells)), used)
        for line, text in cells:
            cell = Cell(table, line, column, used)
            gathered.entries.append(Entry(text, cell, cell))

    def _gather_called(self, gathered: _Gathered, place: Place, name: str, called: dict[str, Place]) -> None:
        named = self._find(name, place)
        if named is None or not named.is_usable:
            gathered.is_sound = False
            return
        if not named.is_team:
            text = str(named.value)
            if why_no_phone(text):
                gathered.is_sound = False
            else:
                self.allowance.take(Aliased(1, len(text)), place)
                gathered.entries.append(Entry(text, place, named.value_place))
            return
        first, owner = called.setdefault(name, place), _owner(place)
        if first is not place:
            tell(
                self.complaints,
                Code.PHONE_TWICE,
                place,
                Text('the team "{name}" is {within} already', name=shortened(name), within=_WITHIN[owner]),
                Text("remove one of the two"),
                also=(Text("first written here"), first),
            )
            return
        if owner == "team" and name not in self._teams:  # all that are no part of it were read before it
            through = place.path[1]
            tell(
                self.complaints,
                Code.TEAM_IN_ITSELF,
                place,
                Text('the team "{name}" is part of itself', name=shortened(name))
                + ("" if through == name else Text(', through "{team}"', team=shortened(str(through)))),
                Text("remove it from one of the teams"),
            )
            gathered.is_sound = False
            return
        team = self._team(name)
        gathered.is_sound = gathered.is_sound and team.is_sound
        self.allowance.take(Aliased(len(team.phones), sum(map(len, team.phones))), place)
        gathered.entries += [Entry(entry.text, place, entry.origin, merges=True) for entry in team.entries]

    def _find(self, name: str, place: Place) -> _Named | None:
        """Who is called so in any of the documents; that it is nobody is told."""
        if name in self._named or not self.take_all() or name in self._named:
            return self._named.get(name)
        if self.complaints.has_room(Severity.ERROR):
            names = self._named if len(self._named) <= _MANY_NAMES else ()
            close = nearest(name, names)
            tell(
                self.complaints,
                Code.NO_SUCH_NAME,
                place,
                Text(
                    '"{name}" is no phone number, and nobody in `people` or `teams` is called so',
                    name=shortened(name),
                ),
                Text('did you mean "{meant}"?', meant=close)
                if close
                else Text(
                    "write the number, as in {example}, or say under `people:` whose name this is",
                    example=EXAMPLES[0],
                ),
            )
        return None

    def _team(self, name: str) -> Roster:
        """Who is in a team, and in the teams that it has in it: these are read first."""
        for each in self._in_order(name):
            named = self._named[each]
            self._teams[each] = self._read_expanded(named.value_place, named.value, named.broken)
        return self._teams[name]

    def _in_order(self, name: str) -> list[str]:
        """A team that was not read yet and those in it, each after those that it has in it itself."""
        order: list[str] = []
        seen: set[str] = set()
        pending = [(name, False)]
        while pending:
            each, is_entered = pending.pop()
            if is_entered:
                order.append(each)
            elif each not in seen and each not in self._teams:
                seen.add(each)
                pending.append((each, True))
                pending += [(member, False) for member in self._teams_in(each)]
        return order

    def _teams_in(self, name: str) -> list[str]:
        named = self._named[name]
        entries = named.value if isinstance(named.value, list) else []
        members = {each: None for each in entries if isinstance(each, str) and _NAME.fullmatch(each)}
        if not members.keys() <= self._named.keys():
            self.take_all()
        known = [self._named[each] for each in members if each in self._named]
        return [str(each.place.path[1]) for each in known if each.is_team and each.is_usable]


@dataclass(slots=True)
class _Gathered:
    """What a list stands for, as far as it is read; sound where nobody is missing after a complaint."""

    entries: list[Entry] = field(default_factory=list)
    is_sound: bool = True


def _is_plain(written: Sequence[Value]) -> bool:
    """Whether these are all phones: no letter begins one. So it is told of a long list at once."""
    return set(map(type, written)) == {str} and max(cast(Sequence[str], written)) < "a"


def _owner(place: Place) -> str:
    return "team" if place.path[0] == "teams" else "group"
