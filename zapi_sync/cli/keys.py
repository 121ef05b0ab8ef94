"""Groups by their keys, as the command line names them."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from zapi_sync.core.model import GroupKey
from zapi_sync.core.nearest import nearest
from zapi_sync.errors import Code, UsageError
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from zapi_sync.core.config import Config


def matching(
    patterns: Sequence[str], keys: Collection[GroupKey], *, whose: str, hint: str
) -> frozenset[GroupKey]:
    """Those of the keys that a pattern fits: * and ? and [] stand for what they do in a shell.

    Raises UsageError for a pattern that fits none of what they are the keys of (`whose`).
    """
    chosen: set[GroupKey] = set()
    for pattern in patterns:
        fitting = fnmatch.filter(keys, pattern)
        if not fitting:
            near = nearest(pattern, keys)
            did_you_mean = Text('; did you mean "{near}"?', near=near) if near else ""
            raise UsageError.of(
                Code.NO_SUCH_GROUP,
                Text(
                    '{whose} has no group "{pattern}"{did_you_mean}',
                    whose=whose,
                    pattern=pattern,
                    did_you_mean=did_you_mean,
                ),
                hint=hint,
            )
        chosen.update(map(GroupKey, fitting))
    return frozenset(chosen)


def targeted(config: Config, patterns: Sequence[str]) -> frozenset[GroupKey] | None:
    """The keys of the config that --target names, by themselves or by a glob; None where it was not given.

    Raises UsageError for a pattern that no key fits.
    """
    if not patterns:
        return None
    hint = Text("--target takes a key of the config, or a pattern of keys, as in 'launch-*'")
    return matching(patterns, [group.key for group in config.groups], whose=Text("the config"), hint=hint)
