"""What an answer proves: created, rejected, or nothing; towards nothing wherever there is doubt."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.forms import as_invitation_link, is_group_id
from zapi_sync.core.model import GroupId
from zapi_sync.core.outcome import MAX_LENGTH, MAX_VALUES, Answer, Cause, Created, Rejected, Unknown
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
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 415, 422, 429, 500])
def test_an_answer_that_speaks_of_a_group_in_another_form_proves_nothing(body: bytes, status: int) -> None:
    assert classify(Answer(status, body)) == Unknown(f"the API answered {status}, and yet spoke of a group")


@pytest.mark.parametrize("status", [200, 400, 403, 429])
def test_an_answer_that_contradicts_itself_proves_nothing(status: int) -> None:
    body = b'{"error": "phone is wrong", "error": "created"}'
    assert classify(Answer(status, body)) == Unknown(f"the API answered {status}, and contradicts itself")


BY_STATUS = {
    400: Cause.INPUT, 401: Cause.CREDENTIALS, 403: Cause.CREDENTIALS, 404: Cause.NOT_FOUND, 405: Cause.METHOD,
    413: Cause.INPUT, 415: Cause.CONTENT_TYPE, 422: Cause.INPUT, 429: Cause.RATE_LIMIT,
}  # fmt: skip


@pytest.mark.parametrize(("status", "cause"), BY_STATUS.items())
@pytest.mark.parametrize("body", NOTHING)
def test_a_status_that_refuses_is_a_rejection_whatever_its_body(
    status: int, cause: Cause, body: bytes
) -> None:
    assert classify(Answer(status, body)) == Rejected(cause, f"status {status}")
    assert classify(Answer(status, said("Whatever it is"))) == Rejected(cause, "Whatever it is")


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
]


@pytest.mark.parametrize(("text", "cause"), REPORTS)
@pytest.mark.parametrize("status", [200, 201, *BY_STATUS])
def test_an_error_that_rules_the_creation_out_is_a_rejection_with_its_cause(
    text: str, cause: Cause, status: int
) -> None:
    assert classify(Answer(status, said(text))) == Rejected(cause, text)


@pytest.mark.parametrize("text", [text for text, _ in REPORTS])
def test_a_mere_message_changes_nothing_about_what_a_status_means(text: str) -> None:
    for status, cause in BY_STATUS.items():
        assert classify(Answer(status, said(text, "message"))) == Rejected(cause, text)
    assert classify(Answer(200, said(text, "message"))) == Unknown(f"the API answered 200: {text}")


def test_what_is_said_is_masked_before_it_is_cut() -> None:
    text = "x" * (MAX_TEXT - 3) + "SECRET"
    outcome = classify(Answer(403, said(text)), lambda said: said.replace("SECRET", "*"))
    assert outcome == Rejected(Cause.CREDENTIALS, "x" * (MAX_TEXT - 3) + "*")
    outcome = classify(Answer(500, said(text)), lambda said: said.replace("SECRET", "*"))
    assert outcome == Unknown("the API answered 500: " + "x" * (MAX_TEXT - 3) + "*")


@pytest.mark.parametrize(
    "text", ["Whatsapp did not respond", "Timeout", "Request timed out", "not connected: timeout"]
)
@pytest.mark.parametrize("status", [200, 201, *BY_STATUS, 500, 503])
def test_a_text_that_says_nothing_of_the_outcome_leaves_it_unknown_at_any_status(
    text: str, status: int
) -> None:
    assert classify(Answer(status, said(text))) == Unknown(f"the API answered {status}: {text}")


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
        (Answer(200, said("Something broke")), "the API answered 200: Something broke"),
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
        ({"error": {"message": "deep"}}, "status 400"),
        ({"error": "x" * 1000}, "x" * MAX_TEXT),
        pytest.param({"error": "\ud800\x1b"}, "?\x1b", id="half a character"),
    ],
)
def test_what_the_api_says_is_kept_on_one_line(body: object, text: str) -> None:
    assert classify(Answer(400, json.dumps(body).encode())) == Rejected(Cause.INPUT, text)


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
    answer = Answer(429, b"", retry_after=header)
    assert classify(answer) == Rejected(Cause.RATE_LIMIT, "status 429", seconds)


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
    assert isinstance(classify(Answer(400, body)), Rejected)


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
    assert classify(Answer(400, said("x" * (MAX_LENGTH + 1)))) == Rejected(Cause.INPUT, "status 400")
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
