"""Work on many files in a few threads, its results in order, and in bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
CHUNK = 16
"""Items a task: enough to hide what handing one over costs, few enough to be held in memory."""
_AHEAD = 2  # tasks a thread that are under way or wait to be taken


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def mapped_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> Iterator[Result]:
    """Return `function` of each item, in their order, computed in `threads` threads (one a core, 8 at most).

    Only a few chunks of items and results are held at a time. The first exception ends it; what waits is
    not begun.
    """
    count = threads or min(8, cores())

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
