"""A key that stands for many groups: `launch-{01..40}` is launch-01 to launch-40."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zapi_sync.dataclass import dataclass
from zapi_sync.language import Amount, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = "{n}"
"""Where the number of a group stands in the groupName that a range's groups share."""

MAX_RANGE = 10_000
"""How many groups one key may stand for."""

_RANGE = r"([^{}]*)\{([0-9]{1,9})\.\.([0-9]{1,9})\}([^{}]*)"


@dataclass(frozen=True, slots=True)
class Range:
    """A range as bash writes it: with a leading zero in one of its ends, all numbers are of one width."""

    before: str
    first: str
    last: str
    after: str

    def __len__(self) -> int:
        return max(0, int(self.last) - int(self.first) + 1)

    @property
    def numbered(self) -> Iterator[tuple[str, str]]:
        """The key of each group, and its number as the key has it."""
        width = max(len(self.first), len(self.last)) if self._is_padded else 0
        for number in range(int(self.first), int(self.last) + 1):
            text = f"{number:0{width}}"
            yield f"{self.before}{text}{self.after}", text

    @property
    def problem(self) -> tuple[str, str] | None:
        """What keeps the range from being one, and what to do; None where nothing does."""
        written = f"{{{self.first}..{self.last}}}"
        if not len(self):
            upwards = f"{{{self.last}..{self.first}}}"
            return Text("the range {range} counts down", range=written), Text("write {range}", range=upwards)
        if len(self) > MAX_RANGE:
            return (
                Text(
                    "the range {range} stands for {number} groups, and {most} is the most",
                    range=written,
                    number=Amount(len(self)),
                    most=Amount(MAX_RANGE),
                ),
                Text("shorten it, or write several ranges"),
            )
        return None

    @property
    def _is_padded(self) -> bool:
        return any(end.startswith("0") and len(end) > 1 for end in (self.first, self.last))


def range_of(key: str) -> Range | None:
    """The range that a key of the config stands for; None where it is the key of one group."""
    found = re.fullmatch(_RANGE, key) if "{" in key else None
    return Range(found[1], found[2], found[3], found[4]) if found else None
