"""Options of the whole suite, and a way to print figures."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="record what is said instead of comparing")


def pytest_configure() -> None:
    """What a person or a CI runner has in the environment is kept from the commands under test."""
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
