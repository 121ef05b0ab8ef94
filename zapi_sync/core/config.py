"""Documents + schema -> the groups that are wanted, or every reason why not."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from zapi_sync.core.complaints import MAX_COMPLAINTS, Complaints, merged
from zapi_sync.core.declared_moves import DeclaredMoves, blocked
from zapi_sync.core.document import SPLIT_ALIASES, Aliased, Document, Value
from zapi_sync.core.journal import Known
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, GroupKey, InstanceName, credential_variables
from zapi_sync.core.moves import Move
from zapi_sync.core.names import comparable_name, name_problems
from zapi_sync.core.pacing import Pacings, pacings_of
from zapi_sync.core.phones import Phone, is_lid, normalise_phone, person, why_no_phone
from zapi_sync.core.places import Place, apart
from zapi_sync.core.positions import Path
from zapi_sync.core.source import shortened
from zapi_sync.core.verdict import Violation, violations
from zapi_sync.core.wording import in_words, not_a_mapping, without_echoes
from zapi_sync.errors import Code, ConfigInvalid, Diagnostic, Location, Severity

TYPED_KEYS = frozenset({"version", "autoInvite", "perDay"})
"""The attributes whose plain scalars are numbers and booleans; all others are text."""

MAX_PARTICIPANTS = 1023
"""Assumption: WhatsApp takes 1,024 members a group, the creator among them (Z-API documents no limit)."""

_MANY_INSTANCES = 100
"""With more instances than that, no name is looked at for being another one's misspelling."""


