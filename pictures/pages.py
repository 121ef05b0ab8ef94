"""Pictures of pages: what a browser shows of the invite sheet, and of the sandbox after an apply."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from pictures.terminal import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
EXAMPLE = Path(__file__).parents[1] / "examples" / "groups.yaml"


def take(folder: Path, lang: str, invites: Path, sandbox: Path) -> None:
    """Apply the example on a sandbox that is served, and photograph its page and the invite sheet."""
    shutil.copy(EXAMPLE, folder)
    with _served(folder, lang) as (address, environment):
        _run(folder, environment, "apply", "--auto-approve", "--pace", "0")
        _run(folder, environment, "invites", "--format", "html", "--out", "invites.html")
        _photograph(lang, address, sandbox, "article")
    _photograph(lang, f"file://{folder / 'invites.html'}", invites, "svg")


@contextmanager
def _served(folder: Path, lang: str) -> Iterator[tuple[str, dict[str, str]]]:
    environment = {"PATH": os.environ["PATH"], "LANG": lang}
    command = [str(COMMAND), "sandbox", "--port", "0", "--db", ":memory:"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        said = server.stdout.readline() if server.stdout else ""
        found = re.search(r"http://[\d.:]+", said)
        if not found:
            raise SystemExit("the sandbox did not start")
        any_instance = dict.fromkeys(("ZAPI_INSTANCE_ID", "ZAPI_TOKEN", "ZAPI_CLIENT_TOKEN"), "any")
        sales = {f"ZAPI_SALES_{name}": f"any-{name}" for name in ("INSTANCE_ID", "TOKEN", "CLIENT_TOKEN")}
        yield found[0], environment | any_instance | sales | {"ZAPI_BASE_URL": found[0]}
        server.terminate()


def _run(folder: Path, environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([str(COMMAND), *arguments], cwd=folder, env=environment, check=True, capture_output=True)  # noqa: S603


def _photograph(lang: str, address: str, path: Path, there: str) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        locale = lang.partition(".")[0].replace("_", "-").replace("C", "en-US")
        page = chromium.new_page(viewport={"width": 1280, "height": 800}, locale=locale, color_scheme="light")
        page.goto(address)
        page.locator(there).first.wait_for()
        page.screenshot(path=path)
        chromium.close()
