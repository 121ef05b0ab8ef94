"""Pages: what is in a name stays text, nothing private is in them, and what they say is what text says."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from zapi_sync.core.drift import Drift, Finding, Gone, Kind, Looked, Unseen
from zapi_sync.core.known import Known
from zapi_sync.core.model import DEFAULT_INSTANCE, GroupId, GroupKey
from zapi_sync.core.moves import Move
from zapi_sync.core.outcome import Cause, Created, Outcome, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import Forecast
from zapi_sync.core.plan import Adopt, Plan, Taken, make_plan
from zapi_sync.core.progress import Finished, Skipped, SkipReason
from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, Diagnostic, Location, Severity
from zapi_sync.render import html, invites
from zapi_sync.render.paint import Paint
from zapi_sync.render.text import summary

from .made import AT, group, open_attempt, record, state

HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "{{ 7*7 }}",
    "{% raw %}", "</style><style>*{}", "<!--", "&lt;b&gt;", "\u202egnp.exe", "javascript:alert(1)", "a\nb",
    "\x1b[31m",
]  # fmt: skip
LINK = "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"
PHONES = ("5544988887777", "120363025246125486@lid", "5544999999999")
KEY = GroupKey("a")


class Seen(HTMLParser):
    """The elements and attributes of a page, and its texts outside <style>."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.texts: list[str] = []
        self._in = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in != "style" and data.strip():
            self.texts.append(data.strip())


def a_plan(name: str = "Turma 1") -> Plan:
    """One of each step."""
    known = Known(
        state(
            {"gone": record(group("gone", name=f"{name} gone")), "same": record(group("same", name="Same"))}
        ),
        {GroupKey("open"): open_attempt(group("open", name=f"{name} open"), reason=f"said {name} {LINK}")},
    )
    new = group("new", name=name, auto_invite=True, phones=PHONES)
    steps = make_plan([new, group("same", name=f"{name} now", phones=PHONES)], known).steps
    adopt = Adopt(group("adopted", name=name), GroupId("123456-group"))
    taken = Taken(group("taken", name=name), (GroupId("5511987654321-1623456789"),))
    move = Move(GroupKey("before"), GroupKey("new"))
    return Plan((*steps, adopt, taken, Taken(group("t2", name=name), (), GroupKey("open"))), (move,))


def a_warning(text: str = "odd") -> Diagnostic:
    return Diagnostic(Code.TAG, f"{text} {PHONES[0]}", f"{text} {LINK}", Location(f"{text}.yaml", 3, 7))


def drift(name: str = "Vendas") -> Drift:
    found = (Finding(Kind.RENAMED, name=name), Finding(Kind.JOINED, phones=PHONES[:1]))
    return Drift(
        (
            Looked(KEY, record(group(name=name)), Gone(), found),
            Looked(GroupKey("dark"), record(group(name=name)), Unseen("no answer"), ()),
        )
    )


def pages(name: str) -> dict[str, str]:
    """Every kind of page, with this text wherever a text from outside can stand."""
    plan, warnings = a_plan(name), [a_warning(name)]
    outcomes: list[Outcome] = [
        Created(GroupId("123456-group"), LINK, PHONES[:1]),
        Rejected(Cause.INPUT, f"{name} {PHONES[0]}"),
        Unsent(f"{name} {PHONES[0]}"),
        Unknown(f"{name} {LINK}"),
    ]
    ended = [Finished(group(f"k{number}", name=name), each) for number, each in enumerate(outcomes)]
    late = Skipped(group("late", name=name), SkipReason.OUT_OF_BUDGET, AT + timedelta(hours=1))
    return {
        "plan": html.plan(
            plan, [Forecast(DEFAULT_INSTANCE, 1, 90)], warnings, drift(name), about=f"{name} {LINK}"
        ),
        "applied": html.applied(plan, [*ended, late], [a_warning(name)], warnings),
        "complaints": html.complaints(warnings),
        "invites": invites.html({KEY: record(group(name=name))}),
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text_whatever_is_in_it(name: str) -> None:
    plain = pages("Turma 1")
    for kind, page in pages(name).items():
        seen, usual = Seen(page), Seen(plain[kind])
        assert seen.elements == usual.elements
        assert seen.attributes.keys() == usual.attributes.keys()
        assert not any(attribute.startswith("on") for attribute in seen.attributes)
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e\u200b]", page)
        assert html.shown(name)[:20] in " ".join(seen.texts)


