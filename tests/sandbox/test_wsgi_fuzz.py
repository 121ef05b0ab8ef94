"""Odd environs, straight into the application: every answer is well-formed HTTP with a JSON body."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from .fuzzed import Fuzzed, fuzzed, no_hang, strict_json
from .odd import Odd, each_odd_piece, odd_requests

Figure = Callable[[object], None]

_STATUS = re.compile(r"[1-5][0-9][0-9] \S.*")
_TEXT = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Fuzzed]:
    with fuzzed(tmp_path / "sandbox.db") as one:
        yield one


def test_some_odd_requests(sandbox: Fuzzed, figure: Figure) -> None:
    with no_hang(120):
        fuzz(sandbox, 400)
    figure(sandbox.sent)


@pytest.mark.slow
def test_many_odd_requests(sandbox: Fuzzed, figure: Figure) -> None:
    with no_hang(900):
        fuzz(sandbox, 8000)
    figure(sandbox.sent)


def test_each_odd_piece(sandbox: Fuzzed, figure: Figure) -> None:
    with no_hang(120):
        for odd in each_odd_piece():
            judge(sandbox, odd)
    figure(sandbox.sent)


def test_a_hang_would_be_seen() -> None:
    with pytest.raises(TimeoutError, match="no end"), no_hang(0.05):
        time.sleep(20)


def fuzz(sandbox: Fuzzed, examples: int) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(odd_requests())
    def check(odd: Odd) -> None:
        judge(sandbox, odd)

    check()


def judge(sandbox: Fuzzed, odd: Odd) -> None:
    answer = called(sandbox, odd)
    answer.is_well_formed(odd)
    # As werkzeug reads it: as UTF-8 with marks where it is none, and behind one slash.
    path = "/" + odd.path.decode("utf-8", "replace").lstrip("/")
    sandbox.judge(odd.method, path, answer.code, answer.body)


class Answer:
    """What an application gave back, piece by piece as WSGI has it."""

    def __init__(self) -> None:
        self.started: list[tuple[str, list[tuple[str, str]]]] = []
        self.body = b""

    def start(self, status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
        self.started.append((status, headers))
        return self._never

    @property
    def code(self) -> int:
        return int(self.started[0][0][:3])

    def is_well_formed(self, odd: Odd) -> None:
        ((status, headers),) = self.started
        assert _STATUS.fullmatch(status)
        assert all(_TEXT.fullmatch(name + value) for name, value in headers)
        told = {name.lower(): value for name, value in headers}
        assert len(told) == len(headers)
        if odd.method == "HEAD" or self.code == 204:
            assert self.body == b""
            return
        assert told["content-length"] == str(len(self.body))
        if told["content-type"].startswith("text/plain"):
            assert odd.path.strip(b"/") == b""
            return
        assert told["content-type"] == "application/json"
        strict_json(self.body)

    def _never(self, _: bytes) -> object:
        raise AssertionError("write() is what new applications do not use")


def called(sandbox: Fuzzed, odd: Odd) -> Answer:
    answer = Answer()
    for part in sandbox.app(odd.environ(), answer.start):
        assert isinstance(part, bytes)
        answer.body += part
    return answer
