"""Options of the whole suite, and a way to print figures."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="record what is said instead of comparing")


@pytest.fixture
def figure(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Callable[[object], None]:
    """Prints a figure past pytest's capture, so that it stands in CI's log."""

    def show(text: object) -> None:
        with capfd.disabled():
            os.write(2, f"\n[{request.path.parent.name}] {request.node.name}: {text}\n".encode())

    return show
