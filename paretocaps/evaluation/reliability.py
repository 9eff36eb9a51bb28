"""How well a network's confidence agrees with its accuracy."""

from dataclasses import dataclass

import numpy as np

from paretocaps.evaluation.scores import Scored

BINS = 15


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose confidence lies in (low, high].

    Attributes:
        low, high: the bounds of the bin.
        images: the number of its images.
        confidence, acc: their mean confidence and their accuracy; None if there are no images.
    """

    low: float
    high: float
    images: int
    confidence: float | None
    acc: float | None


@dataclass(frozen=True)
class Reliability:
    """The difference between confidence and accuracy.

    Attributes:
        ece: expected calibration error, 0 to 1: the mean of the bins' |acc - confidence|, weighted by images.
        bins: bins of equal width, from 0 to 1.
    """

    ece: float
    bins: tuple[ReliabilityBin, ...]


def reliability(scored: Scored, bins: int = BINS) -> Reliability:
    """Return the reliability of predictions (Guo et al. 2017, "On calibration of modern neural networks").

    The confidence of a prediction is its score, for a capsule its length (`Scored.confidences`). It is
    computed by hand because scikit-learn draws the curve but does not compute the error.

    Args:
        scored: the scores of one image or more.
        bins: the number of bins of equal width.
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
