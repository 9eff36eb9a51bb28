"""The tuning in force: the ways in which convolutions and matrix products are computed here and now."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Tensor

from paretocaps.domain.tuning import DEFAULT, ConvolutionShape, Form, Tuning


class Computed(NamedTuple):
    """A convolution that was computed.

    Attributes:
        shape: its shape.
        weight: its filters, [K, height, width, C].
        rectify: whether its negative outputs were set to zero.
        image_gradient: whether its images have a gradient.
    """

    shape: ConvolutionShape
    weight: Tensor
    rectify: bool
    image_gradient: bool


_IN_FORCE: ContextVar[Tuning] = ContextVar("tuning", default=DEFAULT)
_SEEN: ContextVar[list[Computed] | None] = ContextVar("convolutions", default=None)


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


def forms_in_force(shape: ConvolutionShape) -> tuple[Form, Form, Form] | None:
    """Return the forms by which the convolution of a shape is to be computed here and now.

    Returns:
        The forms of outputs, image gradient and filter gradient; None for the defaults.
    """
    found = tuning_in_force().forms(shape)
    return None if found is None else found.each


def note(convolution: Computed) -> None:
    """Add a convolution to the list that `convolutions_seen` yields, where there is one."""
    seen = _SEEN.get()
    if seen is not None:
        seen.append(convolution)


@contextmanager
def convolutions_seen() -> Iterator[list[Computed]]:
    """Yield a list, to which the convolutions that are computed inside the context are added."""
    seen: list[Computed] = []
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)
