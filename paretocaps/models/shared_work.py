"""Shares pieces of work out among the CPU threads of a training, each of which computes its pieces alone.

Where an operation is split among threads, they meet at its end. With many short operations in a row the
meetings take as long as the work if a thread that sleeps is woken late, as on a virtual machine or beside
another program. Threads with pieces of their own meet once, and one that is held up leaves pieces to others.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from typing import TypeVar

import torch

from paretocaps.models.watched_operations import is_watched

_PIECES = 2  # per thread, with fewer of which threads wait for the last piece
_Piece = TypeVar("_Piece")


def share_out(work: Callable[[_Piece], None], pieces: Sequence[_Piece]) -> None:
    """Call `work` for each piece, on all threads that operations may use here, without gradients.

    Each piece is computed by one thread, so that its values do not depend on how many there are. Where there
    are too few pieces, they follow each other and their operations are split among the threads instead, as
    they do where operations are counted or recorded, which sees those of this thread only.

    Args:
        work: is called on several threads at once; it computes by the tuning in force here.
        pieces: the largest first.
    """
    threads = torch.get_num_threads()
    if threads == 1 or threads * _PIECES > len(pieces) or is_watched():
        for piece in pieces:
            work(piece)
        return
    left, turn = deque(pieces), threading.Lock()

    def take() -> None:
        with torch.no_grad():
            while True:
                with turn:
                    if not left:
                        return
                    piece = left.popleft()
                try:
                    work(piece)
                except BaseException:
                    with turn:
                        left.clear()
                    raise

    helpers = _helpers(threads - 1)
    with _alone(threads):
        asked: list[Future[None]] = [helpers.submit(copy_context().run, take) for _ in range(threads - 1)]
        try:
            take()
        finally:
            errors = [future.exception() for future in asked]
    for error in errors:
        if error is not None:
            raise error


@contextmanager
def _alone(threads: int) -> Iterator[None]:
    """Let this thread compute operations alone inside a `with` block, and on so many threads after it."""
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@cache
def _helpers(threads: int) -> ThreadPoolExecutor:
    """Return so many threads, each of which computes operations alone."""
    return ThreadPoolExecutor(threads, "shared work", lambda: torch.set_num_threads(1))
