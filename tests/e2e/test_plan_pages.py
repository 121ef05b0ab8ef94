"""Plans and results as pages: asked for by --format html, and with the exit codes of every other form."""

from __future__ import annotations

from typing import Any

CONFIG = """\
version: 1
groups:
  a: {groupName: "<b>Turma</b> & 1", autoInvite: true, phones: ["5544988881111", "5544988887777"]}
  b: {groupName: Turma 2, phones: ["5544988881111"]}
"""


def test_a_plan_is_a_page_and_a_saved_one_is_the_same(zapi_sync: Any) -> None:
    zapi_sync.write(CONFIG)
    result = zapi_sync("plan", "--format", "html", "--detailed-exitcode", "--out", "launch.plan")
    assert result.code == 2
    assert "Plan: 2 to create" in result.out
    assert "&lt;b&gt;Turma&lt;/b&gt; &amp; 1" in result.out
    assert "5544988881111" not in result.out
    shown = zapi_sync("show", "launch.plan", "--format", "html")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.partition("<main>")[2] == result.out.partition("<main>")[2]
    assert "groups.yaml against groups.state.json (no state yet)" in shown.out


def test_a_plan_that_asked_the_api_tells_drift(online: Any, served: Any) -> None:
    online.write(CONFIG)
    assert online("apply", "--auto-approve", "--pace", "0").code == 0
    body = {"act": "rename", "instance": served.default, "group": online.state()["groups"]["b"]["phone"]}
    served.client.post("/sandbox/happen", json={**body, "name": "<i>Vendas</i>"})
    page = online("plan", "--refresh", "--format", "html").out
    assert "now named &lt;i&gt;Vendas&lt;/i&gt;" in page
    assert "chat.whatsapp.com" not in page


def test_there_is_no_page_of_a_state(zapi_sync: Any) -> None:
    result = zapi_sync("show", "--format", "html")
    assert result.code == 64
    assert result.err == (
        "error: there is no page of a state: --format html shows a saved plan [ZS501]\n"
        "  hint: name a PLANFILE; for a page of the invite links: zapi-sync invites --format html\n"
    )


def test_what_an_apply_did_is_a_page_without_a_link(zapi_sync: Any) -> None:
    zapi_sync.write(CONFIG)
    result = zapi_sync("apply", "--sandbox", "--auto-approve", "--format", "html")
    assert result.code == 0
    assert "2 of 2 groups done." in result.out
    assert "zapi-sync invites --format html" in result.out
    for group in zapi_sync.state("groups.sandbox.state.json")["groups"].values():
        assert group["phone"] in result.out
        assert group["invitationLink"] not in result.out
    again = zapi_sync("apply", "--sandbox", "--auto-approve", "--format", "html")
    assert (again.code, again.err) == (0, "")
    assert "Nothing to create. 2 unchanged." in again.out


def test_an_apply_that_fails_says_so_on_its_page(online: Any, served: Any) -> None:
    online.write(CONFIG)
    served.fault("create-client-token-403", times=2)
    result = online("apply", "--auto-approve", "--pace", "0", "--format", "html")
    assert result.code == 1
    assert "0 of 2 groups done." in result.out
    assert "Rejected" in result.out
    assert "ZAPI_CLIENT_TOKEN" in result.out


def test_complaints_are_a_page_too(zapi_sync: Any) -> None:
    zapi_sync.write("version: 1\ngroups: {a: {groupName: '<b>', fones: []}}\n")
    result = zapi_sync("plan", "--format", "html")
    assert result.code == 1
    assert "[ZS112]" in result.err
    assert "[ZS112]" in result.out
    assert result.out.startswith("<!doctype html>")
    assert "fones" in result.out
    refused = zapi_sync("apply", "--sandbox", "--format", "html", "-f", "nowhere.yaml")
    assert "[ZS101]" in refused.out
