"""Initialises the weights of a network's layers.

Convolutions and linear layers are initialised as in torch: weights and biases are uniform within
1 / sqrt(fan-in).

Without blocks, the matrices to the class capsules come from N(0, s) with the standard deviation
s = 1 / sqrt(I R), where I input capsules vote and R of them share a matrix. So the sum of the votes starts
about equally long for any I and R. The bias starts at 0. The papers do not describe this. With the usual
N(0, 0.1) a network with weight sharing starts at lengths of 0.3 to 0.6, which Adam at 1e-3 drives towards 1
for all classes. On MNIST at batch 16, accuracy with weight sharing was between chance and 0.56 after 63 to
188 steps of N(0, 0.1), but 0.76 after 125 steps of N(0, s); without weight sharing it was 0.85 to 0.91
against 0.93.

With blocks, s = g O / sqrt(I R D): at g = 1 a sum of equally coupled votes starts as long as the capsules
that vote. g is 0.7 for the first layer, 0.25 for layers with a skip, 1.5 for those without, and 1 for the
class capsules. The paper's N(0, 0.01) stays at chance on MNIST and on digits. N(0, 0.1), which means
g = 0.3, 0.05 and 0.23 on MNIST, learns MNIST as fast as this rule, but not images with fewer primary
capsules: on digits with 32 of them, after 2 epochs at batch 16, two momentum blocks were at 0.78 with it and
at 0.92 to 0.94 with this rule, by which 20 blocks reached 0.91 to 0.93. A plain stack of one block learned at
g = 1.5 (0.67 after 3 epochs), but not at 0.25 or 3.

Deep trunks are initialised as in He et al. 2015 (see `trunks.layers.initialise_trunk`). The primary
convolution on them comes from N(0, 1 / fan-in) with bias 0, so that capsules start as long as the features
are large.
With the usual fan-out and torch's initialisation of the primary convolution, AlexCapsNet's primary capsules
start at a length of 0.01 and its class capsules at 1e-5. It then learned MNIST (0.958 to 0.961 after 5
epochs of 10,000 images at batch 32, against 0.957 to 0.961 with this rule), but stayed at chance on digits
for 2 epochs.

Layers of em routing start at the identity plus N(0, 0.1), see their `initialise`. Those with a skip are then
scaled by 0.1, since x + f(x) with f near the identity would double x at every layer. On digits, after 60
steps at batch 32, 8 residual blocks reached 0.83 with this scale and 0.09 without.
"""

import math

import torch
from torch import nn

from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.architecture import Architecture

_FIRST, _SKIPPED, _STACKED, _LAST = 0.7, 0.25, 1.5, 1.0


def initialise_uniform(layer: nn.Module, generator: torch.Generator) -> None:
    """Initialise a layer's weights, and a bias, as torch does: uniform within 1 / sqrt(fan-in)."""
    bound = 1 / math.sqrt(layer.get_parameter("weight")[0].numel())
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)


def initialise_normal(layer: nn.Module, generator: torch.Generator) -> None:
    """Initialise a layer's weights from N(0, 1 / fan-in), and its bias with 0."""
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    nn.init.normal_(weight, std=1 / math.sqrt(weight[0].numel()), generator=generator)
    nn.init.zeros_(bias)


def capsule_stds(a: Architecture, *, skips: bool) -> list[float]:
    """Return the standard deviations of the weights of all capsule layers (see the module's text).

    Args:
        a: the network's architecture.
        skips: whether the layers of its blocks have skips.
    """
    std = ROUTINGS.get(a.routing).std
    if std is not None:
        return [std] * len(a.layers)
    fan_in = [math.sqrt(shape.inputs * (shape.inputs // shape.matrices)) for shape in a.layers]
    if not a.blocks:
        return [1 / fan_in[0]]
    between = _SKIPPED if skips else _STACKED
    gains = [_FIRST, *[between] * (len(a.layers) - 2), _LAST]
    lengths = (shape.outputs / math.sqrt(shape.out_dim) for shape in a.layers)
    return [gain * length / fan for gain, length, fan in zip(gains, lengths, fan_in, strict=True)]
