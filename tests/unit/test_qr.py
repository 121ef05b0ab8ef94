"""QR codes: what a camera reads of a picture, and of a terminal, is the link."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pytest
from PIL import Image

from tests.browser.seen import decoded
from zapi_sync.render import qr
from zapi_sync.render.paint import Paint

LINK = "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"
LONGEST = "https://chat.whatsapp.com/" + "aB3_-" * 12 + "wxyz"
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
CELL = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}


def as_seen(lines: Sequence[str], ink: tuple[int, int, int], ground: tuple[int, int, int]) -> bytes:
    """A terminal with these lines, its own colours around them; a cell is twice as high as it is wide."""
    wide = max(map(len, lines))
    picture = Image.new("RGB", (wide + 8, 2 * len(lines) + 8), ground)
    for y, line in enumerate(lines):
        for x, letter in enumerate(line):
            upper, lower = (True, True) if letter == "#" else CELL[letter]
            for half, drawn in enumerate((upper, lower)):
                picture.putpixel((x + 4, 2 * y + half + 4), ink if drawn else ground)
    file = io.BytesIO()
    picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST).save(file, "png")
    return file.getvalue()


@pytest.mark.parametrize("link", [LINK, LONGEST])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize(("ink", "ground"), [(WHITE, BLACK), (BLACK, WHITE)], ids=["dark", "light"])
def test_a_terminal_without_colours_can_be_scanned(
    link: str, encoding: str, ink: tuple[int, int, int], ground: tuple[int, int, int]
) -> None:
    assert decoded(as_seen(qr.terminal(link, Paint(False, encoding)), ink, ground)) == [link]


def test_a_terminal_with_colours_shows_it_dark_on_light_whatever_its_theme() -> None:
    lines = qr.terminal(LINK, Paint(True))
    bare = [re.fullmatch(r"\x1b\[38;5;231;48;5;16m([█▀▄ ]+)\x1b\[0m", line) for line in lines]
    assert decoded(as_seen([found[1] for found in bare if found], WHITE, BLACK)) == [LINK]
    assert all(bare)
    assert lines[0] == Paint(True).white_on_black("█" * 41), "what is light is drawn"


def test_letters_that_a_terminal_lacks_are_not_drawn() -> None:
    assert set("".join(qr.terminal(LINK, Paint(False, "ascii")))) == {"#", " "}


@pytest.mark.parametrize("link", [LINK, LONGEST])
def test_a_png_is_large_enough_to_be_printed_and_has_a_quiet_zone(link: str) -> None:
    png = qr.png(link)
    assert decoded(png) == [link]
    with Image.open(io.BytesIO(png)) as picture:
        assert min(picture.size) >= 800
        light = picture.convert("L").point(lambda value: 255 - value)
        border = qr.QUIET_ZONE * qr.PNG_SCALE
        assert light.getbbox() == (border, border, picture.width - border, picture.height - border)


def test_one_link_is_always_the_same_picture() -> None:
    assert qr.png(LINK) == qr.png(LINK)
    assert qr.svg(LINK) == qr.svg(LINK)
    assert qr.svg(LINK).startswith(b"<?xml")
    assert qr.inline(LINK).startswith("<svg viewBox=")
