"""The lanes of an apply, one an instance, side by side: each at its own pace, all told in one stream."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from zapi_sync.core.progress import Progress


def side_by_side(lanes: Sequence[Iterator[Progress]], stop: Callable[[], None]) -> Iterator[Progress]:
    """What happens in all lanes, as it happens, told to the thread that asks.

    A lane that fails calls `stop`, upon which the others are expected to end of themselves; when they have,
    the first failure is raised. So it is where whoever listens does not go on.
    """
    if not lanes:
        return
    happened: SimpleQueue[Progress | Future[None]] = SimpleQueue()

    def run(lane: Iterator[Progress]) -> None:
        for each in lane:
            happened.put(each)

    failures = []
    under_way = len(lanes)
    with ThreadPoolExecutor(len(lanes), thread_name_prefix="lane") as threads:
        try:
            for lane in lanes:
                threads.submit(run, lane).add_done_callback(happened.put)
            while under_way:
                each = happened.get()
                if not isinstance(each, Future):
                    yield each
                    continue
                under_way -= 1
                if failure := each.exception():
                    failures.append(failure)
                    stop()
        finally:
            if under_way:
                stop()
    if failures:
        raise failures[0]
