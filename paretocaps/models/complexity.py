"""Counts parameters and forward multiply-adds of an architecture, part by part, without building it."""

from collections.abc import Sequence
from itertools import pairwise

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import PLAIN
from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.architecture import Architecture
from paretocaps.models.part import Part

_ROLES = {
    "primary": "primary",
    "capsule_layer": "capsule",
    "blocks": "capsule",
    "class_capsules": "capsule",
    "decoder": "decoder",
}
"""The role of each part of a network; parts before the primary capsules are its trunk."""


def complexity(architecture: Architecture) -> list[Part]:
    """Return the parts of `architecture` in the order in which an image passes them.

    Raises:
        ParetocapsError: the family comes from a package that cannot be loaded.
    """
    family = FAMILIES.get(architecture.family)
    parts = FAMILIES.resolve(family.name, family.parts)
    with FAMILIES.blamed(family.name):
        return [Part(*part) for part in parts(architecture)]


def capsnet_parts(a: Architecture) -> list[Part]:
    """Return the parts of a capsule network, whatever its trunk.

    The multiply-adds are those of the plain algorithm, as torch's flop counter counts them (two flops each):
    every vote is computed once, then each iteration takes a weighted sum of the votes, and an agreement is
    computed between any two iterations. This is what "the multiply-adds of a CapsNet" means elsewhere, and it
    does not change when the code gets faster: our routing forms no votes and shares sums between capsules
    that share matrices, so it performs another number. Votes count with their layers; the sums that the
    routings of all layers take of them are a part of their own. A part that a network lacks is omitted.
    """
    *hidden, last = a.layers
    bias = last.outputs * last.out_dim if a.class_bias else 0
    parts = [
        *trunk_parts(a),
        _primary(a),
        *([_layers("capsule_layer", a, hidden[:1]), _layers("blocks", a, hidden[1:])] if hidden else []),
        _layers("class_capsules", a, [last], bias),
        _routing(a),
    ]
    return parts if a.decoder == "none" else [*parts, _decoder(a)]


def trunk_parts(a: Architecture) -> list[Part]:
    """Return the convolutions before the primary one, each as a part; a deep trunk is one part."""
    found = [Part(shape.name, shape.params, shape.macs) for shape in a.trunk_shape.convolutions]
    if a.trunk == PLAIN:
        return found
    return [Part("trunk", sum(part.params for part in found), sum(part.macs for part in found))]


def parameters(architecture: Architecture) -> int:
    """Return how many parameters the network has."""
    return sum(part.params for part in complexity(architecture))


def multiply_adds(architecture: Architecture) -> int:
    """Return the forward multiply-adds per image."""
    return sum(part.macs for part in complexity(architecture))


def backbone_multiply_adds(architecture: Architecture) -> int:
    """Return the forward multiply-adds per image of all that comes before the primary capsules."""
    return sum(convolution.macs for convolution in architecture.trunk_shape.convolutions)


def params_by_role(architecture: Architecture) -> dict[str, int]:
    """Return the parameters of trunk, primary capsules, capsule layers and decoder, as far as they exist.

    The names are those of the measured quantities: trunk_params, primary_params, capsule_params and
    decoder_params. All parts of a network without capsules count as its trunk.
    """
    found: dict[str, int] = {}
    for part in complexity(architecture):
        if part.params:
            role = f"{_ROLES.get(part.name, 'trunk')}_params"
            found[role] = found.get(role, 0) + part.params
    return found


def training_multiply_adds(architecture: Architecture, *, frozen: bool = False) -> int:
    """Return the multiply-adds per image of a training step by the plain algorithm.

    A step costs the forward pass, and as much again for each of the gradients of inputs and of weights, but
    the first convolution needs no gradient of its input, the image. A frozen trunk only runs forward, and the
    part after it then needs no gradient of its input. (The paper on pruned backbones multiplies the whole
    network's forward multiply-adds by 3, or by 2 with a frozen trunk.)

    Args:
        architecture: the network.
        frozen: whether the trunk is not trained; its forward pass counts in every step.
    """
    parts = complexity(architecture)
    total = sum(part.macs for part in parts)
    if frozen:
        place = [part.name for part in parts].index("trunk")
        trunk, reader = parts[place].macs, parts[place + 1].macs
        return trunk + 3 * (total - trunk) - reader
    plain = architecture.trunk == PLAIN
    return 3 * total - (parts[0].macs if plain else architecture.trunk_shape.convolutions[0].macs)


def training_flops(architecture: Architecture, *, frozen: bool = False) -> int:
    """Return the floating-point operations per image of a training step: two per multiply-add.

    See `training_multiply_adds`; the optimiser's arithmetic is not counted. The paper on pruned backbones
    calls another number FLOPs: it counts multiply-adds, not operations.
    """
    return 2 * training_multiply_adds(architecture, frozen=frozen)


def _primary(a: Architecture) -> Part:
    filters, shape = a.capsule_types * a.capsule_dim, a.trunk_shape
    weights = filters * shape.channels * shape.kernel.positions
    return Part("primary", weights + filters, weights * a.positions)


def _layers(name: str, a: Architecture, shapes: Sequence[LayerShape], bias: int = 0) -> Part:
    routing = ROUTINGS.get(a.routing)
    return Part(name, sum(map(routing.parameters, shapes)) + bias, sum(map(routing.votes, shapes)))


def _routing(a: Architecture) -> Part:
    sums = ROUTINGS.get(a.routing).sums
    return Part("routing", 0, sum(sums(shape, a.routing_iterations) for shape in a.layers))


def _decoder(a: Architecture) -> Part:
    layers = list(pairwise(a.decoder_widths))
    weights = sum(inputs * outputs for inputs, outputs in layers)
    return Part("decoder", weights + sum(outputs for _, outputs in layers), weights)
