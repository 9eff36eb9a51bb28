"""Networks with their weights drawn."""

import math

import torch
from torch import nn

from paretocaps.models.architecture import Architecture
from paretocaps.models.capsnet import CapsNet
from paretocaps.models.class_capsules import WEIGHT_STD


def build_network(architecture: Architecture, seed: int, *, full_gradient: bool = False) -> CapsNet:
    """Return a network whose weights follow from `seed` alone; no global random state moves.

    Convolutions and linear layers are drawn as torch draws them: weights and biases uniform within
    1 / sqrt(fan-in). The matrices to the class capsules come from N(0, 0.1), with which learning starts at
    once (with N(0, 0.01) votes and their gradients are ten times smaller); their bias starts at 0.

    Args:
        architecture: what to build.
        seed: any integer that torch takes for one.
        full_gradient: differentiate all routing iterations, see `routing.route`.

    Returns:
        A float32 network on the CPU, in training mode.
    """
    network = CapsNet(architecture, full_gradient=full_gradient)
    generator = torch.Generator().manual_seed(seed)
    linear = [] if network.decoder is None else list(network.decoder.layers)
    for layer in (network.conv1, network.primary, *linear):
        _draw(layer, generator)
    nn.init.normal_(network.class_capsules.weight, std=WEIGHT_STD, generator=generator)
    nn.init.zeros_(network.class_capsules.bias)
    return network


def _draw(layer: nn.Module, generator: torch.Generator) -> None:
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    bound = 1 / math.sqrt(weight[0].numel())
    nn.init.uniform_(weight, -bound, bound, generator=generator)
    nn.init.uniform_(bias, -bound, bound, generator=generator)
