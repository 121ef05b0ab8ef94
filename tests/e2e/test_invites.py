"""invites, as it is run: each form, each option, and what is told where something is missing."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.seen import decoded

from .test_drift import applied, files, happen

INVITES = ("invites", "--sandbox")


@pytest.fixture
def made(zapi_sync: Any) -> Any:
    """`zapi-sync` with three groups in the sandbox's state."""
    zapi_sync.groups("vip-01", "vip-02", "team")
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    return zapi_sync


def links(zapi_sync: Any, name: str = "groups.sandbox.state.json") -> dict[str, str]:
    return {key: record["invitationLink"] for key, record in zapi_sync.state(name)["groups"].items()}


def without_a_link(zapi_sync: Any, key: str) -> None:
    path = zapi_sync.folder / "groups.sandbox.state.json"
    state = json.loads(path.read_text())
    state["groups"][key]["invitationLink"] = None
    path.write_text(json.dumps(state))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("targets", [["vip-01", "team"], ["vip-0[1]", "t*"]])
def test_a_target_is_a_key_or_a_pattern(made: Any, targets: list[str]) -> None:
    options = [word for target in targets for word in ("--target", target)]
    shown = made(*INVITES, "--format", "json", *options).json
    assert [each["key"] for each in shown["groups"]] == ["team", "vip-01"]
    lines = made(*INVITES, "--format", "csv", *options).out.splitlines()
    assert [line.partition(",")[0] for line in lines] == ["key", "team", "vip-01"]


def test_a_target_that_no_key_fits_is_told(made: Any) -> None:
    result = made(*INVITES, "--target", "vipp-01", "--format", "html")
    assert result.code == 64
    assert result.err == (
        'error: the state has no group "vipp-01"; did you mean "vip-01"? [ZS502]\n'
        "  hint: the keys of the state: zapi-sync state list\n"
    )
    assert "chat.whatsapp.com" not in result.out


def test_a_link_is_told_in_every_form_but_one_for_pull_requests(made: Any) -> None:
    result = made("invites", "--format", "markdown")
    assert result.code == 64
    assert "'markdown' is not one of 'text', 'json', 'csv', 'html', 'svg', 'png'" in result.err


def test_codes_on_the_terminal_stand_over_name_and_link(made: Any) -> None:
    result = made(*INVITES, "--qr", "--target", "vip-*")
    assert (result.code, result.err) == (0, "")
    blocks = result.out.rstrip("\n").split("\n\n")
    for key, block in zip(("vip-01", "vip-02"), blocks, strict=True):
        *code, name, link = block.split("\n")
        assert (name, link) == (f"Group {key}  {key}", links(made)[key])
        assert len({*map(len, code)}) == 1
        assert set("".join(code)) == set("█▀▄ ")


@pytest.mark.installed
def test_a_terminal_of_ascii_gets_codes_of_ascii(made: Any) -> None:
    result = made(*INVITES, "--qr", "--target", "team", PYTHONIOENCODING="ascii")
    assert result.out.isascii()
    assert result.out.splitlines()[0] == "#" * 82


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_file_a_group_in_a_folder_of_ones_own(made: Any, kind: str) -> None:
    without_a_link(made, "vip-02")
    result = made(*INVITES, "--format", kind, "--out", "codes")
    assert (result.code, result.out) == (0, f"codes/team.{kind}\ncodes/vip-01.{kind}\n")
    assert result.err == "1 group has no invite link yet: vip-02. zapi-sync apply fetches it.\n"
    folder = made.folder / "codes"
    assert mode(folder) == 0o700
    assert {each.name: mode(each) for each in folder.iterdir()} == {
        f"team.{kind}": 0o600,
        f"vip-01.{kind}": 0o600,
    }
    if kind == "png":
        assert decoded((folder / "team.png").read_bytes()) == [links(made)["team"]]
    assert made(*INVITES, "--format", kind, "--out", "codes").code == 0
    assert len(list(folder.iterdir())) == 2


def test_a_link_in_the_place_of_a_file_is_not_followed(made: Any) -> None:
    (made.folder / "codes").mkdir()
    (made.folder / "theirs").write_text("theirs")
    (made.folder / "codes" / "team.svg").symlink_to("../theirs")
    result = made(*INVITES, "--format", "svg", "--out", "codes")
    assert result.code == 1
    assert result.err == (
        "codes/team.svg: error: there is something of this name already, and it is no file [ZS506]\n"
        "  hint: name another place: --out PATH\n"
    )
    assert (made.folder / "theirs").read_text() == "theirs"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--format", "svg", "--out", ""],
            "error: --format svg writes a file for each group, and needs a folder for them [ZS501]\n"
            "  hint: name one: --out FOLDER\n",
        ),
        (
            ["--format", "svg"],
            "error: --format svg writes a file for each group, and needs a folder for them [ZS501]\n"
            "  hint: name one: --out FOLDER\n",
        ),
        (
            ["--qr", "--format", "json"],
            "error: --qr draws on the terminal, and goes with no --format but text [ZS501]\n"
            "  hint: for files: --format svg --out FOLDER; for a page to print: --format html\n",
        ),
        (
            ["--format", "png", "--out", "groups.yaml"],
            "groups.yaml: error: this cannot be a folder: file exists [ZS506]\n"
            "  hint: name another place: --out PATH\n",
        ),
        (
            ["--format", "html", "--out", "no/where.html"],
            "no/where.html: error: it cannot be written: no such file or directory [ZS506]\n"
            "  hint: name another place: --out PATH\n",
        ),
    ],
)
def test_what_cannot_be_is_told(made: Any, options: list[str], said: str) -> None:
    before = files(made)
    result = made(*INVITES, *options)
    assert result.err == said
    assert result.code == (64 if "ZS501" in said else 1)
    assert "chat.whatsapp.com" not in result.out
    assert files(made) == before


