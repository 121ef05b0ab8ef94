"""Markdown for a pull request: hostile text stays text, nothing private is in it, and it has a bound."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.known import Known
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, GroupId, GroupKey
from zapi_sync.core.pacing import Forecast
from zapi_sync.core.plan import Adopt, Plan, Taken, make_plan
from zapi_sync.errors import Code, Diagnostic, Location, Severity
from zapi_sync.render import markdown

from .drawn import QUICK
from .made import group, open_attempt, record, state

HOSTILE = [
    "`", "``", "```", "a`b``c", "` a `", "@everyone", "#123", "<script>alert(1)</script>", "</details>",
    "| x | y |",
    "[x](javascript:1)", "![x](https://evil/p.png)", "<!-- marker -->", "**b**", "# h", "- [ ] x", "$x$",
    ":tada:",
    "https://evil.example", "\x1b[31m", "\u202e", "a\nb", "\r\n::error::x", "&lt;", "\\", "\\`", " ",
]  # fmt: skip


def spans_and_rest(text: str) -> tuple[list[str], str]:
    """What stands in code spans (CommonMark 0.31, 6.1), and all that does not."""
    spans, rest, at = [], "", 0
    while at < len(text):
        opening = re.compile("`+").match(text, at)
        if not opening:
            rest, at = rest + text[at], at + 1
            continue
        closing = re.compile(rf"(?<!`){opening[0]}(?!`)").search(text, opening.end())
        assert closing, f"a code span is not closed: {text!r}"
        spans.append(text[opening.end() : closing.start()])
        at = closing.end()
    return spans, rest


@pytest.mark.parametrize("text", HOSTILE)
def test_a_code_span_holds_whatever_is_in_it(text: str) -> None:
    spans, rest = spans_and_rest(markdown.code(text))
    assert rest == ""
    assert len(spans) == 1
    assert "\n" not in spans[0]


@QUICK
@given(st.text(st.sampled_from("`a \\|<@\n"), max_size=12))
def test_any_text_is_one_code_span(text: str) -> None:
    spans, rest = spans_and_rest(f"a{markdown.code(text)}b")
    assert (len(spans), rest) == (1, "ab")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_gets_out_of_its_span(name: str) -> None:
    doubt = {GroupKey("open"): open_attempt(group("open", name=name))}
    known = Known(state({"gone": record(group("gone", name=name))}), doubt)
    steps = make_plan([group("new", name=f"{name} new")], known).steps
    adopt = Adopt(group("adopted", name=name), GroupId("123456-group"))
    more = (adopt, Taken(group("taken", name=name), (), GroupKey(name)))
    warning = Diagnostic(Code.TAG, name, name, Location(name, 1, 1), Severity.WARNING)
    _, rest = spans_and_rest(
        markdown.plan(Plan((*steps, *more)), [Forecast(DEFAULT_INSTANCE, 1, 0)], [warning])
    )
    allowed = re.sub(r"</?(details|summary)>", "", rest)
    assert not set(allowed) & set("<>[]|@`\\\x1b\u202e")
    assert rest.count("<details>") == rest.count("</details>")


def plan_of(*groups: Group) -> str:
    return markdown.plan(make_plan(groups, Known()), [Forecast(DEFAULT_INSTANCE, len(groups), 90)], [])


def test_the_summary_comes_first_and_the_details_are_folded() -> None:
    assert plan_of(
        group("vip-01", phones=("5544999998888", "5544999997777"), auto_invite=True)
    ).splitlines() == [
        "### zapi-sync plan",
        "",
        "**Plan: 1 to create; 0 unchanged.**",
        "",
        "Up to 2 private invitations will be sent.",
        "",
        "At this pace it takes about 2 min.",
        "",
        "<details><summary>To create: 1</summary>",
        "",
        "- `vip-01`, `VIP 01`, 2 participants on `default`, with private invitations",
        "",
        "</details>",
    ]


def test_nothing_to_do_is_said_in_a_line() -> None:
    assert plan_of() == "### zapi-sync plan\n\n**Nothing to create. 0 unchanged.**"


def test_a_comment_has_room_for_it_however_many_groups() -> None:
    text = plan_of(*(group(f"g{n}", name="🎉" * 100) for n in range(5000)))
    assert len(text) < 65_536
    assert "To create: 5000" in text
    assert "- ... and 4800 more" in text


@pytest.mark.parametrize("letter", ["\U000e0001", "`", "\u202e", "x"], ids=ascii)
def test_a_comment_has_room_for_it_however_long_the_names_are_written_out(letter: str) -> None:
    name, key = letter * 1000, "k" * 90
    steps = make_plan(
        [group(f"{key}{n}", name=f"{n}{name}", instance=key) for n in range(300)], Known()
    ).steps
    taken = [Taken(group(f"{key}{n}", name=name), (), GroupKey(name)) for n in range(300)]
    warnings = [
        Diagnostic(Code.TAG, name, name, Location(name, 10**9, 10**9), Severity.WARNING) for _ in range(300)
    ]
    for text in (
        markdown.plan(Plan((*steps, *taken)), [Forecast(DEFAULT_INSTANCE, 300, 0)], warnings),
        markdown.valid(1, warnings),
        markdown.complaints(warnings),
    ):
        assert len(text) < 62_000
        assert "Complaints: 300" in text
        assert text.count("\n- ") >= 3  # the beginning of the lists
        assert re.search(r"- \.\.\. and \d+ more\n\n</details>$", text)


def test_what_one_list_does_not_need_another_has() -> None:
    warning = Diagnostic(Code.TAG, "what", "do", None, Severity.WARNING)
    long = [Diagnostic(Code.TAG, "x" * 400, "do", None, Severity.WARNING) for _ in range(200)]
    steps = make_plan([group()], Known()).steps
    for text in (markdown.plan(Plan(steps), [], long), markdown.valid(1, [warning, *long])):
        assert text.count("x" * 397) > 130


def test_no_phone_and_no_link_is_in_it() -> None:
    name = "Fale com +55 (44) 99999-8888, https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"
    complaint = Diagnostic(Code.PHONE_TWICE, "the phone 5544999998888 is in this group already", "remove it")
    for text in (plan_of(group(name=name)), markdown.complaints([complaint]), markdown.valid(1, [complaint])):
        assert not re.search(r"99999|GONwb", text)
        assert "8888" in text


def test_no_key_no_instance_and_no_file_is_a_phone_in_it() -> None:
    phone = "5544999998888"
    complaint = Diagnostic(Code.PHONE_TWICE, "what", "do", Location(f"{phone}.yaml", 1000000, 1000))
    for text in (plan_of(group(phone, instance=phone)), markdown.complaints([complaint])):
        assert phone not in text
        assert "...8888" in text
    assert "`...8888.yaml:1000000:1000`" in markdown.complaints([complaint])


def test_of_a_text_without_an_end_the_beginning_is_shown() -> None:
    assert markdown.code("a" * 10**6) == f"`{'a' * 397}...`"


def test_complaints_are_counted_and_told() -> None:
    found = Diagnostic(Code.TAG, "what", "do", Location("groups.yaml", 3, 5))
    assert markdown.complaints([found]).splitlines() == [
        "### zapi-sync",
        "",
        "**1 error.**",
        "",
        "<details><summary>Complaints: 1</summary>",
        "",
        "- `groups.yaml:3:5` error ZS108: `what`",
        "  `do`",
        "",
        "</details>",
    ]
