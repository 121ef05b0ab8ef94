"""Each test runs over every kind of store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .stores import KINDS, SHARED, Open


@pytest.fixture(params=sorted(KINDS))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    with KINDS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=sorted(SHARED))
def open_shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    with KINDS[request.param](tmp_path) as opened:
        yield opened
