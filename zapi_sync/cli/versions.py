"""The versions that matter when something is odd; read only when they are asked for."""

from __future__ import annotations

import os
import sys

from zapi_sync import __version__
from zapi_sync.errors import ExitCode
from zapi_sync.language import Text, told

_METADATA = (".dist-info", ".egg-info")


def tell_versions() -> int:
    """`zapi-sync --version`"""
    sys.stdout.write("\n".join([*map(told, versions()), ""]))
    return ExitCode.DONE


def versions() -> list[str]:
    """zapi-sync's own comes first, in a line of its own, for ever."""
    return [
        _with_version("zapi-sync", __version__),
        _with_version("Python", sys.version.split()[0]),
        *(_with_version(package, _version(package)) for package in ("PyYAML", "jsonschema-rs", "httpx")),
    ]


def _with_version(package: str, version: str | None) -> str:
    return f"{package} {version}" if version else Text("{package} is not installed", package=package)


def _version(package: str) -> str | None:
    """What the name of its folder of metadata says (PyPA: recording installed projects); to import what reads
    all of that takes longer than all else that --version does."""
    beginning = f"{package.replace('-', '_')}-".lower()
    for folder in sys.path:
        for name in _names_in(folder):
            if name.lower().startswith(beginning) and name.endswith(_METADATA):
                return name[len(beginning) :].rpartition(".")[0]
    return None


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # of a folder that is none, or not for us
        return []
