"""The optimiser of a training, with its learning rate in a tensor."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from paretocaps.domain.choices import Choices


def rate_tensor(device: torch.device) -> Tensor:
    """Return the scalar that an optimiser on `device` reads its learning rate from, to be filled.

    A schedule changes its value only, so that a captured step is never captured again. On a CPU it has
    the precision of a Python number; CUDA's fused Adam wants float32.
    """
    return torch.zeros((), dtype=torch.float64 if device.type == "cpu" else torch.float32, device=device)


def build_optimizer(
    parameters: Iterable[nn.Parameter], choices: Choices, rate: Tensor
) -> torch.optim.Optimizer:
    """Return the optimiser that `choices` ask for: Adam, all parameters in one fused call.

    Args:
        parameters: on the device of `rate`.
        choices: weight decay is read from it.
        rate: see `rate_tensor`.
    """
    return torch.optim.Adam(
        parameters,
        lr=rate,
        weight_decay=choices.weight_decay,
        fused=True,
        capturable=rate.device.type == "cuda",
    )
