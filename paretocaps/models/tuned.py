"""The tuning in force: the ways in which convolutions and matrix products are computed here and now."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch

from paretocaps.domain.tuning import DEFAULT, Tuning

_IN_FORCE: ContextVar[Tuning] = ContextVar("tuning", default=DEFAULT)


def tuning_in_force() -> Tuning:
    """Return the tuning in force in this thread; where none was set, float32 products of torch's."""
    return _IN_FORCE.get()


@contextmanager
def using(tuning: Tuning) -> Iterator[None]:
    """Compute by `tuning` inside the context: its forms, its library of products and its threads.

    Its precision is not switched on here: that is autocast's, and for a forward pass only.
    """
    token, threads = _IN_FORCE.set(tuning), torch.get_num_threads()
    chosen = tuning.threads or threads
    if chosen != threads:
        torch.set_num_threads(chosen)
    try:
        yield
    finally:
        _IN_FORCE.reset(token)
        if chosen != threads:
            torch.set_num_threads(threads)
