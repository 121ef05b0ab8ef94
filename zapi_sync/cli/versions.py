"""The versions that matter when something is odd; read only when they are asked for."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from zapi_sync import __version__


def versions() -> list[str]:
    """zapi-sync's own comes first, in a line of its own, for ever."""
    return [
        f"zapi-sync {__version__}",
        f"Python {platform.python_version()}",
        f"libyaml {_libyaml()}",
        *(f"{package} {_version(package)}" for package in ("jsonschema-rs", "httpx")),
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"


def _libyaml() -> str:
    import yaml

    if not yaml.__with_libyaml__:
        return f"is not there (PyYAML {yaml.__version__} alone, which is slower)"
    from yaml import _yaml

    return f"{_yaml.get_version_string()} (PyYAML {yaml.__version__})"
