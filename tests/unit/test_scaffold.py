"""What an existing .gitignore lacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core.scaffold import additions

from .drawn import QUICK

WANTED = "# why\n*.lock\n.env\n"


@pytest.mark.parametrize(
    ("existing", "appended"),
    [
        ("", "# zapi-sync\n*.lock\n.env\n"),
        ("node_modules\n", "# zapi-sync\n*.lock\n.env\n"),
        (".env", "\n# zapi-sync\n*.lock\n"),
        ("  .env  \n*.lock\n", ""),
        ("#.env\r\n*.lock\r\n", "# zapi-sync\n.env\n"),
    ],
)
def test_what_is_lacking_is_appended_as_lines_of_its_own(existing: str, appended: str) -> None:
    assert additions(existing, WANTED) == appended


@QUICK
@given(st.text(st.sampled_from(".env*lock# \n\r"), max_size=30))
def test_afterwards_nothing_is_lacking(existing: str) -> None:
    whole = existing + additions(existing, WANTED)
    assert {"*.lock", ".env"} <= {line.strip() for line in whole.splitlines()}
    assert additions(whole, WANTED) == ""
