"""Asking before something is done."""

from __future__ import annotations

import sys

import click

from zapi_sync.errors import Code, NotApproved, UsageError


def ask(question: str, command: str, *, reviewed: str, left_undone: str) -> None:
    """Returns once a person at the terminal says yes to what `command` is about to do.

    Raises UsageError where nobody is there to ask (`reviewed` is when --auto-approve is right), NotApproved,
    with what was `left_undone`, where the answer is any other.
    """
    if not sys.stdin.isatty():
        raise UsageError.of(
            Code.NO_TERMINAL,
            f"{command} asks before it acts, and there is no terminal to ask at",
            hint=f"run it with --auto-approve once {reviewed}",
        )
    click.echo(f"\n{question}? Only yes is taken for a yes: ", nl=False, err=True)
    if sys.stdin.readline().strip() != "yes":
        raise NotApproved.of(
            Code.NOT_APPROVED,
            f"not approved, and nothing was {left_undone}",
            hint=f"run {command} again when it is right",
        )
