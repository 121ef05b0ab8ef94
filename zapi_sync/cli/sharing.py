"""From the address of a shared state to the backend that keeps it, each imported only where it is used."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from zapi_sync.cli.wiring import keyring
from zapi_sync.core.holding import Holder
from zapi_sync.core.moments import timestamp
from zapi_sync.edge import inputs
from zapi_sync.edge.lock import user
from zapi_sync.errors import Code, StateInvalid
from zapi_sync.language import Text
from zapi_sync.shared_state import LEASE_SECONDS, SharedState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zapi_sync.object_state import ObjectBackend
    from zapi_sync.state.store import Backend

LEASE_VARIABLE = "ZAPI_SYNC_LEASE"
GIT_LEASE_SECONDS = 300.0
"""Each renewal is a push, four in a lease."""

SHORTEST_LEASE, LONGEST_LEASE = 5.0, 3600.0


def open_shared(address: str, environment: Mapping[str, str]) -> SharedState:
    """The shared state of an address. Raises StateInvalid for one that cannot be, or lacks its package."""
    lease = _lease(environment, GIT_LEASE_SECONDS if address.startswith("git:") else LEASE_SECONDS)
    return SharedState(_backend(address), lambda: inputs.schema("state"), _myself, lease, keyring())


def _backend(address: str) -> Backend:
    if address.startswith("git:"):
        from zapi_sync.edge.git_state import GitBackend

        return GitBackend.of(address)
    if address.startswith(("s3://", "gs://", "az://")):
        return object_backend(address)
    try:
        from zapi_sync.edge.postgres_state import PostgresBackend
    except ImportError as missing:  # psycopg says so where there is no libpq, too
        raise _missing(address, missing, "psycopg", "postgresql") from None
    return PostgresBackend.of(address)


def object_backend(address: str) -> ObjectBackend:
    """The backend at CLOUD://BUCKET[/PREFIX/]NAME; at a folder, that of `groups` in it.

    Raises StateInvalid for what is no such address, and for an environment that cannot be used.
    """
    try:
        from zapi_sync.edge.bucket import Bucket
    except ModuleNotFoundError as missing:
        raise _missing(address, missing, "obstore", "objects") from None
    from zapi_sync.core.object_sequence import read_place
    from zapi_sync.object_state import ObjectBackend

    place = read_place(address)
    return ObjectBackend(address, Bucket(place.cloud, place.bucket, address), place.path)


def _missing(address: str, error: ImportError, package: str, extra: str) -> StateInvalid:
    if error.name not in (None, package):
        raise error
    return StateInvalid.of(
        Code.EXTRA_MISSING,
        Text(
            "a state at {scheme}:// needs the package {package}, which is not installed",
            scheme=address.partition("://")[0],
            package=package,
        ),
        hint=Text("pip install 'zapi-sync[{extra}]'", extra=extra),
    )


def _lease(environment: Mapping[str, str], usual: float) -> float:
    """How long a lock outlives a holder that is not heard of any more. Raises StateInvalid."""
    text = environment.get(LEASE_VARIABLE)
    if not text:
        return usual
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SHORTEST_LEASE <= seconds <= LONGEST_LEASE:
        raise StateInvalid.of(
            Code.STATE_ADDRESS,
            Text("{variable} is no time that a lock can last", variable=LEASE_VARIABLE),
            hint=Text(
                "write seconds, from {shortest:g} to {longest:g}, or unset it",
                shortest=SHORTEST_LEASE,
                longest=LONGEST_LEASE,
            ),
        )
    return seconds


def _myself() -> Holder:
    now = timestamp(datetime.now(UTC))
    return Holder(str(uuid.uuid4()), user(), socket.gethostname(), os.getpid(), now)
