"""The connected number among a group's phones: told with its place before anything is sent."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from zapi_sync.sandbox import CONNECTED_NUMBER

Fits = Callable[[Any, str], None]

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")
PORTUGUESE = {"LANG": "pt_BR.UTF-8"}
TEAM = """\
version: 1
teams: {team: ["5544999990001", "+55 11 90000-0000"]}
groups:
  launch-{1..3}: {groupName: "Launch {n}", phones: [team]}
"""


def test_team_with_the_connected_number_is_one_error(online: Any, served: Any, fits: Fits) -> None:
    online.write(TEAM)
    done = online(*APPLY)
    assert done.code == 1
    assert done.err == (
        'groups.yaml:2:33: error: 5511900000000 is the connected number of the instance "default", '
        "and among the phones of launch-1, launch-2, launch-3 [ZS139]\n"
        '  2 | teams: {team: ["5544999990001", "+55 11 90000-0000"]}\n'
        "    |                                 ^^^^^^^^^^^^^^^^^^^\n"
        "  hint: remove it from the phones: the number that creates a group is in it anyway\n"
    )
    assert served.creates() == []
    assert not (online.folder / "groups.state.json").exists()

    portuguese = online(*APPLY, **PORTUGUESE)
    assert portuguese.code == 1
    assert (
        'erro: 5511900000000 é o número conectado da instância "default", e está entre os telefones de '
        "launch-1, launch-2, launch-3 [ZS139]"
    ) in portuguese.err
    assert "dica: tire-o dos telefones: o número que cria um grupo já está nele\n" in portuguese.err

    told = online(*APPLY, "--format", "json")
    assert told.code == 1
    fits(told.json, "errors")
    (error,) = told.json["diagnostics"]
    assert (error["code"], error["severity"], error["line"], error["column"]) == ("ZS139", "error", 2, 33)


def test_one_group_with_the_connected_number_stops_all(online: Any, served: Any) -> None:
    path = online.groups("a", "b", "c")
    path.write_text(path.read_text().replace("5544999900001", CONNECTED_NUMBER))  # one of b's
    done = online(*APPLY)
    assert done.code == 1
    assert "groups.yaml:10:14: error: 5511900000000 is the connected number" in done.err
    assert "among the phones of b [ZS139]" in done.err
    assert served.creates() == []


def test_group_that_exists_may_list_the_connected_number(online: Any, served: Any) -> None:
    path = online.groups("a")
    assert online(*APPLY).code == 0
    online.groups("a", "b")
    path.write_text(path.read_text().replace("5544999900000", CONNECTED_NUMBER))  # one of a's
    assert online(*APPLY).code == 0
    assert len(served.creates()) == 2


@pytest.fixture
def api_of_a_mobile() -> Iterator[str]:
    """The URL of an API that has no groups, and whose connected number is a mobile one of Brazil."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"phone": "5511987654321"}' if self.path.endswith("/device") else b"[]"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("phone", ["5511987654321", "551187654321", "+55 11 8765-4321", "+55 11 98765-4321"])
def test_connected_number_is_found_with_and_without_ninth_digit(
    online: Any, api_of_a_mobile: str, phone: str
) -> None:
    online.write(f"version: 1\ngroups: {{a: {{groupName: A, phones: ['5544999990001', '{phone}']}}}}\n")
    done = online(*APPLY, ZAPI_BASE_URL=api_of_a_mobile)
    assert done.code == 1
    assert 'is the connected number of the instance "default", and among the phones of a [ZS139]' in done.err
    assert done.err.startswith("groups.yaml:2:54: error: ")


@pytest.mark.parametrize("fault", ["device-500", "device-truncated", "device-429", "device-html"])
def test_unknown_connected_number_is_one_warning(online: Any, served: Any, fits: Fits, fault: str) -> None:
    online.groups("a", "b")
    served.fault(fault, 50)
    done = online(*APPLY)
    assert (done.code, len(served.creates())) == (0, 2), done.err
    warning = 'warning: the connected number of the instance "default" is not known: '
    assert done.err.count(warning) == 1
    assert done.err.count("[ZS401]") == 1

    online.groups("a", "b", "c")
    told = online(*APPLY, "--format", "json")
    assert told.code == 0
    fits(told.json, "apply")
    (said,) = told.json["diagnostics"]
    assert (said["code"], said["severity"]) == ("ZS401", "warning")

    online.groups("a", "b", "c", "d")
    told = online(*APPLY, **PORTUGUESE)
    warning = 'aviso: o número conectado da instância "default" não é conhecido: a consulta device não deu '
    assert (told.code, told.err.count(warning)) == (0, 1)


def test_connected_number_is_asked_for_once_per_instance(online: Any, served: Any) -> None:
    path = online.groups("a", "b", "c")
    path.write_text(path.read_text() + "  s: {groupName: S, instance: sales, phones: ['5544911112222']}\n")
    assert online(*APPLY).code == 0
    received = served.client.get("/sandbox/requests").json()
    asked = [each["instance"] for each in received if each["call"] == "device"]
    assert sorted(asked) == sorted([served.default, served.sales])
    calls = [each["call"] for each in received]
    assert max(at for at, call in enumerate(calls) if call == "device") < calls.index("create-group")


def test_interrupt_while_the_number_is_asked_for(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("device-silent")
    process = online.start(*APPLY)
    while "device" not in [each["call"] for each in served.client.get("/sandbox/requests").json()]:
        assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - began < 10  # a look-up waits 30 s for its answer
    assert served.creates() == []


def test_number_of_one_instance_may_be_in_groups_of_another(online: Any, served: Any) -> None:
    path = online.groups("a")
    path.write_text(
        path.read_text() + f"  s: {{groupName: S, instance: sales, phones: ['{CONNECTED_NUMBER}']}}\n"
    )
    served.fault("device-500", 10, instance=served.sales)
    done = online(*APPLY, "--target", "a")
    assert done.code == 0, done.err
    assert len(served.creates()) == 1


def test_group_that_is_no_target_may_list_the_number(online: Any, served: Any) -> None:
    path = online.groups("a", "b")
    path.write_text(path.read_text().replace("5544999900000", CONNECTED_NUMBER))  # one of a's
    done = online(*APPLY, "--target", "b")
    assert (done.code, len(served.creates())) == (0, 1), done.err


def test_saved_plan_with_the_connected_number_is_refused(online: Any, served: Any) -> None:
    online.write(TEAM)
    assert online("plan", "--out", "it.plan").code == 0
    done = online("apply", "it.plan", "--pace", "0")
    assert (done.code, done.err.count("[ZS139]")) == (1, 1)
    assert served.creates() == []


def test_plan_with_refresh_shows_the_connected_number(online: Any, served: Any) -> None:
    online.write(TEAM)
    plan = online("plan", "--refresh")
    assert plan.code == 1
    assert plan.err.count("[ZS139]") == 1
    assert "groups.yaml:2:33: error: " in plan.err
    assert "Plan: 3 to create" in plan.out
    assert served.creates() == []


def test_sandbox_shows_the_connected_number_too(zapi_sync: Any) -> None:
    zapi_sync.write(TEAM)
    done = zapi_sync("apply", "--sandbox", "--auto-approve")
    assert done.code == 1
    assert done.err.count("[ZS139]") == 1
