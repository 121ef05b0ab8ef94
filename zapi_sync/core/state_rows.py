"""The document of a state as a head and a row a group, as a database keeps it in columns of jsonb."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping


def rows_of(state: bytes) -> tuple[str, dict[str, str]] | None:
    """The document without its groups, and the record of each; None where rows would not give it back."""
    try:
        document = json.loads(state, parse_float=_in_no_row, parse_constant=_in_no_row)
        if not isinstance(document, dict) or not isinstance(document.get("groups"), dict):
            return None
        if _bytes(document) != state or b"\\u0000" in state:  # which jsonb cannot keep
            return None
    except (ValueError, RecursionError):
        return None
    groups = {key: json.dumps(record) for key, record in document.pop("groups").items()}
    return json.dumps(document), groups


def state_of(head: str, groups: str) -> bytes:
    """The bytes again: they are compared with what was given."""
    return _bytes({**json.loads(head), "groups": json.loads(groups)})


def _in_no_row(number: str) -> NoReturn:
    """Raises ValueError: jsonb may write this number in another way."""
    raise ValueError(number)


def _bytes(document: Mapping[str, object]) -> bytes:
    """As core/state_document.py writes them."""
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
