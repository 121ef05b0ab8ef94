"""The process's standard streams, where they are not what one expects."""

from __future__ import annotations

import io
import os
import sys


def open_standard_streams() -> None:
    """A closed stream goes to nowhere, lest the state's file get its number; none dies of a character."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if number == 0 else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """From now on results go to nowhere, and with them what Python would still try to write at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
