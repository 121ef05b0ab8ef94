"""Groups as a config says them: YAML that reads as the same groups, whatever their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zapi_sync.core.model import DEFAULT_INSTANCE
from zapi_sync.language import Joined, _, told
from zapi_sync.render.complaints import HINT
from zapi_sync.render.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zapi_sync.core.importing import Import, Importing, LeftOut

_READ_OTHERWISE = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_ZERO_WIDTH_JOINER = "\u200d"  # holds emoji together
_ESCAPED = {'"': '\\"', "\\": "\\\\"}


def config(found: Importing) -> str:
    """A whole config of the groups that can be taken in; of those that cannot, comments say why."""
    lines = ["version: 1", f"groups:{'' if found.imports else ' {}'}"]
    for each in found.imports:
        lines += _group(each)
    lines += [line for each in found.left_out for line in _left_out(each)]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as a double-quoted scalar on one line (YAML 1.2, 7.3.1); characters that cannot be seen are
    written as escapes. It must not hold half of a surrogate pair."""
    return f'"{"".join(map(_escaped, text))}"'.replace("##", "#\\x23")  # a CI log obeys ##[ anywhere


def _group(each: Import) -> Iterator[str]:
    group = each.group
    yield f"  {_key(group.key)}:  # {printable(each.details.phone)}{_of_another(each)}"
    yield _attribute("groupName", group.group_name)
    if group.instance != DEFAULT_INSTANCE:
        yield _attribute("instance", group.instance)
    yield "    phones:"
    for phone in group.phones:
        yield f"      - {quoted(phone)}"
    for other in each.others:
        yield f"      # {printable(Joined(': ', other))}"


def _attribute(name: str, text: str) -> str:
    return f"    {name}: {quoted(text)}"


def _of_another(each: Import) -> str:
    return _(", which another number owns") if each.is_own is False else ""


def _left_out(each: LeftOut) -> Sequence[str]:
    seen = each.seen
    name = (seen.details.subject if seen.details else None) or seen.name or ""
    on = (
        ""
        if seen.instance == DEFAULT_INSTANCE
        else _(' of the instance "{instance}"', instance=seen.instance)
    )
    said = _(
        'left out: {phone}, "{name}"{on}: {reason}',
        phone=seen.phone,
        name=printable(name),
        on=on,
        reason=printable(each.reason),
    )
    lines = [f"  # {said}"]
    return [*lines, f"  #   {told(HINT)} {printable(each.hint)}"] if each.hint else lines


def _key(key: str) -> str:
    """A key; between quotes where YAML would read a number, a date or a boolean."""
    return quoted(key) if key[:1].isdigit() or key in _READ_OTHERWISE else key


def _escaped(character: str) -> str:
    if character.isprintable() or character == _ZERO_WIDTH_JOINER:
        return _ESCAPED.get(character, character)
    number = ord(character)
    return f"\\U{number:08X}" if number > 0xFFFF else f"\\u{number:04X}"
