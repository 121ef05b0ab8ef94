"""Moments as HTTP writes them."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def read_date(text: str | None) -> datetime | None:
    """The moment of a Date header (RFC 9110, 5.6.7); None where it is not there, or none."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, IndexError, OverflowError):
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None
