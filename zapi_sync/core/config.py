"""Documents + schema -> the groups that are wanted, or every reason why not."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

from zapi_sync.core.checked import check
from zapi_sync.core.complaints import Complaints, merged
from zapi_sync.core.document import SPLIT_ALIASES, Aliased, Value
from zapi_sync.core.instances import Instances
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, GroupKey, InstanceName
from zapi_sync.core.names import MAX_NAME, comparable_name, name_problems
from zapi_sync.core.nearest import nearest
from zapi_sync.core.pacing import Pacings, pacings_of
from zapi_sync.core.participants import Rosters, TooMuch
from zapi_sync.core.places import Place, tell
from zapi_sync.core.ranges import NUMBER, range_of
from zapi_sync.core.source import shortened
from zapi_sync.dataclass import dataclass, field, replace
from zapi_sync.errors import Code, ConfigInvalid, Diagnostic, Severity
from zapi_sync.language import Amount, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from zapi_sync.core.checked import Broken, Checked
    from zapi_sync.core.declared_moves import DeclaredMoves
    from zapi_sync.core.document import Document
    from zapi_sync.core.encryption import Encryption
    from zapi_sync.core.known import Known
    from zapi_sync.core.moves import Move
    from zapi_sync.core.participants import Entry, Roster
    from zapi_sync.core.positions import Path
    from zapi_sync.core.ranges import Range
    from zapi_sync.errors import Location

TYPED_KEYS = frozenset({"version", "autoInvite", "perDay"})
"""The attributes whose plain scalars are numbers and booleans; all others are text."""


@dataclass(frozen=True, slots=True)
class Config:
    """What all files of a run want together, and where each group and instance was first written."""

    groups: tuple[Group, ...]
    pacings: Pacings
    warnings: tuple[Diagnostic, ...]
    files: tuple[str, ...] = ()
    places: Mapping[GroupKey, Place] = field(default_factory=dict)
    instances: Mapping[InstanceName, Place] = field(default_factory=dict)
    expanded: Mapping[GroupKey, tuple[Entry, ...]] = field(default_factory=dict)
    """The participants of the groups whose `phones` are no mere list of phones, as they are written."""
    moves: tuple[Move, ...] = ()
    move_places: Mapping[GroupKey, Place] = field(default_factory=dict)
    recipients: tuple[str, ...] | None = None
    """To whom the state is to be encrypted: none, to nobody; None, as it is."""

    def where_instance(self, instance: InstanceName) -> Location | None:
        """Where an instance's name stands; None where no group names it."""
        place = self.instances.get(instance)
        return place.location if place else None

    def blocked_moves(self, known: Known) -> list[Diagnostic]:
        """The warnings about keys that are not moved, as the new one has a group of its own."""
        if not self.moves:
            return []
        from zapi_sync.core.declared_moves import blocked

        return list(blocked(self.moves, self.move_places, known))

    def warnings_with(self, doubts: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The warnings, and among them what else is doubtful about the same files."""
        return merged(self.warnings, doubts, files=self.files)


def read_config(documents: Iterable[Document], schema: Mapping[str, object]) -> Config:
    """The groups of all documents, which share one set of keys; `defaults` hold for their own file.

    Raises ConfigInvalid with everything that is wrong, in the order of the files. No more documents are
    taken where no more would be told.
    """
    reader = _Reader(iter(documents), schema)
    if reader.read_all():
        reader.instances.check_names(reader.groups)
        reader.check_paces()
        reader.check_moves()
    complaints = reader.complaints.in_order(reader.files)
    if any(complaint.severity is Severity.ERROR for complaint in complaints):
        raise ConfigInvalid(complaints)
    return Config(
        tuple(reader.groups),
        reader.pacings(),
        tuple(complaints),
        tuple(reader.files),
        reader.group_places,
        reader.instances.places,
        reader.expanded,
        tuple(reader.moves.moves) if reader.moves else (),
        reader.moves.places if reader.moves else {},
        reader.encryption.recipients if reader.encryption else None,
    )


@dataclass(slots=True)
class _Reader:
    """Reads documents one after another and remembers what must not occur twice."""

    documents: Iterator[Document]
    schema: Mapping[str, object]
    files: list[str] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    complaints: Complaints = field(default_factory=Complaints)
    group_places: dict[GroupKey, Place] = field(default_factory=dict)
    expanded: dict[GroupKey, tuple[Entry, ...]] = field(default_factory=dict)
    moves: DeclaredMoves | None = None
    encryption: Encryption | None = None
    _unread: dict[GroupKey, Place] = field(default_factory=dict)
    """Where the keys of groups stand that cannot be read."""
    _all_keys: bool = True
    _names: dict[tuple[InstanceName, str], tuple[str, Place]] = field(default_factory=dict)
    _phones_read: dict[int, Roster] = field(default_factory=dict)
    _pacings: list[tuple[Pacings, Place]] = field(default_factory=list)
    _checked: deque[Checked] = field(default_factory=deque)
    _all_known: bool = True
    _stopped: bool = False
    instances: Instances = field(init=False)
    _rosters: Rosters = field(init=False)

    def __post_init__(self) -> None:
        self.instances = Instances(self.complaints)
        self._rosters = Rosters(self.complaints, self._take_all)

    def read_all(self) -> bool:
        """Whether all documents were read: not where no more would be told, nor beyond what may be."""
        try:
            while self._checked or self._take():
                self._read(self._checked.popleft())
                if self.complaints.has_untold(Severity.ERROR):
                    return False
        except TooMuch as excess:
            self.complaints.add(excess.complaint)
            return False
        return not self._stopped

    def _take_all(self) -> bool:
        """Takes what documents there are still, and says whether all is known that they say."""
        while self._take():
            pass
        return self._all_known

    def _take(self) -> bool:
        """Whether there was one more document: what its schema finds is told, and whom it names is known."""
        document = None if self._stopped else next(self.documents, None)
        if document is None:
            return False
        self.files += (document.source.name, *(table.name for table in document.tables.values()))
        for problem in document.problems:
            self.complaints.add(problem)
            self._all_keys = self._all_keys and problem.severity is not Severity.ERROR
        self._rosters.allowance.spent += document.aliased
        if excess := self._rosters.allowance.spent.excess:
            self.complaints.add(_too_much_aliased(document, excess))
            self._stopped, self._all_known = True, False
            return False
        checked = check(document, self.schema, self.complaints)
        self._all_known = self._all_known and checked.is_whole
        self._rosters.declare(document, checked.known, checked.unusable, checked.broken)
        self._checked.append(checked)
        if self.complaints.has_untold(Severity.ERROR):
            self._stopped, self._all_known = True, False
        return True

    def _read(self, checked: Checked) -> None:
        """The parts of a document that its schema finds nothing wrong with. Raises TooMuch."""
        document, known = checked.document, checked.known
        self._phones_read = {}
        self._rosters.check(document, known)
        defaults = known.get("defaults")
        auto_invite = isinstance(defaults, dict) and defaults.get("autoInvite") is True
        groups = known.get("groups")
        self._all_keys = self._all_keys and isinstance(groups, dict)
        if isinstance(groups, dict):
            for key, raw in groups.items():
                if ("groups", key) not in checked.unusable and isinstance(raw, dict):
                    self._read_group(checked, key, raw, auto_invite)
                else:
                    self._pass_over(Place(document, ("groups", key), key=True), key)
        if "pacing" in known and not any(path[:1] == ("pacing",) for path in checked.unusable):
            self._pacing(document, cast(dict[str, Value], known["pacing"]))
        if isinstance(known.get("encryption"), dict):
            if self.encryption is None:
                from zapi_sync.core.encryption import Encryption

                self.encryption = Encryption()
            raw = cast(dict[str, Value], known["encryption"])
            self.encryption.read(document, raw, self.complaints)
        moves = known.get("moved")
        if isinstance(moves, list) and ("moved",) not in checked.unusable:
            sound = {
                index: each
                for index, each in enumerate(moves)
                if isinstance(each, dict) and ("moved", index) not in checked.unusable
            }
            if self.moves is None:
                from zapi_sync.core.declared_moves import DeclaredMoves

                self.moves = DeclaredMoves()
            self.moves.read(document, sound)

    def _pass_over(self, place: Place, key: str) -> None:
        """A group, or a range of them, that cannot be read: its keys are there all the same."""
        many = range_of(key)
        keys = [each for each, _ in many.numbered] if many and not many.problem else [key]
        self._unread |= {GroupKey(each): place for each in keys}

    def check_moves(self) -> None:
        """What `moved` says, where the keys of all files are known."""
        if self.moves and self._all_keys:
            for each in self.moves.complaints({**self._unread, **self.group_places}):
                self._complain(each.code, each.place, each.message, each.hint, also=each.also)

    def pacings(self) -> Pacings:
        return self._pacings[0][0] if self._pacings else Pacings()

    def check_paces(self) -> None:
        """Each instance with a pace of its own and no group: it may be the misspelt name of another."""
        used = {group.instance for group in self.groups}
        for pacings, place in [] if self.complaints.has(Severity.ERROR) else self._pacings[:1]:
            for instance in [each for each in pacings.of_instances if each not in used]:
                close = nearest(instance, used)
                self._complain(
                    Code.PACE_OF_NO_INSTANCE,
                    Place(place.document, ("pacing", "instances", instance), key=True),
                    Text('a pace for the instance "{instance}", and no group is on it', instance=instance),
                    Text('did you mean "{meant}"?', meant=close)
                    if close
                    else Text("remove it, or put a group on that instance"),
                    severity=Severity.WARNING,
                )

    def _read_group(self, checked: Checked, key: str, raw: Mapping[str, Value], auto_invite: bool) -> None:
        """A group, or all those of a range. Raises TooMuch."""
        document, path = checked.document, ("groups", key)
        roster = self._roster(document, (*path, "phones"), raw["phones"], checked.broken)
        group = Group(
            key=GroupKey(key),
            instance=InstanceName(str(raw.get("instance", DEFAULT_INSTANCE))),
            group_name=str(raw["groupName"]),
            auto_invite=bool(raw.get("autoInvite", auto_invite)),
            phones=roster.phones,
        )
        many = range_of(key)
        if many is None:
            self._add(document, path, group, roster)
            return
        if not self._is_possible(many, document, path, group):
            return
        size = Aliased(1 + len(group.phones), len(group.group_name) + sum(map(len, group.phones)))
        self._rosters.allowance.take(
            Aliased(size.values * len(many), size.text * len(many)), Place(document, path, key=True)
        )
        told: set[Code] = set()
        for each, number in many.numbered:
            name = group.group_name.replace(NUMBER, number)
            self._add(document, path, replace(group, key=GroupKey(each), group_name=name), roster, told)

    def _is_possible(self, many: Range, document: Document, path: Path, group: Group) -> bool:
        """Whether a range is one and its groups get names of their own; if not, it is told."""
        if problem := many.problem:
            self._complain(Code.NO_RANGE, Place(document, path, key=True), *problem)
        elif NUMBER not in group.group_name and len(many) > 1:
            self._complain(
                Code.NAME_WITHOUT_NUMBER,
                Place(document, (*path, "groupName")),
                Text(
                    'all {number} groups of "{key}" would be called "{name}"',
                    number=Amount(len(many)),
                    key=group.key,
                    name=shortened(group.group_name),
                ),
                Text("write {n} where the number belongs, as in `Launch {n}`"),
            )
        else:
            return True
        return False

    def _add(
        self, document: Document, path: Path, group: Group, roster: Roster, told: set[Code] | None = None
    ) -> None:
        """One group; `told` is what was told of others of its range, and it is told of the first alone."""
        place = Place(document, path, key=True)
        first = self.group_places.setdefault(group.key, place)
        if first is not place:
            self._complain_of(
                group,
                told,
                Code.GROUP_TWICE,
                place,
                Text('the group "{key}" is written in two files', key=group.key)
                if first.path == path
                else Text(
                    'the group "{key}" is written twice: as "{first}" and as "{second}"',
                    key=group.key,
                    first=first.path[-1],
                    second=path[-1],
                ),
                Text("rename one of the two keys, or remove one"),
                also=(Text("first written here"), first),
            )
            return
        self._check_name(Place(document, (*path, "groupName")), group, told)
        self.instances.take(Place(document, (*path, "instance")), group.instance)
        self.groups.append(group)
        if roster.entries:
            self.expanded[group.key] = roster.entries

    def _check_name(self, place: Place, group: Group, told: set[Code] | None) -> None:
        name = group.group_name
        for problem in name_problems(name):
            self._complain_of(
                group, told, problem.code, place, problem.message, problem.hint, severity=problem.severity
            )
        if len(name) > MAX_NAME:
            self._complain_of(
                group,
                told,
                Code.NAME_TOO_LONG,
                place,
                Text(
                    "this groupName is {number} characters long, and {most} is the most",
                    number=len(name),
                    most=MAX_NAME,
                ),
                Text("shorten it"),
            )
        other, first = self._names.setdefault((group.instance, comparable_name(name)), (name, place))
        if first is not place:
            self._complain_of(
                group,
                told,
                Code.NAME_TWICE,
                place,
                _wanted_twice(group, other)
                + Text("; WhatsApp tells groups apart by nothing else, so an interrupted apply could not"),
                Text("give one of the two another name"),
                also=(Text("first wanted here"), first),
            )

    def _roster(self, document: Document, path: Path, written: Value, broken: Broken) -> Roster:
        """The participants that can be sent, in the order written; a list that groups share is read once."""
        shared = id(written)  # the document at hand keeps the list, so no other one gets its id
        if shared not in self._phones_read:
            self._phones_read[shared] = self._rosters.read(document, path, written, broken)
        return self._phones_read[shared]

    def _pacing(self, document: Document, raw: Mapping[str, Value]) -> None:
        pacing = pacings_of(raw)
        place = Place(document, ("pacing",), key=True)
        if self._pacings and self._pacings[0][0] != pacing:
            self._complain(
                Code.PACING_TWICE,
                place,
                Text("two files ask for different paces, and they hold for all files together"),
                Text("keep `pacing` in one file"),
                also=(Text("the other one"), self._pacings[0][1]),
            )
        self._pacings.append((pacing, place))

    def _complain(
        self,
        code: Code,
        place: Place,
        message: str,
        hint: str,
        *,
        also: tuple[str, Place] | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        tell(self.complaints, code, place, message, hint, also=also, severity=severity)

    def _complain_of(
        self,
        group: Group,
        told: set[Code] | None,
        code: Code,
        place: Place,
        message: str,
        hint: str,
        *,
        also: tuple[str, Place] | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """A complaint about one group; where others of its range stand at the same place, it says which."""
        if told is None:
            self._complain(code, place, message, hint, also=also, severity=severity)
        elif code not in told:
            told.add(code)
            self._complain(
                code,
                place,
                Text("{message} (in {key})", message=message, key=group.key),
                hint,
                also=also,
                severity=severity,
            )


def _wanted_twice(group: Group, other: str) -> Text:
    """What two groups of one instance share: their names, or how these look."""
    name, instance = group.group_name, group.instance
    if name == other:
        return Text(
            'the groupName "{name}" is wanted twice on the instance "{instance}"',
            name=name,
            instance=instance,
        )
    return Text(
        'the groupName "{name}" looks the same as "{other}", and both are wanted on the instance '
        '"{instance}"',
        name=name,
        other=other,
        instance=instance,
    )


def _too_much_aliased(document: Document, excess: str) -> Diagnostic:
    return Diagnostic(
        Code.BEYOND_BOUNDS,
        Text("the aliases of this file and of those before it stand for more than {excess}", excess=excess),
        SPLIT_ALIASES,
        document.source.beginning,
    )
