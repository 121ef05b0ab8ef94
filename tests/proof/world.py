"""What the proofs stand on: a sandbox whose groups are the truth, and a folder in which zapi-sync runs."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zapi_sync
from zapi_sync.sandbox import create_app, serve

PACKAGE = str(Path(zapi_sync.__file__).parents[1])
TOKEN = "CANARYTOKEN77"
CLIENT_TOKEN = "CANARYCLIENTTOKEN77"
APPLY = ("apply", "--auto-approve", "--pace", "0", "--per-day", "1000000")
KILLED = -9
Point = tuple[str, int, str]
"""Where to kill a run: before, after or half; at the how-manieth call; of which name."""
NOTHING: Mapping[str, str] = {}


class Remote:
    """The sandbox, served in this process: what is asked of it, what exists on it, and its faults."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        database = str(Path(self._folder.name) / "sandbox.db")
        self._server = serve(create_app(database))
        self._truth = sqlite3.connect(database)
        self._port = self._server.server_port
        self.url = f"http://127.0.0.1:{self._port}"
        self.numbers = itertools.count()
        self._busy = 0
        self._idle = threading.Condition()
        self._count_connections()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._truth.close()
        self._folder.cleanup()

    def _count_connections(self) -> None:
        """Know how many connections are being served, so that a test can wait for the last of them."""
        server: Any = self._server
        start, serve_one = server.process_request, server.process_request_thread

        def started(*request: object) -> None:
            with self._idle:
                self._busy += 1
            start(*request)

        def served(*request: object) -> None:
            try:
                serve_one(*request)
            finally:
                with self._idle:
                    self._busy -= 1
                    self._idle.notify_all()

        server.process_request, server.process_request_thread = started, served

    def come_to_rest(self) -> None:
        """Return once all that was ever sent here has been dealt with: what a killed client sent, too."""
        self._ask("GET", "/")  # accepted after all connections before it
        with self._idle:
            assert self._idle.wait_for(lambda: self._busy == 0, timeout=60), "the sandbox is not at rest"

    def groups(self, instance: str) -> list[dict[str, Any]]:
        """What exists on an instance, whatever its listing says: id, name and link of each group."""
        query = "SELECT phone, name, link FROM groups WHERE instance = ? ORDER BY serial DESC"
        rows = self._truth.execute(query, (instance,)).fetchall()
        return [{"phone": phone, "name": name, "link": link} for phone, name, link in rows]

    def link(self, instance: str, phone: str) -> str:
        return next(str(each["link"]) for each in self.groups(instance) if each["phone"] == phone)

    def make(self, instance: str, name: str, phones: Sequence[str]) -> str:
        """A person makes a group on the phone."""
        body = {"autoInvite": False, "groupName": name, "phones": list(phones)}
        path = f"/instances/{instance}/token/t/create-group"
        return str(self._ask("POST", path, body, {"Client-Token": "a person"})["phone"])

    def new_link(self, instance: str, phone: str) -> None:
        """A person gives a group a new invite link."""
        self._ask("POST", "/sandbox/happen", {"act": "reset-link", "instance": instance, "group": phone})

    def posts(self, instance: str) -> Counter[str]:
        """How many create-group requests came in for each name; one without its body names none."""
        return Counter(
            str(each["json"]["groupName"])
            for each in self._ask("GET", "/sandbox/requests")
            if (each["call"], each["method"], each["instance"]) == ("create-group", "POST", instance)
            and each["json"]
        )

    def fault(self, name: str, times: int = 1, seconds: float | None = None) -> None:
        body = {"fault": name, "times": times} | ({} if seconds is None else {"seconds": seconds})
        self._ask("POST", "/sandbox/faults", body)

    def heal(self) -> None:
        """Switch all faults off."""
        self._ask("DELETE", "/sandbox/faults")

    def forget(self) -> None:
        """Empty the list of requests."""
        self._ask("DELETE", "/sandbox/requests")

    def _ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] = NOTHING) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with contextlib.closing(connection):
            content = None if body is None else json.dumps(body)
            head = {"Connection": "close", "Content-Type": "application/json", **headers}
            connection.request(method, path, content, head)
            answer = connection.getresponse()
            raw = answer.read()
        assert answer.status < 300, (path, answer.status, raw)
        return json.loads(raw) if raw.startswith((b"[", b"{")) else None


