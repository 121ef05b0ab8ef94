"""The versions that matter when something is odd; read only when they are asked for."""

from __future__ import annotations

import os
import sys

from zapi_sync import __version__
from zapi_sync.errors import ExitCode
from zapi_sync.language import _

_METADATA = (".dist-info", ".egg-info")


def tell_versions() -> int:
    """`zapi-sync --version`"""
    sys.stdout.write("\n".join([*versions(), ""]))
    return ExitCode.DONE


def versions() -> list[str]:
    """zapi-sync's own comes first, in a line of its own, for ever."""
    return [
        _("zapi-sync {version__}", version__=__version__),
        _("Python {split}", split=sys.version.split()[0]),
        *(
            _("{package} {version}", package=package, version=_version(package))
            for package in ("PyYAML", "jsonschema-rs", "httpx")
        ),
    ]


def _version(package: str) -> str:
    """What the name of its folder of metadata says (PyPA: recording installed projects); to import what reads
    all of that takes longer than all else that --version does."""
    beginning = f"{package.replace('-', '_')}-".lower()
    for folder in sys.path:
        for name in _names_in(folder):
            if name.lower().startswith(beginning) and name.endswith(_METADATA):
                return name[len(beginning) :].rpartition(".")[0]
    return _("is not installed")


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # of a folder that is none, or not for us
        return []
