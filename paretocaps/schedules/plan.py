"""The plan of a training: the batch size and learning rate of every optimiser step, computed beforehand.

WarmAdaBatch (X-TrainCaps and FasTrCaps, Algorithm 5) needs no code of its own: it is the learning-rate policy
`warm_restarts` with `cycle="phase"` and the batch schedule `adabatch`.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.schedules.batch_size.schedules import BATCH_SCHEDULES
from paretocaps.schedules.learning_rate.lr_policy import Moment
from paretocaps.schedules.learning_rate.policies import LEARNING_RATE_POLICIES
from paretocaps.schedules.phase import Phase

__all__ = ["Phase", "PlanRow", "TrainingPlan", "build_plan"]


@dataclass(frozen=True)
class PlanRow:
    """One epoch of a plan, with the learning rates of its first and its last step."""

    epoch: int
    batch_size: int
    steps: int
    lr_first: float
    lr_last: float


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """The batch size and learning rate of a whole training: a frozen value and pure functions of it.

    Attributes:
        choices: the choices that it follows from.
        images: training images per epoch.
        epochs: the number of epochs, which are numbered from 1.
        phases: the phases, in order and without gaps.
    """

    choices: Choices
    images: int
    epochs: int
    phases: tuple[Phase, ...]

    @property
    def total_steps(self) -> int:
        """The number of optimiser steps of the whole training, which are numbered from 0."""
        return self.phases[-1].end_step

    def phase(self, epoch: int) -> Phase:
        """Return the phase that `epoch` (from 1) belongs to.

        Raises:
            UsageError: the plan has no such epoch.
        """
        if not 1 <= epoch <= self.epochs:
            raise UsageError(f"epoch {epoch} is not in the plan: its epochs are 1 to {self.epochs}")
        return self.phases[bisect_right(self.phases, epoch, key=lambda phase: phase.first_epoch) - 1]

    def batch_size(self, epoch: int) -> int:
        """Return the images per forward pass in `epoch` (from 1); a step takes `accumulate` passes.

        Raises:
            UsageError: the plan has no such epoch.
        """
        return self.phase(epoch).batch_size

    def steps_of(self, batch_size: int) -> int:
        """Return the number of optimiser steps whose forward passes have `batch_size` images."""
        return sum(phase.steps for phase in self.phases if phase.batch_size == batch_size)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of the optimiser step `step` (from 0).

        Raises:
            UsageError: the plan has no such step.
        """
        if not 0 <= step < self.total_steps:
            raise UsageError(f"step {step} is not in the plan: its steps are 0 to {self.total_steps - 1}")
        phase = self.phases[bisect_right(self.phases, step, key=lambda phase: phase.first_step) - 1]
        return LEARNING_RATE_POLICIES.get(self.choices.lr_policy)(self.choices, self._moment(phase, step))

    def learning_rates(self, epoch: int) -> list[float]:
        """Return the learning rates of all steps of `epoch` (from 1), in order.

        Raises:
            UsageError: the plan has no such epoch.
        """
        phase = self.phase(epoch)
        first = phase.first_step + (epoch - phase.first_epoch) * phase.steps_per_epoch
        policy = LEARNING_RATE_POLICIES.get(self.choices.lr_policy)
        return [
            policy(self.choices, self._moment(phase, step))
            for step in range(first, first + phase.steps_per_epoch)
        ]

    def rows(self) -> list[PlanRow]:
        """Return one row per epoch, as `paretocaps plan` prints them."""
        return [
            PlanRow(
                epoch=epoch,
                batch_size=phase.batch_size,
                steps=phase.steps_per_epoch,
                lr_first=self.learning_rate(first),
                lr_last=self.learning_rate(first + phase.steps_per_epoch - 1),
            )
            for epoch, phase, first in self._epochs()
        ]

    def signature(self) -> bytes:
        """Return a value that is equal for two plans exactly if all their batches and learning rates are.

        Batches count as they are taken from the images that there are. The rates are compared at the first
        two steps, the middle and the last step of every epoch: policies that agree there agree throughout.
        """
        policy = LEARNING_RATE_POLICIES.get(self.choices.lr_policy)
        batches, rates = array("q"), array("d")
        for phase in self.phases:
            step_images = min(phase.batch_size * self.choices.accumulate, self.images)
            batches.extend((step_images, min(phase.batch_size, step_images)) * phase.epochs)
            steps = phase.steps_per_epoch
            probed = sorted({0, min(1, steps - 1), steps // 2, steps - 1})
            for first in range(phase.first_step, phase.end_step, steps):
                rates.extend(policy(self.choices, self._moment(phase, first + step)) for step in probed)
        return sha256(batches.tobytes() + rates.tobytes()).digest()

    def epoch_starts(self) -> list[int]:
        """Return the first step of every epoch, in order."""
        return [first for _, _, first in self._epochs()]

    def _epochs(self) -> Iterator[tuple[int, Phase, int]]:
        """Yield the number, the phase and the first step of every epoch, in order."""
        for phase in self.phases:
            for n in range(phase.epochs):
                yield phase.first_epoch + n, phase, phase.first_step + n * phase.steps_per_epoch

    def _moment(self, phase: Phase, step: int) -> Moment:
        phase_step = step - phase.first_step
        epochs_before, epoch_step = divmod(phase_step, phase.steps_per_epoch)
        return Moment(
            step=step,
            total_steps=self.total_steps,
            epoch=phase.first_epoch + epochs_before,
            epoch_step=epoch_step,
            epoch_steps=phase.steps_per_epoch,
            phase_step=phase_step,
            phase_steps=phase.steps,
        )


def build_plan(choices: Choices, images: int, epochs: int, ranks: int = 1) -> TrainingPlan:
    """Return the plan of a training of `epochs` epochs over `images` images with `choices`.

    Epoch numbers are absolute: a shorter training truncates the batch schedule, and the cycles and the total
    number of steps are those of the phases that are trained. A batch size of the plan counts the images of
    all `ranks` together, which with `batch_per_rank` are `ranks` times those that the choices name.

    Raises:
        UsageError: there is less than one image or epoch.
    """
    if images < 1:
        raise UsageError(f"images={images} cannot be trained on: give 1 or more")
    if epochs < 1:
        raise UsageError(f"epochs={epochs} is too few to train: give 1 or more")
    each = ranks if choices.batch_per_rank else 1
    phases = tuple(
        replace(phase, batch_size=each * phase.batch_size)
        for phase in BATCH_SCHEDULES.get(choices.batch_schedule)(choices, -(-images // each), epochs)
    )
    return TrainingPlan(choices=choices, images=images, epochs=epochs, phases=phases)
