"""The sandbox's page at the level of HTTP: what it gives to whom, and to whom it gives nothing."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zapi_sync.sandbox import create_app, known_faults
from zapi_sync.sandbox.page import GROUPS, MEMBERS, REQUESTS

from .world import CLIENT_TOKEN, PHONE, SHY, TOKEN, World, in_process, order, over_loopback

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
STATIC = Path(__file__).parents[2] / "zapi_sync" / "sandbox" / "static"
CHANGES = [
    ("POST", "/sandbox/faults", {"fault": "create-429"}),
    ("DELETE", "/sandbox/faults", None),
    ("DELETE", "/sandbox/faults/1", None),
    ("DELETE", "/sandbox/requests", None),
    ("POST", "/sandbox/happen", {"act": "remove"}),
]
MADE_OF = ["/", "/sandbox/page.js", "/sandbox/page.css", "/sandbox/icon.svg"]
READS = ["/", "/sandbox/view", "/sandbox/invites", "/sandbox/requests", "/sandbox/faults", "/openapi.json"]


@pytest.fixture
def served() -> Iterator[World]:
    with over_loopback(create_app(":memory:")) as world:
        yield world


def view(world: World) -> Any:
    answer = world.http.get("/sandbox/view")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_browser_gets_the_page_and_everybody_else_a_line(world: World) -> None:
    page = world.http.get("/", headers=BROWSER)
    assert page.headers["Content-Type"].startswith("text/html")
    assert '<html lang="en">' in page.text
    assert "export ZAPI_BASE_URL=" + str(world.http.base_url).rstrip("/") in page.text
    for accept in ("*/*", "text/plain", "application/json"):
        line = world.http.get("/", headers={"Accept": accept})
        assert line.headers["Content-Type"].startswith("text/plain")
    assert page.headers["Vary"] == line.headers["Vary"] == "Accept"


def test_every_known_fault_has_its_switch_and_says_what_it_does(world: World) -> None:
    page = html.unescape(world.http.get("/", headers=BROWSER).text)
    for name, description in known_faults().items():
        assert f'id="all-{name}"' in page
        assert f'id="all-{name}-does">{description}<' in page


@pytest.mark.parametrize("path", [*MADE_OF, "/sandbox/view", "/sandbox/requests"])
def test_what_the_page_is_made_of_may_load_nothing_else_and_be_framed_by_nobody(
    world: World, path: str
) -> None:
    answer = world.http.get(path, headers=BROWSER)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_page_holds_no_script_or_style_of_its_own(world: World) -> None:
    page = world.http.get("/", headers=BROWSER).text
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in each or 'type="application/json"' in each for each in scripts)
    assert "<style" not in page
    assert not re.search(r"\s(style|on[a-z]+)=", page)


def test_the_script_makes_no_markup_of_what_comes_in() -> None:
    script = (STATIC / "page.js").read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", script)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "x", "["]
)
@pytest.mark.parametrize("path", [*READS, "/instances/any/token/t/groups?page=1&pageSize=9"])
def test_a_name_that_somebody_else_points_here_is_refused(served: World, host: str, path: str) -> None:
    answer = served.http.get(path, headers={"Host": host, **BROWSER})
    assert answer.status_code == 403
    assert "localhost or to an IP address alone" in answer.json()["error"]
    assert served.ledger() == []


@pytest.mark.parametrize(
    "host", ["localhost:1", "LOCALHOST", "sandbox.localhost:8787", "127.0.0.1", "[::1]:8787"]
)
def test_this_machine_by_any_of_its_names_is_answered(served: World, host: str) -> None:
    assert served.http.get("/sandbox/view", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_another_site_s_page_changes_nothing(
    served: World, origin: str, method: str, path: str, body: object
) -> None:
    served.fault("create-500-after")
    served.get("status")
    answer = served.http.request(method, path, json=body, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "other sites' pages" in answer.json()["error"]
    shown = view(served)
    assert [active["fault"] for active in shown["faults"]] == ["create-500-after"]
    assert len(shown["requests"]) == 1


def test_another_site_s_page_reads_nothing(served: World) -> None:
    for path in READS:
        assert served.http.get(path, headers={"Origin": "http://evil.example"}).status_code == 403


def test_its_own_page_may_change_things(served: World) -> None:
    origin = str(served.http.base_url).rstrip("/")
    answer = served.http.post("/sandbox/faults", json={"fault": "create-429"}, headers={"Origin": origin})
    assert answer.status_code == 204


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_that_any_page_may_send_is_refused(world: World, kind: str) -> None:
    body = json.dumps({"fault": "create-429"})
    answer = world.http.post("/sandbox/faults", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.json() == {"error": "the body must be application/json"}
    assert view(world)["faults"] == []


def test_the_page_s_own_requests_are_in_no_ledger_and_meet_no_fault(world: World) -> None:
    for fault in ("groups-500", "metadata-500", "create-500-after"):
        world.fault(fault)
    for path in ("/", "/sandbox/view", "/sandbox/page.js", "/sandbox/qr/nothing.svg"):
        world.http.get(path, headers=BROWSER)
    shown = view(world)
    assert shown["requests"] == []
    assert [active["times"] for active in shown["faults"]] == [1, 1, 1]


def test_the_view_has_who_is_in_who_is_invited_and_what_was_asked_but_no_token(world: World) -> None:
    before = [group["id"] for group in view(world)["groups"]]
    world.fault("create-504-after")
    world.post(order(groupName="Vendas", phones=[PHONE, SHY], autoInvite=True))
    text = world.http.get("/sandbox/view").text
    assert TOKEN not in text
    assert CLIENT_TOKEN not in text
    shown = json.loads(text)
    (group,) = [group for group in shown["groups"] if group["id"] not in before]
    assert (group["name"], group["instance"]) == ("Vendas", world.instance)
    assert (group["members"], group["invited"]) == ([PHONE], [SHY])
    (asked,) = shown["requests"]
    assert (asked["method"], asked["call"], asked["name"]) == ("POST", "create-group", "Vendas")
    assert (asked["status"], asked["fault"]) == (504, "create-504-after")
    assert shown["faults"] == []


def test_nothing_is_told_where_nothing_has_changed(world: World) -> None:
    known = view(world)["version"]
    assert world.http.get("/sandbox/view", params={"known": known}).status_code == 204

    def has_changed() -> bool:
        nonlocal known
        answer = world.http.get("/sandbox/view", params={"known": known})
        known = answer.json()["version"] if answer.status_code == 200 else known
        return answer.status_code == 200

    group = world.create()
    assert has_changed()
    world.get("status")
    assert has_changed()
    world.fault("status-500")
    assert has_changed()
    act = {"act": "reset-link", "instance": world.instance, "group": group["phone"]}
    assert world.http.post("/sandbox/happen", json=act).is_success
    assert has_changed()
    assert not has_changed()


def test_another_process_s_groups_in_the_same_file_are_seen(tmp_path: Path) -> None:
    database = str(tmp_path / "groups.db")
    with in_process(create_app(database)) as one, in_process(create_app(database)) as other:
        known = view(one)["version"]
        other.create("From elsewhere")
        assert one.http.get("/sandbox/view", params={"known": known}).status_code == 200
        assert [group["name"] for group in view(one)["groups"]] == ["From elsewhere"]


def test_how_much_is_shown_is_bounded_and_the_rest_is_counted() -> None:
    with in_process(create_app(":memory:")) as world:
        phones = [f"5544{number:09}" for number in range(MEMBERS + 3)]
        shy = [f"55{number:04}7777" for number in range(MEMBERS + 2)]
        for number in range(GROUPS + 2):
            world.post(order(groupName=f"Group {number}"))
        world.post(order(groupName="Big", phones=phones + shy, autoInvite=True))
        shown = view(world)
    assert (len(shown["groups"]), shown["groupsInAll"]) == (GROUPS, GROUPS + 3)
    assert (len(shown["requests"]), shown["requestsInAll"]) == (REQUESTS, GROUPS + 3)
    big, second = shown["groups"][:2]
    assert (big["members"], big["membersInAll"]) == (phones[:MEMBERS], len(phones))
    assert (big["invited"], big["invitedInAll"]) == (shy[:MEMBERS], len(shy))
    assert (second["name"], second["membersInAll"]) == (f"Group {GROUPS + 1}", 1)


def test_a_qr_code_is_black_on_white_and_of_the_link_of_now(world: World) -> None:
    group = world.create()
    before = next(each for each in view(world)["groups"] if each["id"] == group["phone"])
    drawn = world.http.get(before["qr"])
    assert drawn.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "#fff" in drawn.text
    act = {"act": "reset-link", "instance": world.instance, "group": group["phone"]}
    assert world.http.post("/sandbox/happen", json=act).is_success
    after = next(each for each in view(world)["groups"] if each["id"] == group["phone"])
    assert after["qr"] != before["qr"]
    assert world.http.get(after["qr"]).text != drawn.text
    assert world.http.get("/sandbox/qr/120363000000000000-group.svg").json() == {"error": "Group not found"}


def test_the_page_is_in_the_language_that_it_was_given() -> None:
    def loudly(template: str, /, **values: object) -> str:
        told = f"«{template.upper() if not values else template.format(**values).upper()}»"
        return "<b>" + told

    with in_process(create_app(":memory:", say=loudly, language="pt-BR")) as world:
        page = world.http.get("/", headers=BROWSER).text
    assert '<html lang="pt-BR">' in page
    assert "<b>" not in page.replace('<b class="count"', "").replace('<b class="fault-name"', "")
    assert "«NOTHING HERE IS REAL»" in page
    assert "«CREATED, &lt;B&gt;«THE CONNECTION IS CLOSED»»" in page
    assert "\\u00abNEW GROUP: {NAME}\\u00bb" in page
    data = r"<script.*?</script>|<code>.*?</code>|<pre.*?</pre>|<label class=\"fault-name\".*?</label>"
    body = re.sub(data, "", page, flags=re.DOTALL)
    left = re.findall(r">([^<>«»]*[A-Za-z]{3}[^<>«»]*)<", body)
    assert left == []  # nothing but data stands there untold


def test_a_host_cannot_put_markup_on_the_page() -> None:
    with in_process(create_app(":memory:")) as world:
        page = world.http.get("/", headers={**BROWSER, "Host": 'x"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text
