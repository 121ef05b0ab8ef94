"""`make pictures`: take the pictures of the READMEs again, each in its language."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from pictures.pages import take
from pictures.terminal import svg

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
COMMANDS = (["apply", "--sandbox", "--auto-approve"], ["plan", "--sandbox"])


def main() -> None:
    for lang, suffix in (("C.UTF-8", ""), ("pt_BR.UTF-8", ".pt-BR")):
        folder = Path(tempfile.mkdtemp())
        example = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
        (folder / "groups.yaml").write_text(example, encoding="utf-8")
        drawn = svg(folder, COMMANDS, lang=lang, title="zapi-sync", columns=104)
        (PICTURES / f"apply{suffix}.svg").write_text(drawn, encoding="utf-8")
        shutil.rmtree(folder)
        folder = Path(tempfile.mkdtemp())
        take(folder, lang, PICTURES / f"invites{suffix}.png", PICTURES / f"sandbox{suffix}.png")
        shutil.rmtree(folder)


main()
