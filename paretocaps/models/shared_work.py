"""Shares pieces of work out among threads, each of which computes its pieces alone.

Where an operation is split among threads, they meet at its end. With many short operations in a row the
meetings take as long as the work if a thread that sleeps is woken late, as on a virtual machine or beside
another program. Threads with pieces of their own meet once, and one that is held up leaves pieces to others.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from functools import cache, partial
from queue import Empty, SimpleQueue
from typing import TypeVar

import torch

from paretocaps.models.watched_operations import is_watched

_PIECES = 2  # per thread, with fewer of which threads wait for the last piece
_MOMENT = 0.1  # s between two looks at who has ended
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
    """Let so many helpers call `work`, and wait for them; return whether there are any."""
    tasks = _helpers(threads)
    if tasks is None:
        return False
    left, inference, asked = deque(pieces), torch.is_inference_mode_enabled(), 0
    ended, bell = list[BaseException | None](), SimpleQueue[None]()

    def take() -> None:
        error: BaseException | None = None
        try:
            with torch.inference_mode() if inference else torch.no_grad():
                while left:
                    try:
                        piece = left.popleft()
                    except IndexError:  # another one was first
                        break
                    work(piece)
        except BaseException as raised:
            error = raised
            left.clear()
        ended.append(error)
        bell.put(None)

    def wait() -> None:
        while len(ended) < asked:  # by what cannot be lost, whenever a signal comes
            with suppress(Empty):
                bell.get(timeout=_MOMENT)

    try:
        for _ in range(threads):
            tasks.put(partial(copy_context().run, take))
            asked += 1
        wait()
    finally:  # after a signal, nobody begins another piece
        left.clear()
        wait()
    for one in ended:
        if one is not None:
            raise one
    return True


@cache
def _helpers(threads: int) -> "SimpleQueue[Callable[[], None]] | None":
    """Return the queue of so many threads, each of which computes operations alone; None without them."""
    tasks, ready = SimpleQueue[Callable[[], None]](), SimpleQueue[None]()
    try:
        for _ in range(threads):
            threading.Thread(target=_help, args=(tasks, ready), name="shared work", daemon=True).start()
        for _ in range(threads):
            ready.get()
    except RuntimeError:  # the machine has no more threads, or the interpreter ends
        return None
    finally:
        torch.set_num_threads(threads)  # threads that begin later take what was set last
    return tasks


def _help(tasks: "SimpleQueue[Callable[[], None]]", ready: "SimpleQueue[None]") -> None:
    torch.get_num_threads()  # a thread is told the process's number when it first asks
    torch.set_num_threads(1)
    ready.put(None)
    while True:
        tasks.get()()


os.register_at_fork(after_in_child=_helpers.cache_clear)
