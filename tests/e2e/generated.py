"""Config files bound to hurt, too large to be stored: each by name, with the exit code that it must have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_FINE = "version: 1\ngroups: {a: {groupName: A, phones: ['5544911112222']}}\n"
_PHONE = "'5544911112222'"


@dataclass(frozen=True, slots=True)
class Generated:
    text: Callable[[], str]
    code: int = 1


def _links(link: str, number: int, first: str = "[x]") -> str:
    """Anchors x0 to x(number-1), each made of the one before."""
    floors = (f"x-{n}: &x{n} {link.format(f'*x{n - 1}')}\n" for n in range(1, number))
    return f"version: 1\nx-0: &x0 {first}\n" + "".join(floors)


def _floors(link: str, times: int, first: str) -> str:
    floors = (f"x-{n}: &x{n} {link.format(', '.join([f'*x{n - 1}'] * times))}\n" for n in range(1, 12))
    return f"version: 1\nx-0: &x0 {first}\n" + "".join(floors) + _FINE[11:]


def _groups(number: int, attributes: str) -> str:
    return "version: 1\ngroups:\n" + "".join(f"  g{n}: {attributes.format(n=n)}\n" for n in range(number))


def _keys(number: int) -> str:
    return "{" + ", ".join(f"k{n}: v" for n in range(number)) + "}"


BOMBS = {
    "aliases of lists": Generated(lambda: _floors("[{}]", 9, "[lol, lol]")),
    "aliases of mappings": Generated(
        lambda: (
            "version: 1\nx-0: &x0 {a: lol}\n"
            + "".join(
                f"x-{n}: &x{n} {{" + ", ".join(f"{k}: *x{n - 1}" for k in "abcdefghi") + "}\n"
                for n in range(1, 12)
            )
        )
    ),
    "aliases of merges": Generated(lambda: _floors("{{<<: [{}]}}", 9, _keys(50))),
    "aliases of a wide merge": Generated(
        lambda: (
            f"version: 1\nx-0: &x {_keys(10_000)}\ngroups:\n"
            + "".join(f"  g{n}: {{<<: *x}}\n" for n in range(200))
        )
    ),
    "aliases of a long text": Generated(
        lambda: (
            f"version: 1\nx-0: &x {'é' * 10**6}\n"
            f"groups: {{a: {{groupName: A, phones: [{', '.join(['*x'] * 900)}]}}}}\n"
        )
    ),
    "aliases of a long text as keys": Generated(
        lambda: f"version: 1\nx-0: &x {'é' * 10**6}\ngroups:\n" + "  *x : {}\n" * 60
    ),
    "a chain of lists": Generated(lambda: _links("[{}]", 1400) + "groups: *x1399\n"),
    "a chain of mappings": Generated(lambda: _links("{{k: {}}}", 1400) + "groups: *x1399\n"),
    "a chain of merges": Generated(lambda: _links("{{<<: {}}}", 1400, "{k: v}") + _FINE[11:]),
    "a chain of merges that is read": Generated(
        lambda: (
            _links("{{<<: {}}}", 900, "{autoInvite: maybe}")
            + f"groups: {{a: {{<<: *x899, groupName: A, phones: [{_PHONE}]}}}}\n"
        )
    ),
    "brackets": Generated(lambda: "[" * 10**6),
    "braces": Generated(lambda: "{a: " * 10**5),
    "dashes": Generated(lambda: "- " * 10**5),
    "question marks": Generated(lambda: "? " * 10**5),
    "brackets after a good beginning": Generated(lambda: _FINE + "x-a: " + "[" * 10**5),
    "blocks": Generated(lambda: "".join(" " * n + "a:\n" for n in range(1000))),
    "a long line": Generated(
        lambda: (
            "version: 1\ngroups: {"
            + ", ".join(f"g{n}: {{groupName: 'é{n}', phones: [{_PHONE}]}}" for n in range(5000))
            + ", z: {}}\n"
        )
    ),
    "a long text": Generated(lambda: f"version: 1\nx-a: '{'é' * 10**6}'\n" + _FINE[11:], 0),
    "a long comment": Generated(lambda: f"# {'é' * 10**6}\n" + _FINE, 0),
    "a long key": Generated(lambda: f"{_FINE}? x-{'k' * 10**6}\n: v\n", 0),
    "a long name": Generated(
        lambda: f"version: 1\ngroups: {{a: {{groupName: {'n' * 10**6}, phones: [{_PHONE}]}}}}\n"
    ),
    "a long phone": Generated(
        lambda: f"version: 1\ngroups: {{a: {{groupName: A, phones: ['{'1' * 10**5}a']}}}}\n"
    ),
    "a long tag": Generated(lambda: "!" * 500_000 + " a"),
    "a long anchor": Generated(lambda: "x: *" + "a" * 500_000),
    "a long number": Generated(lambda: "version: " + "1" * 500_000),
    "empty lines": Generated(lambda: "\n" * 10**6 + _FINE, 0),
    "empty lines of cr": Generated(lambda: _FINE + "\r" * 500_000 + "x", 1),
    "empty lines of separators": Generated(lambda: "#" + "\u2028#\x85#" * 100_000 + "\nversion: 2"),
    "comments": Generated(lambda: "# c\n" * 300_000 + _FINE, 0),
    "documents": Generated(lambda: _FINE + "--- a\n" * 20_000),
    "document ends": Generated(lambda: _FINE + "...\n" * 200_000, 0),
    "an open quote": Generated(lambda: "version: 1\na: '" + "x y\n " * 200_000),
    "escapes": Generated(lambda: '"' + "\\x41" * 200_000),
    "tabs": Generated(lambda: "\t" * 500_000),
    "blanks": Generated(lambda: " " * 500_000 + "a: 1"),
    "a control character at the end": Generated(lambda: "a: 1\n" * 50_000 + "\x01"),
    "tags": Generated(lambda: _FINE + "x: [" + "!t x, " * 50_000 + "]"),
    "one key": Generated(lambda: "version: 1\ngroups:\n" + "  a: {}\n" * 10_000),
    "merges of text": Generated(lambda: _FINE + "x-a: [" + "{<<: x}, " * 30_000 + "]"),
    "unknown attributes": Generated(lambda: _FINE + "".join(f"k{n}: 1\n" for n in range(10_000))),
    "one phone": Generated(
        lambda: f"version: 1\ngroups: {{a: {{groupName: A, phones: [{', '.join([_PHONE] * 10_000)}]}}}}\n"
    ),
    "short phones": Generated(
        lambda: f"version: 1\ngroups: {{a: {{groupName: A, phones: {list(range(10_000))}}}}}\n"
    ),
    "one name": Generated(lambda: _groups(4000, f"{{{{groupName: A, phones: [{_PHONE}]}}}}")),
    "a bad group among good ones": Generated(
        lambda: _groups(4000, f"{{{{groupName: G{{n}}, phones: [{_PHONE}]}}}}") + "  z: {}\n"
    ),
    "many bad groups": Generated(lambda: _groups(2000, "{{phones: []}}")),
    "many bad groups that share their phones": Generated(
        lambda: f"x-t: &t {list(range(900))}\n" + _groups(1000, "{{groupName: G {n}, phones: *t}}")
    ),
    "a long unknown key": Generated(lambda: f"{_FINE}? {'é' * 10**6}\n: v\n"),
    "a long @lid": Generated(
        lambda: f"version: 1\ngroups: {{a: {{groupName: A, phones: [{'1' * 10**6}@lid]}}}}\n"
    ),
    "a long name of many bytes": Generated(
        lambda: f"version: 1\ngroups: {{a: {{groupName: '{'é' * 2 * 10**6}', phones: [{_PHONE}]}}}}\n"
    ),
}
