"""Generates what is measured, the same for the same numbers; in a process of its own: the runner stays small.

python -m benchmarks.inputs KIND FOLDER GROUPS [PHONES [INSTANCES]]

KIND is `groups` (groups.yaml), `created` (that, and the state in which all of them are there), `octodns` (a
config, and a zone with as many records), or `terraform` (groups.yaml, and as many terraform_data made of it).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench import instance_names
from zapi_sync.core.journal import record_of
from zapi_sync.core.model import DEFAULT_INSTANCE, Group, GroupId, GroupKey, InstanceName
from zapi_sync.core.outcome import Created
from zapi_sync.core.phones import Phone
from zapi_sync.core.state import State
from zapi_sync.core.state_document import state_text

SEED = 1
AREAS = (11, 21, 31, 44, 61)
FIRST, LAST = 960_000_000, 999_999_999  # Brazilian mobile numbers: a 9, then eight digits from 6… on
ORIGIN = "https://api.z-api.io"
LINEAGE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)

OCTODNS = """\
manager:
  max_workers: 1
providers:
  config:
    class: octodns.provider.yaml.YamlProvider
    directory: {folder}/config
    default_ttl: 300
    enforce_order: false
  out:
    class: octodns.provider.yaml.YamlProvider
    directory: {folder}/out
    default_ttl: 300
zones:
  example.com.:
    sources: [config]
    targets: [out]
"""
TERRAFORM = """\
locals { groups = yamldecode(file("${path.module}/groups.yaml")).groups }

resource "terraform_data" "group" {
  for_each = local.groups
  input    = each.value
}
"""


def wanted(groups: int, phones: int, instances: int) -> Iterator[Group]:
    """The groups, instance by instance in turn; nobody is twice in one of them."""
    chance = random.Random(SEED)
    names = instance_names(instances)
    for index in range(groups):
        numbers = chance.sample(range(FIRST, LAST + 1), phones)
        yield Group(
            key=GroupKey(f"group-{index:06}"),
            instance=InstanceName(names[index % instances]),
            group_name=f"Launch {index:06}",
            auto_invite=False,
            phones=tuple(Phone(f"55{chance.choice(AREAS)}{number}") for number in numbers),
        )


def yaml_of(group: Group) -> str:
    """A group in block style, as people write it."""
    instance = "" if group.instance == DEFAULT_INSTANCE else f"    instance: {group.instance}\n"
    phones = "".join(f'      - "{phone}"\n' for phone in group.phones)
    return (
        f"  {group.key}:\n{instance}    groupName: {group.group_name}\n"
        f"    autoInvite: false\n    phones:\n{phones}"
    )


def write_groups(folder: Path, groups: int, phones: int = 3, instances: int = 1) -> None:
    with (folder / "groups.yaml").open("w") as file:
        file.write("version: 1\ngroups:\n")
        file.writelines(map(yaml_of, wanted(groups, phones, instances)))


def write_created(folder: Path, groups: int, phones: int = 3) -> None:
    write_groups(folder, groups, phones)
    records = {
        group.key: record_of(group, created(index), CREATED_AT)
        for index, group in enumerate(wanted(groups, phones, 1))
    }
    state = State(LINEAGE, 1, ORIGIN, groups=records)
    (folder / "groups.state.json").write_text(state_text(state))


def created(index: int) -> Created:
    """What Z-API answered when it created that group."""
    return Created(GroupId(f"120363{index:012}-group"), f"https://chat.whatsapp.com/{index:022}")


def write_octodns(folder: Path, groups: int) -> None:
    for name in ("config", "out"):
        (folder / name).mkdir()
    (folder / "config.yaml").write_text(OCTODNS.format(folder=folder))
    with (folder / "config" / "example.com.yaml").open("w") as file:
        for index in range(groups):
            file.write(f"group-{index:06}:\n  type: A\n  ttl: 300\n  values:\n")
            host = f"{index >> 16}.{index >> 8 & 255}.{index & 255}"
            file.writelines(f"  - {net}.{host}\n" for net in (10, 11, 12))


def write_terraform(folder: Path, groups: int) -> None:
    write_groups(folder, groups)
    (folder / "main.tf").write_text(TERRAFORM)


KINDS: dict[str, Callable[..., None]] = {
    "groups": write_groups,
    "created": write_created,
    "octodns": write_octodns,
    "terraform": write_terraform,
}


def main(kind: str, folder: str, *numbers: str) -> None:
    Path(folder).mkdir()
    KINDS[kind](Path(folder), *map(int, numbers))


if __name__ == "__main__":
    main(*sys.argv[1:])
