"""The clock of the machine, whose waits end when somebody asks to stop."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from zapi_sync.edge.clock import SystemClock


def test_now_is_now_in_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_wait_takes_its_time() -> None:
    began = time.monotonic()
    SystemClock().wait(0.05)
    assert time.monotonic() - began >= 0.05


def test_a_stop_ends_the_wait_at_hand_and_all_that_follow() -> None:
    clock = SystemClock()
    assert not clock.stopping
    waiting = threading.Thread(target=lambda: clock.wait(60))
    waiting.start()
    clock.stop()
    waiting.join(10)
    assert not waiting.is_alive()
    assert clock.stopping
    began = time.monotonic()
    clock.wait(60)
    assert time.monotonic() - began < 10
