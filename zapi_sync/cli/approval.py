"""The question before something is done that cannot be taken back."""

from __future__ import annotations

import sys

import click

from zapi_sync.errors import Code, NotApproved, UsageError
from zapi_sync.language import Text, _


def approve(deed: str, *, command: str, hint: str, nothing: str) -> None:
    """Asks at the terminal whether to do the deed; returns where the answer is yes, in English or in the
    language of this run.

    Raises UsageError where there is no terminal (`hint` says what then), NotApproved for any other answer,
    with what was left undone (`nothing`).
    """
    if not sys.stdin.isatty():
        raise UsageError.of(
            Code.NO_TERMINAL,
            Text("{command} asks before it acts, and there is no terminal to ask at", command=command),
            hint=hint,
        )
    yes = _("yes")
    question = _("{deed}? Only {yes} is taken for a yes: ", deed=deed, yes=yes)
    click.echo(f"\n{question}", nl=False, err=True)
    if sys.stdin.readline().strip() not in ("yes", yes):
        raise NotApproved.of(
            Code.NOT_APPROVED,
            Text("not approved, and {nothing}", nothing=nothing),
            hint=Text("run {command} again when it is right", command=command),
        )
