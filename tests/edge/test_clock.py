"""The clock of the machine, whose waits end when somebody asks to stop."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
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


STOPPED_BY_A_SIGNAL = """
import signal
from zapi_sync.edge.clock import SystemClock

for trial in range(1500):
    clock = SystemClock()
    signal.signal(signal.SIGALRM, lambda *_: clock.stop())
    signal.setitimer(signal.ITIMER_REAL, 0.00002 * (1 + trial % 20))
    while not clock.stopping:
        clock.wait(0.0001)
"""


def test_a_signals_handler_may_stop_it_in_the_middle_of_a_wait() -> None:
    """A lock would be held by the wait, and waited for by the handler, which is of the same thread."""
    subprocess.run([sys.executable, "-c", STOPPED_BY_A_SIGNAL], check=True, timeout=60)


def test_one_stop_ends_the_waits_of_all_threads() -> None:
    clock = SystemClock()
    with ThreadPoolExecutor(8) as threads:
        waits = [threads.submit(clock.wait, 60) for _ in range(8)]
        clock.stop()
        for wait in waits:
            wait.result(timeout=30)
    clock.wait(60)
