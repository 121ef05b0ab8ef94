"""A create-group call to a peer, and what is to be secret about it."""

from __future__ import annotations

from collections.abc import Callable

from zapi_sync.core.credentials import Credentials, Remote
from zapi_sync.core.model import Group, GroupKey, InstanceName
from zapi_sync.core.outcome import Outcome
from zapi_sync.core.phones import Phone
from zapi_sync.edge.zapi import ZApi

GROUP = Group(
    GroupKey("vip-01"),
    InstanceName("default"),
    'Ação "VIP" 😀',
    True,
    (Phone("5544999999999"), Phone("5544888888888")),
)
SECRETS = Credentials("ID/SECRET 1", "TOKEN-SECRET?2", "CLIENT-SECRET-3")


def client(url: str, *, timeout: float = 5.0, credentials: Credentials = SECRETS) -> ZApi:
    return ZApi(Remote(url, url), credentials, timeout=timeout)


def create(url: str, *, timeout: float = 5.0, sending: Callable[[], None] = lambda: None) -> Outcome:
    return client(url, timeout=timeout).create_group(GROUP, sending)
