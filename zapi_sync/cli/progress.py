"""What an apply says while it works: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol, Self

from zapi_sync.core.progress import Doubtful, Finished, Skipped, Started, Waiting
from zapi_sync.language import _
from zapi_sync.render import results
from zapi_sync.render.safe import printable
from zapi_sync.render.words import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from types import TracebackType

    from zapi_sync.cli.console import Console
    from zapi_sync.core.progress import Progress


def follow(
    progress: Iterable[Progress], total: int, console: Console, now: Callable[[], datetime]
) -> Iterator[Progress]:
    """Passes the progress on, and tells it to whoever watches."""
    done = 0
    with _bar(total, console) if sys.stderr.isatty() else _Lines(console) as display:
        for each in progress:
            match each:
                case Waiting(group, until):
                    wait = seconds((until - now()).total_seconds())
                    display.waiting(
                        _(
                            "next is {key}, in {time}: the pace between two creations",
                            key=group.key,
                            time=wait,
                        )
                    )
                case Started(group):
                    display.at_hand(group.key)
                case Doubtful(group, reason):
                    display.waiting(_("looking for {key}: {reason}", key=group.key, reason=printable(reason)))
                case Finished():
                    done += 1
                    display.done(f"[{done}/{total}] {results.finished(each, console.talk_paint)}")
                case Skipped():
                    done += 1
                    display.note(f"[{done}/{total}] {results.skipped(each)}")
            yield each


class _Display(Protocol):
    def waiting(self, what: str) -> None:
        """What is being waited for."""

    def at_hand(self, key: str) -> None:
        """Which group is being created."""

    def done(self, line: str) -> None:
        """One more group is through, with this to say about it."""

    def note(self, line: str) -> None:
        """Something to say that is no progress."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class _Lines:
    """For logs: a line for each wait, and one for each group that is through."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def waiting(self, what: str) -> None:
        self._console.talk(what)

    def at_hand(self, key: str) -> None:
        pass

    def done(self, line: str) -> None:
        self._console.talk(line)

    def note(self, line: str) -> None:
        self._console.talk(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _bar(total: int, console: Console) -> _Display:
    from zapi_sync.cli.progress_bar import ProgressBar

    return ProgressBar(total, color=console.talk_paint.on)
