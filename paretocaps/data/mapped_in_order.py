"""A parallel map over many items in a few threads, with results in order and bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from paretocaps.cores import processors

Item = TypeVar("Item")
Result = TypeVar("Result")
CHUNK = 16
"""Items per task: enough to hide the overhead of a task, and few enough to keep in memory."""
_AHEAD = 2  # tasks per thread that are running, or whose results have not been consumed


def mapped_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> Iterator[Result]:
    """Yield `function` of each item, in order, computed in `threads` threads (by default one per core, up to
    8).

    Only a few chunks of items and results are in memory at a time. The first exception ends the iteration,
    and waiting chunks are not started.
    """
    count = threads or min(8, processors())

    def all_of(chunk: list[Item]) -> list[Result]:
        return [function(item) for item in chunk]

    source = iter(items)
    pool = ThreadPoolExecutor(count)
    waiting: deque[Future[list[Result]]] = deque()
    try:
        while True:
            while len(waiting) < _AHEAD * count and (chunk := list(islice(source, CHUNK))):
                waiting.append(pool.submit(all_of, chunk))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
