"""The one way in which secrets are taken out of a text, whoever is about to print, log or keep it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MASK = "***"

CUT = "..."
"""What stands where a text was cut: what is left of a secret there is found by this mark."""

LONG_SECRET = 8
"""A secret of so many characters is in no text by chance, in whatever form; a shorter one may be. None of
Z-API's credentials is so short."""

_CREDENTIAL = r"token|secret|password|senha|instance_?id|api_?key"
# Texts, which `re` compiles where they are first looked for: most runs have nothing to take out.
_KEY_LINES = "AGE-SECRET-KEY-|PRIVATE KEY"
_CREDENTIAL_LINE = (
    rf"(?:{_CREDENTIAL})[\"']?\s*[:=]|/instances/[^/\s]+/token|z-api\.io/instances|{_KEY_LINES}"
)
_SECRETS_VARIABLE = r"ZAPI_(?:[A-Z0-9_]+_)?(?:INSTANCE_ID|TOKEN)"
_URL = r"(/instances/)[^/\s\"'`\\]+?(?:(/token/)[^/\s\"'`\\]+|(?:/[token]*/?)?(?=\.\.\.))"
"""The instance and the token in an address of Z-API's, or what a cut left of the two."""

KEY_MARK = "AGE-SECRET-KEY-"
_SECRET_KEY = rf"{KEY_MARK}[0-9A-Z-]+"
"""A secret key of age, or what a cut left of one, whatever the environment holds."""

_MOST_ESCAPED = 4
"""A text may be %-encoded or put in a JSON string so many times over."""


def redacted(text: str, secrets: tuple[str, ...], *, shortest: int = 1) -> str:
    """The text with each of the secrets, if it is no shorter than that, replaced by ***, in any case: as it
    stands, as in a URL, in a JSON string or in base64."""
    needles = _needles(secrets, shortest)
    if not needles:
        return text
    raw = text.encode("utf-8", "surrogatepass")
    found = sorted(_found(raw.lower(), needles, _MOST_ESCAPED))
    return _masked(raw, found).decode("utf-8", "surrogatepass") if found else text


def redacted_output(text: str, secrets: tuple[str, ...]) -> str:
    """A text on its way out: less the secrets, what a cut left of one, and what is one by its address."""
    left = redacted(text, secrets, shortest=LONG_SECRET)
    if CUT in left:
        left = _without_stumps(left, _pieces(secrets))
    if KEY_MARK in left or KEY_MARK in left.upper():
        left = re.sub(_SECRET_KEY, MASK, left, flags=re.IGNORECASE)
    return re.sub(_URL, _masked_url, left) if "/instances/" in left else left


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The credentials in an environment that are long enough to be told from words."""
    found = [value.strip() for name, value in environment.items() if _is_secret(name)]
    identity = environment.get("ZAPI_SYNC_IDENTITY")
    if identity:  # its lines: a key of age is one, a key of SSH is many
        found += [
            line.strip() for line in identity.splitlines() if not line.lstrip().startswith(("#", "-----"))
        ]
    return tuple(value for value in found if len(value) >= LONG_SECRET)


def _is_secret(variable: str) -> bool:
    return variable.startswith("ZAPI_") and re.fullmatch(_SECRETS_VARIABLE, variable) is not None


def names_credential(attribute: str) -> bool:
    """Whether an attribute of a config is called as a credential would be, which has no place there."""
    return re.search(_CREDENTIAL, attribute, re.IGNORECASE) is not None


@lru_cache(maxsize=8)  # a line of a megabyte may have twenty complaints
def may_hold_credential(line: str) -> bool:
    """Whether a line of a config seems to hold a credential, and had better not be shown."""
    return re.search(_CREDENTIAL_LINE, line, re.IGNORECASE) is not None


@lru_cache(maxsize=64)
def _needles(secrets: tuple[str, ...], shortest: int) -> tuple[bytes, ...]:
    """What is looked for in a text of lower case that is escaped no more."""
    needles: set[bytes] = set()
    for secret in secrets:
        if len(secret) < max(1, shortest):
            continue
        for written in {secret, secret.lower(), secret.upper()}:  # which differ where a letter is not ASCII
            raw = written.encode("utf-8", "surrogatepass")
            needles.add(raw.lower())
            if len(raw.split()) > 1:
                needles.add(b" ".join(raw.lower().replace(b"+", b" ").split()))
        if len(secret) >= LONG_SECRET:
            needles |= set(_in_base64(secret.encode("utf-8", "surrogatepass")))
    return tuple(needles)


def _in_base64(secret: bytes) -> Iterator[bytes]:
    """The secret alone, then what base64 makes of it within a text, wherever it starts there: the characters
    that no neighbour changes."""
    from base64 import b64encode

    within = [b64encode(bytes(before) + secret) for before in range(3)]
    inner = [
        code[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6] for before, code in enumerate(within)
    ]
    for code in (b64encode(secret).rstrip(b"="), *inner):
        yield code.lower()
        yield code.lower().translate(bytes.maketrans(b"+/", b"-_"))


def _found(text: bytes, needles: tuple[bytes, ...], depth: int) -> Iterator[tuple[int, int]]:
    """Where a needle begins and ends in a text: as it stands, and as it reads once its escapes are undone."""
    for needle in needles:
        at = text.find(needle)
        while at >= 0:
            yield at, at + len(needle)
            at = text.find(needle, at + len(needle))
    escapes = list(_escape(needles).finditer(text)) if depth and needles else []
    if escapes:
        plain, begins, ends = _unescaped(text, escapes)
        for begin, end in _found(plain, needles, depth - 1):
            first, _ = _origin(escapes, begins, ends, begin)
            _, after = _origin(escapes, begins, ends, end - 1)
            yield first, after


@lru_cache(maxsize=64)
def _escape(needles: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """What may stand for a character of a needle: %-encoded, escaped as in JSON, a blank in a URL or at a
    line's end. A text full of escapes for other characters costs nothing."""
    plain = all(needle.isascii() for needle in needles)
    byte, unit = (rb"[0-7][0-9a-f]", rb"00[0-7][0-9a-f]") if plain else (rb"[0-9a-f]{2}", rb"[0-9a-f]{4}")
    blank = rb"|[+\s]+" if any(b" " in needle for needle in needles) else b""
    return re.compile(rb"%%(%b)|((?:\\u%b)+)|\\([^0-9a-z])%b" % (byte, unit, blank))


