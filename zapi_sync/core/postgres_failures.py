"""What a PostgreSQL server or the way to it failed with, in words that hold nothing of an address."""

from __future__ import annotations

import re

from zapi_sync.core.source import shortened

_FAILURES = {  # what a connection failed with, and what to say and to do then
    "authentication failed|no password supplied|role .* does not exist": (
        "the server does not take this user with this password",
        "see to the user and the password: in the address, in PGPASSWORD, or in ~/.pgpass",
    ),
    "no pg_hba.conf entry": (
        "the server lets nobody in from here as this user",
        "ask for TLS with ?sslmode=require, or see to the server's pg_hba.conf",
    ),
    "database .* does not exist": (
        "there is no such database on this server",
        "see to the address, or create the database",
    ),
    "ssl error|ssl connection|support ssl|certificate": (
        "there is no TLS that both sides take",
        "see to sslmode and sslrootcert in the address, and to the server's certificate",
    ),
    "connection refused|no such file or directory": (
        "nothing takes connections there",
        "see whether the server runs, and to host and port of the address",
    ),
    "could not translate host name|failed to resolve|name or service not known": (
        "the name of its host is not known",
        "see to the host of the address, and to the DNS of this machine",
    ),
    "timeout expired|connection timeout|timed out": (
        "the server does not answer",
        "see whether it runs, and whether a firewall stands between",
    ),
    "too many clients|too many connections|remaining connection slots": (
        "the server has no connection left",
        "run this again later, or let the server have more (max_connections)",
    ),
    "starting up|shutting down|recovery mode": (
        "the server is just starting or stopping",
        "run this again once it is up",
    ),
}
_AGAIN = "see to the server, then run this again: what was under way is looked for first"
_REFUSALS = {
    "25006": "this server only reads: name the primary, or add ?target_session_attrs=read-write",
    "42501": "grant this role usage on the schema zapi_sync, select on its tables to plan, insert, update "
    "and delete to apply; the first apply also creates the schema",
    "53100": "make room on the server's disk, then run this again",
    "57014": "see what keeps the server busy, then run this again",
}


def reason(sqlstate: str | None, primary: str | None, text: str) -> tuple[str, str]:
    """Why, and what to do. `text` is looked through and never repeated: it may hold what is in an address."""
    if sqlstate and primary and not sqlstate.startswith(("08", "57P")):
        return f"the server says: {shortened(primary)} ({sqlstate})", _REFUSALS.get(sqlstate, _AGAIN)
    for pattern, failure in _FAILURES.items():
        if re.search(pattern, text, re.IGNORECASE):
            return failure
    return "the connection to the server failed, or broke", _AGAIN
