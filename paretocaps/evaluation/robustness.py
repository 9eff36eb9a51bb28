"""Accuracy on rotated, shifted, scaled and sheared images, to which capsules are meant to be robust."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.evaluation.affine import Affine, Kind
from paretocaps.models.network import Network

QUANTITY = "robust"
"""The name of the measured quantity: the mean accuracy under `TRANSFORMS`."""

_STRENGTHS: dict[Kind, tuple[float, ...]] = {
    "rotation": (-30, -20, -10, 10, 20, 30),
    "shift x": (-4, -2, -1, 1, 2, 4),
    "shift y": (-4, -2, -1, 1, 2, 4),
    "scale": (0.8, 0.9, 1.1, 1.2),
    "shear": (-20, -10, 10, 20),
}
TRANSFORMS = tuple(Affine(kind, strength) for kind, values in _STRENGTHS.items() for strength in values)
"""The 26 transforms, which are the same for every network and data set, so that values can be compared."""


@dataclass(frozen=True)
class TransformedAccuracy:
    """The accuracy on images after one transform, with the `kind` and `strength` of its `Affine`."""

    kind: Kind
    strength: float
    acc: float


@dataclass(frozen=True)
class Robustness:
    """The accuracies of a network under transforms.

    Attributes:
        plain: the accuracy on unchanged images.
        transforms: the accuracies on transformed images.
    """

    plain: float
    transforms: tuple[TransformedAccuracy, ...]

    @property
    def mean(self) -> float:
        """The unweighted mean over the transforms: the objective `robust`."""
        return sum(one.acc for one in self.transforms) / len(self.transforms)


def robustness(
    network: Network,
    images: DeviceLoader,
    evaluator: Evaluator,
    transforms: Sequence[Affine] = TRANSFORMS,
    progress: Callable[[str], None] | None = None,
) -> Robustness:
    """Return the accuracy of `network` on `images`, and under each of `transforms`.

    For the objective, the images are validation images: a study that chose by test images would overstate
    every number that it reports. Sabour et al. 2017 (section 5.2) measure robustness on affNIST, which is
    MNIST under random affine transforms; here the transforms are fixed, and apply to any data set.

    Args:
        network: the network, on the images' device.
        images: the images to transform.
        evaluator: measures the accuracies.
        transforms: one or more transforms.
        progress: receives one line before each kind of transform.

    Raises:
        DataError: there are no images.
    """
    plain = evaluator.accuracy(network, images)
    found: list[TransformedAccuracy] = []
    for transform in transforms:
        if progress is not None and (not found or found[-1].kind != transform.kind):
            progress(f"accuracy under {transform.kind}")
        acc = evaluator.accuracy(network, images, transform.apply)
        found.append(TransformedAccuracy(transform.kind, transform.strength, acc))
    return Robustness(plain, tuple(found))
