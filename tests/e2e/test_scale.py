"""Many groups in few lines, through the installed command: the example, and where CSV files are found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).parents[2]
ANA, BIA = "5544999990001", "5544999990002"
CSV = "version: 1\ngroups:\n  a: {groupName: A, phones: {csv: m.csv}}\n"


def example(zapi_sync: Any) -> list[str]:
    """The example and its CSV file in the folder, as `-f` names it."""
    for name in ("launch.yaml", "buyers.csv"):
        shutil.copy(ROOT / "examples" / name, zapi_sync.folder)
    return ["-f", "launch.yaml"]


def test_the_example_is_applied_group_by_group(zapi_sync: Any, fits: Callable[[Any, str], None]) -> None:
    files = example(zapi_sync)
    assert zapi_sync("validate", *files).out == "Valid: 41 groups.\n"
    planned = json.loads(zapi_sync("plan", "--sandbox", "--format", "json", *files).out)
    fits(planned, "plan")
    assert zapi_sync("apply", "--sandbox", "--auto-approve", *files).code == 0
    state = json.loads((zapi_sync.folder / "launch.sandbox.state.json").read_text())["groups"]
    assert list(state) == ["buyers", *(f"launch-{n:02}" for n in range(1, 41))]
    assert state["launch-17"]["groupName"] == "Launch 17"
    assert zapi_sync("plan", "--sandbox", "--detailed-exitcode", *files).code == 0
    text = (zapi_sync.folder / "launch.yaml").read_text().replace("{01..40}", "{01..41}")
    (zapi_sync.folder / "launch.yaml").write_text(text)
    grown = zapi_sync("plan", "--sandbox", *files)
    assert "+ launch-41" in grown.out
    assert "1 to create" in grown.out


def test_the_documentation_shows_the_example() -> None:
    page = (ROOT / "docs" / "groups-file.md").read_text("utf-8")
    shown = page.split("```yaml\n")[1].split("```")[0]
    written = [
        line.split(" #")[0].rstrip() for line in (ROOT / "examples" / "launch.yaml").read_text().splitlines()
    ]
    begin = written.index("people:")
    assert shown.strip().splitlines() == written[begin:]


def test_the_published_schema_takes_the_example() -> None:
    schema = json.loads((ROOT / "schemas" / "groups.schema.json").read_text())
    data = yaml.safe_load((ROOT / "examples" / "launch.yaml").read_text())
    jsonschema.Draft202012Validator(schema).validate(data)


def test_people_stand_in_a_file_of_their_own(zapi_sync: Any) -> None:
    (zapi_sync.folder / "conf").mkdir()
    zapi_sync.write("version: 1\ngroups:\n  a: {groupName: A, phones: [ana]}\n", "conf/groups.yaml")
    zapi_sync.write(f"version: 1\ngroups: {{}}\npeople: {{ana: '{ANA}'}}\n", "conf/people.yaml")
    assert zapi_sync("validate", "-f", "conf").out == "Valid: 1 group.\n"
    alone = zapi_sync("validate", "-f", "conf/groups.yaml")
    assert 'conf/groups.yaml:3:30: error: "ana" is no phone number, and nobody in' in alone.err


def test_a_csv_file_stands_beside_the_config_or_in_the_working_folder(zapi_sync: Any) -> None:
    (zapi_sync.folder / "conf").mkdir()
    zapi_sync.write(CSV, "conf/groups.yaml")
    zapi_sync.write(f"phone\n{ANA}\n", "conf/m.csv")
    assert zapi_sync("validate", "-f", "conf/groups.yaml").code == 0
    lost = zapi_sync("validate", "-f", "-", stdin=CSV.encode())
    assert (
        "<stdin>:3:35: error: the CSV file m.csv cannot be read: no such file or directory [ZS156]"
        in lost.err
    )
    zapi_sync.write(f"phone\n{ANA}\n", "m.csv")
    assert zapi_sync("validate", "-f", "-", stdin=CSV.encode()).code == 0


def test_complaints_show_the_line_of_the_csv_file(zapi_sync: Any) -> None:
    zapi_sync.write(CSV)
    (zapi_sync.folder / "m.csv").write_bytes(b"name;phone\r\n\x1b[31mAna;5544\r\n")
    assert zapi_sync("validate").err.splitlines()[:3] == [
        "m.csv:2:10: error: a phone number has 8 to 15 digits, and 5544 has 4 [ZS132]",
        "  2 | \\u{1b}[31mAna;5544",
        "    |               ^^^^",
    ]
    (zapi_sync.folder / "m.csv").write_bytes("name;phone\nJoão;1\n".encode("latin-1"))
    assert "m.csv:2:3: error: byte 0xe3 is not UTF-8 text [ZS102]" in zapi_sync("validate").err


def test_a_saved_csv_file_that_changed_changes_the_plan(zapi_sync: Any) -> None:
    zapi_sync.write(CSV)
    zapi_sync.write(f"phone\n{ANA}\n", "m.csv")
    assert zapi_sync("apply", "--sandbox", "--auto-approve").code == 0
    zapi_sync.write(f"phone\n{ANA}\n{BIA}\n", "m.csv")
    assert "phones" in zapi_sync("plan", "--sandbox").out
