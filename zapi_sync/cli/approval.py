"""The question before something is done that cannot be taken back."""

from __future__ import annotations

import sys

import click

from zapi_sync.errors import Code, NotApproved, UsageError
from zapi_sync.language import _


def approve(deed: str, *, command: str, hint: str, nothing: str) -> None:
    """Asks at the terminal whether to do the deed; returns where the answer is yes.

    Raises UsageError where there is no terminal (`hint` says what then), NotApproved for any other answer,
    with what was left undone (`nothing`).
    """
    if not sys.stdin.isatty():
        raise UsageError.of(
            Code.NO_TERMINAL,
            _("{command} asks before it acts, and there is no terminal to ask at", command=command),
            hint=hint,
        )
    click.echo(_("\n{deed}? Only yes is taken for a yes: ", deed=deed), nl=False, err=True)
    if sys.stdin.readline().strip() != "yes":
        raise NotApproved.of(
            Code.NOT_APPROVED,
            _("not approved, and {nothing}", nothing=nothing),
            hint=_("run {command} again when it is right", command=command),
        )
