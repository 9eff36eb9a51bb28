"""Parameters and forward multiply-adds of an architecture, part by part, without building it."""

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
"""What the parts of a network are for; those before the primary capsules are its trunk."""


def complexity(architecture: Architecture) -> list[Part]:
    """Return the parts of `architecture` in the order in which an image passes them.

    Raises:
        ParetocapsError: they come from a package that cannot be loaded.
    """
    family = FAMILIES.get(architecture.family)
    found: list[Part] = FAMILIES.resolve(family.name, family.parts)(architecture)
    return found


def capsnet_parts(a: Architecture) -> list[Part]:
    """Return the parts of a capsule network, whatever its trunk.

    The multiply-adds are those of the plain algorithm, as torch's flop counter sees them (two
    flops each): every vote computed once, then a weighted sum of the votes an iteration and an
    agreement between any two. They are what "the multiply-adds of a CapsNet" means elsewhere, and do
    not move when the code gets faster: our routing forms no votes, shares sums between capsules
    that share matrices, and so performs another number of them. Votes count with their layers; what the
    routing of all layers does with them is a part of its own. A part that a network lacks is left out.
    """
    *hidden, last = a.layers
    bias = last.outputs * last.out_dim if a.class_bias else 0
    parts = [
        *_trunk(a),
        _primary(a),
        *([_layers("capsule_layer", a, hidden[:1]), _layers("blocks", a, hidden[1:])] if hidden else []),
        _layers("class_capsules", a, [last], bias),
        _routing(a),
    ]
    return parts if a.decoder == "none" else [*parts, _decoder(a)]


def parameters(architecture: Architecture) -> int:
    """Return how many parameters are trained."""
    return sum(part.params for part in complexity(architecture))


def multiply_adds(architecture: Architecture) -> int:
    """Return the forward multiply-adds of one sample."""
    return sum(part.macs for part in complexity(architecture))


def params_by_role(architecture: Architecture) -> dict[str, int]:
    """Return the parameters of trunk, primary capsules, capsule layers and decoder, those that there are.

    The names are those of the measured quantities: trunk_params, primary_params, capsule_params and
    decoder_params. A network without capsules is all trunk.
    """
    found: dict[str, int] = {}
    for part in complexity(architecture):
        if part.params:
            role = f"{_ROLES.get(part.name, 'trunk')}_params"
            found[role] = found.get(role, 0) + part.params
    return found


def training_multiply_adds(architecture: Architecture, *, frozen: bool = False) -> int:
    """Return the multiply-adds of one sample in a training step of the plain algorithm.

    Forward, and twice as much backward, for inputs and for weights, but for the gradient of the first
    convolution's input, the image. A frozen trunk is passed forward only, and what reads it needs no gradient
    of its input. (The paper on pruned backbones multiplies the whole network's by 3, or by 2 where frozen.)

    Args:
        architecture: the network.
        frozen: whether its trunk is not trained, and not computed once for all (which leaves the rest).
    """
    parts = complexity(architecture)
    macs, total = {part.name: part.macs for part in parts}, sum(part.macs for part in parts)
    if frozen:
        return macs["trunk"] + 3 * (total - macs["trunk"]) - macs["primary"]
    plain = architecture.trunk == PLAIN
    return 3 * total - (parts[0].macs if plain else architecture.trunk_shape.convolutions[0].macs)


def training_flops(architecture: Architecture, *, frozen: bool = False) -> int:
    """Return the floating-point operations of training on one image once: two a multiply-add.

    See `training_multiply_adds`; the optimiser's own arithmetic is not in it. What the paper on pruned
    backbones calls FLOPs is another number: multiply-adds, not operations.
    """
    return 2 * training_multiply_adds(architecture, frozen=frozen)


def _trunk(a: Architecture) -> list[Part]:
    """The convolutions before the primary one: each a part of its own, those of a deep trunk together."""
    found = [Part(shape.name, shape.params, shape.macs) for shape in a.trunk_shape.convolutions]
    if a.trunk == PLAIN:
        return found
    return [Part("trunk", sum(part.params for part in found), sum(part.macs for part in found))]


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
