"""Stratified splits that are exact in total, within one image of each class's share, and reproducible."""

from collections.abc import Sequence

import numpy as np

from paretocaps.data.raw import Indices, Labels, RawPart
from paretocaps.errors import DataError

SPLIT_SEED = 20_170  # the same for every study and trial, so that all are evaluated on the same images


def quotas(counts: Indices, total: int) -> Indices:
    """Return how many images of each class to take so that their sum is `total`.

    This is the largest-remainder method: every class gets the integer part of its exact share
    `total * count / sum(counts)`, and the missing images go to the largest fractions (ties: the lowest
    class). So every class is less than one image away from its share.

    Args:
        counts: the number of images of each class, [classes].
        total: the number of images to take, 0 to `sum(counts)`.
    """
    whole, remainder = np.divmod(counts * total, max(1, int(counts.sum())))
    missing = total - int(whole.sum())
    whole[np.argsort(-remainder, kind="stable")[:missing]] += 1
    return whole


def bounded_quotas(counts: Indices, total: int, least: Indices, most: Indices) -> Indices:
    """Return `quotas` that are `least` to `most` for every class, and the quotas themselves if they fit.

    Images that a class must have more or fewer are taken from or given to the classes with the most room.

    Args:
        counts: the number of images of each class, [classes].
        total: the number of images to take, `sum(least)` to `sum(most)`.
        least, most: the bounds, [classes], 0 to `counts`.
    """
    wanted = quotas(counts, total).clip(least, most)
    while (missing := total - int(wanted.sum())) != 0:
        room = most - wanted if missing > 0 else wanted - least
        wanted[room.argmax()] += np.sign(missing)
    return wanted


def stratified_indices(labels: Labels, total: int, least: int = 0, left: int = 0) -> Indices:
    """Return `total` indices into `labels` [N], stratified and ascending, drawn with the fixed seed.

    Of each class, at least `least` images are taken and `left` images are left, as far as it has so many.

    It uses RandomState, not Generator, because numpy guarantees that its stream never changes: a split is the
    same with every version of numpy.
    """
    random = np.random.RandomState(SPLIT_SEED)
    counts = np.bincount(labels)
    wanted = bounded_quotas(counts, total, counts.clip(max=least), (counts - left).clip(min=0))
    taken = [random.permutation(np.flatnonzero(labels == c))[:n] for c, n in enumerate(wanted)]
    return np.sort(np.concatenate(taken))


def hold_out(part: RawPart, total: int, class_names: Sequence[str] | None = None) -> tuple[RawPart, RawPart]:
    """Divide `part` into the images that are kept and `total` stratified images that are held out.

    At least one image of every class is kept.

    Args:
        part: the images.
        total: the number of images to hold out.
        class_names: the names of the classes for messages; None for their numbers.

    Raises:
        DataError: no image would be kept, or none of a class.
    """
    if total >= len(part):
        raise DataError(f"{part.origin}: {len(part)} images are too few to split: add images")
    counts = np.bincount(part.labels)
    if total > (counts - 1).clip(min=0).sum():
        label = int((counts == 1).argmax() if (counts == 1).any() else counts.argmin())
        raise DataError(
            f"{part.origin}: class {class_names[label] if class_names else label} has too few images to keep"
            f" one in training when {total} of {len(part)} are held out: add images of it"
        )
    held = stratified_indices(part.labels, total, left=1)
    kept = np.delete(np.arange(len(part)), held)
    return part.take(kept), part.take(held)


def one_in(parts: int, images: int) -> int:
    """Return 1/`parts` of `images`, rounded half up and at least 1, such as 6,000 for a tenth of 60,000."""
    return max(1, (2 * images + parts) // (2 * parts))