@pytest.mark.parametrize("kind", ["text", "json", "csv", "html"])
def test_into_a_file_it_is_what_would_be_on_standard_output(made: Any, kind: str) -> None:
    shown = made(*INVITES, "--format", kind)
    result = made(*INVITES, "--format", kind, "--out", "links")
    assert (result.code, result.out) == (0, "")
    assert result.err == "Written: links. Whoever has a link can join.\n"
    assert (made.folder / "links").read_bytes().decode() == shown.out
    assert mode(made.folder / "links") == 0o600


def test_a_page_tells_of_groups_without_a_link(made: Any) -> None:
    without_a_link(made, "team")
    result = made(*INVITES, "--format", "html")
    assert result.err == "1 group has no invite link yet: team. zapi-sync apply fetches it.\n"
    assert result.out.startswith("<!doctype html>")
    assert result.out.count("There is no invite link yet: zapi-sync apply fetches it.") == 1
    assert result.out.count("<svg ") == 2


def test_groups_that_left_the_config_keep_their_links(made: Any) -> None:
    made.groups("vip-01")
    assert len(made(*INVITES, "--format", "json").json["groups"]) == 3


@pytest.mark.parametrize(
    ("options", "out", "err"),
    [
        (["--qr"], "No group was created yet.\n", ""),
        (
            ["--format", "svg", "--out", "codes"],
            "",
            "There is no invite link yet, and nothing was written.\n",
        ),
    ],
)
def test_without_groups_there_is_nothing_to_draw(
    zapi_sync: Any, options: list[str], out: str, err: str
) -> None:
    result = zapi_sync(*INVITES, *options)
    assert (result.code, result.out, result.err) == (0, out, err)
    assert list(zapi_sync.folder.iterdir()) == []
    assert "No group was created yet." in zapi_sync(*INVITES, "--format", "html").out


def test_fresh_links_are_fetched_and_those_that_were_reset_are_told(
    online: Any, served: Any, fits: Callable[[Any, str], None]
) -> None:
    groups = applied(online, "a-gone", "b-reset", "c-same")
    happen(served, groups["a-gone"], "remove")
    happen(served, groups["b-reset"], "reset-link")
    before = files(online)
    served.client.delete("/sandbox/requests")
    assert links(online, "groups.state.json").keys() == {"a-gone", "b-reset", "c-same"}
    assert served.client.get("/sandbox/requests").json() == []

    result = online("invites", "--refresh", "--format", "json")
    assert result.code == 0
    fits(result.json, "invites")
    fresh = {each["key"]: each["invitationLink"] for each in result.json["groups"]}
    assert fresh.keys() == {"b-reset", "c-same"}
    assert fresh["c-same"] == groups["c-same"]["invitationLink"]
    assert re.fullmatch(r"https://chat\.whatsapp\.com/\w+", fresh["b-reset"])
    assert fresh["b-reset"] != groups["b-reset"]["invitationLink"]
    assert result.err.splitlines() == [
        'looked at 3 of 3 groups of the instance "default"',
        "~ a-gone  the group is gone, and its link with it",
        "~ b-reset  its link was reset: shown is the new one, and that of the state leads nowhere",
        "The state is as it was. To take new links into it: zapi-sync refresh",
    ]
    assert files(online) == before

    assert online("refresh", "--auto-approve").code == 0
    assert links(online, "groups.state.json")["b-reset"] == fresh["b-reset"]
    assert "was reset" not in online("invites", "--refresh").err


def test_a_link_that_cannot_be_had_stays_and_the_run_fails(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    served.fault("metadata-500", times=20)
    result = online("invites", "--refresh", "--format", "csv")
    assert result.code == 1, result.err
    assert groups["a"]["invitationLink"] in result.out
    assert "[ZS4" in result.err


def test_a_link_that_the_api_keeps_to_itself_is_that_of_the_state(online: Any, served: Any) -> None:
    groups = applied(online, "a")
    served.fault("metadata-link-limited", times=20)
    served.fault("link-null", times=20)
    result = online("invites", "--refresh")
    assert result.code == 0
    assert groups["a"]["invitationLink"] in result.out
    assert result.err.splitlines()[-1] == "~ a  its link cannot be had now: shown is that of the state"


def test_without_refresh_nothing_is_asked(online: Any, served: Any) -> None:
    applied(online, "a")
    served.client.delete("/sandbox/requests")
    assert online("invites", "--format", "html").code == 0
    assert served.client.get("/sandbox/requests").json() == []
