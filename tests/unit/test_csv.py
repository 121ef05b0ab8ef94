"""CSV for spreadsheets: what a group is called is never run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.model import GroupKey
from zapi_sync.dataclass import replace
from zapi_sync.render.csv import HEAD, cell, invites

from .drawn import QUICK
from .made import group, record


@pytest.mark.parametrize(
    "name",
    [
        "=1+1", "+55 44", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1", "＝1", "＋1", "－1",
        "＠x",
        '=HYPERLINK("https://evil","x")', "=cmd|' /C calc'!A0",
    ],
)  # fmt: skip
def test_a_formula_is_a_text(name: str) -> None:
    assert cell(name).startswith("'")


@pytest.mark.parametrize("name", ["Launch VIP 01", "1 = 1", "a@b", "Ação 😀", "2026", ""])
def test_a_name_stays_as_it_is(name: str) -> None:
    assert cell(name) == name


@QUICK
@given(st.text(max_size=20))
def test_any_name_comes_back_as_one_harmless_cell(name: str) -> None:
    text = invites({GroupKey("a"): record(group(name=name))})
    head, row = csv.reader(io.StringIO(text))
    assert tuple(head) == HEAD
    assert row == ["a", "default", cell(name), "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct"]
    assert not row[2].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert len(text.splitlines()) == 2
    assert text.endswith("\r")  # the door adds the line feed


def test_groups_come_by_key_and_a_missing_link_is_an_empty_cell() -> None:
    none = replace(record(), invitation_link=None)
    assert invites({GroupKey("b"): record(), GroupKey("a"): none}).splitlines() == [
        "key,instance,groupName,invitationLink",
        "a,default,VIP 01,",
        "b,default,VIP 01,https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
    ]
