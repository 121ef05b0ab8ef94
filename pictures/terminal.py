"""A picture of a terminal: what commands really printed, as an SVG that asks nobody for a font."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMAND = Path(sys.executable).with_name("zapi-sync")
_FONT = re.compile(r"@font-face \{\{.*?\}\}\n", re.DOTALL)
_FORMAT = _FONT.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code", "ui-monospace, Menlo, Consolas")


def svg(folder: Path, commands: Sequence[Sequence[str]], *, lang: str, title: str, columns: int) -> str:
    """Run the commands in the folder, one after another, and draw what a person would see."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    environment = {"PATH": os.environ["PATH"], "LANG": lang, "FORCE_COLOR": "1", "COLUMNS": str(columns)}
    for command in commands:
        done = subprocess.run(  # noqa: S603  our own command
            [COMMAND, *command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            text=True,
        )
        console.print(Text.assemble(("$ ", "green"), ("zapi-sync " + " ".join(command), "bold")))
        console.print(Text.from_ansi(done.stdout.strip()), soft_wrap=True)
        console.print()
    return console.export_svg(title=title, code_format=_FORMAT)
