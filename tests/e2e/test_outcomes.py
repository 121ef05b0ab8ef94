"""What the API may answer, and what an apply then says, records, and does not do a second time."""

from __future__ import annotations

from typing import Any

import pytest

from zapi_sync.sandbox import CONNECTED_NUMBER

APPLY = ("apply", "--auto-approve", "--pace", "0", "--settle", "0")

BORN_UNSEEN = [
    "create-302-after", "create-408-after", "create-409-after", "create-500-after", "create-502-after",
    "create-504-after", "create-close-after", "create-reset-after", "create-truncated",
    "create-garbage-after", "create-html-after", "create-empty-200-after", "create-oversize-after",
    "create-no-phone", "create-null-phone", "create-no-response-200-after", "create-no-response-400-after",
    "create-error-200-after",
]  # fmt: skip

NEVER_BORN = [
    "create-500-before",
    "create-408-before",
    "create-close-before",
    "create-no-response-400-before",
]

TURNED_DOWN = {
    "create-client-token-403": "check ZAPI_CLIENT_TOKEN, ZAPI_TOKEN and ZAPI_INSTANCE_ID",
    "create-not-configured-400": "check ZAPI_CLIENT_TOKEN",
    "create-subscribe-400": "renew the instance's subscription",
    "create-disconnected-400": "connect the number again",
    "create-disconnected-200": "connect the number again",
    "create-instance-404": "check ZAPI_INSTANCE_ID and ZAPI_TOKEN, and ZAPI_BASE_URL",
    "create-not-found-200": "check ZAPI_INSTANCE_ID and ZAPI_TOKEN, and ZAPI_BASE_URL",
}


@pytest.mark.parametrize("fault", BORN_UNSEEN)
def test_a_group_whose_answer_was_lost_is_found(online: Any, served: Any, fault: str) -> None:
    online.groups("a", "b", "c")
    served.fault(fault)

    first = online(*APPLY)
    assert first.code == 0, first.err
    assert "looking for a: " in first.err
    assert '[1/3] found     a "Group a"' in first.err
    assert len(served.creates()) == 3
    record = online.state()["groups"]["a"]
    assert record["how"] == "settled"
    assert record["invitationLink"].startswith("https://chat.whatsapp.com/")
    assert served.names() == ["Group a", "Group b", "Group c"]
    assert not (online.folder / "groups.state.json.journal").exists()


@pytest.mark.parametrize("fault", NEVER_BORN)
def test_a_group_that_is_not_found_is_never_asked_for_again(online: Any, served: Any, fault: str) -> None:
    online.groups("a", "b", "c")
    served.fault(fault)

    first = online(*APPLY)
    assert first.code == 4, first.err
    assert "[1/3] UNKNOWN   a" in first.err
    assert "no group of that name is listed, which is no proof that none was made" in first.err
    assert "no second request is sent. Run apply again: it looks again." in first.err
    assert "zapi-sync resolve a --retry" in first.err
    assert len(served.creates()) == 3

    plan = online("plan")
    assert "? a  unsettled" in plan.out
    assert "Nothing to create. 2 unchanged, 1 unsettled." in plan.out
    assert online("plan", "--detailed-exitcode").code == 4

    again = online(*APPLY)
    assert again.code == 4
    assert len(served.creates()) == 3
    assert set(online.state()["groups"]) == {"b", "c"}


