"""The browser itself: it shows pages, and what leaves them or fails in them is noticed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Page

from .seen import Sheet, decoded, printed

pytestmark = pytest.mark.slow


def opened(page: Page, folder: Path, body: str, head: str = "") -> None:
    file = folder / "page.html"
    file.write_text(f"<!doctype html><html lang=en><head><meta charset=utf-8>{head}</head>{body}", "utf-8")
    page.goto(file.as_uri())


def test_a_page_of_a_file_is_shown_and_printed(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, "<h1>Olá 👋</h1>", "<style>@page { size: A5 landscape }</style>")
    assert page.locator("h1").inner_text() == "Olá 👋"
    (sheet,) = printed(page)
    assert (sheet.width, sheet.height) == (210, 148)
    assert "Olá" in sheet.text
    assert isinstance(sheet, Sheet)


def test_qr_codes_are_read_from_what_is_seen(page: Page, tmp_path: Path) -> None:
    texts = ["https://chat.whatsapp.com/A", "https://chat.whatsapp.com/B"]
    codes = []
    for text in texts:
        drawn = io.BytesIO()
        segno.make(text, micro=False).save(drawn, kind="svg", scale=4, border=4, light="#fff", xmldecl=False)
        codes.append(drawn.getvalue().decode())
    opened(page, tmp_path, "".join(codes))
    assert decoded(page.screenshot()) == texts


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<img src='http://example.com/a.png'>", "asked for http://example.com/a.png"),
        ("<img src='http://127.0.0.1:9/a.png'>", "asked for http://127.0.0.1:9/a.png"),
        ("<script>new WebSocket('ws://example.com/x')</script>", "asked for ws://example.com/x"),
        ("<script>fetch('https://example.com/y').catch(() => 0)</script>", "asked for https://example.com/y"),
        ("<script>console.error('bad')</script>", "console: bad"),
        ("<script>throw new Error('worse')</script>", "error: worse"),
    ],
)
def test_what_leaves_a_page_or_fails_in_it_is_noticed(
    page: Page, tmp_path: Path, complaints: list[str], body: str, complaint: str
) -> None:
    opened(page, tmp_path, body)
    for _ in range(5000):
        if complaint in complaints:
            break
        page.evaluate("0")  # what the browser has to tell is heard while something is asked of it
    assert complaint in complaints
    page.close()
    complaints.clear()
