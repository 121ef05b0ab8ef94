"""A real browser without a network: all it may load is the page under test, and nothing may go wrong in it.

Playwright's synchronous calls keep an asyncio loop running in this thread as long as the browser is there, so
it is closed when the tests of this folder are through: others may want a loop of their own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    WebSocketRoute,
    expect,
    sync_playwright,
)

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",  # Chromium's own cannot be had as root; what it opens here are our pages alone
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_PATIENCE = 30_000  # milliseconds, on a machine that has other things to do, too


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium, one for each worker."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is installed")
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def origin() -> str | None:
    """Where the page under test is served, as http://127.0.0.1:8787; None for a file. Modules override it."""
    return None


@pytest.fixture
def requested() -> list[str]:
    """Every address that a page of this test asked for, in order."""
    return []


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong in a page: nothing, once a test is over. One that provokes an error takes it out."""
    return []


@pytest.fixture
def context(
    browser: Browser, origin: str | None, requested: list[str], complaints: list[str]
) -> Iterator[BrowserContext]:
    """A browser without any past, which refuses and reports whatever leads elsewhere."""
    context = browser.new_context(service_workers="block")
    context.set_default_timeout(_PATIENCE)

    def pass_or_refuse(route: Route) -> None:
        url = route.request.url
        requested.append(url)
        if is_own(url, origin):
            route.continue_()
        else:
            complaints.append(f"asked for {url}")
            route.abort()

    def refuse(socket: WebSocketRoute) -> None:
        complaints.append(f"asked for {socket.url}")
        socket.close()

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            complaints.append(f"console: {said.text}")

    context.route("**/*", pass_or_refuse)
    context.route_web_socket("**/*", refuse)
    context.on("console", hear)
    context.on("weberror", lambda failed: complaints.append(f"error: {failed.error.message}"))
    yield context
    context.unroute_all(behavior="ignoreErrors")
    context.close()
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of 1280 by 720."""
    return context.new_page()


def is_own(url: str, origin: str | None) -> bool:
    """Whether an address is part of the page under test."""
    parts = urlsplit(url)
    return parts.scheme in ("file", "data", "blob") or (
        origin is not None and f"{parts.scheme}://{parts.netloc}" == origin
    )
