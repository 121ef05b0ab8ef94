"""The nouns: a group that is wanted, and the record of one that was created."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NewType

from zapi_sync.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from zapi_sync.core.phones import Phone

GroupKey = NewType("GroupKey", str)
"""The group's identity in config and state, for ever; the name may change, the key does not."""

GroupId = NewType("GroupId", str)
"""What Z-API calls the group's `phone`: opaque, kept as it came, never taken apart."""

InstanceName = NewType("InstanceName", str)
"""A Z-API instance (one connected WhatsApp number) by the name that the config gives it."""

DEFAULT_INSTANCE = InstanceName("default")


class How(StrEnum):
    """How a group came to be known, where it was not by the answer to its creation."""

    SETTLED = "settled"
    ADOPTED = "adopted"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Group:
    """A group as the config wants it; its attributes are those of Z-API's create-group call."""

    key: GroupKey
    instance: InstanceName
    group_name: str
    auto_invite: bool
    phones: tuple[Phone, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A group that was created: what it was created with, and what the API gave back."""

    instance: InstanceName
    phone: GroupId
    invitation_link: str | None
    phones_not_added: tuple[str, ...]
    group_name: str
    auto_invite: bool
    phones_digest: str
    created_at: datetime
    how: How | None = None


def digest_of_phones(phones: Iterable[Phone]) -> str:
    """`sha256:…` of the participants, whatever their order."""
    return sha256_of("\n".join(sorted(phones)))


def sha256_of(text: str) -> str:
    import hashlib  # which loads OpenSSL: a plan of what is all missing has nothing to hash

    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def credential_variables(instance: InstanceName) -> tuple[str, str, str]:
    """The environment variables that hold an instance's id, its token and the account's Client-Token."""
    prefix = "ZAPI_"
    if instance != DEFAULT_INSTANCE:
        prefix += instance.upper().replace("-", "_") + "_"
    return (f"{prefix}INSTANCE_ID", f"{prefix}TOKEN", f"{prefix}CLIENT_TOKEN")
