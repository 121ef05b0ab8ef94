"""Pages in a browser and on paper: codes that scan, texts that can be read, cards that stay in one piece."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.e2e.conftest import ROOT, ZapiSync
from tests.unit.made import group, record
from tests.unit.test_html import HOSTILE, pages
from zapi_sync.core.model import GroupKey, Record
from zapi_sync.dataclass import replace
from zapi_sync.render import invites, qr
from zapi_sync.render.safe import printable

from .seen import decoded

pytestmark = pytest.mark.slow

NAMES = {
    "emoji": "Condomínio Aurora 🏢 · Família 👨‍👩‍👧‍👦 ❤️",
    "rtl": "مجموعة العائلة للإعلانات",
    "hebrew": "קבוצת ההורים 2026",
    "long": ("Turma 3º B, alunos e responsáveis da manhã, escola municipal do bairro, " * 2)[:100],
    "one-word": "W" * 100,
    "emoji-100": "👍" * 100,
    "plain": "Launch VIP 01",
}
CONTRAST = """
() => {
  const parts = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => {
    const [r, g, b] = parts(color).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      const [, , , alpha] = parts(color);
      if (alpha === undefined || alpha === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  return [...document.querySelectorAll("body *")]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.matches(".caption"))
    .map(e => [ratio(getComputedStyle(e, e.matches(".caption") ? "::before" : null).color, ground(e)),
      e.className + " " + e.textContent]);
}
"""


def link_of(number: int) -> str:
    return f"https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLg{number:02d}"


def groups(names: Mapping[str, str]) -> dict[GroupKey, Record]:
    return {
        GroupKey(key): replace(record(group(key, name=name)), invitation_link=link_of(number))
        for number, (key, name) in enumerate(names.items())
    }


def opened(page: Page, folder: Path, html: str) -> Page:
    file = folder / "page.html"
    file.write_text(html, "utf-8")
    page.goto(file.as_uri())
    return page


def test_the_code_of_each_card_is_the_link_of_its_group(page: Page, tmp_path: Path) -> None:
    records = groups(NAMES)
    opened(page, tmp_path, invites.html(records))
    for key, each in records.items():
        card = page.locator(f"[id='{key}']")
        assert decoded(card.screenshot()) == [each.invitation_link]
        assert card.locator("a").get_attribute("href") == each.invitation_link
        assert card.locator("a").inner_text() == each.invitation_link
        assert card.locator("h2").inner_text() == printable(each.group_name)
        assert card.evaluate("e => e.scrollWidth <= e.clientWidth"), f"{key} runs out of its card"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_all_codes_are_read_at_once_on_any_screen(
    page: Page, tmp_path: Path, scheme: Any, width: int
) -> None:
    records = groups(NAMES)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, tmp_path, invites.html(records))
    assert decoded(page.screenshot(full_page=True)) == sorted(map(link_of, range(len(NAMES))))


def test_the_example_from_the_command_to_the_code(page: Page, tmp_path: Path) -> None:
    zapi_sync = ZapiSync(tmp_path)
    zapi_sync.write((ROOT / "examples" / "groups.yaml").read_text("utf-8"))
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    assert zapi_sync("invites", "--sandbox", "--format", "html", "--out", "sheet.html").code == 0
    page.goto((tmp_path / "sheet.html").as_uri())
    for key, each in zapi_sync.state("groups.sandbox.state.json")["groups"].items():
        assert decoded(page.locator(f"[id='{key}']").screenshot()) == [each["invitationLink"]]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_does_nothing_and_is_read_as_text(
    page: Page, tmp_path: Path, name: str, requested: list[str]
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    for html in pages(name).values():
        opened(page, tmp_path, html)
        assert page.evaluate("document.scripts.length + document.images.length") == 0
        page.mouse.move(200, 200)
        assert printable(name).strip()[:20] in page.locator("body").inner_text()
    assert {each.partition(":")[0] for each in requested} == {"file"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(page: Page, tmp_path: Path, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    for html in pages("Turma 1").values():
        opened(page, tmp_path, html)
        ratios = page.evaluate(CONTRAST)
        assert ratios
        assert [each for each in ratios if each[0] < 4.5] == []
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", ground)[0]) < 128) == (scheme == "dark")


def test_paper_is_light_also_where_the_screen_is_dark(page: Page, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="dark", media="print")
    for html in pages("Turma 1").values():
        opened(page, tmp_path, html)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert [each for each in page.evaluate(CONTRAST) if each[0] < 4.5] == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("number", [1, 2, len(NAMES)])
def test_on_paper_no_card_is_split_and_each_code_is_read(
    page: Page, tmp_path: Path, paper: str, number: int
) -> None:
    records = groups(dict(list(NAMES.items())[:number]))
    without = replace(record(), invitation_link=None)
    opened(page, tmp_path, invites.html({**records, **({GroupKey("none"): without} if number > 1 else {})}))
    pdf = page.pdf(format=paper)
    sheets = [re.sub(r"\s", "", each.extract_text()) for each in PdfReader(io.BytesIO(pdf)).pages]
    assert len(sheets) == -(-number // 4)
    links = [sorted(link_of(n) for n in range(number) if link_of(n) in sheet) for sheet in sheets]
    assert sorted(chain(*links)) == sorted(map(link_of, range(number)))
    for key, each in records.items():
        (sheet,) = [sheet for sheet in sheets if f"{key}·default" in sheet]
        assert each.invitation_link
        assert each.invitation_link in sheet, f"the card of {key} is on two sheets"
        if each.group_name.isascii():
            assert each.group_name.replace(" ", "") in sheet, f"the card of {key} is on two sheets"
    assert "Noinvitelink" not in "".join(sheets)
    assert [decoded(sheet) for sheet in as_pictures(pdf, tmp_path)] == links


def as_pictures(pdf: bytes, folder: Path) -> list[bytes]:
    """What a printer of 100 dpi would lay down, sheet by sheet."""
    if not shutil.which("pdftoppm"):
        pytest.skip("no pdftoppm (poppler-utils)")
    subprocess.run(["pdftoppm", "-r", "100", "-png", "-", folder / "sheet"], input=pdf, check=True)
    return [each.read_bytes() for each in sorted(folder.glob("sheet-*.png"))]


def test_a_caption_is_typed_in_and_printed(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, invites.html(groups({"plain": "Launch VIP 01"})))
    page.locator(".caption").fill("Às 19h, no salão")
    sheet = PdfReader(io.BytesIO(page.pdf())).pages[0].extract_text()
    assert "Às 19h, no salão" in sheet
    assert "Caption" not in sheet


def test_a_file_of_svg_is_read_at_any_size(page: Page, tmp_path: Path) -> None:
    (tmp_path / "code.svg").write_bytes(qr.svg(link_of(1)))
    for width in (164, 600):
        opened(page, tmp_path, f"<body style='background: #333'><img src=code.svg width={width}>")
        assert decoded(page.screenshot()) == [link_of(1)]


def test_pages_are_in_the_language_that_is_spoken(tmp_path: Path, page: Page) -> None:
    zapi_sync = ZapiSync(tmp_path)
    zapi_sync.groups("a")
    file = tmp_path / "plan.html"
    file.write_text(zapi_sync("plan", "--format", "html", "--lang", "pt_BR").out, "utf-8")
    page.goto(file.as_uri())
    assert page.locator("html").get_attribute("lang") == "pt-BR"


def test_a_plan_is_read_from_the_top_by_who_approves_it(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, pages("Turma 1")["plan"])
    assert page.locator("h1").inner_text().startswith("Plan: 1 to create")
    assert page.locator("h2").all_inner_texts()[1].split("\n") == ["To create", "1"]
    notable = page.locator(".notable").first
    assert notable.inner_text() == "up to 3, to those who cannot be added directly"
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
