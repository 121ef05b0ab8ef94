"""What the doctor makes of the facts: verdicts and remedies, and a page that has them all."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from zapi_sync.core import doctor
from zapi_sync.core.doctor import Check, Finding, Verdict, masked
from zapi_sync.core.http_date import read_date
from zapi_sync.core.keeping import Whereabouts
from zapi_sync.core.known import Known
from zapi_sync.core.lookup import Account, read_account
from zapi_sync.core.model import DEFAULT_INSTANCE, GroupKey, InstanceName
from zapi_sync.core.outcome import Answer
from zapi_sync.errors import Code, Diagnostic, Location, Severity
from zapi_sync.render import doctor as rendered
from zapi_sync.render.paint import Paint

from .made import AT, group, open_attempt, record, state

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text("utf-8")
HERE = DEFAULT_INSTANCE


def said(finding: Finding) -> tuple[str, str]:
    return (finding.verdict, finding.message)


def test_the_page_has_a_row_for_each_check_in_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [check.value for check in Check]


def test_a_config_is_counted_and_its_warnings_are_told() -> None:
    groups = [group("a"), group("b", instance="sales")]
    assert said(doctor.of_config(groups, [], "x")) == ("ok", "2 groups on 2 instances")
    warning = Diagnostic(Code.LID, "m", "h", None, Severity.WARNING)
    told = doctor.of_config(groups[:1], [warning], "zapi-sync validate")
    assert said(told) == ("warning", "1 group on 1 instance; 1 warning")
    assert told.hint == "zapi-sync validate shows them"


def test_what_would_end_a_command_is_an_error_with_its_place() -> None:
    place = Location("groups.yaml", 3, 1)
    diagnostics = [Diagnostic(Code.TAG, "no tags", "remove it", place), Diagnostic(Code.TAG, "b", "c")]
    told = doctor.refused(Check.CONFIG, diagnostics)
    assert said(told) == ("error", "no tags (and 1 more) [ZS108]")
    assert (told.hint, told.location) == ("remove it", place)


def test_state_and_journal() -> None:
    known = Known(state({"a": record()}, serial=4), {GroupKey("b"): open_attempt(group("b"))})
    assert said(doctor.of_state(known, "s.json")) == ("ok", "s.json: 1 group, serial 4, of sandbox")
    assert said(doctor.of_state(Known(), "s.json")) == ("ok", "none yet; the first apply writes s.json")
    assert said(doctor.of_journal(known, is_there=True)) == ("warning", "1 creation in doubt: b")
    left = doctor.of_journal(Known(), is_there=True)
    assert said(left) == ("warning", "a run ended early and left its journal; nothing in it is in doubt")
    assert doctor.of_journal(Known(), is_there=False).verdict is Verdict.OK


def test_lock_and_permissions() -> None:
    assert doctor.of_lock(None).verdict is Verdict.OK
    assert said(doctor.of_lock("ana")) == ("warning", "another zapi-sync is at work: ana")
    assert [said(each)[0] for each in doctor.of_permissions([], [])] == ["ok"]
    assert [said(each)[0] for each in doctor.of_permissions(["s.json"], ["."])] == ["error", "warning"]


def test_encryption() -> None:
    reads = "1 recipient, and an identity given here reads what is encrypted to them"
    assert said(doctor.of_encryption(["a"], [], is_to_come=False)) == ("ok", reads)
    assert said(doctor.of_encryption(["a"], [], is_to_come=True)) == ("ok", f"{reads} (from the next apply)")
    open_key = Diagnostic(Code.IDENTITY_OPEN_TO_OTHERS, "others can read it", "chmod 600 k")
    found = doctor.of_encryption(["a"], [open_key], is_to_come=False)
    assert (*said(found), found.hint) == ("warning", f"{reads}; others can read it", "chmod 600 k")
    assert said(doctor.of_encryption([], [], is_to_come=True)) == (
        "warning",
        "the config has the next apply decrypt the state",
    )


@pytest.mark.parametrize(
    ("where", "verdict"),
    [
        (Whereabouts.COMMITTABLE, "ok"),
        (Whereabouts.IGNORED, "warning"),
        (Whereabouts.OUTSIDE, "ok"),
        (Whereabouts.UNKNOWN, "skipped"),
    ],
)
def test_git(where: Whereabouts, verdict: str) -> None:
    assert [each.verdict for each in doctor.of_git(where, [], [], sandbox=False)] == [verdict]
    tracked = list(doctor.of_git(where, [], [".env"], sandbox=False))[1]
    assert said(tracked) == ("error", "git has .env, which belongs to this machine alone")


def test_git_and_where_the_state_goes_with_it() -> None:
    (alone,) = doctor.of_git(Whereabouts.COMMITTABLE, [], [], sandbox=False)
    secrets = "; its invite links and phone numbers are secrets: for a private repository alone"
    assert alone.message == f"git takes the state{secrets}"
    (pushed,) = doctor.of_git(Whereabouts.COMMITTABLE, ["github.com"], [], sandbox=False)
    assert pushed.message == f"git takes the state, and with it github.com{secrets}"


def test_the_sandbox_has_its_state_ignored() -> None:
    (ignored,) = doctor.of_git(Whereabouts.IGNORED, [], [], sandbox=True)
    assert said(ignored) == ("ok", "git ignores the sandbox's state, as it should")
    (taken,) = doctor.of_git(Whereabouts.COMMITTABLE, [], [], sandbox=True)
    assert said(taken) == ("warning", "git takes the sandbox's state, in which nothing is real")
    assert taken.hint == "add *.sandbox.* to .gitignore"


@pytest.mark.parametrize(
    ("days", "verdict", "message"),
    [
        (None, "ok", "the API does not tell its end"),
        (30, "ok", "runs until 2026-12-23"),
        (3, "warning", "the subscription ends on 2026-11-26"),
        (-1, "error", "the subscription ended on 2026-11-22"),
    ],
)
def test_the_subscription(days: int | None, verdict: str, message: str) -> None:
    due = None if days is None else AT + timedelta(days=days)
    assert said(doctor.of_account(Account(due), AT, HERE)) == (verdict, message)


def test_the_connected_number_in_a_list_is_an_error_where_it_stands() -> None:
    groups = [
        group("a", phones=("5544999990001",)),
        group("b", instance="sales", phones=("5544999990002",)),
    ]
    places = {GroupKey("a"): Location("groups.yaml", 3, 3)}
    told = doctor.of_number("5544999990001", groups, places, HERE)
    assert said(told) == (
        "error",
        "5544*****0001 is connected, and among the phones of a: create-group refuses that",
    )
    assert told.location == places[GroupKey("a")]
    # Brazil's ninth digit: another spelling of the same person
    assert doctor.of_number("554499990001", groups, places, HERE).verdict is Verdict.ERROR
    elsewhere = doctor.of_number("5544999990002", groups, places, HERE)
    assert said(elsewhere) == ("ok", "5544*****0002, in nobody's list")
    assert doctor.of_number("5544999990002", groups, {}, InstanceName("sales")).verdict is Verdict.ERROR
    assert doctor.of_number(None, groups, {}, HERE).verdict is Verdict.SKIPPED


def test_connection_and_clock() -> None:
    assert doctor.of_connection(HERE, connected=True).verdict is Verdict.OK
    assert doctor.of_connection(HERE, connected=False).verdict is Verdict.ERROR
    assert doctor.of_clock(None, AT, HERE).verdict is Verdict.SKIPPED
    assert doctor.of_clock(AT + timedelta(seconds=60), AT, HERE).verdict is Verdict.OK
    late = doctor.of_clock(AT - timedelta(seconds=90), AT, HERE)
    assert said(late) == ("warning", "this machine's clock and the API's are 90 s apart")


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("5544999990001", "5544*****0001"), ("12345678", "********"), ("123456789", "1234*6789"), ("", "")],
)
def test_a_number_is_masked(phone: str, shown: str) -> None:
    assert masked(phone) == shown


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun, 06 Nov 1994 08:49:37", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("today", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_header(text: str | None, moment: datetime | None) -> None:
    assert read_date(text) == moment


@pytest.mark.parametrize(
    ("due", "moment"),
    [
        ("1795392000000", datetime(2026, 11, 23, tzinfo=UTC)),
        ("1795392000", datetime(2026, 11, 23, tzinfo=UTC)),
        ("null", None),
        ('"soon"', None),
        ("{}", None),
        ("1e400", None),
    ],
)
def test_the_end_of_a_subscription_is_read_tolerantly(due: str, moment: datetime | None) -> None:
    answer = Answer(200, f'{{"due": {due}, "token": "SECRET"}}'.encode(), complete=True)
    assert read_account(answer) == Account(moment)
    assert "SECRET" not in repr(read_account(answer))


@pytest.mark.parametrize(
    ("status", "payment"),
    [('"PAID"', "PAID"), ('"TOKEN0001"', None), (f'"{"A" * 21}"', None), ("1", None), ("null", None)],
)
def test_of_the_payment_a_word_is_told_and_nothing_that_may_be_a_token(
    status: str, payment: str | None
) -> None:
    account = read_account(Answer(200, f'{{"paymentStatus": {status}}}'.encode(), complete=True))
    assert account == Account(None, payment)
    told = doctor.of_account(account, AT, HERE).message
    assert told == "the API does not tell its end" + (f" ({payment})" if payment else "")


def test_findings_are_told_a_line_each_and_made_harmless() -> None:
    findings = [
        Finding(Check.LOCK, Verdict.OK, "free"),
        Finding(
            Check.NUMBER, Verdict.ERROR, "\x1b[2J", "mend it", InstanceName("sales"), Location("g.yaml", 2, 3)
        ),
    ]
    assert rendered.text(findings, Paint(False)).splitlines() == [
        "ok       lock          free",
        "error    number        sales: g.yaml:2:3: \\u{1b}[2J",
        "                       hint: mend it",
        "",
        "1 error.",
    ]
    assert rendered.text(findings[:1], Paint(False)).endswith("\n\nAll is well.")
