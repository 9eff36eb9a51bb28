"""A phase consists of consecutive epochs at one batch size."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Consecutive epochs that are trained at one batch size.

    Attributes:
        first_epoch: the number of its first epoch, counted from 1 over the whole training.
        epochs: the number of its epochs.
        batch_size: images per forward pass; an optimiser step may accumulate several passes.
        steps_per_epoch: optimiser steps per epoch.
        first_step: the number of its first optimiser step, counted from 0 over the whole training.
    """

    first_epoch: int
    epochs: int
    batch_size: int
    steps_per_epoch: int
    first_step: int

    @property
    def steps(self) -> int:
        """The number of optimiser steps of the whole phase."""
        return self.epochs * self.steps_per_epoch

    @property
    def end_step(self) -> int:
        """The number of the step after its last one, with which the next phase begins if there is one."""
        return self.first_step + self.steps


def lay_out(
    starts: Sequence[tuple[int, int]], images: int, epochs: int, accumulate: int = 1
) -> tuple[Phase, ...]:
    """Return the phases of a training of `epochs` epochs over `images` images.

    Args:
        starts: (first epoch, batch size) of each phase, in order, the first at epoch 1. Epoch numbers are
            absolute, so that a shorter training truncates the schedule: its last phase has fewer epochs, and
            phases that would start later are omitted.
        images: training images, 1 or more; an epoch has ceil(images / (batch size x accumulate)) steps.
        epochs: epochs to train, 1 or more.
        accumulate: forward passes per optimiser step.
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
