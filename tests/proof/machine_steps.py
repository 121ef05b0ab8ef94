"""The steps of the state machine: what a person does, and every command of zapi-sync that writes a state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.contract.objects import endpoint

from .machine import EVERYTHING, IDENTITIES, INSTANCES, Counts, Ground, Known, Model
from .world import APPLY, Point, World

QUICK = ("--settle", "0", "--timeout", "1")
DONE, FAULTY = {0, 4}, {0, 1, 3, 4}
"""The exit codes of an apply without faults, and with them."""
FAULTS = [
    "create-close-after", "create-reset-after", "create-500-after", "create-504-after", "create-html-after",
    "create-empty-200-after", "create-truncated", "create-no-phone", "create-null-link", "create-409-after",
    "create-close-before", "create-500-before", "create-garbage-before", "create-disconnected-200",
    "create-client-token-403", "groups-500", "groups-truncated", "groups-not-found-200", "groups-duplicates",
    "groups-strings", "groups-endless", "groups-close", "metadata-404", "metadata-lid-only",
    "metadata-few-keys", "metadata-success-false", "link-null", "link-405", "link-reset", "device-502",
]  # fmt: skip
"""Faults after which a later apply makes progress: so not create-429, which stops an instance for a time."""
NEVER_THERE = "create-close-before"
"""The fault whose attempt stays unsettled until a person settles it."""
OF_REQUESTS = [
    "connect", "send GET groups", "recv GET groups", "send POST create-group",
    "send body of POST create-group", "recv body of POST create-group", "send GET light-group-metadata",
    "recv GET light-group-metadata", "send GET group-invitation-link", "recv GET group-invitation-link",
]  # fmt: skip
OF_FILES = [
    "replace {0}", "write {0}.journal", "fsync {0}.journal", "open {0}.journal", "unlink {0}.journal",
    "replace {0}.journal", "replace {0}.backup", "write .{0}.tmp", "fsync the folder",
]  # fmt: skip
OF_PLACES = {
    "git:": ["git push", "git fast-import", "git fetch"],
    "s3:/": ["put {0}.state.json.journal/{1:010}", "put {0}.state.json.lock", "put {0}.state.json"],
    "post": ["sql update zapi_sync.states s", "sql insert into zapi_sync.states",
             "sql insert into zapi_sync.journal", "sql insert into zapi_sync.groups",
             "sql delete from zapi_sync.journal"],
}  # fmt: skip
"""The calls that write each kind of state."""
KILLABLE = ["move", "refresh", "import all", "encrypt", "push", "migrate", "remove", "push an old one"]
Kill = tuple[str, int, int]
"""Where to kill a run: before, after or half; at the how-manieth call; of the how-manieth kind of call."""


@dataclass(frozen=True)
class Saved:
    """A saved plan: whose folder it is in, what it showed, and when it was made."""

    world: World
    text: str
    moment: int


class Steps(Model):
    """Each public method is a step."""

    def __init__(self, ground: Ground, counts: Counts) -> None:
        super().__init__(ground, counts)
        self.copy: dict[str, bytes] | None = None
        self.pulled: list[str] = []
        self.saved: Saved | None = None

    def step(self, name: str) -> None:
        self.counts.steps[name] += 1

    # What a person does.

    def want_more(self, root: str, instance: str) -> None:
        self.step("want")
        if not self.wishes[root].is_wanted:
            self.wishes[root].instance = instance
        self.want(root)

    def begin_with_an_unsettled_attempt(self) -> None:
        """It stays unsettled until a person settles it, or absence is taken as proof."""
        self.apply()
        self.want("k2")
        self.apply_with_a_fault(NEVER_THERE)

    def want_no_more(self, root: str) -> None:
        self.step("want no more")
        self.want(root, is_wanted=False)

    def rename(self, root: str) -> None:
        self.step("rename")
        self.wishes[root].version += 1
        self.write_config()

    def move_in_the_config(self, root: str) -> None:
        """The next apply moves it."""
        self.step("move in the config")
        wish = self.wishes[root]
        target = self.new_key(root)
        wish.moves.append((wish.key, target))
        wish.key = target
        self.write_config()

    def use_the_other_instance(self, root: str) -> None:
        self.step("use the other instance")
        wish = self.wishes[root]
        wish.instance = INSTANCES[wish.instance == INSTANCES[0]]
        self.want(root)

    def change_the_recipients(self, number: int) -> None:
        """The next apply encrypts the state to so many recipients, or decrypts it."""
        self.step("change the recipients")
        self.recipients = [str(identity.to_public()) for identity in IDENTITIES[:number]]
        self.write_config()

    def make_a_group(self, root: str, instance: str, *, by_stranger: bool, has_wanted_name: bool) -> None:
        """A person makes a group on the phone, with a wanted name or with one that nobody wants."""
        wish = self.wishes[root]
        name = f"p{next(self.numbers)} v0"
        if has_wanted_name:
            name, instance = wish.name, wish.instance
        if all(group["name"] != name for group in self.groups(instance)):
            self.step("a person makes a group")
            phones = ["5521977770000"] if by_stranger else ["5544999900000"]
            self.by_person.add(self.remote.make(self.instances[instance], name, phones))

    def lose_the_state(self) -> None:
        if self.is_local:
            self.step("lose the state")
            for path in self.state_paths:
                path.unlink(missing_ok=True)
            self.look_again()

    def keep_a_copy(self) -> None:
        if self.is_local:
            self.step("keep a copy")
            self.copy = {path.name: path.read_bytes() for path in self.state_paths if path.exists()}

    def restore_the_copy(self) -> None:
        if self.is_local and self.copy is not None:
            self.step("restore the copy")
            for path in self.state_paths:
                path.unlink(missing_ok=True)
            for name, content in self.copy.items():
                (self.world.folder / name).write_bytes(content)
            self.look_again()

    def look_again(self) -> None:
        self.moment += 1
        self.known = self.read()
        self.lose()

    def take_turns(self) -> None:
        """The other machine is the next to run."""
        if not self.is_local:
            self.step("take turns")
            self.turn = 1 - self.turn

    # What zapi-sync does.

    def apply(self) -> int:
        self.step("apply")
        (ran,) = self.run(*APPLY, *QUICK, codes=DONE)
        self.check_records()
        missing = [wish.key for wish in self.wanted if wish.key not in self.known.records]
        assert (ran.code == 0) <= (missing == []), "exit 0, and something is missing"
        return ran.code

    def apply_to_what_exists(self, existing: str) -> None:
        self.step("apply to what exists")
        self.run(*APPLY, *QUICK, "--existing", existing, codes=DONE)
        self.check_records()

    def apply_with_absence_as_proof(self) -> None:
        self.step("apply with absence as proof")
        before = self.known.unsettled
        (ran,) = self.run(*APPLY, *QUICK, "--absent-after", "0", codes=DONE, settles=EVERYTHING)
        for attempt in before.keys() - self.known.unsettled.keys():
            assert before[attempt] in ran.said, f"I6: {attempt} was settled without a word"
        self.check_records()

    def apply_with_a_fault(self, fault: str, held_back: int = 0, times: int = 1) -> None:
        self.step("apply with a fault")
        self.want_something_new()
        if held_back:
            self.remote.fault(fault.split("-")[0] + "-ok")
        self.remote.fault(fault, times)
        self.run(*APPLY, *QUICK, codes=FAULTY)

    def apply_while_the_listing_lags(self) -> None:
        self.step("apply while the listing lags")
        self.want_something_new()
        self.remote.fault("create-close-after")
        self.remote.fault("groups-lag", 100)
        self.run(*APPLY, *QUICK, codes=DONE)

    def apply_killed(self, kill: Kill, fault: str | None = None) -> None:
        self.step("apply killed")
        self.want_something_new()
        if fault:
            self.remote.fault(fault)
        self.point = self.point_of(kill, OF_REQUESTS)
        self.run(*APPLY, *QUICK, codes=FAULTY)

    def apply_twice_at_once(self, *, waits: bool) -> None:
        """In one folder over a state file, on two machines over a shared state."""
        self.step("two applies at once")
        self.take_the_lock_away()
        codes = DONE | ({1} if not waits else set())
        self.run(*APPLY, *QUICK, "--lock-timeout", "60" if waits else "0", codes=codes, machines=2)

    def save_a_plan(self) -> None:
        self.step("save a plan")
        self.counts.runs["plan"] += 1
        ran = self.world.run("plan", "--out", "saved.plan")
        assert ran.code == 0, ran.said
        self.saved = Saved(self.world, ran.out, self.moment)

    def apply_the_saved_plan(self) -> None:
        """A stale plan sends nothing, and a fresh one only what it showed.

        A state that moved into a file is on one machine alone: a plan of another one is left out.
        """
        if self.saved is None or (self.is_local and self.saved.world is not self.world):
            return
        is_fresh = self.saved.moment == self.moment
        self.step(f"apply a {'fresh' if is_fresh else 'stale'} plan")
        self.turn = self.worlds.index(self.saved.world)
        names = [wish.name for wish in self.wanted if f"groupName   {wish.name}\n" in self.saved.text]
        argv = [word for word in APPLY if word != "--auto-approve"]
        codes = DONE if is_fresh else {0, 1, 4}
        (ran,) = self.run(argv[0], "saved.plan", *argv[1:], *QUICK, codes=codes, names=names)
        assert ran.code != 1 or not self.sent(), "I3: a stale plan sent something"
        self.saved = None if ran.code == 1 else self.saved
        self.check_records(links=ran.code != 1)

    def resolve_by_what_is_known(self) -> None:
        for attempt, key in self.known.unsettled.items():
            self.step("resolve")
            groups = self.groups(attempt.instance)
            there = [group["phone"] for group in groups if self.is_of(group, attempt.name)]
            way = ("--adopt", there[-1]) if there else ("--retry",)
            self.run("resolve", key, *way, codes={0}, settles={key})

    def import_by_what_is_known(self, root: str) -> None:
        wish = self.wishes[root]
        groups = self.groups(wish.instance)
        there = [group["phone"] for group in groups if self.is_of(group, wish.name, ours=False)]
        if there and wish.is_wanted:
            self.step("import")
            is_known = not self.known.records.keys().isdisjoint(wish.keys)
            self.run("import", wish.key, there[0], codes={int(is_known)})

    def import_all(self) -> None:
        self.step("import all")
        file = f"imported{next(self.numbers)}.yaml"
        argv = ("import", "--all", "--write", "--out", file, "--auto-approve")
        self.run(*argv, codes={0}, reports=False)
        self.check_records(links=False)

    def refresh(self) -> None:
        """After a person gave the first group of the state a new link."""
        self.step("refresh")
        for record in [*self.known.records.values()][:1]:
            self.new_links.add(str(record["phone"]))
            self.remote.new_link(self.instances[record["instance"]], record["phone"])
        (ran,) = self.run("refresh", "--auto-approve", codes={0})
        if ran.code == 0:
            self.new_links.clear()
            self.check_records()

    def move(self, root: str) -> None:
        """With `state mv`, and then in the config without a word about it. An unsettled key is refused."""
        wish = self.wishes[root]
        if wish.key in self.known.keys:
            self.step("state mv")
            target = self.new_key(root)
            self.run("state", "mv", wish.key, target, codes={int(wish.key not in self.known.records)})
            if target in self.known.keys:
                wish.key, wish.moves = target, []
                self.write_config()

    def remove(self, root: str) -> None:
        key = self.wishes[root].key
        if key in self.known.records:
            self.step("state rm")
            phone = str(self.known.records[key]["phone"])
            self.run("state", "rm", key, "--auto-approve", codes={0}, forgets={phone})
            self.lose()

    def push(self) -> None:
        """A pulled state, pushed back with its serial raised."""
        self.counts.runs["state pull"] += 1
        pulled = self.world.run("state", "pull")
        if pulled.code:
            assert self.known == Known(), pulled.said
            return
        self.step("pull and push")
        self.pulled.append(pulled.out)
        state: dict[str, Any] = json.loads(pulled.out)
        self.push_file(json.dumps(state | {"serial": state["serial"] + 1}))

    def push_an_old_one(self, number: int) -> None:
        """Refused, even with --force, while it would lose an unsettled attempt."""
        if self.pulled:
            self.step("push an old one")
            self.push_file(self.pulled[number % len(self.pulled)], "--force")
            self.lose()

    def push_file(self, text: str, *force: str) -> None:
        (self.world.folder / "pulled.json").write_text(text)
        codes = {0, 1} if force and self.known.unsettled else {0}
        self.run("state", "push", "pulled.json", *force, codes=codes, forgets=EVERYTHING if force else ())

    def migrate(self, *, elsewhere: bool) -> None:
        """To a new place of the same kind or of another one, and go on from there."""
        if not self.known.keys:
            return
        self.step("migrate")
        number, stays_local = next(self.numbers), self.is_local is not elsewhere
        target = f"moved{number}.state.json" if stays_local else self.shared_address(str(number))
        (ran,) = self.run("state", "migrate", self.address, target, codes={0})
        if ran.code == 0:
            self.go_to(target)
            now, self.known = self.known, self.read()
            assert now == self.known, "the migrated state knows something else"

    def take_the_lock_away(self) -> None:
        """The lock that a killed run left on a shared state, if there is one, and no other one."""
        if self.was_killed and not self.is_local:
            self.run("resolve", "nobody", "--retry", codes={1})
        self.run("state", "unlock", "nobody", "--auto-approve", codes={1})

    def a_command_killed(self, which: str, kill: Kill, root: str) -> None:
        self.step(f"{which} killed")
        self.point = self.point_of(kill, [])
        match which:
            case "move":
                self.move(root)
            case "remove":
                self.remove(root)
            case "push":
                self.push()
            case "push an old one":
                self.push_an_old_one(0)
            case "refresh":
                self.refresh()
            case "import all":
                self.import_all()
            case "migrate":
                self.migrate(elsewhere=bool(kill[1] % 2))
            case "encrypt":
                self.change_the_recipients(kill[1] % 3)
                self.run(*APPLY, *QUICK, codes=DONE)
        self.point = None

    # How they do it.

    def point_of(self, kill: Kill, more: list[str]) -> Point:
        """The call at which to kill, among those that write this kind of state, and more."""
        way, number, of = kill
        names = [*(OF_FILES if self.is_local else OF_PLACES[self.address[:4]]), *more]
        name, path = names[of % len(names)], self.address
        if not path.startswith("s3://"):
            return (way, number, name.format(path))
        bucket, _, path = path.removeprefix("s3://").partition("/")
        if "journal" not in name:
            return (way, number, name.format(path))
        journal = f"{path}.state.json.journal/"  # a put of each entry has a name of its own
        there = [each.removeprefix(journal) for each in endpoint().paths(bucket) if each.startswith(journal)]
        return (way, 1, name.format(path, max(map(int, there), default=0) + number))

    def want_something_new(self) -> None:
        """Want the first group that the state does not know, so that an apply has something to create."""
        new = [root for root, wish in self.wishes.items() if self.known.keys.isdisjoint(wish.keys)]
        if new:
            self.want(new[0])

    def new_key(self, root: str) -> str:
        return f"{root}.{next(self.numbers)}"

    def is_of(self, group: dict[str, Any], name: str, *, ours: bool = True) -> bool:
        """Whether a group has that name and no key."""
        is_free = group["phone"] not in self.known.phones
        return group["name"] == name and is_free and not (ours and group["phone"] in self.by_person)
