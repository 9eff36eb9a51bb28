"""Shares pieces of work out among threads, each of which computes its pieces alone.

Where an operation is split among threads, they meet at its end. With many short operations in a row the
meetings take as long as the work if a thread that sleeps is woken late, as on a virtual machine or beside
another program. Threads with pieces of their own meet once, and one that is held up leaves pieces to others.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import copy_context
from functools import cache
from typing import TypeVar

import torch

from paretocaps.models.watched_operations import is_watched

_PIECES = 2  # per thread, with fewer of which threads wait for the last piece
_Piece = TypeVar("_Piece")


def share_out(work: Callable[[_Piece], None], pieces: Sequence[_Piece]) -> None:
    """Call `work` for each piece, on as many threads as operations may use here; it needs no gradients.

    Each piece is computed by one thread, so that its values do not depend on how many there are. Where there
    are too few pieces, they follow each other and their operations are split among the threads instead, as
    they do where operations are counted or recorded, which sees those of this thread only.

    Args:
        work: is called on several threads at once; it computes by the tuning in force here.
        pieces: the largest first.
    """
    threads = torch.get_num_threads()
    shared = threads > 1 and threads * _PIECES <= len(pieces) and not is_watched()
    if not (shared and _taken_by_helpers(work, pieces, threads)):
        for piece in pieces:
            work(piece)


def _taken_by_helpers(work: Callable[[_Piece], None], pieces: Sequence[_Piece], threads: int) -> bool:
    """Let so many helpers call `work`, and wait for them; return whether there were any."""
    left, asked, inference = deque(pieces), list[Future[None]](), torch.is_inference_mode_enabled()

    def take() -> None:
        with torch.inference_mode() if inference else torch.no_grad():
            while left:
                try:
                    piece = left.popleft()
                except IndexError:  # another one was first
                    return
                work(piece)

    try:
        with suppress(RuntimeError):  # the interpreter ends, and has no threads any more
            for _ in range(threads):
                asked.append(_helpers(threads).submit(copy_context().run, take))
        wait(asked, return_when=FIRST_EXCEPTION)
    finally:  # after an error, or a signal, nobody begins another piece
        left.clear()
        wait(asked)
    for one in asked:
        one.result()
    return bool(asked)


@cache
def _helpers(threads: int) -> ThreadPoolExecutor:
    """Return so many threads, each of which computes operations alone."""
    pool, met = ThreadPoolExecutor(threads, "shared work"), threading.Barrier(threads)
    try:
        wait([pool.submit(_compute_alone, met) for _ in range(threads)])
    finally:
        met.abort()
        torch.set_num_threads(threads)  # threads that begin later take what was set last
    return pool


def _compute_alone(met: threading.Barrier) -> None:
    torch.get_num_threads()  # a thread is told the process's number when it first asks
    torch.set_num_threads(1)
    met.wait()


os.register_at_fork(after_in_child=_helpers.cache_clear)
