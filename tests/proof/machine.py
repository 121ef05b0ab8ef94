"""The model behind the state machine: what is wanted, what exists, and what each run must keep."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage

from . import places
from .places import MAKE, Place
from .world import CLIENT_TOKEN, KILLED, TOKEN, Point, Ran, World, phones_of

KINDS = ("file", *places.KINDS)
ROOTS = [f"k{number}" for number in range(8)]
INSTANCES = ("default", "sales")
IDENTITIES = [pyrage.x25519.Identity.generate() for _ in range(2)]
FIRST_STATE = "groups.state.json"
LOCKED = re.compile(r"state unlock (\S+)")


class _Everything(Collection[str]):
    """A collection that contains everything."""

    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self) -> Any:
        raise TypeError("everything cannot be listed")

    def __len__(self) -> int:
        raise TypeError("everything cannot be counted")


EVERYTHING = _Everything()


@dataclass(frozen=True)
class Attempt:
    """An unsettled attempt, by what never changes; its key may move."""

    instance: str
    name: str
    sent_at: str


@dataclass(frozen=True)
class Known:
    """What a state knows: its records by key, and the key of each unsettled attempt."""

    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unsettled: Mapping[Attempt, str] = field(default_factory=dict)

    @property
    def phones(self) -> set[str]:
        return {str(record["phone"]) for record in self.records.values()}

    @property
    def keys(self) -> set[str]:
        return {*self.records, *self.unsettled.values()}


@dataclass
class Wish:
    """A group of the config. Its key, name and instance change; its root, the name's first word, stays."""

    root: str
    key: str
    instance: str = "default"
    version: int = 0
    moves: list[tuple[str, str]] = field(default_factory=list)
    is_wanted: bool = False

    @property
    def name(self) -> str:
        return f"{self.root} v{self.version}"

    @property
    def keys(self) -> list[str]:
        """The keys under which the state may know the group: its own, and those that move to it."""
        return [self.key, *(source for source, _ in self.moves)]


@dataclass
class Counts:
    """The figures of a proof: what was done, and how many runs of which command that took."""

    steps: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    killed: int = 0
    unsettled: int = 0
    """The runs that began while an attempt was unsettled."""

    def __str__(self) -> str:
        return (
            f"{self.steps.total()} steps, {self.runs.total()} runs of {len(self.runs)} commands, "
            f"{self.killed} of them killed, {self.unsettled} while an attempt was unsettled; "
            f"duplicates: 0, lost: 0, forgotten: 0 ({dict(self.steps.most_common())})"
        )


@dataclass
class Ground:
    """Where sequences run: each in new folders, over a new state of this kind."""

    kind: str
    new_world: Callable[[], World]
    folder: Path
    numbers: Iterable[int] = field(default_factory=itertools.count)

    def new_place(self, kind: str) -> Place:
        folder = self.folder / f"place{next(iter(self.numbers))}"
        folder.mkdir()
        return MAKE[kind](folder)

    def new_worlds(self, place: Place | None) -> list[World]:
        """One machine for a state file, two for a shared state, both with the same two instances."""
        first = self.new_world()
        made = [first] if place is None else [first, self.new_world()]
        for world in made:
            world.instance = first.instance
            world.environment |= {
                "ZAPI_SALES_INSTANCE_ID": f"{first.instance}SALES",
                "ZAPI_SALES_TOKEN": f"{TOKEN}SALES",
                "ZAPI_SALES_CLIENT_TOKEN": f"{CLIENT_TOKEN}SALES",
                "ZAPI_SYNC_IDENTITY": "\n".join(map(str, IDENTITIES)),
            }
            if place:
                place.prepare(world.folder)
                world.environment |= place.environment
        return made


