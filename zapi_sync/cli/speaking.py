"""A process that speaks another language than English: our catalogue, and click's words from the same one."""

from __future__ import annotations

import gettext
import os

from zapi_sync.edge.catalogue import DOMAIN, FOLDER, catalogue
from zapi_sync.language import speak


def speak_in(language: str) -> None:
    """From now on, this process speaks that language, and click does, which asks gettext's own functions."""
    speak(catalogue(language), language)
    gettext.bindtextdomain(DOMAIN, FOLDER)
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language  # where those functions look
