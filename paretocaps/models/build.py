"""Networks with their weights drawn."""

import math
from typing import Literal

import torch
from torch import nn

from paretocaps.models.architecture import Architecture
from paretocaps.models.capsnet import CapsNet
from paretocaps.models.routings.routing import LayerShape

PAPER_STD = 0.01
"""Standard deviation of all capsule layers' weights in MoCapsNet (section 4.1)."""
DEEP_STD = 0.1


def build_network(architecture: Architecture, seed: int, init: Literal["auto", "paper"] = "auto") -> CapsNet:
    """Return a network whose weights follow from `seed` alone; no global random state moves.

    Convolutions and linear layers are drawn as torch draws them: weights and biases uniform within
    1 / sqrt(fan-in). Without blocks the matrices to the class capsules come from N(0, s), s = 1 / sqrt(I R),
    where I input capsules vote and R of them share a matrix, so that the sum of the votes starts about as long
    whatever their number; their bias starts at 0. The papers do not say. With the usual N(0, 0.1) a network
    with weight sharing starts at lengths of 0.3 to 0.6, which Adam at 1e-3 drives towards 1 for all classes:
    on MNIST at batch 16 it was between chance and 0.56 after 63 to 188 steps, with s at 0.76 after 125
    (without weight sharing 0.85 to 0.91, and 0.93).

    Args:
        architecture: what to build.
        seed: any integer that torch takes for one.
        init: "auto" as above; "paper" draws all capsule layers from N(0, 0.01), as MoCapsNet says it does.

    Returns:
        A float32 network on the CPU, in training mode.
    """
    network = CapsNet(architecture)
    generator = torch.Generator().manual_seed(seed)
    linear = [] if network.decoder is None else list(network.decoder.layers)
    for layer in (*network.stem, network.primary, *linear):
        _draw(layer, generator)
    for capsules in network.capsule_layers:
        capsules.draw(generator, PAPER_STD if init == "paper" else _std(architecture, capsules.shape))
    return network


def _std(a: Architecture, shape: LayerShape) -> float:
    if a.blocks:
        return DEEP_STD
    return 1 / math.sqrt(shape.inputs * (shape.inputs // shape.matrices))


def _draw(layer: nn.Module, generator: torch.Generator) -> None:
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    bound = 1 / math.sqrt(weight[0].numel())
    nn.init.uniform_(weight, -bound, bound, generator=generator)
    nn.init.uniform_(bias, -bound, bound, generator=generator)
