"""The perturbation grid of the original paper: the effect of each number in a class capsule's pose."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paretocaps.data.images import ImageSet
from paretocaps.domain.routings.routing import Routing
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import UsageError
from paretocaps.evaluation.drawing import Picture, as_seen, picture, pictures
from paretocaps.evaluation.scores import Scored
from paretocaps.models.network import Network

STEPS = tuple(round(0.05 * step, 2) for step in range(-5, 6))
"""The values that are added to a dimension: -0.25 to 0.25 in steps of 0.05."""


@dataclass(frozen=True, eq=False)
class PerturbationGrid:
    """Reconstructions of one image, each with one dimension of its pose changed.

    Attributes:
        label: the class of the image, whose capsule is changed; of a pair of classes, the first one's is.
        index: the index of the image.
        image: the input.
        drawn: uint8 [P, S, H, W, C], by dimension of the pose and by step.
        steps: the S values that are added to a dimension.
    """

    label: int
    index: int
    image: Picture
    drawn: NDArray[np.uint8]
    steps: tuple[float, ...] = STEPS


def perturbation_grids(
    network: Network, images: ImageSet, scored: Scored, classes: Sequence[int] | None = None
) -> tuple[PerturbationGrid, ...]:
    """Return one grid per class, for the image of the class with the greatest share of the scores for it.

    Args:
        network: a network with a decoder.
        images, scored: the images and the network's scores for them.
        classes: the classes; by default all. A class without an image gets no grid.

    Raises:
        UsageError: a class does not exist.
    """
    count = scored.scores.shape[1]
    wanted = range(count) if classes is None else classes
    check_classes(wanted, count)
    grids = []
    for number in wanted:
        index = _surest(scored, number)
        if index is not None:
            grids.append(_grid(network, images, index, number))
    return tuple(grids)


def check_classes(numbers: Iterable[int], count: int) -> None:
    """Check that classes exist.

    Raises:
        UsageError: one does not.
    """
    for number in numbers:
        if not 0 <= number < count:
            raise UsageError(f"class {number} does not exist: choose 0 to {count - 1}")


def perturbed(capsule: Tensor, routing: Routing) -> Tensor:
    """Return [P, S, D], the state [D] with each of P pose dimensions changed by each of S `STEPS`.

    Sabour et al. 2017, section 5.1 and Figure 4: "one of the 16 dimensions ... is tweaked by intervals of
    0.05 in the range [-0.25, 0.25]", after the squash, so that the vector may become longer than 1.

    An activation, which the decoder also reads, is not changed. A pose that is not squashed, such as a
    matrix of em, is unbounded, so that steps of 0.05 may be too small to see. There the steps are shares of
    the pose's norm, as they nearly are for a squashed capsule, whose length is near 1 if its class is
    present.

    Args:
        capsule: the state.
        routing: the routing that produced it.
    """
    pose = capsule[:-1] if routing.activation else capsule
    size = capsule.new_ones(()) if routing.squashed else torch.linalg.vector_norm(pose)
    steps = torch.tensor(STEPS, dtype=capsule.dtype, device=capsule.device) * size
    changed = capsule.repeat(len(pose), len(STEPS), 1)
    changed[:, :, : len(pose)] += torch.eye(len(pose)).to(capsule).unsqueeze(1) * steps.view(1, -1, 1)
    return changed


@torch.no_grad()
def _grid(network: Network, images: ImageSet, index: int, label: int) -> PerturbationGrid:
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    capsules = network.class_capsules_of(as_seen(images, [index], device))[0]
    classes = network.classes_of(torch.tensor(label, device=device))
    changed = int(classes.flatten()[0])  # of a pair, the first one
    states = perturbed(capsules[changed], ROUTINGS.get(network.architecture.routing))
    dimensions, steps = states.shape[:2]
    everything = capsules.repeat(dimensions * steps, 1, 1)
    everything[:, changed] = states.flatten(0, 1)
    chosen = classes.expand(dimensions * steps, *classes.shape)
    drawn = pictures(network.decode(everything, chosen), images.shape)
    network.train(was_training)
    return PerturbationGrid(
        label, index, picture(images, index), drawn.reshape(dimensions, steps, *drawn.shape[1:])
    )


def _surest(scored: Scored, label: int) -> int | None:
    own = np.flatnonzero(scored.labels == label)
    return int(own[scored.shares[own, label].argmax()]) if len(own) else None
