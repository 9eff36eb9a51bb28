"""Images laid over each other, two by two, as MultiMNIST has them (Sabour et al. 2017, section 6)."""

import numpy as np
from numpy.typing import NDArray

from paretocaps.data.raw import Labels, RawPart
from paretocaps.domain.pairs import SHIFT, pair_count
from paretocaps.errors import DataError

_AT_ONCE = 4096
_WHITE = 255


def overlapped(part: RawPart, classes: int, seed: int) -> RawPart:
    """Return a part in which each image lies over another one of another class.

    Both are moved by up to 4 pixels in each direction, by chance, on a canvas that is 8 pixels wider and
    higher; their values are added, up to white. The label is that of the pair (`domain.pairs.pairs_of`).
    Every image is the first of one pair; which one is the second, and where both lie, follows from `seed`.

    Args:
        part: images of single objects, of two classes at least.
        classes: how many classes there are.
        seed: another one for each part of a data set.

    Raises:
        DataError: all images are of one class, or have no pixels of 0 to 255.
    """
    if len(np.unique(part.labels)) < 2:
        raise DataError(f"{part.origin}: pairs need images of two classes: all are of one")
    if part.pixels.dtype != np.uint8:
        raise DataError(f"{part.origin}: pairs are made of pixels from 0 to 255, not of {part.pixels.dtype}")
    random = np.random.RandomState([seed, len(part)])  # whose stream never changes, as in `data.split`
    second = _of_another_class(part.labels, random)
    images, moves = part.images, random.randint(0, 2 * SHIFT + 1, (2, len(part), 2))
    n, channels, height, width = images.shape
    canvas = np.empty((n, channels, height + 2 * SHIFT, width + 2 * SHIFT), np.uint8)
    for first in range(0, n, _AT_ONCE):  # in blocks: sums need two bytes a value
        rows = np.arange(first, min(first + _AT_ONCE, n))
        total = np.zeros((len(rows), *canvas.shape[1:]), np.uint16)
        for chosen, moved in ((rows, moves[0, rows]), (second[rows], moves[1, rows])):
            for place, (image, (down, right)) in enumerate(zip(images[chosen], moved, strict=True)):
                total[place, :, down : down + height, right : right + width] += image
        canvas[rows] = np.minimum(total, _WHITE)
    return RawPart(canvas, _labels(part.labels, part.labels[second], classes), part.origin, place=part.place)


def _of_another_class(labels: Labels, random: np.random.RandomState) -> NDArray[np.intp]:
    """Return for each image the index of one of another class, all of them equally likely."""
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    starts = np.concatenate([[0], np.cumsum(counts)])[labels]
    own = counts[labels]
    drawn = (random.random_sample(len(labels)) * (len(labels) - own)).astype(np.intp)
    # images in the order of their classes, the own class left out
    return order[np.where(drawn < starts, drawn, drawn + own)]


def _labels(one: Labels, other: Labels, classes: int) -> Labels:
    """Return the labels of pairs: their places among all pairs of classes, the lower class first."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    found: Labels = pair_count(classes) - (classes - low) * (classes - low - 1) // 2 + high - low - 1
    return found
