"""What -v and -vv tell. Where nobody asked for it, not even logging is imported."""

from __future__ import annotations

import sys


def listen(verbosity: int) -> None:
    """Our own log lines to stderr at -v and -vv. Those of httpx, which hold URLs, are never on."""
    if not verbosity and "logging" not in sys.modules:
        return
    import logging

    from zapi_sync.render.safe import printable

    class OneLine(logging.Formatter):
        """A log line, whatever is in it: paths and keys come from outside."""

        def format(self, record: logging.LogRecord) -> str:
            return printable(super().format(record))

    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(levelname)s %(message)s"))
    log = logging.getLogger("zapi_sync")
    log.handlers = [handler]
    log.propagate = False
    log.setLevel({0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))


def info(message: str) -> None:
    """A line for -v."""
    if "logging" in sys.modules:
        import logging

        logging.getLogger("zapi_sync").info("%s", message)
