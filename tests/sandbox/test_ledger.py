"""The ledger: what was asked, and none of the secrets."""

import threading

import pytest

from zapi_sync.sandbox.ledger import Entry, Ledger

from .world import CLIENT_TOKEN, TOKEN, World, order


def test_requests_are_remembered_without_their_secrets(world: World) -> None:
    world.post(order())
    world.listing()
    created, listed = world.ledger()
    assert created == {
        "method": "POST",
        "instance": world.instance,
        "call": "create-group",
        "query": "",
        "headers": {"Content-Type": "application/json", "Client-Token": "***"},
        "json": order(),
        "status": 200,
    }
    assert (listed["call"], listed["query"], listed["json"]) == ("groups", "page=1&pageSize=100", None)
    text = world.http.get("/sandbox/requests").text
    assert TOKEN not in text
    assert CLIENT_TOKEN not in text


def test_refused_requests_are_remembered_too(world: World) -> None:
    world.http.post(world.url("create-group"), content=b"no json")
    world.get("groups")
    world.http.put(world.url("create-group"))
    assert [entry["status"] for entry in world.ledger()] == [415, 400, 405]


def test_an_unknown_call_is_not_repeated_as_it_may_hold_a_piece_of_the_token(world: World) -> None:
    world.http.get("/instances/INSTANCE/token/first%2FSECRET/create-group")
    world.http.get("/instances/INSTANCE/token/first%2Fgroups%2FSECRET/me")
    world.http.get(f"/instances/INSTANCE/token/{TOKEN}")
    assert [(entry["call"], entry["status"]) for entry in world.ledger()] == [("", 404), ("", 404)]


def test_a_line_break_hides_nothing(world: World) -> None:
    world.get("phone-exists/55%0A")
    (entry,) = world.ledger()
    assert (entry["call"], entry["status"]) == ("phone-exists/55\n", 400)


@pytest.mark.parametrize(
    "body", ["NaN", "[-Infinity]", '{"a": 1e999}', "[" * 101 + "]" * 101, "[" * 900 + "]" * 900]
)
def test_what_json_cannot_say_again_is_not_remembered(world: World, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert world.http.post(world.url("create-group"), content=body, headers=headers).status_code == 400
    (entry,) = world.ledger()
    assert (entry["json"], entry["status"]) == (None, 400)


def test_the_sandbox_s_own_calls_are_not_in_it(world: World) -> None:
    world.http.get("/")
    world.ledger()
    assert world.ledger() == []


def test_it_can_be_emptied(world: World) -> None:
    world.create()
    assert world.http.delete("/sandbox/requests").status_code == 204
    assert world.ledger() == []


def test_it_is_bounded() -> None:
    ledger = Ledger()
    entry = Entry("GET", "i", "me", "", {}, None)
    first = ledger.received(entry)
    for _ in range(10_000):
        last = ledger.received(entry)
    ledger.answered(first, 200)
    ledger.answered(last, 201)
    assert len(ledger.entries()) == 10_000
    assert [one.status for one in ledger.entries()[-2:]] == [None, 201]


def test_it_is_safe_under_threads() -> None:
    ledger = Ledger()

    def work() -> None:
        for _ in range(200):
            ledger.answered(ledger.received(Entry("GET", "i", "me", "", {}, None)), 200)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.status for one in ledger.entries()] == [200] * 1600
