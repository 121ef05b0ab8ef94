"""The installed `zapi-sync` as a process, and a sandbox served by another one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import httpx
import jsonschema
import pytest

from zapi_sync.core.redact import secrets_of

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("zapi-sync"))


def later(hours: float) -> dict[str, str]:
    """The environment of a run on a machine whose clock is hours ahead (tests/e2e/later)."""
    folder = ROOT / "tests" / "e2e" / "later"
    return {"PYTHONPATH": str(folder), "DAYS_LATER": str(hours / 24)}


@dataclass
class Result:
    """What a run left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def _feed(pipe: int, content: bytes) -> None:
    with suppress(BrokenPipeError), open(pipe, "wb") as stream:
        stream.write(content)


class Forge:
    """Makes processes that run `zapi-sync`: see forge.py."""

    def __init__(self) -> None:
        self._channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = str(Path(__file__).with_name("forge.py"))
        self._process = subprocess.Popen(
            [sys.executable, script, str(other.fileno())], pass_fds=[other.fileno()], cwd="/"
        )
        other.close()
        self._lock = threading.Lock()

    def close(self) -> None:
        self._channel.close()
        self._process.wait()

    def run(
        self, argv: list[str], folder: Path, env: dict[str, str], stdin: bytes
    ) -> tuple[int, bytes, bytes]:
        """A command's exit code, and what it wrote to standard output and standard error."""
        order = json.dumps({"argv": argv, "cwd": str(folder), "env": env}).encode()
        reading, writing = os.pipe()
        feeding = threading.Thread(target=_feed, args=(writing, stdin))
        with open(reading, "rb") as given, TemporaryFile() as out, TemporaryFile() as err, self._lock:
            feeding.start()
            socket.send_fds(self._channel, [order], [each.fileno() for each in (given, out, err)])
            code = int(self._channel.recv(100))
            given.close()  # whoever still writes is heard by nobody
            feeding.join()
            out.seek(0)
            err.seek(0)
            return code, out.read(), err.read()


@dataclass
class ZapiSync:
    """Runs `zapi-sync` in a folder of its own, with an environment that holds nothing else."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    forge: Forge | None = None

    def __call__(self, *arguments: str, stdin: bytes = b"", **environment: str) -> Result:
        """Runs it to its end: in a fresh interpreter, or in a fork of one where there is a forge."""
        argv, env = [COMMAND, *arguments], self.env(environment)
        if self.forge and not any(name.startswith(("PYTHON", "LC_")) for name in env):
            code, out, err = self.forge.run(argv, self.folder, env, stdin)
        else:
            done = subprocess.run(argv, cwd=self.folder, env=env, input=stdin, capture_output=True)
            code, out, err = done.returncode, done.stdout, done.stderr
        result = Result(code, out.decode(), err.decode())
        assert "Traceback" not in result.out + result.err
        assert "internal error" not in result.err
        assert "erro interno" not in result.err
        for secret in secrets_of({**self.environment, **environment}):
            assert secret not in result.out + result.err
        return result

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.env(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def env(self, more: Mapping[str, str]) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.environment, **more}

    def write(self, text: str, name: str = "groups.yaml") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def groups(self, *names: str, instance: str = "default") -> Path:
        """A config of groups of these keys, each with two phones."""
        lines = ["version: 1", "groups:"]
        for number, name in enumerate(names):
            lines += [
                f"  {name}:",
                f"    groupName: Group {name}",
                f"    instance: {instance}",
                f"    phones: ['55449999{number:05d}', +55 44 98888-{number:04d}]",
            ]
        return self.write("\n".join(lines) + "\n")

    def state(self, name: str = "groups.state.json") -> Any:
        return json.loads((self.folder / name).read_text())


@dataclass
class Served:
    """A sandbox behind a port."""

    url: str
    client: httpx.Client
    default: str
    sales: str

    def secrets(self) -> dict[str, str]:
        """Credentials for two instances of its own; each value is one that must be seen nowhere."""
        return {
            "ZAPI_BASE_URL": self.url,
            "ZAPI_INSTANCE_ID": self.default,
            "ZAPI_TOKEN": "CANARYTOKEN0001",
            "ZAPI_CLIENT_TOKEN": "CANARYCLIENT0001",
            "ZAPI_SALES_INSTANCE_ID": self.sales,
            "ZAPI_SALES_TOKEN": "CANARYTOKEN0002",
            "ZAPI_SALES_CLIENT_TOKEN": "CANARYCLIENT0002",
        }

    def creates(self) -> list[dict[str, Any]]:
        """The create-group requests that came in, in order."""
        received = self.client.get("/sandbox/requests").json()
        return [request for request in received if request["call"] == "create-group"]

    def names(self) -> list[str]:
        """The names of the groups that exist on the default instance."""
        page = self.client.get(
            f"/instances/{self.default}/token/t/groups",
            params={"page": 1, "pageSize": 1000},
            headers={"Client-Token": "c"},
        )
        return sorted(group["name"] for group in page.json())

    def create(self, name: str, *phones: str) -> str:
        """What somebody does at the phone: a group that no state knows; its id."""
        answer = self.client.post(
            f"/instances/{self.default}/token/t/create-group",
            json={"autoInvite": False, "groupName": name, "phones": list(phones) or ["551100000000"]},
            headers={"Client-Token": "c"},
        )
        return str(answer.json()["phone"])

    def fault(self, name: str, times: int = 1, instance: str | None = None) -> None:
        body = {"fault": name, "times": times, "instance": instance}
        answer = self.client.post("/sandbox/faults", json=body)
        assert answer.is_success, answer.text


def wait_for_creates(served: Served, number: int) -> None:
    """Until so many create-group requests have come in."""
    deadline = time.monotonic() + 30
    while len(served.creates()) < number:
        assert time.monotonic() < deadline, "no request came in"
        subprocess.run(["true"], check=True)


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    forge = Forge()
    yield forge
    forge.close()


@pytest.fixture
def zapi_sync(tmp_path: Path, forge: Forge, request: pytest.FixtureRequest) -> ZapiSync:
    return ZapiSync(tmp_path, forge=None if request.node.get_closest_marker("installed") else forge)


@pytest.fixture(scope="session")
def sandbox_client() -> Iterator[httpx.Client]:
    """A sandbox as a process of its own, one for all tests."""
    process = subprocess.Popen(
        [COMMAND, "sandbox", "--port", "0", "--db", ":memory:"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout
    try:
        url = process.stdout.readline().decode().split()[1]
        with httpx.Client(base_url=url, timeout=30) as client:
            yield client
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def served(sandbox_client: httpx.Client) -> Served:
    """The sandbox with two fresh instances, no faults, and nothing received yet."""
    sandbox_client.delete("/sandbox/faults")
    sandbox_client.delete("/sandbox/requests")
    test = uuid.uuid4().hex
    url = str(sandbox_client.base_url).rstrip("/")
    return Served(url, sandbox_client, f"CANARYINSTANCE1{test}", f"CANARYINSTANCE2{test}")


@pytest.fixture
def online(zapi_sync: ZapiSync, served: Served) -> ZapiSync:
    """`zapi-sync` with credentials for the served sandbox."""
    zapi_sync.environment |= served.secrets()
    return zapi_sync


@pytest.fixture
def fits() -> Callable[[Any, str], None]:
    """Whether a document fits a published schema."""

    def check(document: Any, name: str) -> None:
        schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        ).validate(document)

    return check
