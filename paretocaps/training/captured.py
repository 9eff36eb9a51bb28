"""Whole optimiser steps as a CUDA graph: forward, backward, optimiser and schedule in one launch."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import torch

from paretocaps.data.device_loader import Batch
from paretocaps.errors import first_line
from paretocaps.training.optimizer import OPTIMIZERS
from paretocaps.training.ranks import Ranks
from paretocaps.training.step import TrainingStep
from paretocaps.training.stopwatch import Stopwatch

STEPS_A_LAP = 32
"""Steps between two synchronisations: few enough that the spread of step times shows."""


class BlockSteps:
    """Steps over a block of batches: each finds its batch and its learning rate by a counter on the device.

    So every step is the same work, without arguments and without results: a CUDA graph can replay it from
    the first batch of a block to the last.

    Args:
        step: takes the steps.
        image_shape: channels, height and width.
        batch_size: images per optimiser step, over all its passes.
        steps: the most whole batches that a block has.

    Attributes:
        loss: sum of the losses of the block's images so far, a scalar on the device.
    """

    def __init__(
        self, step: TrainingStep, image_shape: tuple[int, int, int], batch_size: int, steps: int
    ) -> None:
        channels, height, width = image_shape
        device = step.rate.device
        self.step = step
        # channels last in memory, as the loader's batches are
        self._images = torch.zeros(steps, batch_size, height, width, channels, device=device)
        self._labels = torch.zeros(steps, batch_size, dtype=torch.int64, device=device)
        self._rates = torch.zeros(steps, dtype=step.rate.dtype, device=device)
        self._next = torch.zeros(1, dtype=torch.int64, device=device)
        self.loss = torch.zeros((), device=device)

    def load(self, block: Batch, rates: Sequence[float]) -> int:
        """Load a block and its learning rates, one per batch; return how many whole batches it has."""
        images, labels = block
        size = self._labels.shape[1]
        steps = len(labels) // size
        shown = images[: steps * size].permute(0, 2, 3, 1)
        self._images[:steps].copy_(shown.reshape(steps, *self._images.shape[1:]))
        self._labels[:steps].copy_(labels[: steps * size].view(steps, size))
        self._rates[:steps].copy_(torch.tensor(rates[:steps], dtype=self._rates.dtype))
        self._next.zero_()
        self.loss.zero_()
        return steps

    def take(self) -> None:
        """Take the next step of the block."""
        images = self._images.index_select(0, self._next).squeeze(0).permute(0, 3, 1, 2)
        labels = self._labels.index_select(0, self._next).squeeze(0)
        self.step.rate.copy_(self._rates.index_select(0, self._next).squeeze(0))
        self.loss += self.step.take(images, labels) * len(labels)
        self._next += 1


class CapturedSteps:
    """The steps of one batch size as a CUDA graph, replayed block by block.

    The optimiser must have taken a step before, so that its state exists; capturing executes nothing. The
    learning rate is a number on the device, so the graph stays the same when it changes.

    Args:
        steps: the steps to capture.

    Raises:
        RuntimeError, AssertionError: there is no CUDA, or something in the step cannot be captured.
    """

    def __init__(self, steps: BlockSteps) -> None:
        self._steps = steps
        self._graph = torch.cuda.CUDAGraph()
        steps.step.optimizer.zero_grad(set_to_none=True)
        before = torch.cuda.current_stream()
        try:
            with torch.cuda.graph(self._graph):
                steps.take()
        except BaseException:
            torch.cuda.set_stream(before)  # a capture that cannot end leaves its own stream behind
            raise

    def take(self) -> None:
        """Take the next step of the block that is loaded."""
        self._graph.replay()

    def replay(
        self,
        block: Batch,
        rates: Sequence[float],
        stopwatch: Stopwatch,
        epoch: int,
        on_steps: Callable[[int, int], None] = lambda epoch, steps: None,
    ) -> tuple[int, torch.Tensor]:
        """Take the steps of a block's whole batches; return their number and their images' summed losses.

        `on_steps` is called with the epoch and the number of steps after some of them are taken.
        """
        taken = self._steps.load(block, rates)
        for start in range(0, taken, STEPS_A_LAP):
            steps = min(STEPS_A_LAP, taken - start)
            with stopwatch.lap(epoch, steps, typical=steps == STEPS_A_LAP or taken < STEPS_A_LAP):
                for _ in range(steps):
                    self.take()
            on_steps(epoch, steps)
        return taken, self._steps.loss.clone()


@lru_cache
def _stream_beside(device: torch.device) -> torch.cuda.Stream:
    """Return one stream for the whole process: libraries keep a workspace per stream."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


@contextmanager
def side_stream(device: torch.device) -> Iterator[None]:
    """Work on a stream beside the main one, as torch requires for the steps before a capture."""
    side = _stream_beside(device)
    main = torch.cuda.current_stream(device)
    side.wait_stream(main)
    with torch.cuda.stream(side):
        yield
    main.wait_stream(side)


def hindrances(optimizer: str, scales: bool, ranks: Ranks) -> list[str]:
    """Return why the steps of a training cannot be captured.

    Args:
        optimizer: the name of its optimiser.
        scales: whether gradients are scaled, as in fp16.
        ranks: the processes that train together.
    """
    readers = [] if OPTIMIZERS.get(optimizer).captures else [str(optimizer)]
    readers += ["fp16"] if scales else []
    found = [f"{readers[0]} reads from the device"] if readers else []
    return found + (["several ranks took them"] if ranks.size > 1 else [])


def one_by_one(why: str) -> str:
    """Return the remark that steps were not captured, and why."""
    return f"steps were taken one by one, not as a CUDA graph: {why}"


def cause(error: BaseException) -> str:
    """Return the first error's first line: a capture that fails raises once more when it ends."""
    while error.__context__ is not None:
        error = error.__context__
    return first_line(error)
