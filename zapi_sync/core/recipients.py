"""To whom something is encrypted: recipients as age writes them, known by their form alone.

age's own (`age1…`) and SSH's public keys. No package is needed to tell what is none: a config is checked
where nothing is encrypted, too.
"""

from __future__ import annotations

import re
from base64 import b64decode

MAX_RECIPIENTS = 100

_AGE = re.compile("age1[02-9ac-hj-np-z]{58}")
_SSH = re.compile(r"ssh-(ed25519|rsa) ([A-Za-z0-9+/]+={0,2})(?: .*)?")
_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_SSH_BLOBS = {"ed25519": range(51, 52), "rsa": range(270, 2200)}
"""Bytes of a public key: of RSA, keys of 2048 bits and more."""


def recipient_of(text: str) -> str | None:
    """The one spelling of a recipient (an SSH key less its comment), or None for what is none."""
    if _AGE.fullmatch(text):
        return text if _is_checked(text) else None
    found = _SSH.fullmatch(text)
    return f"ssh-{found[1]} {found[2]}" if found and _is_key(found[1], found[2]) else None


def has_form(text: str) -> bool:
    """Whether this is written as a recipient is, which the schema of the config tells as well."""
    return bool(_AGE.fullmatch(text) or _SSH.fullmatch(text))


def _is_checked(text: str) -> bool:
    """Whether the checksum of Bech32 (BIP 173) fits: a character that was mistyped is found."""
    check = 1
    human = [*(ord(each) >> 5 for each in "age"), 0, *(ord(each) & 31 for each in "age")]
    data = [_ALPHABET.index(each) for each in text[4:]]
    for value in human + data:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check == 1 and data[51] & 15 == 0  # 32 bytes take 51 characters and one bit of the 52nd


def _is_key(kind: str, code: str) -> bool:
    """Whether the base64 of an SSH key (RFC 4253, 6.6) is one of its kind, and whole."""
    try:
        blob = b64decode(code, validate=True)
    except ValueError:
        return False
    name = f"ssh-{kind}".encode()
    return blob.startswith(len(name).to_bytes(4) + name) and len(blob) in _SSH_BLOBS[kind]
