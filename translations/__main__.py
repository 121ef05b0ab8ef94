"""`make messages`: bring the catalogues up to date, and say what has no translation yet."""

from __future__ import annotations

from translations import paths, update

for path in paths():
    catalogue = update(path)
    untold = [message for message in catalogue if message.id and not any(message.string or "")]
    print(f"{catalogue.locale}: {len(catalogue)} messages, {len(untold)} without a translation")  # noqa: T201
