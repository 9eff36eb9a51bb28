"""Estimates the bytes of a training: parameters, gradients, the optimiser's state, and what a pass keeps.

This file imports no torch. The estimate is of what the measured quantity `memory` counts on a CPU. For 23
networks of all families and routings, in float32 and bfloat16 and at 2, 16 and 128 images per pass, it was
7 % below (residual_caps with em) to 1 % above that quantity. Gradients of feature maps and other temporary
results come on top of both.
"""

from paretocaps.domain.choices import Choices
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import PLAIN
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.architecture import Architecture
from paretocaps.models.complexity import capsnet_parts, complexity, parameters
from paretocaps.models.kept import Kept
from paretocaps.models.trunks.shape import ConvolutionShape

FLOAT32 = 4
"""Bytes of a number in float32."""
_PASS_BYTES = 2**29
_ADAM = 2  # numbers of state per parameter
_STATES = {"adam": _ADAM, "adamw": _ADAM, "ranger21": 5}
_CAPSNET_PARTS = f"{capsnet_parts.__module__}:{capsnet_parts.__qualname__}"


def training_bytes(
    a: Architecture, images: int, *, itemsize: int = FLOAT32, frozen: bool = False, optimizer: str = "adam"
) -> int:
    """Return about how many bytes a training needs at its peak.

    Of a family whose package does not tell what a pass keeps, only the parameters, their gradients and the
    optimiser's state are counted.

    Args:
        a: the network: the whole one, unless it is pruned before the first step.
        images: images per forward pass.
        itemsize: bytes of a number in the precision of products.
        frozen: whether the trunk is not trained.
        optimizer: the name of the optimiser; one that is not known counts as Adam.
    """
    trained = parameters(a) - (_trunk_parameters(a) if frozen else 0)
    state = FLOAT32 * (parameters(a) + (1 + _STATES.get(optimizer, _ADAM)) * trained)
    casts = 0 if itemsize == FLOAT32 else itemsize * trained  # products keep their cast weights, too
    kept = kept_numbers(a, frozen=frozen)
    return state + casts + images * (itemsize * kept.computed + FLOAT32 * kept.whole)


def forecast_bytes(a: Architecture, images: int, choices: Choices) -> int:
    """Return `training_bytes` of a training with these choices before it is known where it trains.

    Whether `precision=auto` comes to half precision is known only there: it counts as float32.
    """
    itemsize = FLOAT32 if choices.precision in ("auto", "fp32") else FLOAT32 // 2
    return training_bytes(a, images, itemsize=itemsize, frozen=choices.frozen, optimizer=choices.optimizer)


def images_of_pass(a: Architecture) -> int:
    """Return how many images a pass without gradients may take, so that a CPU's memory is left for all else.

    The largest maps of one convolution, and what is computed of them, then take half a gigabyte.
    """
    maps = max((one.outputs * one.size.positions for one in a.trunk_shape.convolutions), default=1)
    return max(1, _PASS_BYTES // (2 * FLOAT32 * maps))


def kept_numbers(a: Architecture, *, frozen: bool = False) -> Kept:
    """Return the numbers that a training of `a` keeps per image; none where the family does not tell."""
    family = FAMILIES.get(a.family)
    if family.kept:
        found: Kept = FAMILIES.resolve(family.name, family.kept)(a, frozen)
        return found
    return capsnet_kept(a, frozen) if family.parts == _CAPSNET_PARTS else Kept(0)


def capsnet_kept(a: Architecture, frozen: bool = False) -> Kept:
    """Return the numbers that a training of a capsule network keeps per image, whatever its trunk.

    They are those of `trunk_kept`, and of each capsule layer the states that it reads, before and after
    squash, and what its routing keeps.
    """
    family, routing = FAMILIES.get(a.family), ROUTINGS.get(a.routing)
    computed, whole = trunk_kept(a, frozen), 0
    layers = a.layers if not (family.reversible and a.gamma) else (a.layers[0], a.layers[-1])
    for layer in layers:
        computed += layer.inputs * layer.in_dim
        whole += layer.inputs * layer.in_dim if routing.squashed else 0
        whole += routing.kept(layer, a.routing_iterations, a.routing_gradient == "all")
    whole += 2 * a.layers[-1].outputs * a.layers[-1].out_dim
    return Kept(computed, whole + (0 if a.decoder == "none" else sum(a.decoder_widths)))


def trunk_kept(a: Architecture, frozen: bool = False) -> int:
    """Return the numbers that a training keeps per image of all that comes before the primary capsules.

    They are the image and the maps of every convolution, twice where batch normalisation follows, since its
    input is kept besides that of the next layer; or only the features of a frozen trunk.
    """
    shape = a.trunk_shape
    if frozen and a.trunk != PLAIN:
        return shape.channels * shape.size.positions
    maps = sum(one.outputs * one.size.positions * (1 + one.norm) for one in shape.convolutions)
    if a.trunk == PLAIN:  # there padding makes a copy of the maps
        maps += sum(_padded(one) for one in shape.convolutions if one.padding)
    return a.channels * a.input_size.positions + maps


def _padded(one: ConvolutionShape) -> int:
    height, width = (side + 2 * one.padding for side in one.size)
    return one.inputs * height * width


def _trunk_parameters(a: Architecture) -> int:
    return next((part.params for part in complexity(a) if part.name == "trunk"), 0)