def _unescaped(text: bytes, escapes: list[re.Match[bytes]]) -> tuple[bytes, list[int], list[int]]:
    """The text with its escapes undone once, and where in it what each one stood for begins and ends."""
    parts: list[bytes] = []
    begins, ends = [], []
    at = length = 0
    for escape in escapes:
        meant = _meant(escape)
        parts += (text[at : escape.start()], meant)
        begins.append(length + escape.start() - at)
        length = begins[-1] + len(meant)
        ends.append(length)
        at = escape.end()
    return b"".join([*parts, text[at:]]).lower(), begins, ends


def _meant(escape: re.Match[bytes]) -> bytes:
    """What an escape stands for."""
    encoded, utf16, escaped = escape.groups()
    if encoded:
        return bytes.fromhex(encoded.decode())
    if utf16:
        units = bytes.fromhex(utf16.replace(rb"\u", b"").decode())
        return units.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")
    return escaped or b" "


def _origin(escapes: list[re.Match[bytes]], begins: list[int], ends: list[int], at: int) -> tuple[int, int]:
    """Where what stands at a place of the unescaped text begins and ends in the escaped one."""
    from bisect import bisect_right

    last = bisect_right(begins, at) - 1
    if last >= 0 and at < ends[last]:
        return escapes[last].span()
    there = at - ends[last] + escapes[last].end() if last >= 0 else at
    return there, there + 1


def _masked(text: bytes, spans: list[tuple[int, int]]) -> bytes:
    """The text with a mask for each of the spans, which come in order; those that overlap have one."""
    parts: list[bytes] = []
    at = 0
    for begin, end in spans:
        if begin >= at:
            parts += (text[at:begin], MASK.encode())
        at = max(at, end)
    return b"".join([*parts, text[at:]])


@lru_cache(maxsize=8)
def _pieces(secrets: tuple[str, ...]) -> frozenset[str]:
    """All that stands together in a secret, as many characters as no text has by chance."""
    return frozenset(
        secret[at : at + LONG_SECRET] for secret in secrets for at in range(len(secret) - LONG_SECRET + 1)
    )


def _without_stumps(text: str, pieces: frozenset[str]) -> str:
    """The text without what is left of a secret on either side of a cut."""
    first, *others = text.split(CUT)
    parts = [first]
    for part in others:
        parts[-1] = _without_end(parts[-1], pieces)
        parts.append(_without_beginning(part, pieces))
    return CUT.join(parts)


def _without_end(text: str, pieces: frozenset[str]) -> str:
    at = len(text)
    while at >= LONG_SECRET and text[at - LONG_SECRET : at] in pieces:
        at -= 1
    return text if at == len(text) else text[: max(0, at - LONG_SECRET + 1)] + MASK


def _without_beginning(text: str, pieces: frozenset[str]) -> str:
    at = 0
    while text[at : at + LONG_SECRET] in pieces:
        at += 1
    return MASK + text[at + LONG_SECRET - 1 :] if at else text


def _masked_url(found: re.Match[str]) -> str:
    return f"{found[1]}{MASK}" + (f"{found[2]}{MASK}" if found[2] else "")
