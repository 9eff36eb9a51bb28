"""Networks with their weights drawn."""

import math
from typing import Literal

import torch
from torch import nn

from paretocaps.domain.choices import BLOCK_FAMILIES
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.architecture import PLAIN, Architecture
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.families.lenet5 import LeNet5
from paretocaps.models.network import Network
from paretocaps.models.trunks.layers import draw_trunk

PAPER_STD = 0.01
"""Standard deviation of all capsule layers' weights in MoCapsNet (section 4.1)."""
_PAPER_STDS = {"backbone_caps": 0.1}
"""The same in the published code of the paper on pruned backbones."""
_FIRST, _SKIPPED, _STACKED, _LAST = 0.7, 0.25, 1.5, 1.0


def bare_network(architecture: Architecture) -> Network:
    """Return the network of `architecture` with its weights undefined, to be loaded or drawn."""
    return LeNet5(architecture) if architecture.family == "lenet5" else CapsNet(architecture)


def build_network(architecture: Architecture, seed: int, init: Literal["auto", "paper"] = "auto") -> Network:
    """Return a network whose weights follow from `seed` alone; no global random state moves.

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

    Args:
        architecture: what to build.
        seed: any integer that torch takes for one.
        init: "auto" as above; "paper" draws all capsule layers with N(0, 0.01), as MoCapsNet says it
            does, and on a backbone with N(0, 0.1), as the published code for pruned ones does (em's about
            the identity all the same; the papers have no em). The paper of the hybrids does not say. The
            bias of 0.1 in the code for pruned ones has no place: we have none.

    Returns:
        A float32 network on the CPU, in training mode.
    """
    network = bare_network(architecture)
    generator = torch.Generator().manual_seed(seed)
    if not isinstance(network, CapsNet):
        for layer in network.children():
            _draw(layer, generator)
        return network
    linear = [] if network.decoder is None else list(network.decoder.layers)
    for layer in (*network.stem, network.primary, *linear):
        _draw(layer, generator)
    if architecture.trunk != PLAIN:
        draw_trunk(network.trunk, architecture.trunk_shape, generator)
        _draw_normal(network.primary, generator)
    paper = _PAPER_STDS.get(architecture.family, PAPER_STD)
    stds = _stds(architecture) if init == "auto" else [paper] * len(architecture.layers)
    for capsules, std in zip(network.capsule_layers, stds, strict=True):
        capsules.draw(generator, std)
    if network.routing.skip_scale != 1 and architecture.family in BLOCK_FAMILIES and init == "auto":
        with torch.no_grad():
            for capsules in network.capsule_layers[1:-1]:
                capsules.weight.mul_(network.routing.skip_scale)
    return network


def _stds(a: Architecture) -> list[float]:
    """Standard deviations of the weights of all capsule layers."""
    std = ROUTINGS.get(a.routing).std
    if std is not None:
        return [std] * len(a.layers)
    fan_in = [math.sqrt(shape.inputs * (shape.inputs // shape.matrices)) for shape in a.layers]
    if not a.blocks:
        return [1 / fan_in[0]]
    between = _STACKED if a.family == "capsnet" else _SKIPPED
    gains = [_FIRST, *[between] * (len(a.layers) - 2), _LAST]
    lengths = (shape.outputs / math.sqrt(shape.out_dim) for shape in a.layers)
    return [gain * length / fan for gain, length, fan in zip(gains, lengths, fan_in, strict=True)]


def _draw_normal(layer: nn.Module, generator: torch.Generator) -> None:
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    nn.init.normal_(weight, std=1 / math.sqrt(weight[0].numel()), generator=generator)
    nn.init.zeros_(bias)


def _draw(layer: nn.Module, generator: torch.Generator) -> None:
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    bound = 1 / math.sqrt(weight[0].numel())
    nn.init.uniform_(weight, -bound, bound, generator=generator)
    nn.init.uniform_(bias, -bound, bound, generator=generator)
