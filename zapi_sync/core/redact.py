"""The one way in which secrets are taken out of a text, whoever is about to print, log or keep it."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

MASK = "***"

LEAST_LENGTH = 8
"""A shorter value in the environment is a word, and would be torn out of every sentence; none of Z-API's
credentials is so short."""

_SECRET_VARIABLE = re.compile(r"ZAPI_(?:[A-Z0-9_]+_)?(?:INSTANCE_ID|TOKEN)")


class Redactor:
    """Replaces secrets in texts, in any case, as they stand or as they stand in URLs, JSON and base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)  # one may be a part of another
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if forms else None

    def __call__(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text


def secrets_of(environment: Mapping[str, str]) -> list[str]:
    """The credentials in an environment that are long enough to be told from words."""
    found = (value.strip() for name, value in environment.items() if _SECRET_VARIABLE.fullmatch(name))
    return [value for value in found if len(value) >= LEAST_LENGTH]


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode(errors="surrogateescape")
    yield secret
    yield quote(raw, safe="")
    yield secret.replace("\\", "\\\\").replace('"', '\\"')
    yield b64encode(raw).decode().rstrip("=")
    yield urlsafe_b64encode(raw).decode().rstrip("=")
