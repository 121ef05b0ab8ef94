"""The bar that an apply shows on a terminal: the group at hand, how far, how fast, how long still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn
from rich.progress import TimeRemainingColumn as TimeLeftColumn
from rich.text import Text as Cell

from zapi_sync.language import _

if TYPE_CHECKING:
    from rich.progress import Task


class _RateColumn(ProgressColumn):
    """Groups a minute, once there is something to count."""

    def render(self, task: Task) -> Cell:
        speed = task.finished_speed or task.speed
        return Cell(f"{speed * 60:.1f}/min" if speed else "", style="dim")


class ProgressBar:
    """A rich progress bar on stderr; finished groups scroll past above it."""

    def __init__(self, total: int, *, color: bool) -> None:
        console = Console(stderr=True, markup=False, highlight=False, no_color=not color)
        self._progress = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
            _RateColumn(),
            TimeLeftColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=total)

    def waiting(self, what: str) -> None:
        self._progress.update(self._task, description=what)

    def at_hand(self, key: str) -> None:
        self._progress.update(self._task, description=_("creating {key}", key=key))

    def done(self, line: str) -> None:
        self.note(line)
        self._progress.advance(self._task)

    def note(self, line: str) -> None:
        self._progress.console.print(Cell.from_ansi(line), soft_wrap=True)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
