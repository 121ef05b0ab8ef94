"""What is to be seen of a page: the QR codes of a screenshot, and what a printer would get."""

from __future__ import annotations

import io
from dataclasses import dataclass

import zxingcpp
from PIL import Image
from playwright.sync_api import Page
from pypdf import PdfReader

_MILLIMETRES_PER_POINT = 25.4 / 72


def decoded(png: bytes) -> list[str]:
    """The texts of all QR codes of a picture, sorted."""
    with Image.open(io.BytesIO(png)) as picture:
        codes = zxingcpp.read_barcodes(
            picture.convert("RGB"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
    return sorted(code.text for code in codes)


@dataclass(frozen=True)
class Sheet:
    """One sheet of what was printed: its size in whole millimetres, and the text on it."""

    width: int
    height: int
    text: str


def printed(page: Page) -> list[Sheet]:
    """The sheets that come out of the printer, of the size that the page's style asks for."""
    document = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    return [
        Sheet(
            round(float(sheet.mediabox.width) * _MILLIMETRES_PER_POINT),
            round(float(sheet.mediabox.height) * _MILLIMETRES_PER_POINT),
            sheet.extract_text(),
        )
        for sheet in document.pages
    ]
