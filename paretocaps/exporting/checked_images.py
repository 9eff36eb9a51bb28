"""Reads from a network's data the images to check an export on, and the names of the classes."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.errors import UsageError
from paretocaps.exporting.package import CHECKED
from paretocaps.models.network import Network
from paretocaps.training.trained_images import held_out, other_images

_NUMBERED = "classes are called 0, 1, ... unless --class-names names them"


@dataclass(frozen=True, eq=False)
class KnownData:
    """The facts about a network's data.

    Attributes:
        images: up to 256 test images, float32 [N, C, H, W] in [0, 1]; None where they cannot be read, or have
            another size or range than the network takes.
        classes: the classes' names, in the order of the labels; None where they are unknown.
        told: lines for the user on the data.
    """

    images: Tensor | None = None
    classes: tuple[str, ...] | None = None
    told: tuple[str, ...] = ()


def known_data(data: DataSpec | None, network: Network, folder: Path) -> KnownData:
    """Return what `data` provide for `network`; nothing where they are missing, changed, or do not fit it.

    Args:
        data: the images that it was trained on; None where they are unknown.
        network: the network.
        folder: the folder of its training.
    """
    a = network.architecture
    if data is None:
        return KnownData()
    try:
        splits = load(data)
    except UsageError as error:  # includes DataError, its subclass
        return KnownData(told=(f"{error}; {_NUMBERED}",))
    if why := other_images(held_out(folder), splits):
        return KnownData(told=(f"{why}; {_NUMBERED}",))
    names = splits.class_names if splits.classes == a.labels else None
    if splits.shape != (a.channels, a.height, a.width) or splits.levels not in (None, a.levels):
        return KnownData(None, names, splits.told)
    test = splits.test
    rows = test.rows[:CHECKED] if test.rows is not None else slice(CHECKED)
    return KnownData(test.pixels[rows].float() / 255, names, splits.told)
