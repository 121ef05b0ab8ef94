"""Documents for programs: ASCII, as the published schemas have them, without what must not leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator

from zapi_sync.core.known import Known
from zapi_sync.core.model import GroupId, GroupKey, InstanceName
from zapi_sync.core.outcome import Cause, Created, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import Forecast
from zapi_sync.core.plan import Plan, Taken, Unsettled, make_plan
from zapi_sync.core.progress import Finished, Skipped, SkipReason
from zapi_sync.dataclass import replace
from zapi_sync.edge import inputs
from zapi_sync.errors import Code, Diagnostic, Location, Severity
from zapi_sync.render import json as rendered

from .made import AT, LINEAGE, group, open_attempt, record, state

EVIL = 'Ação 😀 \x1b[31m\u202e\n"\ud800'
MADE = Created(
    GroupId("120363019502650977-group"),
    "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
    ("5544777777777",),
)
WARNING = Diagnostic(
    Code.LID, EVIL, "do", Location("f", 3, 5, 6, "text"), Severity.WARNING, (("first", Location("g")),)
)


def parsed(text: str, schema: str) -> dict[str, object]:
    """The document, held against its published schema."""
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    document = json.loads(text)
    Draft202012Validator(inputs.schema(schema)).validate(document)
    assert isinstance(document, dict)
    return document


COURSES = [
    Forecast(InstanceName("default"), 1, 63.04, 20),
    Forecast(InstanceName("sales"), 0, 0, 0, 2, 60.04, 120.0, AT + timedelta(minutes=1)),
]


def a_plan() -> Plan:
    """One step of each kind that a plan without a look at the API can have."""
    wanted = [
        group("new", name=EVIL, auto_invite=True, phones=("5544999999999", "5544888888888")),
        group("renamed", name="VIP 09"),
        group("same"),
        group("other", name="New"),
        group("doubt"),
    ]
    records = {"same": record(), "other": record(), "orphan": record(group(name="VIP 09"))}
    return make_plan(
        wanted, Known(state(records), {GroupKey("doubt"): open_attempt(group("doubt", name=EVIL + "?"))})
    )


def test_a_plan_has_every_step_once_in_order() -> None:
    document = parsed(
        rendered.plan(a_plan(), COURSES, state(serial=7), [WARNING]),
        "plan",
    )
    steps = document["steps"]
    assert isinstance(steps, list)
    assert [(each["action"], each["key"]) for each in steps] == [
        ("create", "new"),
        ("taken", "renamed"),
        ("unchanged", "same"),
        ("changed", "other"),
        ("unsettled", "doubt"),
        ("orphaned", "orphan"),
    ]
    assert steps[0] == {
        "action": "create", "key": "new", "instance": "default", "groupName": EVIL, "autoInvite": True,
        "phones": ["5544999999999", "5544888888888"],
    }  # fmt: skip
    assert (steps[1]["ids"], steps[1]["by"]) == (["120363019502650977-group"], "orphan")
    assert steps[3]["differences"] == [{"attribute": "groupName", "created": "VIP 01", "wanted": "New"}]
    assert (steps[4]["sentAt"], steps[4]["reason"]) == ("2026-11-23T10:00:00Z", "lost")


def test_a_plan_is_summed_up() -> None:
    document = parsed(rendered.plan(a_plan(), COURSES, state(serial=7), []), "plan")
    assert document["state"] == {"lineage": LINEAGE, "serial": 7}
    assert document["summary"] == a_plan().counts()
    assert document["invitationsUpTo"] == 2
    assert document["forecast"] == {
        "creations": 1, "seconds": 63.0, "leftOver": 2,
        "instances": [
            {"instance": "default", "creations": 1, "seconds": 63.0, "room": 20, "leftOver": 0,
             "againIn": None, "finishedIn": None, "notBefore": None},
            {"instance": "sales", "creations": 0, "seconds": 0, "room": 0, "leftOver": 2,
             "againIn": 60.0, "finishedIn": 120.0, "notBefore": "2026-11-23T10:01:00Z"},
        ],
    }  # fmt: skip
    assert document["diagnostics"] == []


def test_a_plan_without_a_state_says_so() -> None:
    document = parsed(rendered.plan(make_plan([], Known()), [], None, []), "plan")
    assert (document["state"], document["steps"]) == (None, [])


def test_a_plan_holds_no_invite_link() -> None:
    assert "chat.whatsapp.com" not in rendered.plan(a_plan(), [], state(), [])


@pytest.mark.parametrize(
    ("ended", "members"),
    [
        (
            Finished(group(), MADE),
            {
                "outcome": "created",
                "phone": MADE.phone,
                "invitationLink": MADE.invitation_link,
                "phonesNotAdded": ["5544777777777"],
            },
        ),
        (
            Finished(group(), replace(MADE, invitation_link=None)),
            {"outcome": "created", "invitationLink": None},
        ),
        (
            Finished(group(), Rejected(Cause.OWN_NUMBER, EVIL)),
            {"outcome": "rejected", "cause": "own_number", "reason": EVIL},
        ),
        (Finished(group(), Unsent("refused")), {"outcome": "unsent", "reason": "refused"}),
        (
            Finished(group(), Unknown("reset")),
            {"outcome": "unknown", "reason": "reset", "settlesAt": None},
        ),
        (
            Finished(
                group(),
                Unknown("no", refused=True),
                not_before=AT + timedelta(hours=1),
                settles_at=AT + timedelta(minutes=10),
            ),
            {
                "outcome": "unknown",
                "reason": "no",
                "settlesAt": "2026-11-23T10:10:00Z",
                "notBefore": "2026-11-23T11:00:00Z",
            },
        ),
        (
            Skipped(group(), SkipReason.RATE_LIMITED, AT + timedelta(hours=1)),
            {"outcome": "skipped", "reason": "rate_limited", "until": "2026-11-23T11:00:00Z"},
        ),
        (
            Skipped(group(), SkipReason.INTERRUPTED),
            {"outcome": "skipped", "reason": "interrupted", "until": None},
        ),
        (
            Skipped(group(), SkipReason.INSTANCE_STOPPED),
            {"outcome": "skipped", "reason": "instance_stopped", "until": None},
        ),
        (
            Skipped(group(), SkipReason.OUT_OF_BUDGET, AT + timedelta(hours=3)),
            {"outcome": "skipped", "reason": "out_of_budget", "until": "2026-11-23T13:00:00Z"},
        ),
    ],
)
def test_an_apply_tells_what_became_of_each_group(
    ended: Finished | Skipped, members: dict[str, object]
) -> None:
    document = parsed(rendered.applied([ended], [], [], []), "apply")
    groups = document["groups"]
    assert isinstance(groups, list)
    assert len(groups) == 1
    assert {"key": "vip-01", "instance": "default", "groupName": "VIP 01", **members}.items() <= groups[
        0
    ].items()


def test_what_was_in_doubt_before_is_told_with_it() -> None:
    held = Unsettled(GroupKey("doubt"), open_attempt(group("doubt")))
    document = parsed(
        rendered.applied([], [Taken(group("taken"), (MADE.phone,))], [held], [WARNING]), "apply"
    )
    assert document["groups"] == [
        {
            "key": "taken",
            "instance": "default",
            "groupName": "VIP 01",
            "outcome": "taken",
            "ids": [MADE.phone],
            "by": None,
        },
        {
            "key": "doubt",
            "instance": "default",
            "groupName": "VIP 01",
            "outcome": "unknown",
            "reason": "lost",
            "settlesAt": None,
        },
    ]


@pytest.mark.parametrize("diagnostics", [[], [WARNING], [Diagnostic(Code.WRONG_VALUE, "what", "do")]])
def test_complaints_are_told_with_their_places(diagnostics: Sequence[Diagnostic]) -> None:
    document = parsed(rendered.errors(diagnostics), "errors")
    told = document["diagnostics"]
    assert isinstance(told, list)
    assert len(told) == len(diagnostics)
    if diagnostics == [WARNING]:
        assert told == [
            {
                "code": "ZS134", "severity": "warning", "message": EVIL,
                "hint": "do", "file": "f", "line": 3, "column": 5,
                "also": [{"message": "first", "file": "g", "line": None, "column": None}],
            }
        ]  # fmt: skip


def test_a_valid_config_is_told_in_the_same_form() -> None:
    document = json.loads(rendered.valid(3, [WARNING]))
    assert (document["groups"], len(document["diagnostics"])) == (3, 1)


def test_no_ci_runner_finds_a_command_in_it() -> None:
    text = rendered.errors([Diagnostic(Code.TAG, "##[add-mask]x ##vso[y] ###", "do")])
    assert "##" not in text
    assert json.loads(text)["diagnostics"][0]["message"] == "##[add-mask]x ##vso[y] ###"
