"""The sandbox under odd requests: what must hold after each of them, whoever made it up."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from zapi_sync.sandbox import create_app

if TYPE_CHECKING:
    from flask import Flask

# A secret holds nothing that a path or a header would have to spell otherwise.
TOKEN = "SECRETxURLxTOKEN"
CLIENT_TOKEN = "SECRETxCLIENTxTOKEN"
_CALL = re.compile(r"/instances/[^/]+/token/[^/]+/.+", re.DOTALL)
_CREATE = re.compile(r"/instances/[^/]+/token/[^/]+/create-group")
_ME = re.compile(r"/instances/[^/]+/token/[^/]+/me")


class Fuzzed:
    """A sandbox over a file: its store is looked at past the API, and so is every answer and the ledger."""

    def __init__(self, database: Path) -> None:
        self.app: Flask = create_app(str(database))
        self.tally: Counter[int] = Counter()
        self._client = self.app.test_client()
        self._store = sqlite3.connect(database)
        self._groups = 0

    def close(self) -> None:
        self._store.close()

    @property
    def sent(self) -> str:
        """How many requests were judged, and how they were answered."""
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.tally.items()))
        return f"{self.tally.total()} requests sent; answers {statuses}; {self._groups} groups created"

    def judge(self, method: str, path: str, status: int, body: bytes) -> None:
        """Hold an answer, the store and the ledger against what must be so; `path` is without escapes."""
        self.tally[status] += 1
        assert status < 500, body
        assert b"Traceback" not in body
        assert CLIENT_TOKEN.encode() not in body
        # The one answer that repeats the token, as Z-API's does.
        assert TOKEN.encode() not in body or (status == 200 and _ME.fullmatch(path))
        self._judge_store(created=method == "POST" and status == 200 and bool(_CREATE.fullmatch(path)))
        # A body that broke off is answered before it is noted.
        expected = ([status],) if status != 400 else ([status], [])
        self._judge_ledger(expected if _CALL.fullmatch(path) else ([],))

    def _judge_store(self, *, created: bool) -> None:
        before = self._groups
        (self._groups,) = self._store.execute("SELECT count(*) FROM groups").fetchone()
        assert self._groups - before == created
        if created:
            (name,) = self._store.execute("SELECT name FROM groups ORDER BY serial DESC").fetchone()
            assert name.strip()

    def _judge_ledger(self, expected: tuple[list[int], ...]) -> None:
        text = self._client.get("/sandbox/requests").get_data(as_text=True)
        assert self._client.delete("/sandbox/requests").status_code == 204
        assert TOKEN not in text
        assert CLIENT_TOKEN not in text
        entries = strict_json(text)
        assert isinstance(entries, list)
        assert [entry["status"] for entry in entries] in expected


@contextmanager
def fuzzed(database: Path) -> Iterator[Fuzzed]:
    with closing(Fuzzed(database)) as one:
        yield one


def strict_json(text: str | bytes) -> object:
    """Read JSON as the standard has it: NaN and its kin are none."""
    document: object = json.loads(text, parse_constant=_no_constant)
    return document


@contextmanager
def no_hang(seconds: float) -> Iterator[None]:
    """Fail where a request hangs: the alarm raises right in it."""

    def hung(*_: object) -> NoReturn:
        raise TimeoutError(f"no end after {seconds} s")

    before = signal.signal(signal.SIGALRM, hung)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
