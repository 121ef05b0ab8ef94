"""What a PostgreSQL server or the way to it failed with, in words that hold nothing of an address."""

from __future__ import annotations

import re

from zapi_sync.core.source import shortened
from zapi_sync.language import Text

_FAILURES = (  # what a connection failed with, and what to say and to do then
    (
        re.compile("authentication failed|no password supplied|role .* does not exist", re.IGNORECASE),
        Text("the server does not take this user with this password"),
        Text("see to the user and the password: in the address, in PGPASSWORD, or in ~/.pgpass"),
    ),
    (
        re.compile("no pg_hba.conf entry", re.IGNORECASE),
        Text("the server lets nobody in from here as this user"),
        Text("ask for TLS with ?sslmode=require, or see to the server's pg_hba.conf"),
    ),
    (
        re.compile("database .* does not exist", re.IGNORECASE),
        Text("there is no such database on this server"),
        Text("see to the address, or create the database"),
    ),
    (
        re.compile("ssl error|ssl connection|support ssl|certificate", re.IGNORECASE),
        Text("there is no TLS that both sides take"),
        Text("see to sslmode and sslrootcert in the address, and to the server's certificate"),
    ),
    (
        re.compile("connection refused|no such file or directory", re.IGNORECASE),
        Text("nothing takes connections there"),
        Text("see whether the server runs, and to host and port of the address"),
    ),
    (
        re.compile(
            "could not translate host name|failed to resolve|name or service not known", re.IGNORECASE
        ),
        Text("the name of its host is not known"),
        Text("see to the host of the address, and to the DNS of this machine"),
    ),
    (
        re.compile("timeout expired|connection timeout|timed out", re.IGNORECASE),
        Text("the server does not answer"),
        Text("see whether it runs, and whether a firewall stands between"),
    ),
    (
        re.compile("too many clients|too many connections|remaining connection slots", re.IGNORECASE),
        Text("the server has no connection left"),
        Text("run this again later, or let the server have more (max_connections)"),
    ),
    (
        re.compile("starting up|shutting down|recovery mode", re.IGNORECASE),
        Text("the server is just starting or stopping"),
        Text("run this again once it is up"),
    ),
)
_AGAIN = Text("see to the server, then run this again: what was under way is looked for first")
_REFUSALS = {
    "25006": Text("this server only reads: name the primary, or add ?target_session_attrs=read-write"),
    "42501": Text(
        "grant this role usage on the schema zapi_sync, select on its tables to plan, insert, update "
        "and delete to apply; the first apply also creates the schema"
    ),
    "53100": Text("make room on the server's disk, then run this again"),
    "57014": Text("see what keeps the server busy, then run this again"),
}


def reason(sqlstate: str | None, primary: str | None, text: str) -> tuple[str, str]:
    """Why, and what to do. `text` is looked through and never repeated: it may hold what is in an address."""
    if sqlstate and primary and not sqlstate.startswith(("08", "57P")):
        why = Text("the server says: {said} ({sqlstate})", said=shortened(primary), sqlstate=sqlstate)
        return why, _REFUSALS.get(sqlstate, _AGAIN)
    for pattern, why, remedy in _FAILURES:
        if pattern.search(text):
            return why, remedy
    return Text("the connection to the server failed, or broke"), _AGAIN
