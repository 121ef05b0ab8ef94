"""An object storage in which puts are sent again at once, a bucket in it, and a backend of a state there."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

from tests.contract.objects import Endpoint, endpoint, served
from zapi_sync.cli.sharing import object_backend
from zapi_sync.core.holding import Holder
from zapi_sync.edge import bucket as requests
from zapi_sync.object_state import Grip, ObjectBackend


@pytest.fixture
def there() -> Iterator[Endpoint]:
    server = endpoint()
    impatient = mock.patch.object(requests, "_PAUSES", (0.0, 0.0))
    with mock.patch.dict("os.environ", server.environment), impatient:
        yield server
    server.act = served


@pytest.fixture
def bucket(there: Endpoint) -> str:
    return there.new_bucket()


@pytest.fixture
def backend(bucket: str) -> ObjectBackend:
    return object_backend(f"s3://{bucket}/team/launch")


def holder(id: str = "one") -> Holder:
    return Holder(id, "ana", "laptop", 7, "2026-11-23T10:00:00Z")


def taken(backend: ObjectBackend, id: str = "one", seconds: float = 60.0) -> Grip:
    grip = backend.take(holder(id), seconds)
    assert isinstance(grip, Grip)
    return grip
