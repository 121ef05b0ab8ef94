"""The state by key: for a person nothing that acts on a terminal, for a program what the schema says."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from zapi_sync.core.model import GroupKey, How
from zapi_sync.core.moves import Move
from zapi_sync.dataclass import replace
from zapi_sync.edge import inputs
from zapi_sync.errors import Code, Diagnostic, Severity
from zapi_sync.render import state as rendered
from zapi_sync.render.paint import Paint

from .made import group, open_attempt, record, state

EVIL = 'Ação 😀 \x1b[31m\u202e\n"'
PLAIN = Paint(False)
ENTRIES: dict[GroupKey, rendered.Entry] = {
    GroupKey("vip-02"): open_attempt(group("vip-02", name=EVIL), reason=EVIL),
    GroupKey("vip-01"): replace(record(group(name=EVIL)), how=How.SETTLED),
}


def checked(text: str, schema: str) -> dict[str, object]:
    assert text.isascii()
    document = json.loads(text)
    Draft202012Validator(inputs.schema(schema)).validate(document)
    assert isinstance(document, dict)
    return document


def test_the_keys_are_listed_in_order_and_what_is_in_doubt_is_marked() -> None:
    assert rendered.listing(ENTRIES, PLAIN).splitlines() == [
        "KEY     INSTANCE  ID                        CREATED",
        "vip-01  default   120363019502650977-group  2026-11-23T10:00:00Z",
        "vip-02  default   (unsettled)               sent 2026-11-23T10:00:00Z",
    ]
    assert rendered.listing({}, PLAIN) == "Nothing is in the state."


def test_the_list_holds_no_link() -> None:
    text = rendered.listing_json(ENTRIES)
    groups = checked(text, "state-list")["groups"]
    assert isinstance(groups, list)
    assert [(each["key"], each["status"]) for each in groups] == [
        ("vip-01", "created"),
        ("vip-02", "unsettled"),
    ]
    assert "chat.whatsapp.com" not in text + rendered.listing(ENTRIES, PLAIN)


def test_a_key_is_shown_with_all_that_is_known() -> None:
    shown = rendered.entry(GroupKey("vip-01"), ENTRIES[GroupKey("vip-01")], PLAIN)
    assert shown.splitlines() == [
        "vip-01",
        '    groupName       Ação 😀 \\u{1b}[31m\\u{202e}\\u{a}"',
        "    instance        default",
        "    phone           120363019502650977-group",
        "    invitationLink  https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",
        "    phonesNotAdded  5544777777777",
        "    autoInvite      false",
        f"    phonesDigest    {record().phones_digest}",
        "    createdAt       2026-11-23T10:00:00Z",
        "    how             settled",
    ]
    document = checked(rendered.entry_json(GroupKey("vip-01"), ENTRIES[GroupKey("vip-01")]), "state-show")
    assert document["attempt"] is None
    assert document["status"] == "created"


def test_a_key_in_doubt_is_shown_with_what_was_sent() -> None:
    shown = rendered.entry(GroupKey("vip-02"), ENTRIES[GroupKey("vip-02")], PLAIN)
    assert shown.splitlines()[0] == "vip-02  unsettled"
    assert "    phones      5544999999999" in shown.splitlines()
    assert shown.replace("\n", "").isprintable()
    document = checked(rendered.entry_json(GroupKey("vip-02"), ENTRIES[GroupKey("vip-02")]), "state-show")
    assert document["record"] is None
    assert document["status"] == "unsettled"


def test_a_change_says_what_was_changed_and_where_the_state_before_is() -> None:
    warning = Diagnostic(Code.FORGOTTEN_AND_WANTED, EVIL, "do", None, Severity.WARNING)
    moves = [Move(GroupKey("a"), GroupKey("b"))]
    text = rendered.change_json(state(serial=7), "s.backup", [warning], removed=[GroupKey("c")], moves=moves)
    document = checked(text, "state-change")
    assert (document["removed"], document["moves"]) == (["c"], [{"from": "a", "to": "b"}])
    assert document["state"] == {"lineage": state().lineage, "serial": 7}
    assert checked(rendered.change_json(state(), None, []), "state-change")["backup"] is None
