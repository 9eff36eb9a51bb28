"""The worst mistakes of a network: the images that it classifies wrongly with the highest confidence."""

from dataclasses import dataclass

import numpy as np

from paretocaps.data.images import ImageSet
from paretocaps.evaluation.drawing import Picture, picture
from paretocaps.evaluation.scores import Scored

SHOWN = 40
"""How many mistakes are shown."""


@dataclass(frozen=True, eq=False)
class Mistake:
    """An image that was classified wrongly.

    Attributes:
        index: the index of the image.
        label, predicted: its class, and the class that the network predicts.
        confidence: the score of the prediction.
        of_label: the score of its class.
        image: the image.
    """

    index: int
    label: int
    predicted: int
    confidence: float
    of_label: float
    image: Picture


def worst_mistakes(images: ImageSet, scored: Scored, count: int = SHOWN) -> tuple[Mistake, ...]:
    """Return the mistakes with the highest confidence, the most confident first.

    Args:
        images, scored: the images and the network's scores for them.
        count: the greatest number of them.
    """
    places = np.flatnonzero(scored.predicted != scored.labels)
    surest = places[np.argsort(-scored.confidences[places], kind="stable")][:count]
    return tuple(
        Mistake(
            index=int(index),
            label=int(scored.labels[index]),
            predicted=int(scored.predicted[index]),
            confidence=float(scored.confidences[index]),
            of_label=float(scored.scores[index, scored.labels[index]]),
            image=picture(images, int(index)),
        )
        for index in surest
    )
