"""Networks with their weights drawn."""

import math

import torch
from torch import nn

from paretocaps.models.architecture import Architecture
from paretocaps.models.capsnet import CapsNet


def build_network(architecture: Architecture, seed: int) -> CapsNet:
    """Return a network whose weights follow from `seed` alone; no global random state moves.

    Convolutions and linear layers are drawn as torch draws them: weights and biases uniform within
    1 / sqrt(fan-in). The matrices to the class capsules come from N(0, s), s = 1 / sqrt(I R), where I input
    capsules vote and R of them share a matrix, so that the sum of the votes starts about as long whatever
    their number; their bias starts at 0. The papers do not say. With the usual N(0, 0.1) a network with
    weight sharing starts at lengths of 0.3 to 0.6, which Adam at 1e-3 drives towards 1 for all classes:
    on MNIST at batch 16 it was between chance and 0.56 after 63 to 188 steps, with s at 0.76 after 125
    (without weight sharing 0.85 to 0.91, and 0.93).

    Args:
        architecture: what to build.
        seed: any integer that torch takes for one.

    Returns:
        A float32 network on the CPU, in training mode.
    """
    network = CapsNet(architecture)
    generator = torch.Generator().manual_seed(seed)
    linear = [] if network.decoder is None else list(network.decoder.layers)
    for layer in (network.conv1, network.primary, *linear):
        _draw(layer, generator)
    shared = architecture.capsules / architecture.matrices
    std = 1 / math.sqrt(architecture.capsules * shared)
    nn.init.normal_(network.class_capsules.weight, std=std, generator=generator)
    nn.init.zeros_(network.class_capsules.bias)
    return network


def _draw(layer: nn.Module, generator: torch.Generator) -> None:
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    bound = 1 / math.sqrt(weight[0].numel())
    nn.init.uniform_(weight, -bound, bound, generator=generator)
    nn.init.uniform_(bias, -bound, bound, generator=generator)
