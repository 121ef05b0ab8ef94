"""What people do at their phones, done through /sandbox/happen, as the look-ups then tell it."""

import pytest

from zapi_sync.sandbox import CONNECTED_NUMBER

from .world import PHONE, SHY, World, order, record, records

JSON = {"Content-Type": "application/json"}


def happen(world: World, group: object, act: str, **more: object) -> tuple[int, str]:
    body = {"act": act, "instance": world.instance, "group": group, **more}
    answer = world.http.post("/sandbox/happen", json=body)
    return answer.status_code, answer.text


def metadata(world: World, group: object) -> dict[str, object]:
    return record(world.get(f"group-metadata/{group}"))


def people(world: World, group: object) -> dict[str, bool]:
    """Who is in a group, and whether they lead it."""
    participants = metadata(world, group)["participants"]
    assert isinstance(participants, list)
    return {one["phone"]: one["isAdmin"] for one in participants}


def test_a_group_gets_another_name(world: World) -> None:
    group = world.create("Before")["phone"]
    assert happen(world, group, "rename", name="After")[0] == 204
    assert world.names() == ["After"]
    assert metadata(world, group)["subject"] == "After"


def test_a_link_is_reset(world: World) -> None:
    made = world.create()
    assert happen(world, made["phone"], "reset-link")[0] == 204
    now = metadata(world, made["phone"])["invitationLink"]
    assert now != made["invitationLink"]
    assert record(world.get(f"group-invitation-link/{made['phone']}"))["invitationLink"] == now


def test_an_invitation_is_accepted(world: World) -> None:
    group = record(world.post(order(autoInvite=True, phones=[PHONE, SHY])))["phone"]
    assert SHY not in people(world, group)
    for _ in range(2):
        assert happen(world, group, "join", phone=SHY)[0] == 204
        assert people(world, group) == {CONNECTED_NUMBER: True, PHONE: False, SHY: False}
    invited = [invite for invite in records(world.http.get("/sandbox/invites")) if invite["group"] == group]
    assert invited == []


def test_the_connected_number_is_demoted(world: World) -> None:
    group = world.create()["phone"]
    assert happen(world, group, "demote")[0] == 204
    assert people(world, group) == {CONNECTED_NUMBER: False, PHONE: False}


def test_a_group_is_removed(world: World) -> None:
    world.create("Stays")
    group = world.create("Goes")["phone"]
    assert happen(world, group, "remove")[0] == 204
    assert world.names() == ["Stays"]
    assert world.get(f"group-metadata/{group}").status_code == 404
    assert happen(world, group, "remove")[0] == 404


@pytest.mark.parametrize(
    ("act", "more", "error"),
    [
        ("dance", {}, "act must be one of"),
        ("rename", {}, "name must be text"),
        ("rename", {"name": "a\nb"}, "name must be text"),
        ("join", {"phone": "+55"}, "phone must be digits"),
        ("join", {"phone": 5}, "phone must be digits"),
    ],
)
def test_what_cannot_happen_is_refused(world: World, act: str, more: dict[str, object], error: str) -> None:
    group = world.create()["phone"]
    before = metadata(world, group)
    status, said = happen(world, group, act, **more)
    assert (status, error in said) == (400, True), said
    assert metadata(world, group) == before


def test_a_body_that_is_no_object_is_refused(world: World) -> None:
    assert world.http.post("/sandbox/happen", json=[]).status_code == 400
    assert world.http.post("/sandbox/happen", json={"act": "remove"}).status_code == 400
    half = world.http.post(
        "/sandbox/happen", content=b'{"act":"remove","instance":"i","group":"\\ud800"}', headers=JSON
    )
    assert (half.status_code, half.json()) == (400, {"error": "instance and group must be text"})
