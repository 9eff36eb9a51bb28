"""What the weights of a network's layers are drawn from.

Convolutions and linear layers are drawn as torch draws them: weights and biases uniform within
1 / sqrt(fan-in). Without blocks the matrices to the class capsules come from N(0, s), s = 1 / sqrt(I R),
where I input capsules vote and R of them share a matrix, so that the sum of the votes starts about as
long whatever their number; their bias starts at 0. The papers do not say. With the usual N(0, 0.1) a
network with weight sharing starts at lengths of 0.3 to 0.6, which Adam at 1e-3 drives towards 1 for all
classes: on MNIST at batch 16 it was between chance and 0.56 after 63 to 188 steps, with s at 0.76 after
125 (without weight sharing 0.85 to 0.91, and 0.93).

With blocks, s = g O / sqrt(I R D): at g = 1 a sum of equally coupled votes starts as long as the
capsules that vote. g is 0.7 for the first layer, 0.25 for layers with a skip, 1.5 for those without, and
1 for the class capsules. The paper's N(0, 0.01) stays at chance on MNIST and on digits. N(0, 0.1), which
is g = 0.3, 0.05 and 0.23 on MNIST, learns MNIST as fast as this, but not images with fewer primary
capsules: on digits with 32 of them two momentum blocks were at 0.78 after 2 epochs at batch 16, with this
at 0.92 to 0.94, and 20 blocks at 0.91 to 0.93. A plain stack learned with one block (0.67 after 3 epochs)
at g = 1.5, and not at 0.25 or 3.

Deep trunks are drawn as He et al. 2015 do (see `trunks.layers.draw_trunk`), and the primary convolution
on them from N(0, 1 / fan-in), its bias 0, so that capsules start as long as the features are large. By
the usual fan-out, and with torch's primary convolution, AlexCapsNet's start at a length of 0.01, and its
class capsules at 1e-5: it then learned MNIST (0.958 to 0.961 after 5 epochs of 10,000 images at batch
32; so 0.957 to 0.961), but stayed at chance on digits for 2 epochs.

Layers of em routing are drawn about the identity with N(0, 0.1), see their `draw`; those with a skip are
then made a tenth as large, since x + f(x) with f near the identity doubles x at every layer. On digits,
60 steps at batch 32, 8 residual blocks came to 0.83 so and to 0.09 without.
"""

import math

import torch
from torch import nn

from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.architecture import Architecture

_FIRST, _SKIPPED, _STACKED, _LAST = 0.7, 0.25, 1.5, 1.0


def draw_uniform(layer: nn.Module, generator: torch.Generator) -> None:
    """Draw a layer's weights and bias as torch draws them: uniform within 1 / sqrt(fan-in)."""
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    bound = 1 / math.sqrt(weight[0].numel())
    nn.init.uniform_(weight, -bound, bound, generator=generator)
    nn.init.uniform_(bias, -bound, bound, generator=generator)


def draw_normal(layer: nn.Module, generator: torch.Generator) -> None:
    """Draw a layer's weights from N(0, 1 / fan-in); its bias becomes 0."""
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    nn.init.normal_(weight, std=1 / math.sqrt(weight[0].numel()), generator=generator)
    nn.init.zeros_(bias)


def capsule_stds(a: Architecture, *, skips: bool) -> list[float]:
    """Return the standard deviations of the weights of all capsule layers (see the module).

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
