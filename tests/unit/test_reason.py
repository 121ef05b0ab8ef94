"""Why the system does not do what it was asked for, in words that can be told in another language."""

from __future__ import annotations

import errno
import os

import pytest

from zapi_sync.errors import reason
from zapi_sync.language import Text

OURS = Text("it was replaced")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EACCES, os.strerror(errno.EACCES)), "permission denied"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "no space left on device"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "read-only file system"),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "Name"), "no such file or directory"),
        (ValueError("embedded null byte"), "embedded null byte"),
        (OSError(errno.ESTALE, OURS), OURS),
    ],
)
def test_what_is_known_beforehand_can_be_told_in_another_language(error: OSError, said: str) -> None:
    assert reason(error) == said
    assert isinstance(reason(error), Text)


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(1, "Odd Thing"), "odd thing"), (OSError("Odd"), "odd"), (OSError(), "oserror")],
)
def test_all_else_is_as_the_system_says_it(error: OSError, said: str) -> None:
    assert reason(error) == said
