"""Without its state an apply makes nothing twice, and gets the state back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .world import APPLY, World, phones_of

WANTED = {f"group-{number:02d}": f"Group {number:02d}" for number in range(20)}
RESTORED = (
    "instance",
    "phone",
    "invitationLink",
    "phonesNotAdded",
    "groupName",
    "autoInvite",
    "phonesDigest",
)
NOT_RESTORED = {"createdAt", "how"}


def config() -> str:
    """Twenty groups, each with a phone that can be added and one that cannot; every other with invites."""
    lines = ["version: 1", "groups:"]
    for number, (key, name) in enumerate(WANTED.items()):
        phones = [phones_of(key)[0], f"554488{number:03d}7777"]
        invite = "true" if number % 2 else "false"
        lines.append(f"  {key}: {{groupName: {name}, autoInvite: {invite}, phones: {json.dumps(phones)}}}")
    return "\n".join(lines) + "\n"


def restorable(records: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Records without what tells when and how a group came into the state."""
    return {
        key: {name: value for name, value in record.items() if name not in NOT_RESTORED}
        for key, record in records.items()
    }


def test_state_and_journal_gone(world: World, figure: Callable[[object], None]) -> None:
    """0 new requests, exit 4 and the 20 names with their ids; with --existing adopt the state is back."""
    (world.folder / "groups.yaml").write_text(config())
    assert world.run(*APPLY).code == 0
    before = world.records()
    assert len(before) == 20
    for path in (world.state_path, world.journal_path):
        path.unlink(missing_ok=True)
    world.remote.forget()

    refused = world.run(*APPLY)
    assert refused.code == 4
    assert world.remote.posts(world.instance).total() == 0
    for record in before.values():
        assert record["groupName"] in refused.said
        assert record["phone"] in refused.said
    assert world.records() == {}

    adopted = world.run(*APPLY, "--existing", "adopt")
    assert adopted.code == 0, adopted.said
    assert world.remote.posts(world.instance).total() == 0
    after = world.records()
    assert restorable(after) == restorable(before)
    assert all(set(RESTORED) <= record.keys() for record in after.values())
    assert all(record["phonesNotAdded"] for record in after.values())
    assert world.run(*APPLY).code == 0
    figure("20 groups, state and journal gone: 0 requests, exit 4, 20 ids told; adopted: 20 records back")
