"""A phase: consecutive epochs at one batch size."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Consecutive epochs that are trained at one batch size.

    Attributes:
        first_epoch: number of its first epoch, counted from 1 over the whole training.
        epochs: how many epochs it has.
        batch_size: images a forward pass; of an optimiser step, too, where nothing is accumulated.
        steps_per_epoch: optimiser steps of each of its epochs.
        first_step: its first optimiser step, counted from 0 over the whole training.
    """

    first_epoch: int
    epochs: int
    batch_size: int
    steps_per_epoch: int
    first_step: int

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole phase."""
        return self.epochs * self.steps_per_epoch

    @property
    def end_step(self) -> int:
        """The step after its last one: the first of the next phase, where there is one."""
        return self.first_step + self.steps


def lay_out(
    starts: Sequence[tuple[int, int]], images: int, epochs: int, accumulate: int = 1
) -> tuple[Phase, ...]:
    """Return the phases of a training of `epochs` epochs over `images` images.

    Args:
        starts: (first epoch, batch size) of each phase, in order, the first at epoch 1. Epoch
            numbers are absolute, so that a shorter training truncates the schedule: the phase in
            which it ends has fewer epochs, and those that would start later are left out.
        images: training images, 1 or more; an epoch has ceil(images / (batch size x accumulate)) steps.
        epochs: epochs to train, 1 or more.
        accumulate: batches an optimiser step.
    """
    phases: list[Phase] = []
    begun = [start for start in starts if start[0] <= epochs]
    for (first_epoch, batch_size), (next_epoch, _) in pairwise([*begun, (epochs + 1, 0)]):
        phases.append(
            Phase(
                first_epoch=first_epoch,
                epochs=next_epoch - first_epoch,
                batch_size=batch_size,
                steps_per_epoch=-(-images // (batch_size * accumulate)),
                first_step=phases[-1].end_step if phases else 0,
            )
        )
    return tuple(phases)
