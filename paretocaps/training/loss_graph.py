"""The loss of a batch, as it is computed step by step or as one graph of torch's compiler."""

import os
import shutil
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import cast

import torch
from torch import Tensor, nn

from paretocaps.models.losses import LossName, capsnet_loss
from paretocaps.models.network import Network
from paretocaps.models.tuned import forms_in_force
from paretocaps.training.precision import autocast

_MOST_COMPILED = 1000  # architectures and batch sizes in one process; by default torch stops at 8


def batch_loss(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    loss: LossName,
    spread: Tensor,
    dtype: torch.dtype,
    tuning: str = "",
) -> Tensor:
    """Return the training loss of a batch, the mean over its images, a scalar.

    It has no state, so that all networks of one architecture share compiled code.

    Args:
        network: a `Network`, or a module that wraps one as its `module`.
        images: [B, C, H, W].
        labels: [B].
        loss: as `Choices.loss`.
        spread: the spread loss's margin, a scalar.
        dtype: that of convolutions and matrix products.
        tuning: all of the tuning in force, as a text: code that was compiled for another one is not used.
    """
    bool(tuning)  # the compiler makes other code only for other values of what is read
    with autocast(images.device, dtype):
        output = network(images, labels)
    own = cast(Network, network if isinstance(network, Network) else network.module)
    return capsnet_loss(output, images, own.classes_of(labels), loss, spread)


@cache
def compiled_loss() -> Callable[..., Tensor]:
    """Return `batch_loss`, of which torch's compiler makes one graph in the first call for each shape."""
    torch.compiler.assume_constant_result(forms_in_force)  # type: ignore[no-untyped-call]
    torch._dynamo.config.recompile_limit = _MOST_COMPILED
    return torch.compile(batch_loss, fullgraph=True, dynamic=False)


def why_not_compiled() -> str:
    """Return what torch's compiler lacks here for code of a CUDA device; empty if it lacks nothing."""
    if find_spec("triton") is None:
        return "torch cannot compile here: triton is not installed"
    compilers = os.environ.get("CC", ""), "cc", "gcc", "clang"
    if not any(shutil.which(name) for name in compilers if name):
        return "torch cannot compile here: there is no C compiler"
    return ""
