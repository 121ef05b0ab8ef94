"""Timestamps of state and journal come back as they were written, whatever the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from zapi_sync.core.moments import moment_of, timestamp


def test_a_timestamp_comes_back_as_it_was() -> None:
    for year in (2, 999, 1000, 2026, 9998):
        moment = datetime(year, 6, 1, 10, 0, 1, tzinfo=UTC)
        assert timestamp(moment) == f"{year:04}-06-01T10:00:01Z"
        assert moment_of(timestamp(moment)) == moment


def test_a_moment_at_the_end_of_all_time_is_refused() -> None:
    for text in ("0001-06-01T00:00:00Z", "9999-06-01T00:00:00Z", "9998-12-31T23:59:59-23:59", "2026-01-01"):
        with pytest.raises(ValueError, match="-"):
            moment_of(text)
    assert timestamp(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=3)))) == "2025-12-31T21:00:00Z"