@dataclass
class Ran:
    """What a run left behind."""

    code: int
    out: str
    err: str
    trace: list[str]

    @property
    def boundaries(self) -> list[tuple[int, str]]:
        """The calls that the run came to: the how-manieth of which name."""
        seen: Counter[str] = Counter()
        return [(seen.update([name]) or seen[name], name) for name in self.trace]

    @property
    def said(self) -> str:
        return self.out + self.err


class Forge:
    """Makes processes that run zapi-sync: see killed_at.py."""

    def __init__(self) -> None:
        script = str(Path(__file__).with_name("killed_at.py"))
        self._process = subprocess.Popen(
            [sys.executable, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": PACKAGE},
        )

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, order: Mapping[str, Any]) -> list[Ran]:
        """The copies of a command that an order asks for, ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        codes = json.loads(self._process.stdout.readline())
        return [_ran(code, f"{order['log']}.{copy}") for copy, code in enumerate(codes)]


def _ran(code: int, log: str) -> Ran:
    out, err, trace = (_text(Path(f"{log}.{kind}")) for kind in ("out", "err", "trace"))
    return Ran(code, out, err, trace.splitlines())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # also of what a git that outlives its killed zapi-sync is just moving
        return ""


@dataclass
class World:
    """A folder with a config and a state, and the instance that it speaks of."""

    folder: Path
    instance: str
    remote: Remote
    forge: Forge
    logs: Path
    runs: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def state_path(self) -> Path:
        return self.folder / "groups.state.json"

    @property
    def journal_path(self) -> Path:
        return self.folder / "groups.state.json.journal"

    def want(self, names: Mapping[str, str]) -> None:
        """Write a config of these keys and group names, each with two phones of its own."""
        lines = ["version: 1", "groups:" if names else "groups: {}"]
        for key, name in names.items():
            lines += [f"  {key}:", f"    groupName: {json.dumps(name)}", f"    phones: {phones_of(key)}"]
        (self.folder / "groups.yaml").write_text("\n".join(lines) + "\n")

    def run(self, *argv: str, point: Point | None = None, **order: Any) -> Ran:
        """One run of zapi-sync in a process of its own."""
        return self.run_copies(*argv, point=point, **order)[0]

    def run_copies(self, *argv: str, point: Point | None = None, **order: Any) -> list[Ran]:
        self.runs += 1
        ran = self.forge.run(
            {
                "argv": argv,
                "cwd": str(self.folder),
                "env": self.env(),
                "log": str(self.logs / "run"),
                "point": point,
                **order,
            }
        )
        for each in ran:
            self._check_manners(each)
        return ran

    def env(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONPATH": PACKAGE,
            "ZAPI_BASE_URL": self.remote.url,
            "ZAPI_INSTANCE_ID": self.instance,
            "ZAPI_TOKEN": TOKEN,
            "ZAPI_CLIENT_TOKEN": CLIENT_TOKEN,
            **self.environment,
        }

    def _check_manners(self, ran: Ran) -> None:
        """I4 and I5, after every run: no secret anywhere, and no traceback."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        texts = [ran.said, *map(_text, files)]
        for text in texts:
            assert TOKEN not in text, "I4: the token leaked"
            assert CLIENT_TOKEN not in text, "I4: the Client-Token leaked"
            assert self.instance not in text, "I4: the instance id leaked"
        assert "Traceback" not in ran.said, ran.said
        assert "internal error" not in ran.said, ran.said

    def records(self) -> dict[str, dict[str, Any]]:
        """The groups in the state, by key."""
        if "ZAPI_SYNC_STATE" in self.environment:
            text = self.run("state", "pull").out
        else:
            text = self.state_path.read_text() if self.state_path.exists() else ""
        groups: dict[str, dict[str, Any]] = json.loads(text)["groups"] if text else {}
        return groups

    def unlock(self) -> None:
        """Take away the lock of a shared state that a killed run left, rather than wait for its end."""
        held = re.search(r"state unlock (\S+)", self.run("resolve", "nobody", "--retry").err)
        if held:
            assert self.run("state", "unlock", held[1], "--auto-approve").code == 0

    def twins(self, wanted: Mapping[str, str]) -> list[str]:
        """The names that exist more than once."""
        there = Counter(group["name"] for group in self.remote.groups(self.instance))
        return [name for name in wanted.values() if there[name] > 1]

    def lost(self, wanted: Mapping[str, str]) -> list[str]:
        """The keys whose group exists, and is not in the state with its id and its link."""
        there = {group["name"]: group["phone"] for group in self.remote.groups(self.instance)}
        records = self.records()
        return [
            key
            for key, name in wanted.items()
            if name in there and not self._is_recorded(records.get(key), there[name])
        ]

    def _is_recorded(self, record: Mapping[str, Any] | None, phone: str) -> bool:
        return (
            record is not None
            and record["phone"] == phone
            and record["invitationLink"] == self.remote.link(self.instance, phone)
        )

    def missing(self, wanted: Mapping[str, str]) -> list[str]:
        """The keys whose group does not exist."""
        there = {group["name"] for group in self.remote.groups(self.instance)}
        return [key for key, name in wanted.items() if name not in there]


