"""Refuses trainings for which a device has too little memory, before anything is built."""

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from paretocaps.domain.choices import Choices
from paretocaps.domain.wording import bytes_text
from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.complexity import parameters
from paretocaps.models.pruning.target import pruned_by
from paretocaps.models.starting import starting_architecture
from paretocaps.models.training_memory import training_bytes
from paretocaps.schedules.plan import build_plan
from paretocaps.schedules.pruning_start import warmup_epochs
from paretocaps.training.memory import free_bytes
from paretocaps.training.precision import resolve_precision

_SIDES = (128, 96, 64, 48, 32)  # pixels


@dataclass(frozen=True)
class Demand:
    """A training whose memory is estimated.

    Attributes:
        choices: its choices.
        shape: channels, height and width of an image.
        labels: how many labels there are.
        images: training images per epoch.
        epochs: how many epochs are trained.
        ranks: how many processes train together.
        pairs: whether labels are pairs of classes.
    """

    choices: Choices
    shape: tuple[int, int, int]
    labels: int
    images: int
    epochs: int
    ranks: int = 1
    pairs: bool = False

    def batch(self, **changed: Any) -> int:
        """Return the most images of a forward pass, on all ranks together, with some choices `changed`."""
        plan = build_plan(self._choices(changed), self.images, self.epochs, self.ranks)
        return min(self.images, max(phase.batch_size for phase in plan.phases))

    def network(self, **changed: Any) -> Architecture:
        """Return the network of the first step, with some choices `changed`."""
        channels, height, width = self.shape
        choices = self._choices(changed)
        shape = architecture(choices, height, width, channels, self.labels, pairs=self.pairs)
        whole = starting_architecture(shape, choices)
        if warmup_epochs(choices, self.epochs) != 0:
            return whole
        return pruned_by(whole, choices)

    def bytes(self, device: torch.device, **changed: Any) -> int:
        """Return about how many bytes the training needs on `device`, with some choices `changed`.

        On a CPU, all ranks need memory of the same machine.
        """
        share = -(-self.batch(**changed) // self.ranks)
        dtype = resolve_precision(self.choices.precision, device)
        one = training_bytes(
            self.network(**changed),
            share,
            itemsize=dtype.itemsize,
            frozen=self.choices.frozen,
            optimizer=self.choices.optimizer,
        )
        return one * (self.ranks if device.type == "cpu" else 1)

    def _choices(self, changed: Mapping[str, Any]) -> Choices:
        return self.choices.model_copy(update=dict(changed))


def check_room(demand: Demand, device: torch.device) -> str:
    """Return a line on the memory that a training needs and that is free on `device`.

    Raises:
        UsageError: it needs more than is free; the message has the change of its choices with which it fits.
    """
    needed, free = demand.bytes(device), free_bytes(device)
    if needed > free:
        gc.collect()  # an earlier training of this process may be held by nothing but its own cycles
        free = free_bytes(device)
    if needed <= free:
        return f"the training needs about {bytes_text(needed)} of memory, of {bytes_text(free)} free"
    size = f"{parameters(demand.network()):,} parameters, batches of {demand.batch()}"
    raise UsageError(
        f"the training needs about {bytes_text(needed)} of memory ({size}), but {bytes_text(free)} are free"
        f" on {device}: {_remedy(demand, device, free)}"
    )


def _remedy(demand: Demand, device: torch.device, free: int) -> str:
    for changed in _smaller(demand):
        try:
            needed = demand.bytes(device, **changed)
        except UsageError:  # such as images too small for the family
            continue
        if needed <= free:
            said = " and ".join(f"{name}={value}" for name, value in changed.items())
            return f"set {said} (about {bytes_text(needed)})"
    return "set a smaller image_size and batch_size, or take a machine with more memory"


def _smaller(demand: Demand) -> Iterator[Mapping[str, Any]]:
    """Yield changes of the choices that need less memory, the least change first."""
    side = min(demand.network().input_size)
    sizes = [{"image_size": one} for one in _SIDES if one < side]
    undrawn = [{"decoder": "none"}] if _draws(demand.choices) else []
    yield from sizes
    yield from undrawn
    yield from ({**size, **without} for size in sizes for without in undrawn)
    batch = demand.choices.batch_size // 2 if demand.choices.batch_schedule == "constant" else 0
    while batch:
        yield {**(undrawn[0] if undrawn else {}), "batch_size": batch}
        batch //= 2


def _draws(choices: Choices) -> bool:
    return choices.is_active("decoder") and choices.decoder != "none"
