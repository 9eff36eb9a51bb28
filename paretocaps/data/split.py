"""Stratified splits that are exact in total, within one image of each class's share, and reproducible."""

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


def stratified_indices(labels: Labels, total: int) -> Indices:
    """Return `total` indices into `labels` [N], stratified and ascending, drawn with the fixed seed.

    It uses RandomState, not Generator, because numpy guarantees that its stream never changes: a split is the
    same with every version of numpy.
    """
    random = np.random.RandomState(SPLIT_SEED)
    wanted = quotas(np.bincount(labels), total)
    taken = [random.permutation(np.flatnonzero(labels == c))[:n] for c, n in enumerate(wanted)]
    return np.sort(np.concatenate(taken))


def hold_out(part: RawPart, total: int) -> tuple[RawPart, RawPart]:
    """Divide `part` into the images that are kept and `total` stratified images that are held out.

    Raises:
        DataError: no image would be kept.
    """
    if total >= len(part):
        raise DataError(f"{part.origin}: {len(part)} images are too few to split: add images")
    held = stratified_indices(part.labels, total)
    kept = np.delete(np.arange(len(part)), held)
    return part.take(kept), part.take(held)


def one_in(parts: int, images: int) -> int:
    """Return 1/`parts` of `images`, rounded half up and at least 1, such as 6,000 for a tenth of 60,000."""
    return max(1, (2 * images + parts) // (2 * parts))