def phones_of(key: str) -> list[str]:
    """Two numbers of a key's own, always the same."""
    number = sum(ord(letter) * 31**at for at, letter in enumerate(key)) % 10**5
    return [f"55449999{number:05d}", f"55449888{number:05d}"]


@contextlib.contextmanager
def worlds(remote: Remote, forge: Forge, folder: Path) -> Iterator[Callable[[], World]]:
    """Makes worlds, each with a folder and an instance of its own."""
    count = 0
    folder.mkdir(exist_ok=True)
    (folder / "logs").mkdir()

    def make() -> World:
        nonlocal count
        count += 1
        home = folder / f"world{count}"
        home.mkdir()
        instance = f"CANARYINSTANCE{next(remote.numbers):06}"
        return World(home, instance, remote, forge, folder / "logs")

    yield make
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Tally:
    """The figures of a proof."""

    cases: int = 0
    runs: int = 0
    twins: int = 0
    lost: int = 0
    held: int = 0
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        figures = (
            f"{self.cases} cases, {self.runs} runs, twins: {self.twins}, lost: {self.lost}, held: {self.held}"
        )
        return figures + "".join(f"\n    {note}" for note in self.notes)


def converge(world: World, wanted: Mapping[str, str], *options: str) -> list[str]:
    """Run apply until nothing is left to do; returns the keys that a person had to decide about.

    Such a key is one whose request may have been processed and was not: the server must not have its group,
    and an apply must have said so with exit code 4, without sending a second request.
    """
    if "ZAPI_SYNC_STATE" in world.environment:
        world.unlock()
    ran = world.run(*APPLY, "--settle", "0", *options)
    if "[ZS211]" in ran.err:  # git outlives who started it: a lock was on its way when that one was killed
        world.unlock()
        ran = world.run(*APPLY, "--settle", "0", *options)
    if ran.code == 0:
        return []
    assert ran.code == 4, (ran.code, ran.said)
    before = world.remote.posts(world.instance)
    again = world.run(*APPLY, "--settle", "0", *options)
    assert again.code == 4, (again.code, again.said)
    assert world.remote.posts(world.instance) == before, "a second request left while the first is in doubt"
    held = [key for key in wanted if key not in world.records()]
    assert world.missing(wanted) == held, (ran.said, again.said)
    for key in held:
        resolved = world.run("resolve", key, "--retry")
        assert resolved.code == 0, resolved.said
    last = world.run(*APPLY, "--settle", "0", *options)
    assert last.code == 0, (last.code, last.said)
    return held


def judge(world: World, wanted: Mapping[str, str], tally: Tally, held: Sequence[str]) -> None:
    """Hold the end of a case against the server's truth: all there, none twice, lost or asked twice."""
    tally.cases += 1
    tally.runs += world.runs
    tally.held += len(held)
    twins, lost, missing = world.twins(wanted), world.lost(wanted), world.missing(wanted)
    tally.twins += len(twins)
    tally.lost += len(lost)
    posts = world.remote.posts(world.instance)
    asked_twice = [key for key, name in wanted.items() if posts[name] > 1 + (key in held)]
    assert (twins, lost, missing) == ([], [], []), f"twins {twins}, lost {lost}, missing {missing}; {tally}"
    assert not asked_twice, f"a second request was sent for {asked_twice}; {tally}"
    world.remote.forget()
    shutil.rmtree(world.folder)
