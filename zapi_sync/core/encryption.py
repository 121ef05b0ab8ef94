"""What a config says of encryption: the recipients, and what is wrong about one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.places import Place, tell
from zapi_sync.core.recipients import has_form, recipient_of
from zapi_sync.core.redact import KEY_MARK
from zapi_sync.core.source import shortened
from zapi_sync.errors import Code, Diagnostic, Severity
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zapi_sync.core.complaints import Complaints
    from zapi_sync.core.document import Document, Value
    from zapi_sync.core.positions import Path

EXAMPLE = Text("age1… as age-keygen prints it, or `ssh-ed25519 AAAA…`")


class Encryption:
    """The recipients that all files of a run ask for together: a list that one of them has, or that is the
    same in all."""

    def __init__(self) -> None:
        self.recipients: tuple[str, ...] | None = None
        self._place: Place | None = None

    def read(self, document: Document, raw: Mapping[str, Value], complaints: Complaints) -> None:
        """What one file says; what its schema does not find wrong with it is added to the complaints."""
        listed = raw.get("recipients")
        if not isinstance(listed, list):
            return
        written = [each if isinstance(each, str) else "" for each in listed]
        found = [recipient_of(each) for each in written]
        for index, text in enumerate(written):
            if found[index] is None and has_form(text) and complaints.has_room(Severity.ERROR):
                complaints.add(no_recipient(document, ("encryption", "recipients", index), text))
        place = Place(document, ("encryption",), key=True)
        recipients = tuple(sorted({each for each in found if each}))
        if self._place and self.recipients != recipients:
            tell(
                complaints,
                Code.RECIPIENTS_TWICE,
                place,
                Text("two files ask for different recipients, and a state has one list of them"),
                Text("keep `encryption` in one file"),
                also=(Text("the other one"), self._place),
            )
        self.recipients, self._place = recipients, self._place or place


def no_recipient(document: Document, path: Path, value: object) -> Diagnostic:
    """The complaint about what stands among the recipients and is none; a secret key is not repeated."""
    text = str(value)
    if KEY_MARK in text.upper() or "PRIVATE KEY" in text:
        return Diagnostic(
            Code.NO_RECIPIENT,
            Text("a secret key stands among the recipients: whoever has it can read the state"),
            Text(
                "write the public key (age1…) that age-keygen -y makes of it, and give the secret one by "
                "ZAPI_SYNC_IDENTITY; if it was ever pushed, make a new one"
            ),
            document.where(path),
        )
    if isinstance(value, (dict, list)) or not text:
        what = Text("this recipient is no text")
    elif text.startswith("age1") and text.isascii():
        what = Text(
            "this recipient of age is not whole, or a character of it was mistyped: {text}",
            text=shortened(text, 80),
        )
    else:
        what = Text('"{text}" is no recipient', text=shortened(text, 40))
    return Diagnostic(Code.NO_RECIPIENT, what, Text("write {example}", example=EXAMPLE), document.where(path))
