"""What an answer proves: created, rejected, or nothing; towards nothing wherever there is doubt."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.forms import as_invitation_link, is_group_id
from zapi_sync.core.model import GroupId
from zapi_sync.core.outcome import (
    MAX_LENGTH,
    MAX_VALUES,
    Answer,
    Cause,
    Created,
    RateLimit,
    Rejected,
    Unknown,
)
from zapi_sync.zapi.outcomes import MAX_TEXT, classify

from .drawn import QUICK

ID, OLD_ID = GroupId("120363019502650977-group"), "5511999999999-1623281429"
LINK = "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"
MADE = json.dumps({"phone": ID, "phonesNotAdded": ["5544777777777"], "invitationLink": LINK}).encode()
NOTHING = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b"<html>Bad Gateway</html>",
    b'"ok"',
    b"\x1f\x8b\x08",
    b"{",
    b"\xff\xfe",
)


def said(text: str, member: str = "error") -> bytes:
    return json.dumps({member: text}).encode()


@pytest.mark.parametrize("status", [200, 201])
def test_a_named_group_was_created(status: int) -> None:
    assert classify(Answer(status, MADE)) == Created(ID, LINK, ("5544777777777",))


@pytest.mark.parametrize(
    ("member", "value", "link", "left_out"),
    [
        ("invitationLink", None, None, ("12345",)),
        ("invitationLink", "javascript:alert(1)", None, ("12345",)),
        ("invitationLink", "https://chat.whatsapp.com/", None, ("12345",)),
        ("invitationLink", LINK + "\n", None, ("12345",)),
        ("invitationLink", LINK + "?utm=x", None, ("12345",)),
        ("invitationLink", [LINK], None, ("12345",)),
        ("phonesNotAdded", None, LINK, ()),
        ("phonesNotAdded", "12345", LINK, ()),
        (
            "phonesNotAdded",
            [1, None, "23456", "12345@lid", "a b", "SECRET", "\x1b[31m", "1" * 21, "1\n"],
            LINK,
            ("23456", "12345@lid"),
        ),
        ("error", "null not allowed", LINK, ("12345",)),
        ("phone", OLD_ID, LINK, ("12345",)),
    ],
)
def test_what_stands_beside_the_id_never_undoes_a_creation(
    member: str, value: object, link: str | None, left_out: tuple[str, ...]
) -> None:
    body = {"phone": ID, "invitationLink": LINK, "phonesNotAdded": ["12345"], member: value}
    assert classify(Answer(200, json.dumps(body).encode())) == Created(
        GroupId(str(body["phone"])), link, left_out
    )


@pytest.mark.parametrize(
    "phone",
    [
        None,
        "",
        " ",
        "x",
        "1234",
        120363019502650977,
        [],
        {},
        True,
        "120363019502650977 -group",
        "12036/../x",
        ID + "\n",
        "1" * 129,
        pytest.param("\ud80012345", id="half a character"),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_without_a_well_formed_id_a_200_proves_nothing(phone: object, status: int) -> None:
    assert not is_group_id(phone)
    why = ", and yet spoke of a group" if phone else " without the id of a group"
    answer = Answer(status, json.dumps({"phone": phone}).encode())
    assert classify(answer) == Unknown(f"the API answered {status}{why}")


@pytest.mark.parametrize(
    "body",
    [
        MADE,
        b'{"groupId": "x"}',
        b'{"id": 7}',
        b'{"value": true}',
        b'{"invitationLink": "x"}',
        b'[{"phone": "120363019502650977-group"}]',
        b"<a href='https://chat.whatsapp.com/x'>",
        b"12036301950265@g.us",
        b'{"error": "null not allowed", "id": "x"}',
    ],
)
def test_an_answer_that_speaks_of_a_group_in_another_form_proves_nothing(body: bytes) -> None:
    for status in (400, 401, 403, 404, 405, 415, 422, 429, 500):
        limit = RateLimit() if status == 429 else None
        expected = Unknown(f"the API answered {status}, and yet spoke of a group", rate_limit=limit)
        assert classify(Answer(status, body)) == expected


def test_an_answer_that_contradicts_itself_proves_nothing() -> None:
    body = b'{"error": "phone is wrong", "error": "created"}'
    for status in (200, 400, 403, 405):
        assert classify(Answer(status, body)) == Unknown(f"the API answered {status}, and contradicts itself")


PROVEN = {405: Cause.METHOD, 415: Cause.CONTENT_TYPE}
REFUSALS = [status for status in range(400, 500) if status not in (408, 429, 499, *PROVEN)]


def test_a_message_that_says_more_takes_the_proof_away() -> None:
    for error in ("Invalid phone", "NOT_FOUND"):
        body = json.dumps({"error": error, "message": "the group was created without it"}).encode()
        assert isinstance(classify(Answer(400, body)), Unknown), error
    router = {"error": "NOT_FOUND", "message": "Unable to find matching target resource method"}
    outcome = classify(Answer(404, json.dumps(router).encode()))
    assert isinstance(outcome, Rejected)
    assert outcome.cause is Cause.NOT_FOUND


def test_two_statuses_prove_that_nothing_was_made() -> None:
    for status, cause in PROVEN.items():
        for body in (*NOTHING, b"<html>Not allowed</html>"):
            assert classify(Answer(status, body)) == Rejected(cause, f"status {status}"), body
        assert classify(Answer(status, said("Whatever it is"))) == Rejected(cause, "Whatever it is")


def test_any_other_refusal_leaves_the_outcome_unknown() -> None:
    for status in REFUSALS:
        for body in NOTHING:
            outcome = classify(Answer(status, body))
            assert isinstance(outcome, Unknown), (status, body)
            assert (outcome.refused, outcome.rate_limit) == (True, None), (status, body)
        expected = Unknown(f"the API answered {status}: Whatever it is", refused=True)
        assert classify(Answer(status, said("Whatever it is"))) == expected


def test_a_200_that_says_no_is_a_refusal() -> None:
    for body in (said("Something broke"), b'{"value": false}', b'{"success": false, "message": "no"}'):
        outcome = classify(Answer(200, body))
        assert isinstance(outcome, Unknown), body
        assert outcome.refused, body
    for body in (*NOTHING, said("no", "message"), b'{"success": true}'):
        outcome = classify(Answer(200, body))
        assert isinstance(outcome, Unknown), body
        assert not outcome.refused, body


def test_no_answer_of_the_call_itself_refuses_nothing() -> None:
    for status in (408, 499, 302, 500, 502, 503, 504):
        outcome = classify(Answer(status, said("Whatever it is")))
        assert isinstance(outcome, Unknown), status
        assert not outcome.refused, status


BY_STATUS = (400, 401, 403, 404, 405, 413, 415, 422, 429)
REPORTS = [
    ("Client-Token ABC not allowed", Cause.CREDENTIALS),
    ("null not allowed", Cause.CREDENTIALS),
    ("your client-token is not configured", Cause.CREDENTIALS),
    ("To continue sending a message, you must subscribe to this instance again", Cause.SUBSCRIPTION),
    ("You need to be connected with whatsapp", Cause.DISCONNECTED),
    ("Whatsapp not connected", Cause.DISCONNECTED),
    ("You are not connected.", Cause.DISCONNECTED),
    ("You need to restore the session.", Cause.DISCONNECTED),
    ("Instance not found", Cause.NOT_FOUND),
    ("NOT_FOUND", Cause.NOT_FOUND),
    ("Phone not exists", Cause.INPUT),
    ("Phone is wrong", Cause.INPUT),
    ("Invalid phone", Cause.INPUT),
    ("203.0.113.7 not allowed", Cause.CREDENTIALS),
    ("2001:db8::7 not allowed", Cause.CREDENTIALS),
    ("Instance not initialize", Cause.NOT_FOUND),
    ("autoInvite is required and must be a boolean", Cause.INPUT),
    ("groupName must not be empty", Cause.INPUT),
    ("phones must hold at least one contact", Cause.INPUT),
    ("The body must be a JSON object", Cause.INPUT),
    ("The connected phone must not be among the phones", Cause.OWN_NUMBER),
]
UNPROVEN = [
    "Not found", "GROUP_NOT_FOUND", "Group not found", "Failed to add phones", "not allowed",
    "Could not fetch the link: Whatsapp not connected", "The group was made, but phone is wrong", "forbidden",
    "Phones cannot be added to the group", "Connected phone is not responding",
    "phone must accept the invite",
    "autoInvite cannot be sent", "groupName cannot be changed by a non-admin", "Invalid phone for promotion",
    "connected number can not fetch the invite link", "phones are invalid: 2 of 5 were not added",
    "Missing phones in created group", "phone not exists on whatsapp, skipped", "add: not allowed",
    "Whatsapp not connected: group created, link not fetched", "Client-Token a: fetching link not allowed",
    "GROUP_FORBIDDEN", "GROUP_ERROR_PHONE", "not-authorized", "Something about an invalid phone", "",
]  # fmt: skip
"""They may be said after the group was made."""


def test_texts_that_may_come_after_a_creation_prove_nothing() -> None:
    for text in UNPROVEN:
        for status in (200, 201, *(each for each in BY_STATUS if each not in PROVEN)):
            assert isinstance(classify(Answer(status, said(text))), Unknown), (status, text)


def test_an_error_that_rules_the_creation_out_is_a_rejection_with_its_cause() -> None:
    for text, cause in REPORTS:
        for status in (200, 201, *BY_STATUS):
            limit = RateLimit() if status == 429 else None
            assert classify(Answer(status, said(text))) == Rejected(cause, text, limit), (status, text)


def test_a_mere_message_proves_nothing() -> None:
    for text, _ in REPORTS:
        for status in (200, 400, 403, 404):
            assert isinstance(classify(Answer(status, said(text, "message"))), Unknown), (status, text)


def test_what_is_said_is_masked_before_it_is_cut() -> None:
    text = "x" * (MAX_TEXT - 3) + "SECRET"
    outcome = classify(Answer(405, said(text)), lambda said: said.replace("SECRET", "*"))
    assert outcome == Rejected(Cause.METHOD, "x" * (MAX_TEXT - 3) + "*")
    outcome = classify(Answer(500, said(text)), lambda said: said.replace("SECRET", "*"))
    assert outcome == Unknown("the API answered 500: " + "x" * (MAX_TEXT - 3) + "*")


def test_a_text_that_says_nothing_of_the_outcome_leaves_it_unknown_at_any_status() -> None:
    silent = (
        "No response from WhatsApp",
        "WhatsApp não respondeu",
        "socket hang up",
        "not connected: timeout",
    )
    for text in (
        "Whatsapp did not respond",
        "Timeout",
        "Request timed out",
        "not connected: timeout",
        *silent,
    ):
        for status in (200, 201, *BY_STATUS, 500, 503):
            limit = RateLimit() if status == 429 else None
            expected = Unknown(f"the API answered {status}: {text}", rate_limit=limit)
            assert classify(Answer(status, said(text))) == expected, (status, text)


UNKNOWN_STATUSES = [
    *range(300, 309),
    402,
    406,
    408,
    409,
    410,
    418,
    423,
    425,
    451,
    499,
    *range(500, 512),
    520,
    522,
    524,
    599,
]


@pytest.mark.parametrize("status", UNKNOWN_STATUSES)
@pytest.mark.parametrize(
    "body",
    [*NOTHING, MADE, *(said(text) for text, _ in REPORTS), b"[" * 100_000],
    ids=lambda body: repr(body[:20]),
)
def test_a_status_that_proves_nothing_leaves_the_outcome_unknown(status: int, body: bytes) -> None:
    assert isinstance(classify(Answer(status, body)), Unknown)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(200, b""), "the API answered 200 with nothing usable"),
        (Answer(200, b"<html>"), "the API answered 200 with nothing usable"),
        (Answer(200, b"[1]"), "the API answered 200 with nothing usable"),
        (Answer(200, b"{}"), "the API answered 200 without the id of a group"),
        (Answer(500, b""), "the API answered 500 with nothing usable"),
        (Answer(500, b"{}"), "the API answered 500 with no explanation"),
        (Answer(500, said("Whatsapp not connected")), "the API answered 500: Whatsapp not connected"),
        (Answer(302, b"{}"), "the API answered 302 with no explanation"),
        (Answer(500, MADE), "the API answered 500, and yet spoke of a group"),
        (Answer(400, MADE), "the API answered 400, and yet spoke of a group"),
        (Answer(200, MADE, complete=False), "the answer (200) broke off"),
        (Answer(403, b"", complete=False), "the answer (403) broke off"),
    ],
)
def test_why_an_outcome_is_unknown(answer: Answer, reason: str) -> None:
    assert classify(answer) == Unknown(reason)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": "a", "message": "b"}, "a: b"),
        ({"error": "a", "message": "a"}, "a"),
        ({"error": " a\n\tb  c ", "message": 3}, "a b c"),
        ({"error": None, "message": "b"}, "b"),
        ({"error": {"message": "deep"}}, "status 405"),
        ({"error": "x" * 1000}, "x" * MAX_TEXT),
        pytest.param({"error": "\ud800\x1b"}, "?\x1b", id="half a character"),
    ],
)
def test_what_the_api_says_is_kept_on_one_line(body: object, text: str) -> None:
    assert classify(Answer(405, json.dumps(body).encode())) == Rejected(Cause.METHOD, text)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("0", 0),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("9" * 8, None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_counts_seconds(header: str | None, seconds: int | None) -> None:
    outcome = classify(Answer(429, b"", retry_after=header))
    assert isinstance(outcome, Unknown)
    assert outcome.rate_limit == RateLimit(seconds)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":' + b"9" * 5000 + b"}",
        b'{"a":' * 100_000,
        b'{"a": NaN}',
        b'{"a":"\\ud800"}',
        b'\xef\xbb\xbf{"a":1}',
    ],
)
def test_a_body_made_to_hurt_proves_nothing(body: bytes) -> None:
    assert isinstance(classify(Answer(200, body)), Unknown)
    assert isinstance(classify(Answer(405, body)), Rejected)


_members = st.dictionaries(
    st.sampled_from(["phone", "error", "message", "invitationLink", "phonesNotAdded", "value"]),
    st.none()
    | st.booleans()
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5), max_size=2)
    | st.sampled_from([ID, OLD_ID, LINK, *(text for text, _ in REPORTS)]),
)
_bodies = (
    st.binary(max_size=80)
    | _members.map(lambda members: json.dumps(members).encode())
    | st.sampled_from([MADE, *NOTHING])
)


@QUICK
@given(st.integers(100, 999), _bodies, st.booleans(), st.none() | st.text(max_size=9))
def test_any_answer_is_judged_by_the_law(
    status: int, body: bytes, complete: bool, retry_after: str | None
) -> None:
    outcome = classify(Answer(status, body, complete, retry_after))
    if isinstance(outcome, Created):
        assert complete
        assert status in (200, 201)
        assert json.loads(body)["phone"] == outcome.phone
        assert is_group_id(outcome.phone)
        assert outcome.invitation_link is None or as_invitation_link(outcome.invitation_link)
    elif isinstance(outcome, Rejected):
        assert complete
        assert status in {200, 201, *BY_STATUS}
        assert outcome.said
        assert len(outcome.said) <= MAX_TEXT
    else:
        assert outcome.reason


@pytest.mark.parametrize(
    "body",
    [
        b'{"phone": "120363019502650978-group", "phone": "120363019502650977-group"}',
        b'{"phone": null, "phone": "120363019502650977-group"}',
        b'{"phone": "120363019502650977-group", "a": {"b": 1, "b": 2}}',
        b"[" * 5000,
        b"[" + b"0," * MAX_VALUES + b"0]",
        b"\xff",
    ],
)
def test_what_cannot_be_told_from_an_answer_is_not_told(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Answer(200, body).json()
    assert isinstance(classify(Answer(200, body)), Unknown)


def test_every_text_of_an_answer_is_masked_and_whole() -> None:
    body = b'{"token": "a-SECRET", "b": ["SECRET\\ud800", {"c": "SECRET"}], "d": 1, "d": 1}'
    answer = Answer(200, body, mask=lambda text: text.replace("SECRET", "*"))
    assert answer.json() == {"token": "a-*", "b": ["*?", {"c": "*"}], "d": 1}


def test_a_text_that_is_far_too_long_is_not_taken_in() -> None:
    assert classify(Answer(405, said("x" * (MAX_LENGTH + 1)))) == Rejected(Cause.METHOD, "status 405")
    assert isinstance(classify(Answer(200, said("Phone not exists " * MAX_LENGTH))), Unknown)


def test_an_error_that_is_no_text_rules_nothing_out() -> None:
    assert isinstance(classify(Answer(200, b'{"error": {"message": "Phone not exists"}}')), Unknown)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": "bad", "error": "timeout"}',
        b'{"error": "' + b"x" * 400 + b'", "message": "Whatsapp did not respond"}',
        b'{"error": "' + b"x" * 20_000 + b' timed out"}',
        b'{"detail": [["Timed out"]]}',
    ],
)
def test_a_timeout_told_anywhere_in_a_refusal_leaves_it_open(body: bytes) -> None:
    assert isinstance(classify(Answer(400, body)), Unknown)
