"""The process's standard streams, where they are not what one expects."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from zapi_sync.core.redact import redacted_output, secrets_of
from zapi_sync.errors import Code, OutputLost, reason
from zapi_sync.language import Text


def open_standard_streams() -> None:
    """A closed stream goes to nowhere, lest the state's file get its number; none dies of a character."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if number == 0 else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def guard_standard_streams() -> None:
    """From now on nothing that is printed, by whomever, holds one of the environment's credentials; and where
    it cannot be printed, the lack of talk ends no run, and the lack of a result is an OutputLost."""
    secrets = secrets_of(os.environ)
    sys.stdout = _Results.of(sys.stdout, secrets)
    sys.stderr = _Talk.of(sys.stderr, secrets)


class _Guarded(io.TextIOWrapper):
    """A standard stream that passes on what is written to it, less the secrets."""

    secrets: tuple[str, ...]

    def lose(self, error: OSError) -> None:
        """What to do where nobody takes what is written."""
        raise NotImplementedError

    @classmethod
    def of(cls, stream: TextIO, secrets: tuple[str, ...]) -> TextIO:
        if not isinstance(stream, io.TextIOWrapper):
            return stream
        encoding, errors, by_line = stream.encoding, stream.errors, stream.line_buffering
        guarded = cls(stream.detach(), encoding, errors, line_buffering=by_line)
        guarded.secrets = secrets
        return guarded

    def write(self, text: str) -> int:
        try:
            super().write(without_secrets(text, self.secrets))
        except OSError as error:
            self.lose(error)
        return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self.lose(error)


class _Results(_Guarded):
    def lose(self, error: OSError) -> None:
        discard(self)
        if isinstance(error, BrokenPipeError):  # the reader of our output has seen enough
            raise error
        raise OutputLost.of(
            Code.OUTPUT_LOST,
            Text("the result cannot be written: {reason}", reason=reason(error)),
            hint=Text("see to where standard output goes; what was created stands in the state"),
        ) from None


class _Talk(_Guarded):
    def lose(self, error: OSError) -> None:
        discard(self)


def without_secrets(text: str, secrets: tuple[str, ...]) -> str:
    """The text less the secrets; a JSON document stays one, though a secret be its punctuation."""
    left = redacted_output(text, secrets)
    if left == text or not text.startswith("{"):
        return left
    import json

    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return left
    from zapi_sync.render.json import document

    return document(_without_secrets(members, secrets)) + text[len(text.rstrip()) :]


def _without_secrets(value: object, secrets: tuple[str, ...]) -> object:
    """A value of JSON with the secrets taken out of its texts; the names of members are ours."""
    if isinstance(value, str):
        return redacted_output(value, secrets)
    if isinstance(value, list):
        return [_without_secrets(each, secrets) for each in value]
    if isinstance(value, dict):
        return {name: _without_secrets(each, secrets) for name, each in value.items()}
    return value


def discard(stream: TextIO) -> None:
    """From now on the stream goes to nowhere, and with it what Python would still try to write at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
