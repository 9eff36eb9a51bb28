"""Images beside what the decoder draws of them."""

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
    """An image and two drawings of it (Sabour et al. 2017, Figure 3).

    Attributes:
        index: of the image.
        label, predicted: its class, and what the network takes it for.
        confidence: the answer's score.
        image: the input.
        of_label, of_answer: drawn from the capsule of its class, and from that of the answer; the same where
            the answer is right.
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
        """Whether the answer is."""
        return self.label == self.predicted


@torch.no_grad()
def reconstructions(
    network: Network, images: ImageSet, scored: Scored, right: int = 10, wrong: int = 10
) -> tuple[Reconstruction, ...]:
    """Return reconstructions of some images: right answers first, then wrong ones.

    The right ones go through the classes in turn, first images first; the wrong ones are those that the
    network was surest of.

    Args:
        network: with a decoder.
        images, scored: the same images, and how the network judged them.
        right, wrong: how many of each at most.
    """
    chosen = [*_right(scored, right), *_wrong(scored, wrong)]
    if not chosen:
        return ()
    device = next(network.parameters()).device
    labels, answers = scored.labels[chosen], scored.predicted[chosen]
    was_training = network.training
    network.eval()
    capsules = network.class_capsules_of(as_seen(images, chosen, device))
    drawn = [
        pictures(network.decode(capsules, torch.from_numpy(classes).to(device)), images.shape)
        for classes in (labels, answers)
    ]
    network.train(was_training)
    confidence = scored.confidences
    return tuple(
        Reconstruction(
            index=index,
            label=int(labels[place]),
            predicted=int(answers[place]),
            confidence=float(confidence[index]),
            image=picture(images, index),
            of_label=drawn[0][place],
            of_answer=drawn[1][place],
        )
        for place, index in enumerate(chosen)
    )


def _right(scored: Scored, count: int) -> list[int]:
    """Return the indices of rightly answered images, a class after the other, then again from the first."""
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
