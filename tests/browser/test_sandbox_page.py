"""The sandbox's page in a browser, while a real apply runs against the sandbox."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import COMMAND, Result, ZapiSync
from zapi_sync.edge.catalogue import catalogue
from zapi_sync.sandbox import CONNECTED_NUMBER

from .seen import decoded

pytestmark = pytest.mark.slow

PHONE, SHY = "5544999990000", "5544999997777"
TOKEN, CLIENT_TOKEN = "CANARYTOKEN0001", "CANARYCLIENT0001"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>document.title='owned'</script>",
    "\u202eevil\u202c {name} $& ${1}",
    "W" * 100,
    "👩‍👩‍👧‍👦🇧🇷" * 8,
]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@dataclass
class Sandbox:
    """A sandbox as a process of its own, and the command that talks to it."""

    url: str
    client: httpx.Client
    process: subprocess.Popen[bytes]
    zapi_sync: ZapiSync

    def apply(self, *names: str) -> Result:
        """A config of these groups, applied."""
        lines = ["version: 1", "defaults: {autoInvite: true}", "groups:"]
        for number, name in enumerate(names):
            lines.append(f"  g{number}: {{groupName: {json.dumps(name)}, phones: ['{PHONE}', '{SHY}']}}")
        self.zapi_sync.write("\n".join(lines) + "\n")
        return self.zapi_sync("apply", "--auto-approve", "--pace", "0", "--settle", "0")

    def create(self, name: str, *phones: str) -> None:
        """A group that somebody makes past any config."""
        body = {"autoInvite": True, "groupName": name, "phones": list(phones) or [PHONE]}
        url = f"/instances/any/token/{TOKEN}/create-group"
        answer = self.client.post(url, json=body, headers={"Client-Token": CLIENT_TOKEN})
        assert answer.is_success, answer.text

    def faults(self) -> list[Any]:
        queue: list[Any] = self.client.get("/sandbox/faults").json()["queue"]
        return queue


@pytest.fixture
def language() -> str:
    return "en"


@pytest.fixture
def sandbox(tmp_path: Path, language: str) -> Iterator[Sandbox]:
    process = subprocess.Popen(
        [COMMAND, "sandbox", "--port", "0", "--db", ":memory:", "--lang", language],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout
    try:
        url = process.stdout.readline().decode().split()[1]
        secrets = {
            "ZAPI_BASE_URL": url,
            "ZAPI_INSTANCE_ID": "any",
            "ZAPI_TOKEN": TOKEN,
            "ZAPI_CLIENT_TOKEN": CLIENT_TOKEN,
        }
        with httpx.Client(base_url=url, timeout=30) as client:
            yield Sandbox(url, client, process, ZapiSync(tmp_path, secrets))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def origin(sandbox: Sandbox) -> str:
    return sandbox.url


@pytest.fixture
def shown(page: Page, sandbox: Sandbox) -> Page:
    """The page, which has had its first look at the sandbox."""
    page.goto(sandbox.url)
    expect(page.locator("#state")).to_have_attribute("data-alive", "true")
    return page


def card(page: Page, name: str) -> Locator:
    return page.locator("#group-list > li").filter(has=page.get_by_role("heading", name=name, exact=True))


def tabbed_to(page: Page, wanted: Locator) -> Locator:
    """The element, focused by the Tab key alone."""
    for _ in range(100):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            return wanted
    raise AssertionError("the keyboard does not get there")


def test_groups_appear_while_apply_runs_and_their_codes_lead_where_they_should(
    shown: Page, sandbox: Sandbox
) -> None:
    expect(shown.get_by_text("No group yet.")).to_be_visible()
    assert f"export ZAPI_BASE_URL={sandbox.url}\n" in shown.locator("#commands").inner_text()
    shown.evaluate("window.never_reloaded = true")

    done = sandbox.apply("Vendas", "Suporte")
    assert done.code == 0, done.err

    expect(shown.locator("#group-list > li")).to_have_count(2)
    assert shown.evaluate("window.never_reloaded")
    expect(shown.get_by_text("No group yet.")).to_be_hidden()
    expect(shown.locator("#news")).to_have_text(re.compile(r"New groups: 2|New group: (Vendas|Suporte)"))
    records = sandbox.zapi_sync.state()["groups"].values()
    assert len(records) == 2
    for record in records:
        group = card(shown, record["groupName"])
        expect(group).to_contain_text(record["invitationLink"])
        expect(group).to_contain_text(record["phone"])
        expect(group.locator("[data-slot=members] .number")).to_have_text(
            [f"+{CONNECTED_NUMBER}", f"+{PHONE}"]
        )
        expect(group.locator("[data-slot=invited] .number")).to_have_text([f"+{SHY}"])
        code = group.get_by_role("img", name=f"QR code of the invite link of {record['groupName']}")
        expect(code).to_have_js_property("complete", True)
        for colours in ("light", "dark"):
            shown.emulate_media(color_scheme=colours)
            assert decoded(group.screenshot()) == [record["invitationLink"]]


def test_tokens_are_nowhere_on_the_page_nor_in_what_it_loads(
    shown: Page, sandbox: Sandbox, requested: list[str]
) -> None:
    sandbox.apply("Vendas")
    expect(shown.locator("#request-list tr").first).to_be_visible()
    expect(shown.locator("#group-list > li")).to_have_count(1)
    loaded = [sandbox.client.get(url).text for url in set(requested)]
    for text in [shown.content(), *loaded, *requested]:
        assert TOKEN not in text
        assert CLIENT_TOKEN not in text


def test_a_fault_is_switched_on_by_keyboard_and_the_next_apply_meets_it(
    shown: Page, sandbox: Sandbox
) -> None:
    switch = shown.get_by_role("switch", name="create-close-before").first
    tabbed_to(shown, switch)
    assert switch.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    shown.keyboard.press("Space")
    expect(switch).to_be_checked()
    expect(shown.locator("#on-list")).to_contain_text("strikes left: 1 · on all instances")
    expect(shown.locator("#news")).to_have_text("create-close-before is on")
    assert [each["fault"] for each in sandbox.faults()] == ["create-close-before"]

    done = sandbox.apply("Vendas")

    assert done.code == 4, done.err
    row = shown.locator("#request-list tr").filter(has_text="create-group")
    expect(row).to_contain_text("fault: create-close-before")
    expect(row.locator("[data-slot=status]")).to_have_text("no answer")
    expect(switch).not_to_be_checked()
    expect(shown.get_by_text("No fault is on: the sandbox behaves.")).to_be_visible()
    expect(shown.locator("#group-list > li")).to_have_count(0)


def test_a_fault_is_found_given_its_values_and_switched_off_again(shown: Page, sandbox: Sandbox) -> None:
    sandbox.create("Vendas")
    expect(shown.locator("#group-list > li")).to_have_count(1)
    shown.get_by_label("Find a fault").fill("no answer until")
    expect(shown.locator(".fault:visible").filter(has_text="groups-silent")).to_have_count(1)
    expect(shown.locator("#all-create-429")).to_be_hidden()
    shown.get_by_label("Instance", exact=True).select_option(value="any")
    shown.get_by_label("Seconds", exact=True).fill("7.5")
    shown.get_by_label("Until it is switched off").check()
    expect(shown.get_by_label("Times", exact=True)).to_be_disabled()
    shown.get_by_label("groups-silent").click()
    expect(shown.locator("#on-list")).to_contain_text("until it is switched off · on instance any")
    (active,) = sandbox.faults()
    assert (active["fault"], active["times"], active["seconds"], active["instance"]) == (
        "groups-silent",
        None,
        7.5,
        "any",
    )
    shown.get_by_role("button", name="Switch off groups-silent").click()
    expect(shown.locator("#on-list > li")).to_have_count(0)
    assert sandbox.faults() == []

    shown.get_by_label("Find a fault").fill("nothing like this")
    expect(shown.get_by_text("No fault is called that or does that.")).to_be_visible()
    shown.get_by_label("Until it is switched off").uncheck()
    shown.get_by_label("Times", exact=True).fill("0")
    shown.locator("#first-create-429").click()
    expect(shown.get_by_role("alert")).to_contain_text("a whole number from 1")
    assert sandbox.faults() == []


def test_all_faults_are_switched_off_and_the_list_of_requests_is_cleared(
    shown: Page, sandbox: Sandbox
) -> None:
    sandbox.create("Vendas")
    for fault in ("create-429", "groups-500"):
        sandbox.client.post("/sandbox/faults", json={"fault": fault, "times": 3})
    expect(shown.locator("#on-list > li")).to_have_count(2)
    shown.get_by_role("button", name="Switch all off").click()
    expect(shown.locator("#on-list > li")).to_have_count(0)
    expect(shown.locator("#request-list tr")).to_have_count(1)
    shown.get_by_role("button", name="Clear the list").click()
    expect(shown.get_by_text("Nothing was asked yet.")).to_be_visible()
    assert sandbox.faults() == sandbox.client.get("/sandbox/requests").json() == []


def test_hostile_names_are_text_and_nothing_else(shown: Page, sandbox: Sandbox) -> None:
    title = shown.title()
    shown.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for name in HOSTILE:
        sandbox.create(name)
    expect(shown.locator("#group-list > li")).to_have_count(len(HOSTILE))
    assert shown.locator("#group-list h3 bdi").all_text_contents() == HOSTILE[::-1]
    assert shown.locator("#request-list [data-slot=name]").all_text_contents() == HOSTILE[::-1]
    expect(shown.get_by_role("img", name=HOSTILE[2])).to_have_count(1)
    assert shown.title() == title
    assert shown.locator("#group-list script, #group-list img:not([data-slot=qr])").count() == 0
    shown.set_viewport_size({"width": 360, "height": 740})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_narrow_page_needs_no_scrolling_sideways(shown: Page, sandbox: Sandbox) -> None:
    shown.set_viewport_size({"width": 360, "height": 740})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360
    sandbox.apply("Vendas", "Suporte")
    expect(shown.locator("#group-list > li")).to_have_count(2)
    shown.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(shown: Page, sandbox: Sandbox, colours: Any) -> None:
    shown.emulate_media(color_scheme=colours, reduced_motion="reduce")
    sandbox.create("Suporte", PHONE, SHY)
    for fault in ("create-504-after", "create-429", "create-close-after", "me-500", "me-slow"):
        sandbox.client.post("/sandbox/faults", json={"fault": fault})
    sandbox.apply("Vendas", "Alunos", "Pais")
    expect(shown.locator("#on-list > li").first).to_be_visible()
    expect(shown.locator(".status[data-kind='5']").first).to_be_visible()
    expect(shown.locator("#group-list > li").first).to_be_visible()
    shown.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    measured = shown.evaluate(CONTRAST)
    assert len(measured) > 200
    assert [each for each in measured if each["ratio"] < 4.5] == []


def test_everything_that_can_be_used_has_a_name_and_every_part_a_heading(
    shown: Page, sandbox: Sandbox
) -> None:
    sandbox.create("Vendas", PHONE, SHY)
    sandbox.client.post("/sandbox/faults", json={"fault": "create-429"})
    expect(shown.locator("#group-list > li")).to_have_count(1)
    shown.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    tree = shown.locator("body").aria_snapshot()
    used = r"- (button|switch|checkbox|spinbutton|combobox|searchbox|textbox|link|img|region|navigation)\b"
    lines = [line.strip() for line in tree.splitlines() if re.match(used, line.strip())]
    assert len(lines) > 250
    assert [line for line in lines if '"' not in line] == []
    fields = shown.locator("input, select")
    assert (
        fields.evaluate_all("all => all.filter((each) => !each.labels.length).map((each) => each.id)") == []
    )
    for heading in ("Groups", "Requests", "Faults"):
        expect(shown.get_by_role("region", name=heading, exact=True).first).to_be_visible()
    levels = [
        int(tag[1]) for tag in shown.locator("h1, h2, h3, h4").evaluate_all("all => all.map(e => e.tagName)")
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    shown.emulate_media(reduced_motion="reduce")
    assert card(shown, "Vendas").evaluate("each => getComputedStyle(each).animationName") == "none"


def test_the_commands_are_copied_as_they_are(shown: Page, sandbox: Sandbox) -> None:
    shown.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=sandbox.url)
    button = shown.locator("[data-copy=commands]")
    button.click()
    expect(button).to_have_text("Copied")
    copied = shown.evaluate("navigator.clipboard.readText()")
    assert copied == shown.locator("#commands").text_content()
    assert copied.splitlines()[-1] == "zapi-sync apply --pace 0"
    expect(button).to_have_text("Copy")


def test_a_sandbox_that_went_away_is_told(shown: Page, sandbox: Sandbox, complaints: list[str]) -> None:
    sandbox.process.kill()
    expect(shown.get_by_role("status")).to_have_text("The sandbox does not answer; trying again")
    shown.close()
    assert all("ERR_CONNECTION_REFUSED" in each for each in complaints)
    complaints.clear()


@pytest.mark.parametrize("language", ["pt_BR"])
def test_the_page_speaks_the_language_of_the_command(shown: Page, language: str) -> None:
    assert shown.evaluate("document.documentElement.lang") == "pt-BR"
    said = catalogue(language).gettext
    assert shown.locator("h2").all_inner_texts() == [said("Groups"), said("Requests"), said("Faults")]
    expect(shown.get_by_role("status")).to_have_text(said("Live"))
    expect(shown.locator("#all-create-reset-before-does")).to_have_text(
        said("nothing created, {what}").replace("{what}", said("the connection is reset"))
    )
