"""How drift is told: to a person, a program and a pull request, whatever the names are."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from zapi_sync.core.drift import Drift, Gone, Kind, Sight, Unseen, drift_of
from zapi_sync.core.lookup import Details, Member
from zapi_sync.core.model import GroupKey, InstanceName, Record
from zapi_sync.dataclass import replace
from zapi_sync.edge import inputs
from zapi_sync.errors import Code, Diagnostic
from zapi_sync.render import drift as rendered
from zapi_sync.render.paint import Paint

from .made import LINEAGE, record, state

PLAIN = Paint(False)
OWN = "5511900000000"
EVIL = "\x1b[31m::error::`@everyone`\u202e\n<script>"
OTHER_LINK = "https://chat.whatsapp.com/Another0000000000000000"
RECORD = replace(record(), phones_not_added=("5544777777777", "5544666666666"))
SEEN = Details(RECORD.phone, "VIP 01", OWN, RECORD.invitation_link, (Member(OWN, True),))
FAILURE = Diagnostic(Code.GROUP_UNSEEN, "it cannot be looked at", "run this again")
JOINED = Member("5544777777777", False)
SIGHTS: dict[str, Sight] = {
    "gone": Gone(),
    "hidden": replace(SEEN, link=None, members=None),
    "left": replace(SEEN, members=(Member("5544999999999", False),)),
    "moved": replace(SEEN, subject=EVIL, link=OTHER_LINK, members=(Member(OWN, False), JOINED)),
    "same": SEEN,
    "silent": Unseen("a time-out"),
}


def a_drift(**sights: Sight) -> Drift:
    seen = {GroupKey(key): sight for key, sight in (sights or SIGHTS).items()}
    return drift_of(dict.fromkeys(seen, RECORD), seen, {InstanceName("default"): OWN})


def test_a_person_sees_what_drifted_and_what_could_not_be_told() -> None:
    assert rendered.text(a_drift(), PLAIN).splitlines() == [
        "! gone  gone: no longer listed, and Z-API knows no group of its id",
        "    groupName   VIP 01",
        "    id          120363019502650977-group",
        "~ left",
        "    admin       the connected number is not in the group any more",
        "    not in yet  5544777777777, 5544666666666",
        "~ moved",
        "    groupName   VIP 01 -> \\u{1b}[31m::error::`@everyone`\\u{202e}\\u{a}<script>",
        "    link        changed: the state has another link, which may lead nowhere; zapi-sync refresh",
        "    joined      5544777777777",
        "    admin       the connected number is no administrator any more",
        "    not in yet  5544666666666",
        "  same",
        "    not in yet  5544777777777, 5544666666666",
        "? silent  could not be looked at",
        "",
        "Drift: 3 of 5 groups, not as the state says.",
        "1 group could not be looked at.",
        "The invite link cannot be had now of 1 group.",
        "Who is in it, or leads it, cannot be told for sure of 1 group.",
    ]


def test_colours_are_all_that_a_terminal_adds() -> None:
    painted = rendered.text(a_drift(), Paint(True))
    assert "\x1b[33m~ moved\x1b[0m" in painted
    assert "\x1b[31m::" not in painted


@pytest.mark.parametrize(
    ("sights", "said"),
    [
        ({"a": Unseen("")}, ["? a  could not be looked at", "", "1 group could not be looked at."]),
        (
            {"a": replace(SEEN, members=(Member(OWN, True), JOINED, Member("5544666666666", False)))},
            [
                "~ a",
                "    joined      5544777777777, 5544666666666",
                "",
                "Drift: 1 of 1 group, not as the state says.",
            ],
        ),
    ],
)
def test_a_summary_says_what_there_is(sights: dict[str, Sight], said: list[str]) -> None:
    assert rendered.text(a_drift(**sights), PLAIN).splitlines() == said


def test_a_state_without_groups_says_so() -> None:
    assert rendered.text(Drift(()), PLAIN) == "No group was created yet."


def test_a_link_that_the_state_lacks_is_told() -> None:
    seen = {GroupKey("a"): replace(SEEN, members=(Member(OWN, True), JOINED))}
    without = replace(RECORD, invitation_link=None, phones_not_added=())
    told = rendered.text(drift_of({GroupKey("a"): without}, seen, {InstanceName("default"): OWN}), PLAIN)
    assert "    link        there is one, and the state has none; zapi-sync refresh\n" in told


def parsed(text: str, schema: str) -> dict[str, object]:
    assert text.isascii()
    document = json.loads(text)
    Draft202012Validator(inputs.schema(schema)).validate(document)
    assert isinstance(document, dict)
    return document


def test_a_program_gets_all_of_it_and_no_link() -> None:
    text = rendered.json(a_drift(), state({"a": RECORD}, serial=7), [FAILURE])
    document = parsed(text, "drift")
    assert "chat.whatsapp.com" not in text
    assert document["state"] == {"lineage": LINEAGE, "serial": 7}
    summary = document["summary"]
    assert isinstance(summary, dict)
    assert set(summary) == {"groups", "drifted", "unseen", *Kind}
    assert [summary[name] for name in ("groups", "drifted", "unseen", "still_not_in")] == [6, 3, 1, 3]
    groups = {each["key"]: each for each in json.loads(text)["groups"]}
    assert groups["silent"] | {"findings": None} == {
        "key": "silent",
        "instance": "default",
        "groupName": "VIP 01",
        "phone": "120363019502650977-group",
        "drifted": False,
        "unseen": "a time-out",
        "findings": None,
    }
    assert groups["moved"]["findings"][0] == {"kind": "renamed", "drift": True, "name": EVIL, "phones": []}
    assert groups["same"]["findings"] == [
        {
            "kind": "still_not_in",
            "drift": False,
            "name": None,
            "phones": ["5544777777777", "5544666666666"],
        }
    ]


def test_a_state_that_is_not_there_has_no_version() -> None:
    assert parsed(rendered.json(Drift(()), None, []), "drift")["state"] is None


def test_a_pull_request_gets_no_phone_no_link_and_nothing_that_acts() -> None:
    text = rendered.markdown(a_drift(), [FAILURE])
    assert text.startswith("### zapi-sync drift\n\n**Drift: 3 of 5 groups, not as the state says.**\n\n")
    assert "<details><summary>Drift (not as the state says): 3</summary>" in text
    assert "- `gone`, `VIP 01`, gone" in text
    assert "- `left`, `VIP 01`, the connected number is not in it any more" in text
    assert "its invite link was changed, 1 participant joined, the connected number is no admin" in text
    assert "<summary>Not looked at: 1</summary>\n\n- `silent`" in text
    assert "error ZS403: `it cannot be looked at`" in text
    assert "55447" not in text
    assert "chat.whatsapp.com" not in text
    assert "now named ``" in text  # a span with a fence of its own
    assert "\x1b" not in text


def fresh() -> tuple[dict[GroupKey, Record], dict[GroupKey, Record]]:
    before = {
        GroupKey("a"): RECORD,
        GroupKey("b"): replace(RECORD, invitation_link=None),
        GroupKey("c"): RECORD,
    }
    after = {
        GroupKey("a"): replace(RECORD, phones_not_added=("5544666666666",)),
        GroupKey("b"): replace(RECORD, invitation_link=OTHER_LINK),
    }
    return before, after


def test_a_refresh_shows_what_it_writes() -> None:
    assert rendered.refresh_text(*fresh(), PLAIN).splitlines() == [
        "~ a",
        "    phonesNotAdded  no longer 5544777777777: in the group by now",
        "~ b",
        f"    invitationLink  (none) -> {OTHER_LINK}",
    ]


def test_a_refresh_tells_a_program_what_it_wrote() -> None:
    document = parsed(rendered.refresh_json(*fresh(), state(serial=8), [FAILURE]), "refresh")
    assert document["groups"] == [
        {
            "key": "a",
            "instance": "default",
            "groupName": "VIP 01",
            "phone": "120363019502650977-group",
            "linkChanged": False,
            "invitationLink": RECORD.invitation_link,
            "joined": ["5544777777777"],
            "phonesNotAdded": ["5544666666666"],
        },
        {
            "key": "b",
            "instance": "default",
            "groupName": "VIP 01",
            "phone": "120363019502650977-group",
            "linkChanged": True,
            "invitationLink": OTHER_LINK,
            "joined": [],
            "phonesNotAdded": ["5544777777777", "5544666666666"],
        },
    ]


def test_many_phones_are_cut_short() -> None:
    many = tuple(f"55447777{number:05d}" for number in range(12))
    seen = {GroupKey("a"): SEEN}
    crowd = {GroupKey("a"): replace(RECORD, phones_not_added=many)}
    told = rendered.text(drift_of(crowd, seen, {InstanceName("default"): OWN}), PLAIN)
    assert f"    not in yet  {', '.join(many[:8])} and 4 more\n" in told
