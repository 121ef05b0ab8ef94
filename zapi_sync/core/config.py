"""Documents + schema -> the groups that are wanted, or every reason why not."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from zapi_sync.core.document import Document, Value
from zapi_sync.core.model import (
    DEFAULT_INSTANCE,
    Group,
    GroupKey,
    InstanceName,
    Phone,
    comparable_name,
    credential_variables,
    is_lid,
    normalise_phone,
)
from zapi_sync.core.pacing import Pacing
from zapi_sync.core.positions import Path
from zapi_sync.core.verdict import Violation, violations
from zapi_sync.core.wording import in_words, not_a_mapping, without_echoes
from zapi_sync.errors import ConfigInvalid, Diagnostic, Location, Severity

TYPED_KEYS = frozenset({"version", "autoInvite", "perDay"})
"""The attributes whose plain scalars are numbers and booleans; all others are text."""

_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Config:
    """What all files of a run want together."""

    groups: tuple[Group, ...]
    pacing: Pacing
    warnings: tuple[Diagnostic, ...]


def read_config(documents: Sequence[Document], schema: Mapping[str, object]) -> Config:
    """The groups of all documents, which share one set of keys; `defaults` hold for their own file.

    Raises ConfigInvalid with everything that is wrong, in the order of the files.
    """
    reader = _Reader()
    for document in documents:
        reader.read(document, schema)
    complaints = _in_file_order(reader.complaints, documents)
    if any(complaint.severity is Severity.ERROR for complaint in complaints):
        raise ConfigInvalid(complaints)
    return Config(tuple(reader.groups), reader.pacing(), tuple(complaints))


def _in_file_order(complaints: Iterable[Diagnostic], documents: Sequence[Document]) -> list[Diagnostic]:
    order = {document.source.name: position for position, document in enumerate(documents)}

    def place(complaint: Diagnostic) -> tuple[int, int, int]:
        at = complaint.location or Location("")
        return (order.get(at.file, -1), at.line or 0, at.column or 0)

    return sorted(complaints, key=place)


@dataclass(slots=True)
class _Reader:
    """Reads documents one after another and remembers what must not occur twice."""

    groups: list[Group] = field(default_factory=list)
    complaints: list[Diagnostic] = field(default_factory=list)
    _keys: dict[str, tuple[Document, Path]] = field(default_factory=dict)
    _names: dict[tuple[InstanceName, str], tuple[Document, Path]] = field(default_factory=dict)
    _variables: dict[str, InstanceName] = field(
        default_factory=lambda: dict.fromkeys(credential_variables(DEFAULT_INSTANCE), DEFAULT_INSTANCE)
    )
    _instances: set[InstanceName] = field(default_factory=lambda: {DEFAULT_INSTANCE})
    _pacings: list[tuple[Pacing, Document]] = field(default_factory=list)
    _broken: set[Path] = field(default_factory=set)

    def read(self, document: Document, schema: Mapping[str, object]) -> None:
        self.complaints.extend(document.problems)
        data = document.data
        if not isinstance(data, dict):
            self.complaints.append(not_a_mapping(document))
            return
        known = {name: value for name, value in data.items() if not name.startswith("x-")}
        broken = violations(schema, known)
        self.complaints.extend(in_words(document, each) for each in without_echoes(broken))
        unusable = {violation.path[:2] for violation in broken if _makes_unusable(violation)}
        self._broken = {violation.path for violation in broken}
        defaults = known.get("defaults")
        auto_invite = isinstance(defaults, dict) and defaults.get("autoInvite") is True
        groups = known.get("groups")
        if isinstance(groups, dict):
            for key, raw in groups.items():
                if ("groups", key) not in unusable and isinstance(raw, dict):
                    self._group(document, key, raw, auto_invite)
        if "pacing" in known and not any(path[:1] == ("pacing",) for path in unusable):
            self._pacing(document, cast(dict[str, Value], known["pacing"]))

    def pacing(self) -> Pacing:
        return self._pacings[0][0] if self._pacings else Pacing()

    def _group(self, document: Document, key: str, raw: Mapping[str, Value], auto_invite: bool) -> None:
        path: Path = ("groups", key)
        if key in self._keys:
            first, first_path = self._keys[key]
            self._complain(
                document.where_key(path),
                f'the group "{key}" is written in two files',
                "rename one of the two keys, or remove one",
                also=(("first written here", first.where_key(first_path)),),
            )
            return
        self._keys[key] = (document, path)
        group = Group(
            key=GroupKey(key),
            instance=InstanceName(str(raw.get("instance", DEFAULT_INSTANCE))),
            group_name=str(raw["groupName"]),
            auto_invite=bool(raw.get("autoInvite", auto_invite)),
            phones=self._phones(document, (*path, "phones"), cast(list[str], raw["phones"])),
        )
        self._check_name(document, (*path, "groupName"), group)
        self._check_instance(document, (*path, "instance"), group.instance)
        self.groups.append(group)

    def _check_name(self, document: Document, path: Path, group: Group) -> None:
        name = group.group_name
        if not name.strip() or (
            not name.isprintable() and any(unicodedata.category(c) == "Cc" for c in name)
        ):
            self._complain(
                document.where(path),
                "this groupName is blank or holds a control character, such as a line break",
                "write the name on one line, with something to see in it",
            )
        first = self._names.setdefault((group.instance, comparable_name(name)), (document, path))
        if first != (document, path):
            self._complain(
                document.where(path),
                f'the groupName "{name}" is wanted twice on the instance "{group.instance}"; '
                "WhatsApp tells groups apart by nothing else, so an interrupted apply could not",
                "give one of the two another name",
                also=(("first wanted here", first[0].where(first[1])),),
            )

    def _check_instance(self, document: Document, path: Path, instance: InstanceName) -> None:
        if instance in self._instances:
            return
        self._instances.add(instance)
        for variable in credential_variables(instance):
            other = self._variables.setdefault(variable, instance)
            if other != instance:
                self._complain(
                    document.where(path),
                    f'the instances "{instance}" and "{other}" would both read {variable}',
                    f'give "{instance}" another name',
                )
                return

    def _phones(self, document: Document, path: Path, written: Sequence[str]) -> tuple[Phone, ...]:
        """The participants that can be sent, in the order written."""
        seen: dict[str, int] = {}
        for position, text in enumerate(written):
            if (*path, position) in self._broken:
                continue
            if is_lid(text):
                self._complain(
                    document.where((*path, position)),
                    f"{text.strip()} is a private @lid, and create-group leaves those out",
                    "the group is created without it; write the phone number if you know it",
                    severity=Severity.WARNING,
                )
                continue
            phone = normalise_phone(text)
            if phone in seen:
                self._complain(
                    document.where((*path, position)),
                    f"the phone {phone} is in this group already",
                    "remove one of the two",
                    also=(("first written here", document.where((*path, seen[phone]))),),
                )
                continue
            seen[phone] = position
            self._check_phone(document, (*path, position), text, phone)
        if not seen and not any((*path, position) in self._broken for position in range(len(written))):
            self._complain(
                document.where(path),
                "all participants of this group are @lid entries, and create-group leaves those out",
                "add at least one phone number",
            )
        return tuple(Phone(phone) for phone in seen)

    def _check_phone(self, document: Document, path: Path, text: str, phone: str) -> None:
        if not (phone.isascii() and phone.isdecimal()):
            self._complain(
                document.where(path),
                f'"{text}" is not a phone number',
                "write country, area and number, as in 5544999999999 or +55 44 99999-9999",
            )
        elif not 8 <= len(phone) <= 15:
            self._complain(
                document.where(path),
                f"a phone number has 8 to 15 digits, and {phone} has {len(phone)}",
                "write country, area and number, as in 5544999999999",
            )
        elif phone.startswith("0"):
            self._complain(
                document.where(path),
                f"{phone} begins with 0, and no country code does",
                "write country, area and number, as in 5544999999999",
                severity=Severity.WARNING,
            )

    def _pacing(self, document: Document, raw: Mapping[str, Value]) -> None:
        usual = Pacing()
        pacing = Pacing(
            every=_seconds(str(raw["every"])) if "every" in raw else usual.every,
            per_day=cast(int, raw.get("perDay", usual.per_day)),
        )
        if self._pacings and self._pacings[0][0] != pacing:
            self._complain(
                document.where_key(("pacing",)),
                "two files ask for different paces, and there is one pace for all",
                "keep `pacing` in one file",
                also=(("the other one", self._pacings[0][1].where_key(("pacing",))),),
            )
        self._pacings.append((pacing, document))

    def _complain(
        self,
        location: Location,
        message: str,
        help: str,
        *,
        also: tuple[tuple[str, Location], ...] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.complaints.append(Diagnostic(message, help, location, severity, also))


def _makes_unusable(violation: Violation) -> bool:
    """Whether the group (or the pacing) cannot be read on: a wrong key, an attribute too many or one entry of
    its phones need not keep the rest from being checked."""
    return violation.keyword not in ("additionalProperties", "propertyNames") and len(violation.path) < 4


def _seconds(duration: str) -> float:
    number = duration.rstrip("smh")
    return float(number) * _UNIT_SECONDS[duration[len(number) :]]
