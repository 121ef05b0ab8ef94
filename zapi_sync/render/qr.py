"""QR codes of invite links: in a page, as a file, on a terminal.

Level M mends a code of which 15 % cannot be read, and four light modules stand around it (ISO/IEC 18004).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import segno

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.render.paint import Paint

QUIET_ZONE = 4
PNG_SCALE = 20
"""Pixels a module: the code of an invite link is 820 wide, 7 cm at 300 dpi."""

_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
"""Two modules, one above the other, by whether each is light: what is drawn on a terminal is the light."""


def inline(link: str) -> str:
    """An <svg> to stand in a page, as wide as the page makes it."""
    return _code(link).svg_inline(
        border=QUIET_ZONE, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )


def svg(link: str) -> bytes:
    """A file to be printed at any size."""
    file = io.BytesIO()
    _code(link).save(file, kind="svg", border=QUIET_ZONE, scale=10, dark="#000", light="#fff")
    return file.getvalue()


def png(link: str) -> bytes:
    """A file that is large enough to be printed."""
    file = io.BytesIO()
    _code(link).save(file, kind="png", border=QUIET_ZONE, scale=PNG_SCALE, dpi=300, dark="#000", light="#fff")
    return file.getvalue()


def terminal(link: str, paint: Paint) -> list[str]:
    """Lines for a terminal: light on black, whatever its colours are. Without colours, what is light in the
    code is drawn, as on a dark terminal; one without block letters gets ## for each light module."""
    rows = [[not dark for dark in row] for row in _code(link).matrix_iter(border=QUIET_ZONE)]
    lines = _in_blocks(rows) if paint.letters("█▀▄") == "█▀▄" else _in_ascii(rows)
    return [paint.white_on_black(line) for line in lines]


def _code(link: str) -> segno.QRCode:
    return segno.make_qr(link, error="m")


def _in_blocks(rows: Sequence[Sequence[bool]]) -> list[str]:
    beyond = [False] * len(rows[0])  # below the last row, which has none to share its line with
    return [
        "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], [*rows[1::2], beyond], strict=True)
    ]


def _in_ascii(rows: Sequence[Sequence[bool]]) -> list[str]:
    return ["".join("##" if light else "  " for light in row) for row in rows]
