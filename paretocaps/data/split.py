"""Stratified splits: exact in total, within one image of the class shares, the same on every machine."""

import numpy as np

from paretocaps.data.raw import Indices, Labels, RawPart
from paretocaps.errors import DataError

SPLIT_SEED = 20_170  # one seed for every study and trial: all are judged on the same images


def quotas(counts: Indices, total: int) -> Indices:
    """Return how many of each class to take so that they are `total` together.

    The largest-remainder method: every class gets the whole part of its exact share
    `total * count / sum(counts)`, and what is missing goes to the largest fractions (ties: the
    lowest class), so that no class is off by one image or more.

    Args:
        counts: images of each class, [classes].
        total: images to take, 0 to `sum(counts)`.
    """
    whole, remainder = np.divmod(counts * total, max(1, int(counts.sum())))
    missing = total - int(whole.sum())
    whole[np.argsort(-remainder, kind="stable")[:missing]] += 1
    return whole


def stratified_indices(labels: Labels, total: int) -> Indices:
    """Return `total` indices into `labels` [N], stratified and ascending, drawn with the fixed seed.

    RandomState, not Generator: numpy promises its stream never changes, so that a split is the
    same under every numpy version.
    """
    random = np.random.RandomState(SPLIT_SEED)
    wanted = quotas(np.bincount(labels), total)
    taken = [random.permutation(np.flatnonzero(labels == c))[:n] for c, n in enumerate(wanted)]
    return np.sort(np.concatenate(taken))


def hold_out(part: RawPart, total: int) -> tuple[RawPart, RawPart]:
    """Divide `part` into what is kept and `total` stratified images that are held out.

    Raises:
        DataError: nothing would be kept.
    """
    if total >= len(part):
        raise DataError(f"{part.origin}: {len(part)} images are too few to split: add images")
    held = stratified_indices(part.labels, total)
    kept = np.delete(np.arange(len(part)), held)
    return part.take(kept), part.take(held)


def one_in(parts: int, images: int) -> int:
    """Return 1/`parts` of `images`, rounded half up, at least one: 6,000 for a tenth of 60,000."""
    return max(1, (2 * images + parts) // (2 * parts))
