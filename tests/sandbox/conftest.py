"""Each test that asks for a `world` runs twice: over a real connection, and in-process."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from zapi_sync.sandbox import create_app

from .world import World, in_process, over_loopback

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session", params=["loopback", "in-process"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[World]:
    opened = over_loopback if request.param == "loopback" else in_process
    with opened(create_app(":memory:")) as one:
        yield one


@pytest.fixture
def world(sandbox: World) -> World:
    """An instance of its own in a sandbox that all tests share, without faults and with an empty ledger."""
    sandbox.http.delete("/sandbox/faults")
    sandbox.http.delete("/sandbox/requests")
    return replace(sandbox, instance=f"INSTANCE-{next(_NUMBERS)}")
