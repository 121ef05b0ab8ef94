"""The command lines that are written most, read without click, whose import takes as long as a small plan.

Only what is written in full is read here, a name and its value as two words. All else is click's to read and
to explain, what is mistaken among it: the two are held to one reading by tests/unit/test_short_way.py.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.language import known_as

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from zapi_sync.cli.console import Console

COMPLETION_VARIABLE = "_ZAPI_SYNC_COMPLETE"
"""By which a shell's completion asks click."""

FLAG, ONE, MANY = "flag", "one", "many"
"""An option that takes no value; one, of which the last counts; or one that all count of."""

Options: TypeAlias = "dict[str, list[str]]"
"""What a command line says, by the name of each option."""

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "plan": {
        "-f": MANY,
        "--file": MANY,
        "--state": ONE,
        "--sandbox": FLAG,
        "--target": MANY,
        "--refresh": FLAG,
        "--detailed-exitcode": FLAG,
        "--out": ONE,
        "--format": ONE,
        "--lang": ONE,
        "--no-color": FLAG,
    },
    "validate": {
        "-f": MANY,
        "--file": MANY,
        "--strict": FLAG,
        "--format": ONE,
        "--lang": ONE,
        "--no-color": FLAG,
    },
}
FORMATS = {"plan": ("text", "json", "markdown", "html"), "validate": ("text", "json", "sarif", "markdown")}


def short_way(arguments: Sequence[str]) -> int | None:
    """Run the command of a command line that can be read so, and return its exit code; None for others."""
    if len(arguments) == 1 and arguments[0] in ("--version", "-V"):
        from zapi_sync.cli.versions import tell_versions

        return tell_versions()
    if not arguments or arguments[0] not in OPTIONS or COMPLETION_VARIABLE in os.environ:
        return None
    command = arguments[0]
    options = read(command, arguments[1:])
    return None if options is None else _COMMANDS[command](options)


def read(command: str, arguments: Sequence[str]) -> Options | None:
    """The options of a command; None where not each word is one in full, or the value of one."""
    kinds = OPTIONS[command]
    options: Options = {}
    words = iter(arguments)
    for word in words:
        kind = kinds.get(word)
        value = "" if kind == FLAG else next(words, None)
        if kind is None or value is None or (value.startswith("-") and value != "-"):
            return None
        options.setdefault("--file" if word == "-f" else word, []).append(value)
    if not {*options.get("--format", ())} <= {*FORMATS[command]}:
        return None
    if not all(map(known_as, options.get("--lang", ()))):
        return None
    return options


def _plan(options: Options) -> int:
    from zapi_sync.cli.plan_run import PlanOptions, run
    from zapi_sync.cli.wiring import DEFAULT_FILE

    wanted = PlanOptions(
        files=tuple(options.get("--file", [DEFAULT_FILE])),
        state=_last(options, "--state"),
        sandbox="--sandbox" in options,
        targets=tuple(options.get("--target", [])),
        refresh="--refresh" in options,
        detailed_exitcode="--detailed-exitcode" in options,
        out=_last(options, "--out"),
    )
    return _on_console(options, lambda console: run(console, wanted))


def _validate(options: Options) -> int:
    from zapi_sync.cli.validate_run import run
    from zapi_sync.cli.wiring import DEFAULT_FILE

    files = options.get("--file", [DEFAULT_FILE])
    return _on_console(options, lambda console: run(console, files, strict="--strict" in options))


def _on_console(options: Options, command: Callable[[Console], int]) -> int:
    from zapi_sync.cli.console import Console, Format, carried_out

    console = Console(Format(_last(options, "--format") or "text"), colorful="--no-color" not in options)
    return carried_out(console, lambda: command(console))


def _last(options: Options, name: str) -> str | None:
    return options[name][-1] if name in options else None


_COMMANDS = {"plan": _plan, "validate": _validate}
