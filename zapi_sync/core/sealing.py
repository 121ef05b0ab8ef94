"""Bytes encrypted and decrypted in the age format (https://age-encryption.org/v1), by the package pyrage.

It is imported where something is encrypted, and nowhere else: whoever encrypts nothing needs it not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from zapi_sync.errors import Code, Location, StateInvalid
from zapi_sync.language import Plural, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zapi_sync.errors import Diagnostic, ZapiSyncError

ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----"
_BINARY = b"age-encryption.org/"
_PROBE = b"zapi-sync: can what is encrypted here be read here?"

Identity: TypeAlias = object
"""A secret key as pyrage has it."""
Seal: TypeAlias = "Callable[[bytes], bytes]"


def is_sealed(raw: bytes) -> bool:
    """Whether these bytes are encrypted, as text (armored) or not."""
    beginning = raw[:200].lstrip()
    return beginning.startswith((ARMOR, _BINARY))


def seal(text: bytes, recipients: Sequence[str], *, armored: bool = True) -> bytes:
    """The text for these recipients alone; in armor, which is text that git and terminals leave as it is.

    Raises StateInvalid for a recipient that cannot be used, and where pyrage is not installed.
    """
    try:
        import pyrage
    except ModuleNotFoundError as missing:
        raise no_package(missing) from None
    try:
        keys = [_recipient(each) for each in recipients]
        return bytes(pyrage.encrypt(text, keys, armored=armored))
    except (pyrage.RecipientError, pyrage.EncryptError):
        raise StateInvalid.of(
            Code.ENCRYPTED_FOR_OTHERS,
            Text("nothing can be encrypted to these recipients: one of them is no key that can be used"),
            hint=Text("write them as age-keygen or ssh-keygen printed them; nothing was sent"),
        ) from None


def _recipient(text: str) -> object:
    import pyrage

    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    return kind.Recipient.from_str(text)


class Closed(Exception):
    """What is encrypted cannot be decrypted; `is_foreign` where it is just not for these identities."""

    def __init__(self, *, is_foreign: bool) -> None:
        super().__init__()
        self.is_foreign = is_foreign


def unseal(raw: bytes, identities: Sequence[Identity]) -> bytes:
    """What was encrypted. Raises Closed, and StateInvalid where pyrage is not installed."""
    try:
        import pyrage
    except ModuleNotFoundError as missing:
        raise no_package(missing) from None
    try:
        return bytes(pyrage.decrypt(raw, identities))
    except pyrage.DecryptError as error:
        raise Closed(is_foreign=bool(re.search("No matching keys", str(error)))) from None


def no_package(error: ModuleNotFoundError) -> StateInvalid:
    """The complaint that pyrage is not installed; raises what else is missing."""
    if error.name != "pyrage":
        raise error
    return StateInvalid.of(
        Code.EXTRA_MISSING,
        Text("encryption needs the package pyrage, which is not installed"),
        hint=Text("pip install 'zapi-sync[encryption]'"),
    )


class Keyring:
    """The identities of a run: read once, where something encrypted is first met, by `read`.

    What it encrypts it was proven to be able to decrypt: a state that nobody here can read again is lost.
    """

    def __init__(
        self, read: Callable[[], tuple[Sequence[Identity], Sequence[Diagnostic]]] = lambda: ((), ())
    ) -> None:
        self._read = read
        self._identities: Sequence[Identity] | None = None
        self._proven: set[tuple[str, ...]] = set()
        self.warnings: Sequence[Diagnostic] = ()
        """What is odd about the identities that were read."""

    def opened(
        self, raw: bytes, file: str, line: int | None = None, refusal: type[ZapiSyncError] = StateInvalid
    ) -> bytes:
        """What was encrypted. Raises a `refusal` where it cannot be decrypted, CredentialsInvalid where an
        identity cannot be used."""
        identities = self._own()
        try:
            return unseal(raw, identities)
        except Closed as closed:
            what = Text("line {line} is encrypted", line=line) if line else Text("this is encrypted")
            location = Location(file, line, 1 if line else None)
            message, hint = _why(what, identities, closed)
            raise refusal.at(Code.UNDECRYPTABLE, location, message, hint=hint) from None

    def sealed(self, text: bytes, recipients: tuple[str, ...], file: str, *, armored: bool = True) -> bytes:
        """The text for these recipients. Raises StateInvalid where it could not be read again."""
        self.verify_readable(recipients, file)
        return seal(text, recipients, armored=armored)

    def sealer(self, recipients: tuple[str, ...], file: str) -> Seal | None:
        """What encrypts the lines of a journal; None where there are no recipients."""
        if not recipients:
            return None
        return lambda text: self.sealed(text, recipients, file, armored=False)

    def verify_readable(self, recipients: tuple[str, ...], file: str) -> None:
        """Raises StateInvalid where what is encrypted to these recipients cannot be decrypted here."""
        if not recipients or recipients in self._proven:
            return
        identities = self._own()
        try:
            well = unseal(seal(_PROBE, recipients), identities) == _PROBE
        except Closed:
            well = False
        if not well:
            whose = (
                Text("none of the identities given is one of them")
                if identities
                else Text("no identity is given")
            )
            raise StateInvalid.of(
                Code.ENCRYPTED_FOR_OTHERS,
                Plural(
                    "the state is to be encrypted to {number} recipient, and {whose}: "
                    "it could not be read again",
                    "the state is to be encrypted to {number} recipients, and {whose}: "
                    "it could not be read again",
                    len(recipients),
                    whose=whose,
                ),
                hint=Text(
                    "{set_identity} that belongs to one of the recipients; nothing was sent",
                    set_identity=_GIVE,
                ),
                file=file,
            )
        self._proven.add(recipients)

    def _own(self) -> Sequence[Identity]:
        if self._identities is None:
            self._identities, self.warnings = self._read()
        return self._identities


_GIVE = Text("set ZAPI_SYNC_IDENTITY or ZAPI_SYNC_IDENTITY_FILE to the age identity")


def _why(what: str, identities: Sequence[Identity], closed: Closed) -> tuple[str, str]:
    """What to tell, and what to do."""
    if not identities:
        return (
            Text("{what}, and no identity is given", what=what),
            Text("{set_identity} of a recipient; nothing was sent", set_identity=_GIVE),
        )
    if closed.is_foreign:
        return (
            Plural(
                "{what}, and the identity given here is none that it was encrypted to",
                "{what}, and the identities given here are none that it was encrypted to",
                len(identities),
                what=what,
            ),
            Text(
                "{set_identity} of a recipient, or restore the file if it was changed; nothing was sent",
                set_identity=_GIVE,
            ),
        )
    return (
        Text("{what}, and not as it was written: it was damaged or changed", what=what),
        Text("restore it from git or a backup; nothing was sent"),
    )
