"""The published schemas, as the package reads them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from zapi_sync.edge import inputs


@pytest.fixture(scope="session")
def groups_schema() -> Mapping[str, object]:
    return inputs.schema("groups")


@pytest.fixture(scope="session")
def state_schema() -> Mapping[str, object]:
    return inputs.schema("state")
