"""The gettext catalogues that are packaged (zapi_sync/locale), compiled when the package is built."""

from __future__ import annotations

import gettext
from pathlib import Path

DOMAIN = "zapi_sync"
FOLDER = str(Path(__file__).parents[1] / "locale")


def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language, by its gettext name; one of nothing where it was not compiled."""
    return gettext.translation(DOMAIN, FOLDER, [language], fallback=True)
