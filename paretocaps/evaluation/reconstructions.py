"""Images next to the decoder's reconstructions of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from paretocaps.data.images import ImageSet
from paretocaps.evaluation.drawing import Picture, as_seen, picture, pictures
from paretocaps.evaluation.scores import Scored
from paretocaps.models.network import Network


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """An image and two reconstructions of it (Sabour et al. 2017, Figure 3).

    Attributes:
        index: the index of the image.
        label, predicted: its class, and the class that the network predicts.
        confidence: the score of the prediction.
        image: the input.
        of_label, of_answer: the reconstructions from the capsule of its class and from that of the predicted
            class; they are equal if the prediction is right.
    """

    index: int
    label: int
    predicted: int
    confidence: float
    image: Picture
    of_label: Picture
    of_answer: Picture

    @property
    def right(self) -> bool:
        """Whether the prediction is right."""
        return self.label == self.predicted


@torch.no_grad()
def reconstructions(
    network: Network, images: ImageSet, scored: Scored, right: int = 10, wrong: int = 10
) -> tuple[Reconstruction, ...]:
    """Return reconstructions of some images: rightly classified images first, then wrongly classified ones.

    The right ones are the first image of each class, then the second of each, and so on; the wrong ones are
    those with the highest confidence.

    Args:
        network: a network with a decoder.
        images, scored: the images and the network's scores for them.
        right, wrong: the greatest number of each.
    """
    chosen = [*_right(scored, right), *_wrong(scored, wrong)]
    if not chosen:
        return ()
    device = next(network.parameters()).device
    own, answers = scored.labels[chosen], scored.predicted[chosen]
    was_training = network.training
    network.eval()
    capsules = network.class_capsules_of(as_seen(images, chosen, device))
    classes = (network.classes_of(torch.from_numpy(labels).to(device)) for labels in (own, answers))
    drawn = [pictures(network.decode(capsules, each), images.shape) for each in classes]
    network.train(was_training)
    confidence = scored.confidences
    return tuple(
        Reconstruction(
            index=index,
            label=int(own[place]),
            predicted=int(answers[place]),
            confidence=float(confidence[index]),
            image=picture(images, index),
            of_label=drawn[0][place],
            of_answer=drawn[1][place],
        )
        for place, index in enumerate(chosen)
    )


def _right(scored: Scored, count: int) -> list[int]:
    """Return indices of rightly classified images: the first of each class, then the second of each, ..."""
    places = np.flatnonzero(scored.predicted == scored.labels)
    turn: dict[int, int] = {}
    turns = []
    for index in places:
        label = int(scored.labels[index])
        turns.append((turn.get(label, 0), label, int(index)))
        turn[label] = turn.get(label, 0) + 1
    return [index for _, _, index in sorted(turns)[:count]]


def _wrong(scored: Scored, count: int) -> Sequence[int]:
    places = np.flatnonzero(scored.predicted != scored.labels)
    surest = np.argsort(-scored.confidences[places], kind="stable")[:count]
    return [int(index) for index in places[surest]]
