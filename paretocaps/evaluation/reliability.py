"""Whether a network is right as often as it is sure."""

from dataclasses import dataclass

import numpy as np

from paretocaps.evaluation.scores import Scored

BINS = 15


@dataclass(frozen=True)
class ReliabilityBin:
    """Images whose confidence lies in (low, high].

    Attributes:
        low, high: the bin.
        images: how many fell into it.
        confidence, acc: their means; None where there are none.
    """

    low: float
    high: float
    images: int
    confidence: float | None
    acc: float | None


@dataclass(frozen=True)
class Reliability:
    """How far confidence and accuracy are apart.

    Attributes:
        ece: expected calibration error, 0 to 1: the bins' |acc - confidence|, weighted by their images.
        bins: of equal width, from 0 to 1.
    """

    ece: float
    bins: tuple[ReliabilityBin, ...]


def reliability(scored: Scored, bins: int = BINS) -> Reliability:
    """Return the reliability of the answers (Guo et al. 2017, "On calibration of modern neural networks").

    An answer's confidence is its score, of a capsule its length (`Scored.confidences`). By hand: scikit-learn
    draws the curve, and has no error to it.

    Args:
        scored: one image or more.
        bins: how many, of equal width.
    """
    confidence, right = scored.confidences, scored.predicted == scored.labels
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    found, error = [], 0.0
    for number in range(bins):
        inside = place == number
        images = int(inside.sum())
        low, high = float(edges[number]), float(edges[number + 1])
        if not images:
            found.append(ReliabilityBin(low, high, 0, None, None))
            continue
        sure, acc = float(confidence[inside].mean()), float(right[inside].mean())
        error += images / len(scored) * abs(acc - sure)
        found.append(ReliabilityBin(low, high, images, sure, acc))
    return Reliability(error, tuple(found))
