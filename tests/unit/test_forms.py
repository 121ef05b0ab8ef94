"""One form for a thing, wherever it is checked: in journal lines, in answers, in the published schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from zapi_sync.core import forms
from zapi_sync.edge import inputs

STATE: Any = inputs.schema("state")
GROUPS: Any = inputs.schema("groups")
RECORD = STATE["$defs"]["record"]["properties"]


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        (forms.GROUP_KEY, STATE["properties"]["groups"]["propertyNames"]),
        (forms.INSTANCE_NAME, STATE["properties"]["instances"]["propertyNames"]),
        (forms.INSTANCE_NAME, RECORD["instance"]),
        (forms.INSTANCE_NAME, GROUPS["$defs"]["instance"]),
        (forms.GROUP_KEY, GROUPS["$defs"]["key"]),
        (forms.LINEAGE, STATE["properties"]["lineage"]),
        (forms.GROUP_ID, RECORD["phone"]),
        (forms.PARTICIPANT, RECORD["phonesNotAdded"]["items"]),
        (forms.INVITATION_LINK, RECORD["invitationLink"]),
    ],
)
def test_a_form_is_the_schemas(form: re.Pattern[str], rule: Mapping[str, object]) -> None:
    most = f"(?=.{{1,{rule['maxLength']}}}\\Z)" if "maxLength" in rule else ""
    assert f"^{form.pattern}$" == f"^{most}{str(rule['pattern']).removeprefix('^')}"


def test_the_bounds_are_the_schemas() -> None:
    assert RECORD["groupName"]["maxLength"] == forms.MAX_NAME
    assert STATE["properties"]["serial"]["maximum"] == forms.MAX_SERIAL
