"""State and journal as the bytes that they are kept in, wherever that is: in the clear, or encrypted.

Whatever is encrypted twice differs, so what is there already is kept where it says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.journal import reopened, replay
from zapi_sync.core.journal_lines import check_belongs, line_of, parse_journal, unusable
from zapi_sync.core.sealing import is_sealed
from zapi_sync.core.state import two_of_one_group
from zapi_sync.core.state_document import parse_state, state_text
from zapi_sync.dataclass import replace
from zapi_sync.errors import Code, StateInvalid
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zapi_sync.core.known import Known, OpenAttempt
    from zapi_sync.core.sealing import Keyring
    from zapi_sync.core.state import State


def known_of(
    raw_state: bytes,
    raw_journal: bytes,
    schema: Mapping[str, object],
    keyring: Keyring,
    state_file: str,
    journal_file: str,
) -> Known:
    """What a state and its journal say together. Raises StateInvalid, with what is wrong and where."""
    state = state_of(raw_state, schema, keyring, state_file)
    journal = parse_journal(raw_journal, journal_file, keyring)
    check_belongs(journal, state, journal_file)
    known = replay(state, journal.events)
    clash = two_of_one_group(known.groups) if journal.events else None
    if clash:
        raise unusable(journal_file, Text("with what it says, {clash}", clash=str(clash)))
    return known


def gone_midway(file: str) -> StateInvalid:
    """The complaint that there is nothing left to fold a journal into."""
    return StateInvalid.of(
        Code.STATE_GONE,
        Text("state and journal are both gone, in the middle of a run"),
        hint=Text("restore them from a backup; without them groups would be created again"),
        file=file,
    )


def state_of(raw: bytes, schema: Mapping[str, object], keyring: Keyring, file: str) -> State:
    """The state in a file's bytes. Raises StateInvalid, with what is wrong and where."""
    return parse_state(keyring.opened(raw, file) if is_sealed(raw) else raw, schema, file)


def state_bytes(state: State, keyring: Keyring, file: str, before: bytes | None = None) -> bytes:
    """The state's own document, encrypted to its recipients; `before` where that says the same."""
    text = state_text(state).encode()
    if not state.recipients:
        return text
    if before is not None and is_sealed(before) and keyring.opened(before, file) == text:
        return before
    return keyring.sealed(text, state.recipients, file)


def journal_bytes(
    state: State,
    open_attempts: Iterable[OpenAttempt],
    keyring: Keyring,
    file: str,
    before: bytes | None = None,
) -> bytes:
    """A fresh journal of that state, which holds nothing but what is still in doubt; `before` likewise."""
    events = reopened(state, open_attempts)
    seal = keyring.sealer(state.recipients, file)
    if seal and before and all(b'"sealed":' in line for line in before.splitlines()):
        kept = parse_journal(before, file, keyring)
        if (kept.events, kept.length) == (events, len(before)):
            return before
    return b"".join(line_of(number, event, seal) for number, event in enumerate(events, start=1))


def backup_bytes(
    raw: bytes, after: State, schema: Mapping[str, object], keyring: Keyring, file: str
) -> bytes:
    """The state that was, as it is kept beside the one that comes after it: with those who may read that."""
    if not after.recipients:
        return raw
    before = state_of(raw, schema, keyring, file)
    if is_sealed(raw) and before.recipients == after.recipients:
        return raw
    return state_bytes(replace(before, recipients=after.recipients), keyring, file)