def test_no_page_asks_for_anything_or_runs_anything() -> None:
    for page in pages("Turma 1").values():
        seen = Seen(page)
        assert not seen.elements & {"script", "link", "img", "iframe", "form", "object", "video", "base"}
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in seen.attributes["content"]
        assert {"no-referrer", "noindex, nofollow"} <= seen.attributes["content"]
        assert not re.search(r"url\(|@import|src=", page)
        assert seen.attributes["lang"] == {"en"}


@pytest.mark.parametrize("kind", ["plan", "applied", "complaints"])
def test_what_is_handed_around_holds_no_phone_number_and_no_link(kind: str) -> None:
    page = pages("Turma 1")[kind]
    for private in (*PHONES, LINK, "5544777777777", "5511987654321", "GONwbGGDkLe8BifUWwLgct"):
        assert private.removesuffix("@lid") not in page


def test_a_plan_says_what_it_says_as_text() -> None:
    plan, forecasts = a_plan(), [Forecast(DEFAULT_INSTANCE, 1, 90)]
    texts = Seen(html.plan(plan, forecasts, [])).texts
    for sentence in summary(plan, forecasts, Paint(False)):
        assert sentence in texts
    for title in (
        "To move", "To create", "To adopt", "Not created: the name is taken", "Changed in the config",
        "No longer in the config", "Unsettled",
    ):  # fmt: skip
        assert title in texts
    assert "3 participants (...7777, ...5486, ...9999)" in texts
    assert "up to 3, to those who cannot be added directly" in texts
    assert "Turma 1 → Turma 1 now" in " ".join(texts) or "Same → Turma 1 now" in texts
    assert "Complaints" not in texts
    assert any("zapi-sync resolve open --adopt ID" in text for text in texts)
    assert any("zapi-sync import taken" in text for text in texts)


def test_of_many_participants_the_first_are_told() -> None:
    many = group(phones=[f"55449999{number:05d}" for number in range(12)])
    texts = Seen(html.plan(make_plan([many], Known()), [], [])).texts
    assert any(text.endswith("...0006, ...0007 and 4 more)") for text in texts)
    assert "none" in texts


def test_a_plan_with_a_look_at_the_instances_tells_the_drift() -> None:
    texts = Seen(html.plan(Plan(()), [], [], drift())).texts
    assert "now named Vendas, 1 participant joined" in texts
    assert "Not looked at" in texts


def test_what_an_apply_did_and_what_is_left() -> None:
    texts = Seen(pages("Turma 1")["applied"]).texts
    assert "1 of 8 groups done." in texts
    assert "For the rest, run zapi-sync apply again after 2026-11-23T11:00:00Z." in texts
    assert "The invite links stand in the state: zapi-sync invites --format html" in texts
    assert "1 (...7777)" in texts
    assert "Turma ...7777" in texts
    for title in ("Moved", "Done", "Rejected", "Not sent", "Unknown", "Not tried", "Unsettled", "Complaints"):
        assert title in texts
    assert texts.index("Rejected") < texts.index("Not tried")


def test_an_apply_with_nothing_to_do_says_so() -> None:
    plan = make_plan([group()], Known(state({"vip-01": record()})))
    assert "Nothing to create. 1 unchanged." in Seen(html.applied(plan, [], [], [])).texts


def test_complaints_are_told_with_place_and_remedy() -> None:
    warning = Diagnostic(Code.TAG, "odd", "do this", Location("groups.yaml", 3, 7), Severity.WARNING)
    texts = Seen(html.complaints([warning, replace(warning, severity=Severity.ERROR, location=None)])).texts
    assert texts[texts.index("1 error.") :] == [
        "1 error.", "Complaints", "2", "groups.yaml:3:7", "warning:", "odd", "[ZS108]", "hint:", "do this",
        "error:", "odd", "[ZS108]", "hint:", "do this",
    ]  # fmt: skip


def test_a_sheet_has_a_card_a_group_and_a_poster_for_one() -> None:
    none = replace(record(), invitation_link=None)
    sheet = invites.html({GroupKey("b"): record(), KEY: none})
    seen = Seen(sheet)
    assert sheet.count("<article") == 2
    assert sheet.count("<svg") == 1
    assert sheet.index('id="a"') < sheet.index('id="b"')
    assert seen.attributes["href"] == {LINK}
    assert "There is no invite link yet: zapi-sync apply fetches it." in seen.texts
    assert "cards alone" in invites.html({KEY: record()})
    assert "cards alone" not in sheet
    assert "cards alone" not in invites.html({KEY: none})
    assert "No group was created yet." in Seen(invites.html({})).texts