def test_absence_is_proof_only_where_somebody_says_so(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-before")
    assert online(*APPLY).code == 4
    assert online(*APPLY, "--absent-after", "3600").code == 4

    done = online(*APPLY, "--absent-after", "0")
    assert done.code == 0, done.err
    assert "a: no group of that name was listed" in done.err
    assert served.names() == ["Group a"]
    assert len(served.creates()) == 2


def test_a_person_may_say_that_it_is_not_there(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-before")
    assert online(*APPLY).code == 4

    assert "settled as not created" in online("resolve", "a", "--retry").err
    assert online(*APPLY).code == 0
    assert (served.names(), len(served.creates())) == (["Group a"], 2)
    assert '"a" is not unsettled' in online("resolve", "a", "--retry").err


def test_several_groups_of_the_name_are_left_to_a_person(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-before")
    assert online(*APPLY).code == 4
    ids = [served.create("Group a"), served.create("Group a")]  # somebody made two at the phone

    again = online(*APPLY)
    assert again.code == 4
    assert "2 groups of that name are there: " in again.out
    assert all(each in again.out for each in ids)

    adopted = online("resolve", "a", "--adopt", ids[0])
    assert adopted.code == 0, adopted.err
    assert ids[0] in adopted.out
    assert online.state()["groups"]["a"] | {"createdAt": ""} == {
        "autoInvite": False, "createdAt": "", "groupName": "Group a", "how": "adopted", "instance": "default",
        "invitationLink": online.state()["groups"]["a"]["invitationLink"], "phone": ids[0],
        "phonesDigest": online.state()["groups"]["a"]["phonesDigest"],
        "phonesNotAdded": ["5544999900000", "5544988880000"],
    }  # fmt: skip
    assert online(*APPLY).code == 0
    assert len(served.creates()) == 3


def test_a_group_that_contradicts_the_request_is_left_to_a_person(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-before")
    assert online(*APPLY).code == 4
    stranger = served.create("Group a", "5511955554444")
    again = online(*APPLY)
    assert again.code == 4
    assert f"{stranger} has that name, but 1 of its participants were not asked for" in again.out


def test_a_name_that_exists_already_is_not_created_again(online: Any, served: Any) -> None:
    online.groups("a", "b")
    existing = served.create("Group a")

    first = online(*APPLY, "--format", "json")
    assert first.code == 4
    assert [(each["key"], each["outcome"]) for each in first.json["groups"]] == [
        ("b", "created"), ("a", "taken"),
    ]  # fmt: skip
    assert first.json["groups"][1]["ids"] == [existing]
    again = online(*APPLY)
    assert again.code == 4
    assert "= a  not created: the name is taken" in again.err
    assert f"zapi-sync import a {existing} (or apply --existing adopt)" in again.err
    assert len(served.creates()) == 2

    imported = online("import", "a", existing)
    assert imported.code == 0, imported.err
    assert online.state()["groups"]["a"]["how"] == "imported"
    assert online(*APPLY).code == 0
    assert len(served.creates()) == 2


def test_another_group_of_the_name_may_be_wanted(online: Any, served: Any) -> None:
    online.groups("a")
    served.create("Group a")
    assert online(*APPLY, "--existing", "create").code == 0
    assert served.names() == ["Group a", "Group a"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["import", "nope", "120363019502650977-group"], 64, 'the config has no group "nope"'),
        (["import", "bb", "120363019502650977-group"], 64, 'no group "bb"; did you mean "b"?'),
        (["import", "b", "../x"], 64, '"../x" is not the id of a group'),
        (["import", "a", "120363019502650977-group"], 1, '"a" is in the state already, as '),
        (
            ["import", "b", "120363019502650977-group"],
            1,
            "the look-up light-group-metadata gave no usable answer",
        ),
        (["resolve", "b", "--retry"], 1, '"b" is not unsettled'),
        (["resolve", "b"], 64, "resolve takes either --adopt ID or --retry"),
        (["resolve", "b", "--retry", "--adopt", "x"], 64, "resolve takes either --adopt ID or --retry"),
    ],
)
def test_what_cannot_be_taken_in(
    online: Any, served: Any, arguments: list[str], code: int, message: str
) -> None:
    online.groups("a")
    online(*APPLY)
    online.groups("a", "b")
    before = (online.folder / "groups.state.json").read_bytes()
    result = online(*arguments)
    assert (result.code, message in result.err) == (code, True), result.err
    assert "hint: " in result.err
    assert (online.folder / "groups.state.json").read_bytes() == before


def test_one_group_is_never_two_keys(online: Any, served: Any) -> None:
    online.groups("a")
    online(*APPLY)
    phone = online.state()["groups"]["a"]["phone"]
    online.groups("a", "b")
    result = online("import", "b", phone)
    assert result.code == 1
    assert f'{phone} is the group of "a" already' in result.err


def test_a_listing_that_lags_is_waited_for(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-after")
    served.fault("groups-lag", 4)
    done = online("apply", "--auto-approve", "--pace", "0", "--settle", "30")
    assert done.code == 0, done.err
    assert online.state()["groups"]["a"]["how"] == "settled"
    assert len(served.creates()) == 1


@pytest.mark.parametrize(("fault", "remedy"), TURNED_DOWN.items())
def test_a_call_that_was_turned_down_says_what_to_do(
    online: Any, served: Any, fault: str, remedy: str
) -> None:
    online.groups("a", "b")
    served.fault(fault)

    first = online(*APPLY)
    assert first.code == 1
    assert "[1/2] rejected  a" in first.err
    assert f"hint: {remedy}" in first.err
    assert '[2/2] not tried b: the instance "default" was stopped for this run' in first.err

    again = online(*APPLY)
    assert again.code == 0, again.err
    assert served.names() == ["Group a", "Group b"]


def test_a_group_that_is_refused_does_not_hide_the_others(online: Any, served: Any) -> None:
    path = online.groups("a", "b", "c")
    path.write_text(path.read_text().replace("5544999900001", CONNECTED_NUMBER))  # one of b's
    served.fault("device-500", 10)  # so that apply does not know whose it is

    done = online(*APPLY, "--format", "json")
    assert done.code == 1
    assert [(group["key"], group["outcome"]) for group in done.json["groups"]] == [
        ("a", "created"), ("b", "rejected"), ("c", "created"),
    ]  # fmt: skip
    assert done.json["groups"][1]["cause"] == "own_number"
    assert done.json["groups"][1]["reason"] == "The connected phone must not be among the phones"


def test_two_unknown_outcomes_in_a_row_stop_the_instance_and_no_other(online: Any, served: Any) -> None:
    path = online.groups("a", "b", "c", "d")
    path.write_text(path.read_text() + "  s: {groupName: S, instance: sales, phones: ['5544911112222']}\n")
    served.fault("create-close-before", 2, instance=served.default)

    done = online(*APPLY, "--format", "json")
    assert done.code == 4
    assert {group["key"]: group["outcome"] for group in done.json["groups"]} == {
        "a": "unknown", "b": "unknown", "c": "skipped", "d": "skipped", "s": "created",
    }  # fmt: skip
    assert len(served.creates()) == 3


def test_an_api_that_cannot_be_reached_has_nothing_sent_to_it(online: Any) -> None:
    online.groups("a", "b")
    done = online(*APPLY, ZAPI_BASE_URL="http://127.0.0.1:1")
    assert done.code == 1
    assert (
        'error: nothing is created on the instance "default": '
        "the look-up groups gave no usable answer: 127.0.0.1:1 refuses connections"
    ) in done.err
    assert online("plan", "--detailed-exitcode").code == 2


def test_silence_ends_with_the_timeout(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-silent-before")
    done = online(*APPLY, "--timeout", "1")
    assert done.code == 4
    assert 'UNKNOWN   a "Group a": no whole answer came within 1 s; no group of that name' in done.err


def test_a_link_that_was_not_given_is_fetched_by_a_later_run(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-null-link")
    assert online(*APPLY).code == 0
    assert online.state()["groups"]["a"]["invitationLink"] is None

    served.fault("link-405")
    assert online(*APPLY).code == 0
    assert online.state()["groups"]["a"]["invitationLink"].startswith("https://chat.whatsapp.com/")
    assert len(served.creates()) == 1


def test_without_a_terminal_apply_does_not_ask(online: Any, served: Any) -> None:
    online.groups("a")
    refused = online("apply", stdin=b"yes\n")
    assert refused.code == 64
    assert "there is no terminal to ask at" in refused.err
    assert "--auto-approve" in refused.err
    assert served.creates() == []


def test_a_journal_that_is_broken_in_the_middle_stops_everything(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault("create-close-before")
    online(*APPLY)
    journal = online.folder / "groups.state.json.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + lines[1].replace(b"Group a", b"Group x") + b"".join(lines[2:]))

    refused = online(*APPLY)
    assert refused.code == 1
    assert "groups.state.json.journal:2:1: error: the journal cannot be used" in refused.err
    assert len(served.creates()) == 2


def test_a_state_that_is_gone_while_its_journal_is_there_is_not_a_fresh_start(
    online: Any, served: Any
) -> None:
    online.groups("a")
    served.fault("create-close-before")
    online(*APPLY)
    (online.folder / "groups.state.json").unlink()
    refused = online(*APPLY)
    assert refused.code == 1
    assert "the state is gone, and its journal groups.state.json.journal is still there" in refused.err
    assert len(served.creates()) == 1


def test_what_is_written_is_for_its_owner_alone(online: Any, served: Any) -> None:
    online.groups("a", "b")
    served.fault("create-close-before")
    online(*APPLY)
    for name in ("groups.state.json", "groups.state.json.journal", "groups.state.json.lock"):
        assert (online.folder / name).stat().st_mode & 0o777 == 0o600


def test_a_doubt_is_kept_in_english_and_told_in_portuguese(online: Any, served: Any) -> None:
    online.groups("a")
    served.fault("create-close-before")
    assert online(*APPLY, LANG="pt_BR.UTF-8").code == 4
    journal = (online.folder / "groups.state.json.journal").read_text()
    assert "the connection ended before a whole, well-formed answer" in journal
    told = online("plan", LANG="pt_BR.UTF-8").out
    assert "em dúvida" in told
    assert "a conexão terminou" in told
    assert "the connection ended" not in told
