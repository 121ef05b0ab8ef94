"""State and journal as the bytes that they are kept in, wherever that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.journal import reopened, replay
from zapi_sync.core.journal_lines import check_belongs, line_of, parse_journal, unusable
from zapi_sync.core.state import two_of_one_group
from zapi_sync.core.state_document import parse_state, state_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zapi_sync.core.known import Known, OpenAttempt
    from zapi_sync.core.state import State


def known_of(
    raw_state: bytes, raw_journal: bytes, schema: Mapping[str, object], state_file: str, journal_file: str
) -> Known:
    """What a state and its journal say together. Raises StateInvalid, with what is wrong and where."""
    state = parse_state(raw_state, schema, state_file)
    journal = parse_journal(raw_journal, journal_file)
    check_belongs(journal, state, journal_file)
    known = replay(state, journal.events)
    clash = two_of_one_group(known.groups) if journal.events else None
    if clash:
        raise unusable(journal_file, f"with what it says, {clash}")
    return known


def state_bytes(state: State) -> bytes:
    """The state's own document."""
    return state_text(state).encode()


def journal_bytes(state: State, open_attempts: Iterable[OpenAttempt]) -> bytes:
    """A fresh journal of that state, which holds nothing but what is still in doubt."""
    events = reopened(state, open_attempts)
    return b"".join(line_of(number, event) for number, event in enumerate(events, start=1))
