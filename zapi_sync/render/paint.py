"""Colours, where the output is a terminal that wants them, and the letters that it has."""

from __future__ import annotations

from zapi_sync.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Paint:
    """Wraps texts in ANSI colours, or leaves them as they are; knows what letters there are."""

    on: bool
    encoding: str = "utf-8"

    def letters(self, text: str) -> str:
        """The text in the letters that the terminal has; it shows the others written out."""
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        return self._wrap("2", text)

    def red(self, text: str) -> str:
        return self._wrap("1;31", text)

    def green(self, text: str) -> str:
        return self._wrap("32", text)

    def yellow(self, text: str) -> str:
        return self._wrap("33", text)

    def cyan(self, text: str) -> str:
        return self._wrap("36", text)

    def white_on_black(self, text: str) -> str:
        """In these two of the 256 colours, which no theme changes."""
        return self._wrap("38;5;231;48;5;16", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text
