"""The optimisers by name; each reads its learning rate from a tensor."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from paretocaps.domain.choices import Choices
from paretocaps.registry import Registry, resolve


class BuildOptimizer(Protocol):
    """Makes an optimiser of parameters.

    Each of its steps uses the learning rate that `rate` holds at that time. State with one value per weight
    must have its parameter's shape, so that pruning can cut it (`models.pruning.prune`).
    """

    def __call__(
        self, parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor
    ) -> torch.optim.Optimizer:
        """Return an optimiser of `parameters`, which are on the device of `rate`."""
        ...


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimiser that the choice `optimizer` can name.

    Args:
        build: its `BuildOptimizer`, as "module:attribute".
        captures: whether its step can be part of a CUDA graph, that is reads nothing from the device.
    """

    build: str
    captures: bool = True


OPTIMIZERS: Registry[OptimizerEntry] = Registry(
    "optimizer",
    {
        "adam": OptimizerEntry("paretocaps.training.optimizers.adam:build"),
        "adamw": OptimizerEntry("paretocaps.training.optimizers.adamw:build"),
        "ranger21": OptimizerEntry("paretocaps.training.optimizers.ranger21:build", captures=False),
    },
)


def rate_tensor(device: torch.device) -> Tensor:
    """Return the scalar from which an optimiser on `device` reads its learning rate; the caller fills it.

    A schedule changes only its value, so a captured step stays valid. On a CPU it has the precision of a
    Python number; CUDA's fused Adam requires float32.
    """
    return torch.zeros((), dtype=torch.float64 if device.type == "cpu" else torch.float32, device=device)


def build_optimizer(
    parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor
) -> torch.optim.Optimizer:
    """Return the optimiser that `choices` name.

    Args:
        parameters: the parameters to train, on the device of `rate`.
        choices: optimizer, betas and weight decay are read from them.
        rate: see `rate_tensor`.

    Raises:
        UnknownNameError: there is no such optimizer.
    """
    build: BuildOptimizer = resolve(OPTIMIZERS.get(choices.optimizer).build)
    return build(parameters, choices, rate)
