"""Optimisers by name, with their learning rate in a tensor."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from paretocaps.domain.choices import Choices
from paretocaps.registry import Registry, resolve


class BuildOptimizer(Protocol):
    """Makes an optimiser of parameters.

    Before each of its steps, the learning rate is what `rate` holds. All state with a value for each number
    of a parameter has the parameter's shape, so that pruning can cut it (`models.pruning.prune`).
    """

    def __call__(
        self, parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor
    ) -> torch.optim.Optimizer:
        """Return an optimiser of `parameters`, which are on the device of `rate`."""
        ...


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimiser as the choice `optimizer` names it.

    Args:
        build: where its `BuildOptimizer` lives, as "module:attribute".
        captures: whether its step can be part of a CUDA graph: it reads nothing from the device.
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
    """Return the scalar that an optimiser on `device` reads its learning rate from, to be filled.

    A schedule changes its value only, so that a captured step is never captured again. On a CPU it has
    the precision of a Python number; CUDA's fused Adam wants float32.
    """
    return torch.zeros((), dtype=torch.float64 if device.type == "cpu" else torch.float32, device=device)


def build_optimizer(
    parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor
) -> torch.optim.Optimizer:
    """Return the optimiser that `choices` ask for.

    Args:
        parameters: on the device of `rate`.
        choices: optimizer, betas and weight decay are read from them.
        rate: see `rate_tensor`.

    Raises:
        UnknownNameError: no such optimizer.
    """
    build: BuildOptimizer = resolve(OPTIMIZERS.get(choices.optimizer).build)
    return build(parameters, choices, rate)
