"""What can be wrong, as values: the Diagnostic, and the one exception tree with its exit codes.

ZapiSyncError            1    one or more Diagnostics, ready to be shown
├── ConfigInvalid        1    the config says something that cannot be
├── InputUnreadable      1    a file that cannot be read
├── CredentialsInvalid   1    the environment lacks a credential, or holds one that cannot be
├── StateInvalid         1    the state or its journal is corrupt, newer, or of another remote
├── StateUnwritable      1    the state or its journal cannot be written
├── StateLocked          1    another process is writing
├── RemoteUnavailable    1    the API gave no usable answer to a look-up
├── NotApproved          1    the person at the terminal did not say yes
├── OutputLost           1    the result of a command cannot be written
└── UsageError          64    the command line does not make sense
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """The exit codes, frozen from the first release (docs/exit-codes.md)."""

    DONE = 0
    ERROR = 1
    SOMETHING_TO_CREATE = 2
    RUN_AGAIN_LATER = 3
    UNSETTLED = 4
    USAGE = 64
    INTERRUPTED = 130


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file. `line` and `column` count from 1, `column` and `length` in characters;
    a location without a line means the file as a whole. `text` is the source line, where it is known."""

    file: str
    line: int | None = None
    column: int | None = None
    length: int = 1
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint: where, what is wrong and why (`message`), what to do (`help`)."""

    message: str
    help: str
    location: Location | None = None
    severity: Severity = Severity.ERROR
    also: tuple[tuple[str, Location], ...] = ()
    """Other places that matter, each with a word about it: ("first written here", Location)."""


class ZapiSyncError(Exception):
    """Root of everything that this package raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.ERROR

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("; ".join(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = tuple(diagnostics)

    @classmethod
    def of(cls, message: str, *, help: str, file: str | None = None) -> Self:
        """The common case: one complaint, about a file as a whole or about none."""
        return cls.at(None if file is None else Location(file), message, help=help)

    @classmethod
    def at(cls, location: Location | None, message: str, *, help: str) -> Self:
        """One complaint about a place in a file."""
        return cls([Diagnostic(message, help, location)])


class ConfigInvalid(ZapiSyncError):
    pass


class InputUnreadable(ZapiSyncError):
    pass


class CredentialsInvalid(ZapiSyncError):
    pass


class StateInvalid(ZapiSyncError):
    pass


class StateUnwritable(ZapiSyncError):
    pass


class StateLocked(ZapiSyncError):
    pass


class RemoteUnavailable(ZapiSyncError):
    pass


class NotApproved(ZapiSyncError):
    pass


class OutputLost(ZapiSyncError):
    pass


class UsageError(ZapiSyncError):
    exit_code = ExitCode.USAGE
