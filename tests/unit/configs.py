"""Texts -> a config, or the complaints about them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from zapi_sync.core.config import Config, read_config
from zapi_sync.errors import ConfigInvalid, Diagnostic

from .made import document

Schema = Mapping[str, object]
LID = "120363025246125486@lid"


def config(schema: Schema, *texts: str) -> Config:
    return read_config(
        [document(f"version: 1\n{text}", f"{n}.yaml") for n, text in enumerate(texts, 1)], schema
    )


def invalid(schema: Schema, *texts: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(ConfigInvalid) as refused:
        config(schema, *texts)
    return refused.value.diagnostics


def one(phones: str, more: str = "", name: str = "A") -> str:
    return f"groups:\n  a:\n    groupName: {name}\n    phones: {phones}\n{more}"
