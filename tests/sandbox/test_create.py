"""create-group, rule by rule."""

import json

import pytest

from zapi_sync.sandbox import CONNECTED_NUMBER, NOT_ADDABLE_SUFFIX, REFUSED_CLIENT_TOKEN

from .world import GROUP_ID, LID, LINK, OTHER, PHONE, SHY, Json, World, order, record, records


def test_a_group_is_created_with_id_and_link_of_the_real_shape(world: World) -> None:
    answer = world.post(order(phones=[PHONE, OTHER]))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    body = record(answer)
    assert set(body) == {"phone", "phonesNotAdded", "invitationLink"}
    assert GROUP_ID.fullmatch(str(body["phone"]))
    assert LINK.fullmatch(str(body["invitationLink"]))
    assert body["phonesNotAdded"] == []
    assert world.names() == ["VIP"]


def test_the_same_post_twice_makes_two_groups(world: World) -> None:
    first, second = world.create(), world.create()
    assert first["phone"] != second["phone"]
    assert first["invitationLink"] != second["invitationLink"]
    assert world.names() == ["VIP", "VIP"]


def test_each_instance_is_a_world_of_its_own(world: World) -> None:
    created = world.create("Here")
    assert world.listing(instance="ANOTHER") == []
    assert world.get(f"group-metadata/{created['phone']}", "ANOTHER").status_code == 404
    assert world.get(f"group-metadata/{created['phone']}").status_code == 200


def test_any_token_will_do(world: World) -> None:
    world.create()
    answer = world.http.get(world.url("groups?page=1&pageSize=9", token="another"))
    assert len(records(answer)) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="an array"),
        pytest.param("text", id="a string"),
        pytest.param(None, id="null"),
        pytest.param({}, id="nothing"),
        pytest.param({"groupName": "VIP", "phones": [PHONE]}, id="no autoInvite"),
        pytest.param(order(autoInvite="true"), id="autoInvite a string"),
        pytest.param(order(autoInvite=1), id="autoInvite a number"),
        pytest.param({"autoInvite": True, "phones": [PHONE]}, id="no groupName"),
        pytest.param(order(groupName=2026), id="groupName a number"),
        pytest.param(order(groupName=""), id="groupName empty"),
        pytest.param(order(groupName=" \t"), id="groupName blank"),
        pytest.param(order(groupName="x" * 101), id="groupName too long"),
        pytest.param(order(groupName="\ud800"), id="groupName half a surrogate pair"),
        pytest.param({"autoInvite": True, "groupName": "VIP"}, id="no phones"),
        pytest.param(order(phones=PHONE), id="phones a string"),
        pytest.param(order(phones=[]), id="phones empty"),
        pytest.param(order(phones=[PHONE, 5544888888888]), id="a phone a number"),
        pytest.param(order(phones=[""]), id="a phone empty"),
        pytest.param(order(phones=["+5544999999999"]), id="a plus sign"),
        pytest.param(order(phones=["55 (44) 99999-9999"]), id="a mask"),
        pytest.param(order(phones=["٥٥٤٤٩٩٩٩"]), id="digits of another script"),
        pytest.param(order(phones=["joe@lid", PHONE]), id="no real lid"),
        pytest.param(order(phones=[LID]), id="lids alone"),
        pytest.param(order(phones=[PHONE, CONNECTED_NUMBER]), id="the connected number"),
    ],
)
def test_a_body_against_the_rules_is_refused_and_creates_nothing(world: World, body: object) -> None:
    content = json.dumps(body)
    headers = {"Content-Type": "application/json"}
    answer = world.http.post(world.url("create-group"), content=content, headers=headers)
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)
    assert world.names() == []


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"{'a': 1}"])
def test_a_body_that_is_no_json_is_refused(world: World, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = world.http.post(world.url("create-group"), content=content, headers=headers)
    assert answer.status_code == 400
    assert world.names() == []


def test_the_limits_themselves_are_accepted(world: World) -> None:
    assert world.post(order(groupName="é" * 100, phones=[PHONE] * 2)).status_code == 200
    assert world.post(order(autoInvite=True, unknown="attribute")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_405(world: World, method: str) -> None:
    answer = world.http.request(method, world.url("create-group"))
    assert answer.status_code == 405
    assert "error" in answer.json()
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_415(world: World, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = world.http.post(world.url("create-group"), content=json.dumps(order()), headers=headers)
    assert answer.status_code == 415
    assert "error" in answer.json()
    assert world.names() == []


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_content_types_are_accepted(world: World, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    answer = world.http.post(world.url("create-group"), content=json.dumps(order()), headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, "null not allowed"),
        ("", "null not allowed"),
        (REFUSED_CLIENT_TOKEN, f"Client-Token {REFUSED_CLIENT_TOKEN} not allowed"),
    ],
)
@pytest.mark.parametrize("call", ["create-group", "groups", "me", "group-metadata/1"])
def test_the_client_token_is_demanded_on_every_call(
    world: World, call: str, value: str | None, error: str
) -> None:
    request = world.http.build_request("POST" if call == "create-group" else "GET", world.url(call))
    del request.headers["Client-Token"]
    if value is not None:
        request.headers["Client-Token"] = value
    answer = world.http.send(request)
    assert (answer.status_code, answer.json()) == (403, {"error": error})


def test_who_is_added_and_who_is_not(world: World) -> None:
    assert SHY.endswith(NOT_ADDABLE_SUFFIX)
    body = record(world.post(order(phones=[LID, PHONE, SHY, PHONE, "123"])))
    assert body["phonesNotAdded"] == [LID, SHY, "123"]
    metadata = record(world.get(f"group-metadata/{body['phone']}"))
    assert metadata["participants"] == [
        {"phone": CONNECTED_NUMBER, "isAdmin": True, "isSuperAdmin": True},
        {"phone": PHONE, "isAdmin": False, "isSuperAdmin": False},
    ]
    assert invites(world) == []


def test_auto_invite_sends_a_private_invite_to_whoever_can_have_one(world: World) -> None:
    body = record(world.post(order(autoInvite=True, phones=[LID, PHONE, SHY, "123"])))
    assert body["phonesNotAdded"] == [LID, SHY, "123"]
    participants = record(world.get(f"group-metadata/{body['phone']}"))["participants"]
    assert SHY not in str(participants)
    assert invites(world) == [{"instance": world.instance, "group": body["phone"], "phone": SHY}]


def test_a_group_of_people_who_cannot_be_added_is_created_all_the_same(world: World) -> None:
    body = record(world.post(order(phones=[SHY])))
    assert body["phonesNotAdded"] == [SHY]
    assert world.names() == ["VIP"]


def invites(world: World) -> list[Json]:
    every = records(world.http.get("/sandbox/invites"))
    return [invite for invite in every if invite["instance"] == world.instance]
