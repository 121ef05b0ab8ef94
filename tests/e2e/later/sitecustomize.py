"""Run by Python at its start, where PYTHONPATH names this folder: the machine's clock is days ahead."""

import os
from datetime import timedelta

from zapi_sync.edge.clock import SystemClock

_now = SystemClock.now
_ahead = timedelta(days=float(os.environ["DAYS_LATER"]))

SystemClock.now = lambda self: _now(self) + _ahead  # type: ignore[method-assign]
