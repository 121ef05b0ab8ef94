"""The config, checked by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.cli.console import Format
from zapi_sync.cli.wiring import load_config
from zapi_sync.core.phone_doubts import phone_doubts
from zapi_sync.errors import ExitCode
from zapi_sync.language import ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zapi_sync.cli.console import Console


def run(console: Console, files: Sequence[str], *, strict: bool) -> int:
    """Say what is doubtful about the config; raises ConfigInvalid with what is wrong with it."""
    config = load_config(files)
    warnings = config.warnings_with(phone_doubts(config, {group.key for group in config.groups}))
    console.complain(warnings)
    match console.format:
        case Format.JSON:
            from zapi_sync.render import json

            console.result(json.valid(len(config.groups), warnings))
        case Format.MARKDOWN:
            from zapi_sync.render import markdown

            console.result(markdown.valid(len(config.groups), warnings))
        case Format.SARIF:
            from zapi_sync.render import sarif

            console.result(sarif.log(warnings))
        case _:
            console.result(ngettext("Valid: {number} group.", "Valid: {number} groups.", len(config.groups)))
    return ExitCode.ERROR if strict and warnings else ExitCode.DONE
