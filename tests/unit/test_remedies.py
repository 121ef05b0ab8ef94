"""What a person can do about a call that was turned down."""

from __future__ import annotations

import pytest

from zapi_sync.core.model import InstanceName
from zapi_sync.core.outcome import Cause
from zapi_sync.zapi.outcomes import remedy


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (
            Cause.CREDENTIALS,
            (
                "check ZAPI_S_CLIENT_TOKEN, ZAPI_S_TOKEN and ZAPI_S_INSTANCE_ID, and whether Z-API restricts "
                "callers by IP address (Z-API panel, Security)"
            ),
        ),
        (Cause.SUBSCRIPTION, "renew the instance's subscription in the Z-API panel, then apply again"),
        (
            Cause.DISCONNECTED,
            "connect the number again: read the QR code in the Z-API panel, then apply again",
        ),
        (Cause.INPUT, "correct the group in the config, then apply again"),
        (Cause.NOT_FOUND, "check ZAPI_S_INSTANCE_ID and ZAPI_S_TOKEN, and ZAPI_BASE_URL if it is set"),
        (Cause.METHOD, "something between here and Z-API changes requests: check ZAPI_BASE_URL and proxies"),
        (
            Cause.CONTENT_TYPE,
            "something between here and Z-API drops headers: check ZAPI_BASE_URL and proxies",
        ),
        (Cause.RATE_LIMIT, "wait hours rather than minutes, then apply again; slower `pacing` prevents this"),
    ],
)
def test_every_cause_has_its_remedy(cause: Cause, words: str) -> None:
    assert remedy(cause, InstanceName("s")) == words


def test_only_a_bad_input_leaves_the_instance_for_the_next_group() -> None:
    assert [cause for cause in Cause if not cause.concerns_instance] == [Cause.INPUT, Cause.OWN_NUMBER]
