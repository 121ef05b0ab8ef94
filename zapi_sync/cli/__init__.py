"""The command line: options -> wiring -> echo -> exit code. Alone prints, alone exits."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from zapi_sync.cli.short_way import short_way
from zapi_sync.cli.streams import guard_standard_streams, open_standard_streams
from zapi_sync.errors import ExitCode, ZapiSyncError
from zapi_sync.language import ENGLISH, _, chosen

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """The `zapi-sync` command."""
    open_standard_streams()
    guard_standard_streams()
    code = run(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # the kernel takes all memory back at once; Python would give back value by value


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns its exit code, whatever happens."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C, where no command says otherwise
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, signal.default_int_handler)
    try:
        language = chosen(arguments, os.environ)
        if language != ENGLISH:
            from zapi_sync.cli.speaking import speak_in

            speak_in(language)
        code = short_way(arguments)
        if code is None:
            from zapi_sync.cli.commands import by_click

            code = by_click(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print(_("interrupted"), file=sys.stderr)  # noqa: T201
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.ERROR
    except ZapiSyncError as error:  # of what has no console of its own, such as --help
        from zapi_sync.render.complaints import complaints
        from zapi_sync.render.paint import Paint

        print(complaints(error.diagnostics, Paint(False)), file=sys.stderr)  # noqa: T201
        return error.exit_code
    except Exception as error:  # noqa: BLE001  the door: a bug of ours must not spill secrets in a traceback
        print(_("zapi-sync: internal error: {whereabouts}", whereabouts=_whereabouts(error)), file=sys.stderr)  # noqa: T201
        hint = _("this is a bug in zapi-sync; report this line and what you ran")
        print("  " + _("hint:"), hint, file=sys.stderr)  # noqa: T201
        return ExitCode.ERROR


def _whereabouts(error: BaseException) -> str:
    """The error's type and the line of ours that it came from; its text may hold what must not be shown."""
    places = []
    traceback = error.__traceback__
    while traceback:
        folders, _sep, file = traceback.tb_frame.f_code.co_filename.rpartition(os.sep)
        if "zapi_sync" in folders.split(os.sep):
            places.append(f"{file}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    kind, place = type(error).__name__, places[-1] if places else _("an unknown place")
    return _("{kind} at {place}", kind=kind, place=place)
