"""Parameters and forward multiply-adds of an architecture, part by part, without building it."""

from itertools import pairwise
from typing import NamedTuple

from paretocaps.models.architecture import Architecture


class Part(NamedTuple):
    """One part of a network: its name, trained parameters and forward multiply-adds a sample."""

    name: str
    params: int
    macs: int


def complexity(architecture: Architecture) -> list[Part]:
    """Return the parts of `architecture` in the order in which an image passes them.

    The multiply-adds are those of the plain algorithm, as torch's flop counter sees them (two
    flops each): every vote computed once, then a weighted sum of the votes an iteration and an
    agreement between any two. They are what "the multiply-adds of a CapsNet" means elsewhere, and do
    not move when the code gets faster: our routing forms no votes, shares sums between capsules
    that share matrices, and so performs another number of them. Without a decoder there is no such part.
    """
    parts = [
        _conv1(architecture),
        _primary(architecture),
        _class_capsules(architecture),
        _routing(architecture),
    ]
    return parts if architecture.decoder == "none" else [*parts, _decoder(architecture)]


def parameters(architecture: Architecture) -> int:
    """Return how many parameters are trained."""
    return sum(part.params for part in complexity(architecture))


def multiply_adds(architecture: Architecture) -> int:
    """Return the forward multiply-adds of one sample."""
    return sum(part.macs for part in complexity(architecture))


def decoder_widths(architecture: Architecture) -> tuple[int, int, int, int]:
    """Return the widths of the decoder's layers: its input, two hidden layers and the image."""
    read = architecture.classes if architecture.decoder == "full" else 1
    first, second = architecture.decoder_units
    return read * architecture.class_dim, first, second, architecture.pixels


def _conv1(a: Architecture) -> Part:
    weights = a.conv_channels * a.channels * a.geometry.kernel.positions
    return Part("conv1", weights + a.conv_channels, weights * a.geometry.conv.positions)


def _primary(a: Architecture) -> Part:
    filters = a.capsule_types * a.capsule_dim
    weights = filters * a.conv_channels * a.geometry.kernel.positions
    return Part("primary", weights + filters, weights * a.positions)


def _class_capsules(a: Architecture) -> Part:
    outputs = a.classes * a.class_dim
    weights = a.matrices * outputs * a.capsule_dim
    return Part("class_capsules", weights + outputs, a.capsules * outputs * a.capsule_dim)


def _routing(a: Architecture) -> Part:
    sums = 2 * a.routing_iterations - 1
    return Part("routing", 0, sums * a.capsules * a.classes * a.class_dim)


def _decoder(a: Architecture) -> Part:
    layers = list(pairwise(decoder_widths(a)))
    weights = sum(inputs * outputs for inputs, outputs in layers)
    return Part("decoder", weights + sum(outputs for _, outputs in layers), weights)
