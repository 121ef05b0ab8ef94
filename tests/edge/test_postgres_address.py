"""Addresses of a state in PostgreSQL, connections that fail, and the passwords that nobody gets to see."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.postgres import Server, shared_server
from zapi_sync.core.holding import Holder, Kept
from zapi_sync.edge.postgres_state import PostgresBackend
from zapi_sync.errors import StateInvalid, StateUnwritable

from .given import refusal

PASSWORD = "p4ss/w@rd#?"  # as it stands nowhere; percent-encoded where it is in an address
HOLDER = Holder("one", "ana", "laptop", 77, "2026-11-23T10:00:00Z")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("postgresql://u:{}@h/db#Groups", "what follows # is no name of a state"),
        ("postgresql://u:{}#x@h/db", "what follows # is no name of a state"),
        ("postgresql://u:{}#" + "x" * 101, "what follows # is no name of a state"),
        ("postgresql://u:{}@h/db?sslmod=require", "libpq cannot read it"),
        ("postgresql://u:{}%zz@h/db", "libpq cannot read it"),
        ("postgresql://u:{}@x@h/db", "an @ stands where none can be"),
        ("postgresql://u:{}/x@h/db", "an @ stands where none can be"),
        ("postgresql://u:x?{}@{}@h/db", "an @ stands where none can be"),
        ("postgresql://u:12/{}?x@h/db", "libpq cannot read it"),
        ("postgresql://u:{}@h:port/db", "its port is no number"),
        ("postgresql://u:{}/db", "its port is no number"),
        ("postgresql://u:{}@h", "it names no database"),
        ("postgresql://u:{}@h/", "it names no database"),
    ],
)
def test_what_is_no_address_is_refused_without_a_word_of_it(address: str, why: str) -> None:
    (complaint,) = refusal(StateInvalid, lambda: PostgresBackend.of(address.replace("{}", "secret")))
    assert complaint.startswith(f"this is no address of a state in PostgreSQL: {why}")
    assert " | write postgresql://user@host:5432/database#groups, in a password %40 for @" in complaint
    assert "secret" not in complaint


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("postgresql://h/db", "postgresql://h/db#groups"),
        ("postgres://u:secret@h:5433/db?sslmode=require#x", "postgresql://u@h:5433/db#x"),
        ("postgresql:///db?host=/run/pg&user=u&password=secret", "postgresql://u@%2Frun%2Fpg/db#groups"),
        ("postgresql://u@a:1,b:2/db", "postgresql://u@a:1,b:2/db#groups"),
        ("postgresql://u@a,b/db?port=7", "postgresql://u@a:7,b:7/db#groups"),
        ("postgresql://u:secret@[::1]:5432/d%20b", "postgresql://u@[::1]:5432/d%20b#groups"),
        ("postgresql://u:secret?x@h/db", "postgresql://u@h/db#groups"),
        ("postgresql:///db?service=prod", "postgresql:///db#groups"),
    ],
)
def test_the_name_is_the_address_less_its_secrets(address: str, name: str) -> None:
    assert PostgresBackend.of(address).name == name


def failures(running: Server, port: int) -> Iterator[tuple[str, str]]:
    there = f"127.0.0.1:{running.port}"
    wrong = "p4ss%2Fw%40rd%23%3F"
    yield f"zapi:{wrong}@{there}/postgres", "the server does not take this user with this password"
    yield f"nobody:{wrong}@{there}/postgres", "the server does not take this user with this password"
    yield f"zapi:{running.password}@{there}/nowhere", "there is no such database on this server"
    yield f"zapi:{wrong}@127.0.0.1:{port}/postgres", "nothing takes connections there"
    yield f"zapi:{wrong}@%2Fno%2Fsocket/postgres", "nothing takes connections there"
    yield f"zapi:{wrong}@zapi-sync.invalid/postgres", "the name of its host is not known"
    yield f"zapi:{wrong}@{there}/postgres?sslmode=require", "there is no TLS that both sides take"


def test_a_failed_connection_is_told_in_our_words_without_the_password(
    closed_port: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    running = shared_server()
    for address, why in failures(running, closed_port):
        backend = PostgresBackend.of(f"postgresql://{address}")
        told = refusal(StateInvalid, backend.read)
        assert told[0].startswith(f"{backend.name}: it cannot be read: {why} | ")
        with pytest.raises(StateUnwritable) as refused:
            backend.take(HOLDER, 60.0)
        shown = "".join(traceback.format_exception(refused.value))
        assert f"it cannot be written: {why}" in str(refused.value)
        for text in (*told, shown, repr(backend), repr(refused.value), caplog.text, *capfd.readouterr()):
            assert not any(secret in text for secret in (PASSWORD, "p4ss", running.password))


def test_the_password_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    running = shared_server()
    place = f"127.0.0.1:{running.port}"
    backend = PostgresBackend.of(f"postgresql://zapi@{place}/postgres#of-the-environment")
    with pytest.raises(StateInvalid, match="does not take this user"):
        backend.read()
    monkeypatch.setenv("PGPASSWORD", running.password)
    assert backend.read() == Kept()
    monkeypatch.delenv("PGPASSWORD")
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"{place}:postgres:zapi:{running.password}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    assert backend.read() == Kept()
