"""The one way in which secrets are taken out of a text, whoever is about to print, log or keep it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import lru_cache

MASK = "***"

LONG_SECRET = 8
"""A secret of so many characters is in no text by chance, in whatever form; a shorter one may be. None of
Z-API's credentials is so short."""

_CREDENTIAL = r"token|secret|password|senha|instance_?id|api_?key"
_CREDENTIAL_NAME = re.compile(_CREDENTIAL, re.IGNORECASE)
_CREDENTIAL_LINE = re.compile(rf"(?:{_CREDENTIAL})[\"']?\s*[:=]", re.IGNORECASE)
_SECRET_VARIABLE = re.compile(r"ZAPI_(?:[A-Z0-9_]+_)?(?:INSTANCE_ID|TOKEN)")


def redacted(text: str, secrets: tuple[str, ...], *, shortest: int = 1) -> str:
    """The text with each of the secrets, if it is no shorter than that, replaced by ***, in any case: as it
    stands, as in a URL, in a JSON string or in base64."""
    return _pattern(secrets, shortest).sub(MASK, text)


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The credentials in an environment that are long enough to be told from words."""
    found = (value.strip() for name, value in environment.items() if _SECRET_VARIABLE.fullmatch(name))
    return tuple(value for value in found if len(value) >= LONG_SECRET)


def names_credential(attribute: str) -> bool:
    """Whether an attribute of a config is called as a credential would be, which has no place there."""
    return _CREDENTIAL_NAME.search(attribute) is not None


@lru_cache(maxsize=8)  # a line of a megabyte may have twenty complaints
def may_hold_credential(line: str) -> bool:
    """Whether a line of a config seems to hold a credential, and had better not be shown."""
    return _CREDENTIAL_LINE.search(line) is not None


@lru_cache(maxsize=64)
def _pattern(secrets: tuple[str, ...], shortest: int) -> re.Pattern[str]:
    """All forms of the secrets, the longest first, as one may be a part of another."""
    long = sorted((each for each in secrets if len(each) >= shortest), key=len, reverse=True)
    forms = ["".join(map(_forms_of_character, secret)) for secret in long]
    forms += [form for secret in long if len(secret) >= LONG_SECRET for form in _forms_in_base64(secret)]
    return re.compile("|".join(forms) or "(?!)", re.IGNORECASE)


def _forms_of_character(character: str) -> str:
    """A pattern: the character, %-encoded (once or repeatedly), or escaped as in JSON."""
    encoded = "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in character.encode(errors="replace"))
    utf16 = character.encode("utf-16-be", errors="replace").hex()
    escaped = "".join(rf"\\{{1,4}}u{utf16[at : at + 4]}" for at in range(0, len(utf16), 4))
    plain = r"\s+|\+" if character.isspace() else re.escape(character)
    if not character.isalnum():
        plain += rf"|\\{{1,4}}{re.escape(character)}"
    return f"(?:{plain}|{encoded}|{escaped})"


def _forms_in_base64(secret: str) -> Iterator[str]:
    """Patterns: the secret alone, then what base64 makes of it within a text, wherever it starts there: the
    characters that no neighbour changes."""
    raw = secret.encode(errors="replace")
    alone = b64encode(raw).decode().rstrip("=")
    within = [b64encode(bytes(before) + raw).decode() for before in range(3)]
    inner = [code[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6] for before, code in enumerate(within)]
    for code in (alone, *inner):
        urlsafe = {"+": r"(?:[+-]|%2b)", "/": r"(?:[/_]|\\/|%2f)"}
        yield "".join(urlsafe.get(each, each) for each in code)
