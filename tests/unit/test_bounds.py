"""docs/groups-file.md states the bounds that hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from zapi_sync.core import document, names, ranges
from zapi_sync.core.complaints import MAX_COMPLAINTS
from zapi_sync.core.participants import MAX_PARTICIPANTS
from zapi_sync.edge import inputs, local_state
from zapi_sync.render.complaints import MAX_SHOWN

PAGE = (Path(__file__).parents[2] / "docs" / "groups-file.md").read_text("utf-8")


def test_each_bound_is_stated() -> None:
    schema = cast(dict[str, Any], inputs.schema("groups"))
    group, phones = schema["$defs"]["group"]["properties"], schema["$defs"]["phones"]
    for stated in (
        f"| all files of a run | {inputs.MAX_CONFIG_BYTES // 2**20} MiB |",
        f"| keys and values in a file | {document.MAX_VALUES:,} |",
        f"| nesting, aliases followed | {document.MAX_DEPTH} levels |",
        "| what aliases, ranges, names and CSV files stand for in all files "
        f"| {document.MAX_EXPANDED:,} values, ",
        f" values, {document.MAX_EXPANDED_TEXT:,} characters |",
        f"nothing writes to is given up after {inputs.WRITER_SECONDS} seconds",
        f"| groups in a file | {schema['properties']['groups']['maxProperties']:,} |",
        f"| phones in a group | {phones['maxItems']:,} (more than {MAX_PARTICIPANTS:,} is a warning",
        f"| groups of a range | {ranges.MAX_RANGE:,} |",
        f"| phones in a column of a CSV file | {document.MAX_CELLS:,} |",
        f"| a key | {schema['$defs']['key']['maxLength']} characters",
        f"| a groupName | {names.MAX_NAME} characters |",
        f"| an instance's name | {schema['$defs']['instance']['maxLength']} characters |",
        f"| {MAX_COMPLAINTS:,} errors and {MAX_COMPLAINTS:,} warnings; {MAX_SHOWN} of them on the terminal |",
        f"| a state, a journal | {local_state.MAX_BYTES // 2**20} MiB each |",
    ):
        assert stated in PAGE
    assert group["groupName"]["maxLength"] == names.MAX_NAME
