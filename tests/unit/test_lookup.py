"""What Z-API's look-ups answer, in all the forms that were seen."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.forms import MAX_NAME
from zapi_sync.core.lookup import (
    Details,
    Listed,
    Member,
    Metadata,
    NotUnderstood,
    is_no_such_group,
    is_wrong_method,
    read_connected,
    read_details,
    read_groups,
    read_link,
    read_metadata,
    read_own_phone,
)
from zapi_sync.core.model import GroupId
from zapi_sync.core.outcome import Answer

ID = "120363019502650977-group"
OLD_ID = "5511999999999-1623281429"
READERS = (read_groups, read_metadata, read_details, read_link, read_connected, read_own_phone)


def answer(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


def test_groups_come_with_strings_for_booleans_and_chats_among_them() -> None:
    page = [
        {"isGroup": True, "name": "A", "phone": ID},
        {"isGroup": "true", "name": "B", "phone": OLD_ID},
        {"isGroup": "false", "name": "a person", "phone": "5511999999999"},
        {"name": None, "phone": "120363019502650978-group"},
        {"name": "120363019502650979-group", "phone": "120363019502650979-group"},
    ]
    assert read_groups(answer(page)) == [
        Listed(GroupId(ID), "A"),
        Listed(GroupId(OLD_ID), "B"),
        Listed(GroupId("5511999999999"), "a person", is_group=False),
        Listed(GroupId("120363019502650978-group"), None),
        Listed(GroupId("120363019502650979-group"), None),
    ]


@pytest.mark.parametrize(
    "entry", ["nonsense", {"phone": "../x"}, {"id": "120363019502650978@g.us", "name": "A"}, None]
)
def test_a_listing_that_cannot_be_read_in_full_is_none(entry: object) -> None:
    with pytest.raises(NotUnderstood, match="an entry of the listing has no id that can be read"):
        read_groups(answer([{"name": "A", "phone": ID}, entry]))


def test_metadata_in_full() -> None:
    body = {
        "phone": ID, "subject": "A", "owner": "5511900000000", "creation": 1588721491000,
        "participants": [{"phone": "5511900000000"}, {"phone": 5544999999999}],
    }  # fmt: skip
    born = datetime(2020, 5, 5, 23, 31, 31, tzinfo=UTC)
    whole = Metadata(GroupId(ID), "A", "5511900000000", born, ("5511900000000", "5544999999999"))
    assert read_metadata(answer(body)) == whole
    assert read_metadata(answer(body | {"creation": "1588721491"})) == whole


def test_metadata_with_hardly_anything() -> None:
    assert read_metadata(answer({"phone": ID})) == Metadata(GroupId(ID), None, None, None, None)
    odd = {
        "phone": ID,
        "owner": "1@lid",
        "creation": "soon",
        "participants": [{"lid": "1@lid"}, {"phone": "1"}],
    }
    assert read_metadata(answer(odd)) == Metadata(GroupId(ID), None, None, None, None)


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ({"invitationLink": "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"}, True),
        ({"invitationLink": None}, False),
        ({"invitationLink": "https://evil.example/GONwbGGDkLe8BifUWwLgct"}, False),
        ({}, False),
    ],
)
def test_a_link_is_an_invite_link_or_none(body: object, link: bool) -> None:
    assert (read_link(answer(body)) is not None) == link


def test_connected_decides_and_not_error() -> None:
    assert read_connected(answer({"connected": True, "error": "You are already connected."}))
    assert read_connected(answer({"connected": "true"}))
    assert not read_connected(answer({"connected": False, "error": "You are not connected."}))


def test_the_own_number() -> None:
    assert read_own_phone(answer({"phone": "5511900000000"})) == "5511900000000"
    assert read_own_phone(answer({"name": "x"})) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            answer({"error": "You need to be connected with whatsapp"}),
            "You need to be connected with whatsapp",
        ),
        (answer({"error": "x"}, 500), "status 500: x"),
        (Answer(502, b"<html>"), "status 502"),
        (Answer(200, b"<html>"), "not what is documented"),
        (Answer(200, b"[]", complete=False), "an answer (200) that broke off or is far too long"),
    ],
)
def test_what_is_no_answer_says_what_it_is(given: Answer, why: str) -> None:
    for read in READERS:
        with pytest.raises(NotUnderstood) as refused:
            read(given)
        if given.body != b"[]" or not given.complete:
            assert why in str(refused.value)


def test_another_method_is_wanted() -> None:
    assert is_wrong_method(Answer(405, b""))
    assert is_wrong_method(
        answer({"error": "NOT_FOUND", "message": "Unable to find matching target resource method"})
    )
    assert not is_wrong_method(answer({"invitationLink": None}))


@given(
    st.integers(100, 599),
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["phone", "name", "error", "creation", "participants", "owner"]), inner
                )
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_no_answer_is_more_than_not_understood(status: int, body: bytes) -> None:
    for read in READERS:
        with suppress(NotUnderstood):
            read(Answer(status, body))


def test_a_name_is_kept_as_far_as_one_can_go_and_without_half_characters() -> None:
    page = [{"phone": ID, "name": "é" * 2000}, {"phone": OLD_ID, "name": "A\ud83d"}]
    assert [each.name for each in read_groups(answer(page))] == ["é" * MAX_NAME, "A?"]


@pytest.mark.parametrize("value", [[[]] * 3, {"a": []}, 1, None, "yes"])
def test_only_true_is_connected_and_only_false_is_no_group(value: object) -> None:
    assert not read_connected(answer({"connected": value}))
    assert read_groups(answer([{"phone": ID, "name": "A", "isGroup": value}]))[0].is_group


@pytest.mark.parametrize("value", ["9" * 21, 10**21, "", "-1", "\u0663"])
def test_what_is_too_long_for_a_number_is_none(value: object) -> None:
    assert read_own_phone(answer({"phone": value})) is None


def test_details_are_read_member_by_member() -> None:
    body = {
        "phone": ID,
        "subject": "VIP",
        "owner": "5511900000000",
        "invitationLink": "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
        "participants": [
            {"phone": "5511900000000", "isAdmin": True, "isSuperAdmin": True},
            {"phone": "5544999999999", "isAdmin": "false", "isSuperAdmin": "false"},
            {"phone": "123456789012345@lid", "isSuperAdmin": "true"},
            {"phone": 5544888888888},
            {"isAdmin": False},
            "nonsense",
        ],
    }
    assert read_details(answer(body)) == Details(
        GroupId(ID),
        "VIP",
        "5511900000000",
        "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
        (
            Member("5511900000000", True),
            Member("5544999999999", False),
            Member("123456789012345@lid", True),
            Member("5544888888888", None),
            Member(None, False),
            Member(None, None),
        ),
    )


@pytest.mark.parametrize("participants", [None, [], "5544999999999", {}])
def test_details_that_are_not_told_are_none(participants: object) -> None:
    body = {"phone": ID, "invitationLink": "javascript:x", "subject": 5, "participants": participants}
    assert read_details(answer(body)) == Details(GroupId(ID), None, None, None, None)


@pytest.mark.parametrize("body", [{}, {"phone": "../x"}, {"phone": ID, "error": "no"}, [], None])
def test_details_of_no_group_are_not_understood(body: object) -> None:
    with pytest.raises(NotUnderstood):
        read_details(answer(body))


@pytest.mark.parametrize(
    ("status", "body", "gone"),
    [
        (404, {"error": "Group not found"}, True),
        (400, {"error": "The group does not exist"}, True),
        (404, {"error": "Error", "message": "item-not-found"}, True),
        (410, {"message": "chat not found"}, True),
        (200, {"error": "Group not found"}, False),
        (500, {"error": "Group not found"}, False),
        (403, {"error": "Group not found"}, False),
        (404, {"error": "Instance not found"}, False),
        (404, {"error": "Group not found on this instance, which is not connected"}, False),
        (404, {"error": "NOT_FOUND", "message": "Unable to find matching target resource method"}, False),
        (404, {"error": "Not Found", "path": "/group-metadata/x"}, False),
        (400, {"error": "You need to be connected with whatsapp"}, False),
        (400, {"error": "Whatsapp did not respond"}, False),
        (404, ["Group not found"], False),
        (404, {"error": 404}, False),
    ],
)
def test_that_a_group_does_not_exist_is_said_in_so_many_words(status: int, body: object, gone: bool) -> None:
    assert is_no_such_group(answer(body, status)) is gone


def test_half_a_denial_is_none() -> None:
    body = b'{"error": "Group not found"}'
    assert is_no_such_group(Answer(404, body))
    assert not is_no_such_group(Answer(404, body, complete=False))
    assert not is_no_such_group(Answer(404, body[:-1]))
    assert not is_no_such_group(Answer(404, b"<p>Group not found</p>"))
