"""A command line that is read without click does what it does with click; -v is always click's to read."""

from __future__ import annotations

from typing import Any

import pytest

MISTAKEN = "version: 1\ngroups:\n  a: {groupName: A, phones: [x1]}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan"],
        ["plan", "--format", "json"],
        ["plan", "--format", "markdown"],
        ["plan", "--format", "json", "--format", "text"],
        ["plan", "-f", "groups.yaml", "--file", "more.yaml"],
        ["plan", "-f", "mistaken.yaml"],
        ["plan", "-f", "mistaken.yaml", "--format", "json"],
        ["plan", "--sandbox", "--detailed-exitcode"],
        ["plan", "--target", "a", "--target", "b*"],
        ["plan", "--target", "nobody"],
        ["plan", "--state", "nowhere.json", "--state", "groups.yaml"],
        ["plan", "--refresh", "--out", "a.plan"],
        ["plan", "--refresh"],
        ["plan", "--no-color"],
        ["validate"],
        ["validate", "--strict", "-f", "mistaken.yaml", "--format", "sarif"],
        ["validate", "--format", "json"],
        ["validate", "-f", "nowhere.yaml"],
    ],
    ids=" ".join,
)
def test_both_ways_come_to_the_same(zapi_sync: Any, arguments: list[str]) -> None:
    zapi_sync.groups("a", "b", "b2")
    (zapi_sync.folder / "more.yaml").write_text(
        "version: 1\ngroups: {c: {groupName: C, phones: ['551199']}}\n"
    )
    (zapi_sync.folder / "mistaken.yaml").write_text(MISTAKEN)
    short, by_click = zapi_sync(*arguments), zapi_sync(*arguments, "-v")
    told = [line for line in by_click.err.splitlines(keepends=True) if not line.startswith("INFO ")]
    assert (short.code, short.out, short.err) == (by_click.code, by_click.out, "".join(told))