@dataclass(frozen=True, slots=True)
class Config:
    """What all files of a run want together, and where each group and instance was first written."""

    groups: tuple[Group, ...]
    pacings: Pacings
    warnings: tuple[Diagnostic, ...]
    files: tuple[str, ...] = ()
    places: Mapping[GroupKey, Place] = field(default_factory=dict)
    instances: Mapping[InstanceName, Place] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    move_places: Mapping[GroupKey, Place] = field(default_factory=dict)

    def where_instance(self, instance: InstanceName) -> Location | None:
        """Where an instance's name stands; None where no group names it."""
        place = self.instances.get(instance)
        return place.location if place else None

    def blocked_moves(self, known: Known) -> list[Diagnostic]:
        """The warnings about keys that are not moved, as the new one has a group of its own."""
        return list(blocked(self.moves, self.move_places, known))

    def warnings_with(self, doubts: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The warnings, and among them what else is doubtful about the same files."""
        return merged(self.warnings, doubts, files=self.files)


def read_config(documents: Iterable[Document], schema: Mapping[str, object]) -> Config:
    """The groups of all documents, which share one set of keys; `defaults` hold for their own file.

    Raises ConfigInvalid with everything that is wrong, in the order of the files. No more documents are
    taken where no more would be told.
    """
    reader = _Reader()
    files: list[str] = []
    for document in documents:
        files.append(document.source.name)
        if not reader.read(document, schema):
            break
    else:
        reader.check_instances()
        reader.check_paces()
        reader.check_moves()
    complaints = reader.complaints.in_order(files)
    if any(complaint.severity is Severity.ERROR for complaint in complaints):
        raise ConfigInvalid(complaints)
    return Config(
        tuple(reader.groups),
        reader.pacings(),
        tuple(complaints),
        tuple(files),
        reader.group_places,
        reader.instance_places,
        tuple(reader.moves.moves),
        reader.moves.places,
    )


@dataclass(slots=True)
class _Reader:
    """Reads documents one after another and remembers what must not occur twice."""

    groups: list[Group] = field(default_factory=list)
    complaints: Complaints = field(default_factory=Complaints)
    group_places: dict[GroupKey, Place] = field(default_factory=dict)
    instance_places: dict[InstanceName, Place] = field(default_factory=dict)
    moves: DeclaredMoves = field(default_factory=DeclaredMoves)
    _keys: dict[GroupKey, Place] = field(default_factory=dict)
    """Where each key stands, also that of a group that cannot be read."""
    _all_keys: bool = True
    _names: dict[tuple[InstanceName, str], tuple[str, Place]] = field(default_factory=dict)
    _variables: dict[str, InstanceName] = field(
        default_factory=lambda: dict.fromkeys(credential_variables(DEFAULT_INSTANCE), DEFAULT_INSTANCE)
    )
    _phones_read: dict[int, tuple[Phone, ...]] = field(default_factory=dict)
    _pacings: list[tuple[Pacings, Place]] = field(default_factory=list)
    _broken: set[tuple[int, str | int]] = field(default_factory=set)
    _aliased: Aliased = field(default_factory=Aliased)

    def read(self, document: Document, schema: Mapping[str, object]) -> bool:
        """Whether to go on: not where no more would be told, nor beyond what aliases may stand for."""
        for problem in document.problems:
            self.complaints.add(problem)
            self._all_keys = self._all_keys and problem.severity is not Severity.ERROR
        self._aliased += document.aliased
        if excess := self._aliased.excess:
            self.complaints.add(_too_much_aliased(document, excess))
            return False
        if isinstance(document.data, dict):
            self._read_mapping(document, document.data, schema)
        elif document.data is not None:
            self.complaints.add(not_a_mapping(document))
        return not self.complaints.has_untold(Severity.ERROR)

    def _read_mapping(
        self, document: Document, data: Mapping[str, Value], schema: Mapping[str, object]
    ) -> None:
        known = {name: value for name, value in data.items() if not name.startswith("x-")}
        broken = violations(schema, known, most=MAX_COMPLAINTS + 1)
        for each in without_echoes(broken):
            if self.complaints.has_room(Severity.ERROR):
                self.complaints.add(in_words(document, each))
        if len(broken) > MAX_COMPLAINTS:  # not all is known of what cannot be read
            self.complaints.leave_untold(Severity.ERROR)
            return
        self._phones_read, self._broken = {}, _broken_entries(known, broken)
        self._read(document, known, {each.path[:2] for each in broken if _makes_unusable(each)})

    def _read(self, document: Document, known: Mapping[str, Value], unusable: Collection[Path]) -> None:
        """The parts of a document that its schema finds nothing wrong with."""
        defaults = known.get("defaults")
        auto_invite = isinstance(defaults, dict) and defaults.get("autoInvite") is True
        groups = known.get("groups")
        self._all_keys = self._all_keys and isinstance(groups, dict)
        if isinstance(groups, dict):
            for key, raw in groups.items():
                self._keys.setdefault(GroupKey(key), Place(document, ("groups", key), key=True))
                if ("groups", key) not in unusable and isinstance(raw, dict):
                    self._group(document, key, raw, auto_invite)
        if "pacing" in known and not any(path[:1] == ("pacing",) for path in unusable):
            self._pacing(document, cast(dict[str, Value], known["pacing"]))
        moves = known.get("moved")
        if isinstance(moves, list) and ("moved",) not in unusable:
            sound = {
                index: each
                for index, each in enumerate(moves)
                if isinstance(each, dict) and ("moved", index) not in unusable
            }
            self.moves.read(document, sound)

    def pacings(self) -> Pacings:
        return self._pacings[0][0] if self._pacings else Pacings()

    def check_paces(self) -> None:
        """Each instance with a pace of its own and no group: it may be the misspelt name of another."""
        used = {group.instance for group in self.groups}
        for pacings, place in [] if self.complaints.has(Severity.ERROR) else self._pacings[:1]:
            for instance in [each for each in pacings.of_instances if each not in used]:
                close = difflib.get_close_matches(instance, used, n=1)
                self._complain(
                    Code.PACE_OF_NO_INSTANCE,
                    Place(place.document, ("pacing", "instances", instance), key=True),
                    f'a pace for the instance "{instance}", and no group is on it',
                    f'did you mean "{close[0]}"?' if close else "remove it, or put a group on that instance",
                    severity=Severity.WARNING,
                )

    def check_moves(self) -> None:
        """What `moved` says, where the keys of all files are known."""
        for each in self.moves.complaints(self._keys) if self._all_keys else ():
            self._complain(each.code, each.place, each.message, each.hint, also=each.also)

    def check_instances(self) -> None:
        """An instance that one group alone is on, and whose name is all but that of another one."""
        used = Counter(group.instance for group in self.groups)
        if len(used) > _MANY_INSTANCES:
            return
        for instance, place in self.instance_places.items():
            known = {DEFAULT_INSTANCE, *(other for other in used if used[other] > 1)}
            meant = _misspelt(instance, known) if used[instance] == 1 else None
            if meant:
                self._complain(
                    Code.INSTANCE_MISSPELT,
                    place,
                    f'this group alone is on the instance "{instance}", and others are on "{meant}"'
                    if meant in used
                    else f'the instance "{instance}" is all but "{meant}", where groups are by default',
                    f'did you mean "{meant}"? If not, {credential_variables(instance)[0]} says what it is',
                    severity=Severity.WARNING,
                )

    def _group(self, document: Document, key: str, raw: Mapping[str, Value], auto_invite: bool) -> None:
        path: Path = ("groups", key)
        place = Place(document, path, key=True)
        first = self.group_places.setdefault(GroupKey(key), place)
        if first is not place:
            self._complain(
                Code.GROUP_TWICE,
                place,
                f'the group "{key}" is written in two files',
                "rename one of the two keys, or remove one",
                also=("first written here", first),
            )
            return
        group = Group(
            key=GroupKey(key),
            instance=InstanceName(str(raw.get("instance", DEFAULT_INSTANCE))),
            group_name=str(raw["groupName"]),
            auto_invite=bool(raw.get("autoInvite", auto_invite)),
            phones=self._phones(document, (*path, "phones"), cast(list[str], raw["phones"])),
        )
        self._check_name(Place(document, (*path, "groupName")), group)
        self._check_instance(Place(document, (*path, "instance")), group.instance)
        self.groups.append(group)

    def _check_name(self, place: Place, group: Group) -> None:
        name = group.group_name
        for problem in name_problems(name):
            self._complain(problem.code, place, problem.message, problem.hint, severity=problem.severity)
        other, first = self._names.setdefault((group.instance, comparable_name(name)), (name, place))
        if first is not place:
            alike = (
                "is wanted twice" if name == other else f'looks the same as "{other}", and both are wanted'
            )
            self._complain(
                Code.NAME_TWICE,
                place,
                f'the groupName "{name}" {alike} on the instance "{group.instance}"; '
                "WhatsApp tells groups apart by nothing else, so an interrupted apply could not",
                "give one of the two another name",
                also=("first wanted here", first),
            )

    def _check_instance(self, place: Place, instance: InstanceName) -> None:
        if instance in self.instance_places or instance == DEFAULT_INSTANCE:
            return
        self.instance_places[instance] = place
        for variable in credential_variables(instance):
            other = self._variables.setdefault(variable, instance)
            if other != instance:
                self._complain(
                    Code.INSTANCES_CLASH,
                    place,
                    f'the instances "{instance}" and "{other}" would both read {variable}',
                    f'give "{instance}" another name',
                )
                return

    def _phones(self, document: Document, path: Path, written: Sequence[str]) -> tuple[Phone, ...]:
        """The participants that can be sent, in the order written; a list that groups share is read once."""
        shared = id(written)  # the document at hand keeps the list, so no other one gets its id
        if shared not in self._phones_read:
            self._phones_read[shared] = self._read_phones(document, path, written)
        return self._phones_read[shared]

    def _read_phones(self, document: Document, path: Path, written: Sequence[str]) -> tuple[Phone, ...]:
        seen: dict[str, tuple[str, int]] = {}
        sound = [position for position in range(len(written)) if (id(written), position) not in self._broken]
        for position in sound:
            text = written[position]
            if is_lid(text):
                self._complain(
                    Code.LID,
                    Place(document, (*path, position)),
                    f"{shortened(text.strip())} is a private @lid, and create-group leaves those out",
                    "the group is created without it; write the phone number if you know it",
                    severity=Severity.WARNING,
                )
                continue
            phone = normalise_phone(text)
            other, index = seen.setdefault(person(phone), (phone, position))
            if index != position:
                self._complain(
                    Code.PHONE_TWICE,
                    Place(document, (*path, position)),
                    f"the phone {shortened(phone)} is in this group already"
                    + ("" if phone == other else f", as {shortened(other)}: these two are one person's"),
                    "remove one of the two",
                    also=("first written here", Place(document, (*path, index))),
                )
            elif problem := why_no_phone(text):
                self._complain(Code.NOT_A_PHONE, Place(document, (*path, position)), *problem)
        if not seen and len(sound) == len(written):
            self._complain(
                Code.NO_PARTICIPANTS,
                Place(document, path),
                "all participants of this group are @lid entries, and create-group leaves those out",
                "add at least one phone number",
            )
        if len(seen) > MAX_PARTICIPANTS:
            self._complain(
                Code.TOO_MANY_PARTICIPANTS,
                Place(document, path),
                f"{len(seen):,} participants, and a WhatsApp group is known to take {MAX_PARTICIPANTS:,} "
                "besides the one who creates it",
                "split the group, lest the creation be refused",
                severity=Severity.WARNING,
            )
        return tuple(Phone(phone) for phone, _ in seen.values())

    def _pacing(self, document: Document, raw: Mapping[str, Value]) -> None:
        pacing = pacings_of(raw)
        place = Place(document, ("pacing",), key=True)
        if self._pacings and self._pacings[0][0] != pacing:
            self._complain(
                Code.PACING_TWICE,
                place,
                "two files ask for different paces, and they hold for all files together",
                "keep `pacing` in one file",
                also=("the other one", self._pacings[0][1]),
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
        if self.complaints.has_room(severity):  # where it stands is found out only then
            here, there = apart(place, also[1]) if also else (place.location, None)
            others = ((also[0], there),) if also and there else ()
            self.complaints.add(Diagnostic(code, message, hint, here, severity, others))


def _broken_entries(known: Mapping[str, Value], broken: Iterable[Violation]) -> set[tuple[int, str | int]]:
    """The entries of phone lists that are wrong: by the list's identity, as several groups may share it."""
    groups = cast(dict[str | int, dict[str, object]], known.get("groups"))
    return {
        (id(groups[key]["phones"]), index)
        for key, index in (
            (each.path[1], each.path[3])
            for each in broken
            if each.path[0] == "groups" and len(each.path) == 4
        )
    }


def _too_much_aliased(document: Document, excess: str) -> Diagnostic:
    return Diagnostic(
        Code.BEYOND_BOUNDS,
        f"the aliases of this file and of those before it stand for more than {excess}",
        SPLIT_ALIASES,
        document.source.beginning,
    )


def _misspelt(instance: InstanceName, known: Collection[InstanceName]) -> InstanceName | None:
    """The known name that was probably meant; numbers are no misspellings (sales-1, sales-2)."""
    letters = re.sub("[^a-z]", "", instance)
    others = [other for other in known if re.sub("[^a-z]", "", other) != letters]
    close = difflib.get_close_matches(instance, others, n=1, cutoff=0.8) if len(letters) > 3 else []
    return InstanceName(close[0]) if close else None


def _makes_unusable(violation: Violation) -> bool:
    """Whether the group (or the pacing) cannot be read on: a wrong key, an attribute too many or one entry of
    its phones need not keep the rest from being checked."""
    is_entry = violation.path[:1] == ("groups",) and len(violation.path) == 4
    return violation.keyword not in ("additionalProperties", "propertyNames") and not is_entry
