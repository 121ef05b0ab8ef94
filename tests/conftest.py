"""Options of the whole suite, and a way to print figures."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="record what is said instead of comparing")


def pytest_configure() -> None:
    """What a person or a CI runner has in the environment is kept from the commands under test, and so is
    that a shell in the background has its jobs ignore Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in [name for name in os.environ if name.startswith("ZAPI_") and name != "ZAPI_SYNC_YAML_SUITE"]:
        del os.environ[name]
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        os.environ.pop(name, None)


@pytest.fixture
def figure(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Callable[[object], None]:
    """Prints a figure past pytest's capture, so that it stands in CI's log."""

    def show(text: object) -> None:
        with capfd.disabled():
            os.write(2, f"\n[{request.path.parent.name}] {request.node.name}: {text}\n".encode())

    return show
