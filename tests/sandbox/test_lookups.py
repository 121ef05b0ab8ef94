"""The look-ups, and the document that describes all calls."""

import json
import time
from importlib import resources
from typing import cast

import jsonschema
import pytest

from zapi_sync.sandbox import CONNECTED_NUMBER, create_app

from .world import GROUP_ID, OTHER, PHONE, TOKEN, Json, World, order, record, records

NOT_FOUND = {"error": "NOT_FOUND", "message": "Unable to find matching target resource method"}


def test_groups_come_in_pages_newest_first(world: World) -> None:
    for name in ("A", "B", "C"):
        world.create(name)
    assert world.names(1, 2) == ["C", "B"]
    assert world.names(2, 2) == ["A"]
    assert world.names(3, 2) == []


def test_a_listed_group_has_strings_where_numbers_and_booleans_would_be(world: World) -> None:
    created = world.create()
    (group,) = world.listing()
    assert group["isGroup"] is True
    assert group["phone"] == created["phone"]
    assert group["unread"] == "0"
    assert group["archived"] == "false"
    assert abs(int(str(group["lastMessageTime"])) - time.time() * 1000) < 60_000


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?page=1",
        "?pageSize=1",
        "?page=0&pageSize=1",
        "?page=1&pageSize=-1",
        "?page=x&pageSize=1",
        "?page=1&pageSize=1000000000",
    ],
)
def test_both_paging_parameters_are_required(world: World, query: str) -> None:
    answer = world.get(f"groups{query}")
    assert answer.status_code == 400
    assert "error" in answer.json()


def test_metadata(world: World) -> None:
    created = record(world.post(order(phones=[PHONE, OTHER])))
    metadata = record(world.get(f"group-metadata/{created['phone']}"))
    light = record(world.get(f"light-group-metadata/{created['phone']}"))
    assert light == {**metadata, "invitationLink": None}
    assert metadata["phone"] == created["phone"]
    assert metadata["invitationLink"] == created["invitationLink"]
    assert metadata["invitationLinkError"] is None
    assert metadata["owner"] == metadata["subjectOwner"] == CONNECTED_NUMBER
    assert metadata["subject"] == "VIP"
    assert abs(cast(int, metadata["creation"]) - time.time() * 1000) < 60_000
    participants = cast(list[Json], metadata["participants"])
    assert [one["phone"] for one in participants] == [CONNECTED_NUMBER, PHONE, OTHER]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_invitation_link_answers_get_and_post(world: World, method: str) -> None:
    created = world.create()
    answer = world.http.request(method, world.url(f"group-invitation-link/{created['phone']}"))
    assert record(answer) == {"phone": created["phone"], "invitationLink": created["invitationLink"]}


@pytest.mark.parametrize("call", ["group-metadata", "light-group-metadata", "group-invitation-link"])
def test_an_unknown_group_is_404(world: World, call: str) -> None:
    answer = world.get(f"{call}/120363000000000000-group")
    assert (answer.status_code, answer.json()) == (404, {"error": "Group not found"})


def test_the_instance_and_its_phone(world: World) -> None:
    status = record(world.get("status"))
    assert status == {"connected": True, "error": "You are already connected.", "smartphoneConnected": True}
    me = record(world.get("me"))
    assert (me["id"], me["token"], me["connected"]) == (world.instance, TOKEN, True)
    assert record(world.get("device"))["phone"] == CONNECTED_NUMBER


def test_phone_exists(world: World) -> None:
    assert records(world.get(f"phone-exists/{PHONE}")) == [{"exists": True, "phone": PHONE, "lid": None}]
    assert records(world.get("phone-exists/123"))[0]["exists"] is False
    assert world.get("phone-exists/+55").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        f"/instances/INSTANCE/token/{TOKEN}/no-such-call",
        f"/instances/INSTANCE/token/{TOKEN}/group-metadata",
        f"/instances/INSTANCE/token/{TOKEN}/groups/",
        f"/instances/INSTANCE//token/{TOKEN}/me",
        "/instances/INSTANCE/me",
        "/elsewhere",
    ],
)
def test_an_unknown_path_is_404_and_repeats_nothing(world: World, path: str) -> None:
    answer = world.http.get(path)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert TOKEN not in str(answer.headers)


def test_the_front_page_says_that_nothing_is_real(world: World) -> None:
    answer = world.http.get("/")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "nothing real happens" in answer.text


def test_a_failure_of_the_sandbox_itself_is_500_and_keeps_the_token(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(":memory:")

    def fail() -> str:
        raise RuntimeError("on purpose")

    app.view_functions["z_api.me"] = fail
    answer = app.test_client().get(f"/instances/i/token/{TOKEN}/me", headers={"Client-Token": "t"})
    assert answer.status_code == 500
    assert answer.get_json() == {"error": "Internal Server Error"}
    said = capfd.readouterr()
    assert "the sandbox failed" in caplog.text + said.err
    assert TOKEN not in caplog.text + said.out + said.err


def test_the_document_is_served_and_describes_exactly_the_calls(world: World) -> None:
    document = record(world.http.get("/openapi.json"))
    assert document["openapi"] == "3.1.0"
    paths = cast(dict[str, Json], document["paths"])
    described = {
        (path, method.upper()) for path, item in paths.items() for method in item if method != "parameters"
    }
    served = {
        (rule.rule.replace("<", "{").replace(">", "}").replace("instance_id", "instanceId"), method)
        for rule in create_app(":memory:").url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/instances/") and method != "HEAD"
    }
    assert described == served


def test_any_other_method_is_405_and_says_which_there_are(world: World) -> None:
    document = record(world.http.get("/openapi.json"))
    for path, item in cast(dict[str, Json], document["paths"]).items():
        described = {method.upper() for method in item if method != "parameters"}
        url = world.url(path.partition("{token}/")[2].replace("{phone}", PHONE))
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"} - described:
            answer = world.http.request(method, url)
            assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})
            assert set(answer.headers["Allow"].split(", ")) - {"HEAD"} == described


def test_the_answers_are_what_the_document_says(world: World) -> None:
    created = world.create()
    answers: dict[str, object] = {"CreatedGroup": created, "ListedGroup": world.listing()[0]}
    group = created["phone"]
    for schema, call in (
        ("GroupMetadata", f"group-metadata/{group}"),
        ("GroupMetadata", f"light-group-metadata/{group}"),
        ("GroupLink", f"group-invitation-link/{group}"),
        ("Status", "status"),
        ("Me", "me"),
        ("Device", "device"),
        ("PhoneExists", f"phone-exists/{PHONE}"),
        ("Error", "phone-exists/x"),
    ):
        answers[schema] = world.get(call).json()
        validate(schema, answers[schema])
    validate("CreatedGroup", created)
    validate("ListedGroup", world.listing()[0])
    validate("CreateGroup", order())
    with pytest.raises(jsonschema.ValidationError):
        validate("CreateGroup", order(phones=["+55"]))


def test_an_old_id_fits_the_document_too(world: World) -> None:
    world.fault("groups-old-id")
    (old,) = world.listing()
    validate("ListedGroup", old)
    assert not GROUP_ID.fullmatch(str(old["phone"]))


def validate(schema: str, instance: object) -> None:
    text = resources.files("zapi_sync.sandbox").joinpath("openapi.json").read_text(encoding="utf-8")
    root = {**json.loads(text), "$ref": f"#/components/schemas/{schema}"}
    jsonschema.Draft202012Validator(root).validate(instance)