class Model:
    """What is wanted, which groups a person made, and which ones the state was made to forget.

    Everything else on the server was made by zapi-sync. A name belongs to one root and is never used for
    another one. `run` checks the invariants after each run of zapi-sync.
    """

    def __init__(self, ground: Ground, counts: Counts) -> None:
        self.ground, self.counts = ground, counts
        self.numbers = itertools.count(1)
        self.place = None if ground.kind == "file" else ground.new_place(ground.kind)
        self.worlds = ground.new_worlds(self.place)
        self.turn = 0
        self.remote = self.worlds[0].remote
        self.instances = {"default": self.worlds[0].instance, "sales": f"{self.worlds[0].instance}SALES"}
        self.wishes = {root: Wish(root, root) for root in ROOTS}
        self.recipients: list[str] | None = None
        self.by_person: set[str] = set()
        self.told: dict[str, str] = {}
        self.forgotten: set[str] = set()
        self.new_links: set[str] = set()
        self.known = Known()
        self.point: Point | None = None
        self.was_killed = False
        self.moment = 0
        self.address = FIRST_STATE
        if self.place:
            self.go_to(self.shared_address(""))
        self.want("k0")
        self.want("k1")

    # Where it runs.

    @property
    def world(self) -> World:
        return self.worlds[self.turn]

    @property
    def is_local(self) -> bool:
        """True when the state is a file now, whatever it was at first."""
        return self.address.endswith(".json")

    @property
    def state_paths(self) -> list[Path]:
        return [self.world.folder / f"{self.address}{suffix}" for suffix in ("", ".journal", ".backup")]

    def go_to(self, address: str) -> None:
        """Keep the state at this address from now on."""
        self.address = address
        for world in self.worlds:
            world.environment |= {"ZAPI_SYNC_STATE": address, "ZAPI_SYNC_LEASE": "60"}

    def shared_address(self, suffix: str) -> str:
        """An address at the place, without a password: a command line may name it."""
        if self.place is None:
            self.place = self.ground.new_place("postgresql")
        if self.place.server or self.place.address.startswith("postgresql:"):
            for world in self.worlds:
                world.environment["PGPASSWORD"] = self.place.secret
            suffix = suffix and f"#state{suffix}"
        return re.sub(r"(//\w+):\w+@", r"\1@", self.place.address) + suffix

    def close(self) -> None:
        """Check that no secret is where the state is kept (I4), and clear up."""
        self.remote.heal()
        self.remote.forget()
        kept = self.place.everything() if self.place else b""
        for secret in (TOKEN, CLIENT_TOKEN, self.instances["default"]):
            assert secret.encode() not in kept, "I4: a secret is in the shared state"
        for world in self.worlds:
            shutil.rmtree(world.folder)

    # The config.

    @property
    def wanted(self) -> list[Wish]:
        return [wish for wish in self.wishes.values() if wish.is_wanted]

    def want(self, root: str, *, is_wanted: bool = True) -> None:
        self.wishes[root].is_wanted = is_wanted
        self.write_config()

    def write_config(self) -> None:
        """Write what is wanted for every machine."""
        self.moment += 1
        lines = ["version: 1"]
        if self.recipients is not None:
            lines += [f"encryption: {{recipients: {json.dumps(self.recipients)}}}"]
        moves = [move for wish in self.wanted for move in wish.moves]
        lines += ["moved:"] * bool(moves)
        lines += [f"  - {{from: {source}, to: {target}}}" for source, target in moves]
        lines += ["groups:" if self.wanted else "groups: {}"]
        for wish in self.wanted:
            phones = phones_of(wish.root)
            lines += [
                f"  {wish.key}: {{groupName: {wish.name}, instance: {wish.instance}, phones: {phones}}}"
            ]
        for world in self.worlds:
            (world.folder / "groups.yaml").write_text("\n".join(lines) + "\n")

    # The truth.

    def groups(self, instance: str) -> list[dict[str, Any]]:
        return self.remote.groups(self.instances[instance])

    def ours(self) -> list[dict[str, Any]]:
        """The groups that zapi-sync made, each with the name of its instance."""
        every = [{**group, "instance": name} for name in INSTANCES for group in self.groups(name)]
        return [group for group in every if group["phone"] not in self.by_person]

    def link(self, record: Mapping[str, Any]) -> str:
        return self.remote.link(self.instances[record["instance"]], record["phone"])

    def sent(self) -> Counter[str]:
        """The names that create requests were sent for since the last call of `remote.forget`."""
        return sum((self.remote.posts(each) for each in self.instances.values()), Counter[str]())

    def read(self) -> Known:
        """Return what the state knows, its journal included."""
        shown = self.world.run("show", "--format", "json")
        assert shown.code == 0, shown.said
        document = json.loads(shown.out)
        unsettled = {
            Attempt(each["instance"], each["groupName"], each["sentAt"]): str(each["key"])
            for each in document["unsettled"]
        }
        return Known(document["state"]["groups"] if document["state"] else {}, unsettled)

    # A run, and what must hold after it.

    def run(
        self,
        *argv: str,
        codes: Collection[int],
        settles: Collection[str] = (),
        forgets: Collection[str] = (),
        machines: int = 1,
        names: Collection[str] = EVERYTHING,
        reports: bool = True,
    ) -> list[Ran]:
        """Run zapi-sync, wait until the server has nothing left to do, and check every invariant.

        `settles` are the keys whose attempts the command may settle without a record, `forgets` the ids that
        it may remove from the state, and `names` the names that it may create. With `machines` = 2 it runs
        twice at once. `reports`: an id in its output is that of a group in the state.
        """
        before, point, self.point = self.known, self.point, None
        self.counts.unsettled += bool(before.unsettled)
        self.moment += 1
        self.remote.forget()
        all_ran = self._ran(argv, point, machines)
        self.remote.come_to_rest()
        self.remote.heal()
        for ran in all_ran:
            assert ran.code in codes or (point and ran.code == KILLED), (argv, ran.code, ran.said)
            assert not (self.place and self.place.secret and self.place.secret in ran.said), "I4"
        self.check_sent("".join(ran.said for ran in all_ran), names)
        self.known = self.read()
        self.check_duplicates()
        self.check_kept(before, forgets)
        self.check_unsettled(before, settles, argv)
        if reports:
            self.note_what_was_told(all_ran)
        return all_ran

    def _ran(self, argv: tuple[str, ...], point: Point | None, machines: int) -> list[Ran]:
        """Run it, a second time when a killed run had left its lock and that was taken away."""
        folders = [str(self.world.folder)] * machines
        if machines > 1 and not self.is_local:
            folders = [str(world.folder) for world in self.worlds]
        name = " ".join(argv[: 1 + (argv[0] == "state")])
        for _ in range(3):
            self.counts.runs[name] += machines
            all_ran = self.world.run_copies(*argv, folders=folders, impatient=True, point=point)
            killed = sum(ran.code == KILLED for ran in all_ran)
            self.counts.killed += killed
            self.was_killed |= killed > 0
            left = LOCKED.search("".join(ran.err for ran in all_ran)) if self.was_killed else None
            if not left or machines > 1:
                break
            self.unlock(left[1])
        return all_ran

    def unlock(self, id: str) -> None:
        """Take away the lock that a killed run left on a shared state."""
        self.counts.steps["unlock"] += 1
        self.counts.runs["state unlock"] += 1
        ran = self.world.run("state", "unlock", id, "--auto-approve")
        assert ran.code == 0 or "[ZS228]" in ran.err, ran.said  # ZS228: nobody has it any more

    def check_sent(self, said: str, names: Collection[str]) -> None:
        """I3: nothing is sent that is not wanted, or that no plan showed."""
        for name in self.sent():
            assert name in [wish.name for wish in self.wanted], f"I3: {name} was sent, and is not wanted"
            assert f"groupName   {name}\n" in said, f"I3: {name} was sent, and the plan did not show it"
            assert name in names, f"I3: {name} was sent, and the saved plan did not show it"

    def check_duplicates(self) -> None:
        """I1: a name at most once on an instance, and a root at most once unless it was forgotten."""
        ours = self.ours()
        names = Counter((group["instance"], group["name"]) for group in ours)
        assert [name for name in names if names[name] > 1] == [], "I1: duplicates"
        roots = Counter(group["name"].split()[0] for group in ours)
        assert [root for root in roots if roots[root] > 1 and root not in self.forgotten] == [], "I1: twice"
        assert len(self.known.phones) == len(self.known.records), "I1: two keys with one group"

    def check_kept(self, before: Known, forgets: Collection[str]) -> None:
        """I2: a group that is in the state stays there."""
        lost = [phone for phone in before.phones - self.known.phones if phone not in forgets]
        assert lost == [], f"I2: the state lost {lost}"

    def check_unsettled(self, before: Known, settles: Collection[str], argv: tuple[str, ...]) -> None:
        """I6: an attempt stays unsettled until its key has a record or the command settles it."""
        new = {key for key, record in self.known.records.items() if record["phone"] not in before.phones}
        for attempt, key in before.unsettled.items():
            keys = {key, self.wishes[attempt.name.split()[0]].key}
            kept = attempt in self.known.unsettled or keys & new or key in settles
            assert kept, f"I6: `{' '.join(argv)}` forgot the unsettled attempt of {key} ({attempt})"

    def note_what_was_told(self, all_ran: list[Ran]) -> None:
        """Remember the groups that a run reported with their ids as created, imported or adopted."""
        said = "".join(ran.out for ran in all_ran)
        for group in self.ours():
            if group["phone"] in said:
                self.told[group["phone"]] = group["name"]

    def check_records(self, *, links: bool = True) -> None:
        """I2, after a run without faults: what was reported is in the state, after an apply with its link."""
        records = {str(record["phone"]): record for record in self.known.records.values()}
        for phone, name in self.told.items():
            assert phone in records, f"I2: {name} was reported as created, and is not in the state"
            if links and phone not in self.new_links:
                assert records[phone]["invitationLink"] == self.link(records[phone]), f"I2: {name}: its link"

    def lose(self) -> None:
        """Follow a state that was made to forget: a key without its group may get another one."""
        self.told = {phone: name for phone, name in self.told.items() if phone in self.known.phones}
        for record in self.known.records.values():  # it may have the links of before a refresh
            if record["invitationLink"] not in (None, self.link(record)):
                self.new_links.add(str(record["phone"]))
        roots = {group["name"].split()[0] for group in self.ours()}
        known = self.known.records.keys()
        self.forgotten |= {root for root in roots if known.isdisjoint(self.wishes[root].keys)}
