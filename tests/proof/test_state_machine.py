"""Whatever happens in whatever order: a hypothesis state machine against a model of what exists."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from .world import APPLY, KILLED, Ran, World

KEYS = [f"k{number}" for number in range(5)]
QUICK = ("--settle", "0", "--timeout", "1")
FAULTS = [
    "create-close-after", "create-reset-after", "create-500-after", "create-504-after", "create-html-after",
    "create-empty-200-after", "create-truncated", "create-no-phone", "create-null-link", "create-409-after",
    "create-close-before", "create-500-before", "create-garbage-before", "create-429",
    "create-disconnected-200", "create-client-token-403", "groups-500", "groups-truncated",
    "groups-not-found-200", "groups-duplicates", "groups-strings", "groups-endless", "groups-close",
    "metadata-404", "metadata-lid-only", "metadata-few-keys", "metadata-success-false", "link-null",
    "link-405", "link-reset", "device-502",
]  # fmt: skip
JOURNAL, STATE = "groups.state.json.journal", "groups.state.json"
MOMENTS = [
    f"write {JOURNAL}", f"fsync {JOURNAL}", f"open {JOURNAL}", f"unlink {JOURNAL}", f"replace {JOURNAL}",
    f"replace {STATE}", "write .groups.state.json.tmp", "fsync the folder", "connect", "send GET groups",
    "recv GET groups", "send POST create-group", "send body of POST create-group",
    "recv body of POST create-group", "send GET light-group-metadata", "recv GET light-group-metadata",
    "send GET group-invitation-link", "recv GET group-invitation-link",
]  # fmt: skip


class Machine(RuleBasedStateMachine):
    """The model: what is wanted, which groups a person made, and which the state was made to forget.

    Whatever else is on the server, zapi-sync made. Names are never used for two keys.
    """

    new_world: ClassVar[Callable[[], World]]
    steps: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        self.world = type(self).new_world()
        self.wanted: dict[str, str] = {}
        self.by_person: set[str] = set()
        self.told: dict[str, str] = {}
        self.forgotten: set[str] = set()
        self.versions: Counter[str] = Counter()
        self.copy: dict[str, bytes] | None = None
        self.edit({"k0": "k0 v0", "k1": "k1 v0"})

    def edit(self, wanted: dict[str, str]) -> None:
        self.wanted = wanted
        self.world.want(wanted)

    def run(self, *argv: str, codes: set[int], copies: int = 1, **order: Any) -> list[Ran]:
        """Run zapi-sync, wait until the server has nothing left to do, and check everything."""
        type(self).steps["runs"] += copies
        before = self.world.remote.posts(self.world.instance)
        all_ran = self.world.run_copies(*argv, copies=copies, impatient=True, **order)
        self.world.remote.come_to_rest()
        self.world.remote.heal()
        sent = self.world.remote.posts(self.world.instance) - before
        said = "".join(ran.said for ran in all_ran)
        for ran in all_ran:
            assert ran.code in codes, (ran.code, ran.said)
        for name in sent:
            assert name in self.wanted.values(), f"I3: {name} was sent, and is not wanted"
            assert f"groupName   {name}\n" in said, f"I3: {name} was sent, and the plan did not show it"
        self.check_twins()
        self.note_what_was_told(all_ran)
        return all_ran

    def ours(self) -> list[dict[str, Any]]:
        groups = self.world.remote.groups(self.world.instance)
        return [group for group in groups if group["phone"] not in self.by_person]

    def check_twins(self) -> None:
        """I1: a name at most once, and a key at most once as long as its record was not taken away."""
        names = Counter(group["name"] for group in self.ours())
        assert [name for name in names if names[name] > 1] == [], "I1: twins"
        keys = Counter(group["name"].split()[0] for group in self.ours())
        assert [key for key in keys if keys[key] > 1 and key not in self.forgotten] == [], "I1: a key twice"

    def note_what_was_told(self, all_ran: list[Ran]) -> None:
        for group in self.ours():
            if any(group["phone"] in ran.out for ran in all_ran):
                self.told[group["phone"]] = group["name"]

    def check_records(self) -> None:
        """I2, after a run that came through: what was told is in the state, and with its link."""
        records = self.world.records()
        phones = {record["phone"]: record for record in records.values()}
        for phone, name in self.told.items():
            assert phone in phones, f"I2: {name} was told as created, and is not in the state"
            assert phones[phone]["invitationLink"] == self.world.remote.link(self.world.instance, phone)
        assert len(phones) == len(records), "two keys stand for one group"

    def unsettled(self) -> list[str]:
        plan = self.world.run("plan", "--format", "json")
        assert plan.code in (0, 4), plan.said
        return [str(step["key"]) for step in json.loads(plan.out)["steps"] if step["action"] == "unsettled"]

    def known(self) -> dict[str, dict[str, Any]]:
        """The records of state and journal together, by key."""
        shown = self.world.run("show", "--format", "json")
        assert shown.code == 0, shown.said
        state = json.loads(shown.out)["state"]
        return state["groups"] if state else {}

    def lose(self) -> None:
        """What the state knows no more may be made again under another name, never under the same one."""
        gone = {
            phone for phone in self.told if phone not in {r["phone"] for r in self.world.records().values()}
        }
        self.told = {phone: name for phone, name in self.told.items() if phone not in gone}
        self.forgotten |= set(KEYS) - self.world.records().keys()

    # What a person does.

    @rule(key=st.sampled_from(KEYS))
    def want(self, key: str) -> None:
        self.step("want")
        self.edit({key: f"{key} v{self.versions[key]}"} | self.wanted)

    @rule(key=st.sampled_from(KEYS))
    def want_no_more(self, key: str) -> None:
        self.step("want no more")
        self.edit({each: name for each, name in self.wanted.items() if each != key})

    @rule(key=st.sampled_from(KEYS))
    def rename(self, key: str) -> None:
        self.step("rename")
        if key in self.wanted:
            self.versions[key] += 1
            self.edit(self.wanted | {key: f"{key} v{self.versions[key]}"})

    @rule(key=st.sampled_from(KEYS), stranger=st.booleans())
    def a_person_makes_a_group(self, key: str, stranger: bool) -> None:
        self.step("a person makes a group")
        name = self.wanted.get(key)
        if name and all(group["name"] != name for group in self.world.remote.groups(self.world.instance)):
            phones = ["5521977770000"] if stranger else ["5544999900000"]
            self.by_person.add(self.world.remote.make(self.world.instance, name, phones))
            self.world.remote.forget()

    @rule()
    def the_state_is_lost(self) -> None:
        self.step("the state is lost")
        for path in (self.world.state_path, self.world.journal_path):
            path.unlink(missing_ok=True)
        self.lose()

    @rule()
    def keep_a_copy(self) -> None:
        self.step("keep a copy")
        paths = (self.world.state_path, self.world.journal_path)
        self.copy = {path.name: path.read_bytes() for path in paths if path.exists()}

    @precondition(lambda self: self.copy is not None)
    @rule()
    def restore_the_copy(self) -> None:
        self.step("restore the copy")
        assert self.copy is not None
        for path in (self.world.state_path, self.world.journal_path):
            path.unlink(missing_ok=True)
            if path.name in self.copy:
                path.write_bytes(self.copy[path.name])
        self.lose()

    # What zapi-sync does.

    @rule()
    def apply(self) -> None:
        self.step("apply")
        (ran,) = self.run(*APPLY, *QUICK, codes={0, 4})
        self.check_records()
        missing = [key for key in self.wanted if key not in self.world.records()]
        assert (ran.code == 0) <= (missing == []), "exit 0, and something is missing"

    @rule(existing=st.sampled_from(["adopt", "fail"]))
    def apply_to_what_exists(self, existing: str) -> None:
        self.step("apply to what exists")
        self.run(*APPLY, *QUICK, "--existing", existing, codes={0, 4})
        self.check_records()

    @rule()
    def apply_with_absence_as_proof(self) -> None:
        self.step("apply with absence as proof")
        self.run(*APPLY, *QUICK, "--absent-after", "0", codes={0, 4})
        self.check_records()

    @rule(fault=st.sampled_from(FAULTS), held_back=st.integers(0, 1), times=st.integers(1, 3))
    def apply_with_a_fault(self, fault: str, held_back: int, times: int) -> None:
        self.step("apply with a fault")
        if held_back:
            self.world.remote.fault(fault.split("-")[0] + "-ok")
        self.world.remote.fault(fault, times)
        self.run(*APPLY, *QUICK, codes={0, 1, 4})

    @rule()
    def apply_while_the_listing_lags(self) -> None:
        self.step("apply while the listing lags")
        self.world.remote.fault("create-close-after")
        self.world.remote.fault("groups-lag", 100)
        self.run(*APPLY, *QUICK, codes={0, 4})

    @rule(
        way=st.sampled_from(["before", "after", "half"]),
        number=st.integers(1, 6),
        moment=st.sampled_from(MOMENTS),
        fault=st.sampled_from([None, None, *FAULTS]),
    )
    def apply_killed(self, way: str, number: int, moment: str, fault: str | None) -> None:
        self.step("apply killed")
        if fault:
            self.world.remote.fault(fault)
        self.run(*APPLY, *QUICK, codes={0, 1, 4, KILLED}, point=(way, number, moment))

    @rule(wait=st.booleans())
    def two_applies_at_once(self, wait: bool) -> None:
        self.step("two applies at once")
        self.run(
            *APPLY, *QUICK, "--lock-timeout", "30" if wait else "0", codes={0, 4} | {1} - {wait}, copies=2
        )

    @rule()
    def resolve_by_what_is_known(self) -> None:
        self.step("resolve")
        ours = {group["name"]: group["phone"] for group in self.ours()}
        owned = {record["phone"] for record in self.world.records().values()}
        for key in self.unsettled():
            mine = [phone for name, phone in ours.items() if name.split()[0] == key and phone not in owned]
            way = ("--adopt", mine[-1]) if mine else ("--retry",)
            self.run("resolve", key, *way, codes={0})

    @rule(key=st.sampled_from(KEYS))
    def import_by_what_is_known(self, key: str) -> None:
        self.step("import")
        groups = self.world.remote.groups(self.world.instance)
        records = self.known()
        owned = {record["phone"] for record in records.values()}
        there = [group["phone"] for group in groups if group["name"] == self.wanted.get(key)]
        if there and there[0] not in owned:
            code = 1 if key in records else 0
            self.run("import", key, there[0], codes={code})

    def step(self, name: str) -> None:
        type(self).steps[name] += 1

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.remote.heal()
            self.world.remote.forget()
            shutil.rmtree(self.world.folder)


def run_machine(new_world: Callable[[], World], examples: int, *, fixed: bool) -> Counter[str]:
    """Run that many sequences; returns how often each rule was carried out."""

    class Fresh(Machine):
        steps: ClassVar[Counter[str]] = Counter()

    Fresh.new_world = staticmethod(new_world)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        derandomize=fixed,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Fresh, settings=chosen)
    return Fresh.steps


def told(steps: Counter[str]) -> str:
    runs = steps.pop("runs")
    return f"{steps.total()} steps, {runs} runs, twins: 0, lost: 0 ({dict(steps.most_common())})"


def test_a_few_sequences(new_world: Callable[[], World], figure: Callable[[object], None]) -> None:
    """The same few sequences each time, in the first stage."""
    figure(told(run_machine(new_world, 4, fixed=True)))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_many_sequences(new_world: Callable[[], World], figure: Callable[[object], None], part: int) -> None:
    """Other sequences each time; all parts together take at least 2,000 steps."""
    steps = run_machine(new_world, 22, fixed=False)
    figure(told(steps.copy()))
    assert steps.total() - steps["runs"] >= 500
