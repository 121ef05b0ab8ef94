"""The secret keys that encrypted states are read with: from the environment, or a file that it names."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from zapi_sync.core.sealing import no_package
from zapi_sync.errors import Code, CredentialsInvalid, Diagnostic, Location, Severity, reason
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zapi_sync.core.sealing import Identity

IDENTITY_VARIABLE = "ZAPI_SYNC_IDENTITY"
FILE_VARIABLE = "ZAPI_SYNC_IDENTITY_FILE"
MAX_BYTES = 1024 * 1024

_OPENSSH = "-----BEGIN "


def read_identities(environment: Mapping[str, str]) -> tuple[Sequence[Identity], Sequence[Diagnostic]]:
    """The identities that the environment gives, and what is odd about them; none where it gives none.

    Raises CredentialsInvalid for one that cannot be used, which no complaint repeats; StateInvalid where
    pyrage is not installed.
    """
    identities: list[Identity] = []
    warnings: list[Diagnostic] = []
    text = environment.get(IDENTITY_VARIABLE, "")
    if text.strip():
        identities += _identities(text, IDENTITY_VARIABLE, None)
    file = environment.get(FILE_VARIABLE, "")
    if file:
        text, is_open = _read(file)
        identities += _identities(text, file, file)
        warnings += [_open_to_others(file)] if is_open else []
    return identities, warnings


def _read(file: str) -> tuple[str, bool]:
    """A file's text, and whether others on this machine can read it."""
    try:
        with open(file, "rb", opener=_open_at_once) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            os.set_blocking(stream.fileno(), True)
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise _unusable(Text("it is far too large for one"), file)
        return raw.decode(), stat.S_ISREG(mode) and bool(mode & (stat.S_IRGRP | stat.S_IROTH))
    except UnicodeDecodeError:
        raise _unusable(Text("it is not text"), file) from None
    except (OSError, ValueError) as error:
        raise _unusable(Text("it cannot be read: {why}", why=reason(error)), file) from None


def _open_at_once(file: str, flags: int) -> int:
    return os.open(file, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # else a pipe is waited for


def _identities(text: str, where: str, file: str | None) -> Iterator[Identity]:
    """age's identities, one a line beside comments; or one of OpenSSH. Raises CredentialsInvalid."""
    try:
        import pyrage
    except ModuleNotFoundError as missing:
        raise no_package(missing) from None
    if text.lstrip().startswith(_OPENSSH):
        try:
            yield pyrage.ssh.Identity.from_buffer(f"{text.strip()}\n".encode())
        except pyrage.IdentityError:
            why = Text("this SSH key cannot be used: it is damaged, of another kind, or has a passphrase")
            raise _unusable(why, file, where) from None
        return
    found = False
    for number, line in enumerate(text.splitlines(), start=1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        found = True
        try:
            yield pyrage.x25519.Identity.from_str(word)
        except pyrage.IdentityError:
            raise _unusable(
                Text("its line {number} is no identity of age", number=number), file, where
            ) from None
    if not found:
        raise _unusable(Text("no identity is in it"), file, where)


def _unusable(why: str, file: str | None, where: str = FILE_VARIABLE) -> CredentialsInvalid:
    return CredentialsInvalid.of(
        Code.IDENTITY_UNUSABLE,
        Text("{variable} names this file, and {why}", variable=FILE_VARIABLE, why=why)
        if file
        else Text("{variable} cannot be used: {why}", variable=where, why=why),
        hint=Text("an identity is what age-keygen prints, and begins with AGE-SECRET-KEY-; nothing was sent"),
        file=file,
    )


def _open_to_others(file: str) -> Diagnostic:
    return Diagnostic(
        Code.IDENTITY_OPEN_TO_OTHERS,
        Text("others on this machine can read this identity, and with it every state that it opens"),
        f"chmod 600 {shlex.quote(file)}",
        Location(file),
        Severity.WARNING,
    )
