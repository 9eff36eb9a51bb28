"""The class scores of a network or an ensemble on a set of images."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from paretocaps.data.device_loader import Batch
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import DataError
from paretocaps.models.network import Network, Output


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores and labels of a set of images.

    Attributes:
        scores: float64 [N, O], the confidence in each class: the length of its capsule, with em routing its
            activation, for an ensemble the mean of the members' shares; of pairs of classes that of each pair
            (`Network.of_labels`).
        labels: int64 [N].
    """

    scores: NDArray[np.float64]
    labels: NDArray[np.int64]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The best-scored class of each image, [N]; ties go to the first class."""
        best: NDArray[np.int64] = self.scores.argmax(axis=1)
        return best

    @property
    def confidences(self) -> NDArray[np.float64]:
        """The confidence of each prediction, [N] in [0, 1]: its score.

        For a class capsule this is its length, the probability that the class is present (Sabour et al. 2017,
        section 2); for a network without capsules its softmax; for an ensemble its mean share.
        """
        found: NDArray[np.float64] = np.clip(self.scores.max(axis=1), 0.0, 1.0).astype(np.float64)
        return found

    @property
    def shares(self) -> NDArray[np.float64]:
        """The scores of each image divided by their sum, [N, O]; see `shares`."""
        found: NDArray[np.float64] = shares(torch.from_numpy(self.scores)).numpy()
        return found

    def __len__(self) -> int:
        return len(self.labels)


@torch.no_grad()
def collect(network: Network, batches: Iterable[Batch]) -> Scored:
    """Return the class scores and labels of all images, in order.

    Args:
        network: the network; it is in evaluation mode during the pass, and in its former mode after it.
        batches: (images [B, C, H, W] in [0, 1], labels [B]) on the network's device.

    Raises:
        DataError: there are no images.
    """
    was_training = network.training
    network.eval()
    try:
        found = [(network.label_scores(images), labels) for images, labels in batches]
    finally:
        network.train(was_training)
    if not found:
        raise DataError("there are no images to score: give a data set that has some")
    scores = torch.cat([scores for scores, _ in found]).double().cpu().numpy()
    return Scored(scores, torch.cat([labels for _, labels in found]).cpu().numpy())


def confidence_of(networks: Sequence[Network]) -> str:
    """Return what the confidence of a prediction is, in words, for a network or an ensemble of several."""
    if len(networks) > 1:
        if networks[0].architecture.pairs:
            return "the mean over the networks of both classes' shares, added"
        return "the mean over the networks of the class's share: its score divided by the sum of all scores"
    a = networks[0].architecture
    if not FAMILIES.get(a.family).has_capsules:
        both = "both classes, added" if a.pairs else "the class"
        return f"the softmax of the network's output for {both}"
    if a.pairs:
        return "the mean activation, or length, of the capsules of both classes"
    if ROUTINGS.get(a.routing).activation:
        return "the activation of the class's capsule"
    return "the length of the class's capsule, which a margin loss trains to 0.9, not 1"


def shares(scores: Tensor) -> Tensor:
    """Return each row of non-negative scores [N, O] divided by its sum; equal shares if all are 0.

    Lengths of capsules are not a distribution: each is the probability of its own class (Sabour et al. 2017,
    section 3), and their sum may be less or more than 1. Their shares are a distribution, which is needed to
    average networks or to compare them.
    """
    total = scores.sum(1, keepdim=True)
    return torch.where(total > 0, scores / total, 1.0 / scores.shape[1])


def ensemble_scores(members: Sequence[Scored], paired: int = 1) -> Scored:
    """Return the scores of an ensemble of networks on the same images: the mean of their shares.

    MoCapsNet's Table 3 cites an ensemble of 4 models and Sabour et al. 2017 (section 6) one of 7; neither
    describes how their scores are combined. The reading here is the usual one, the average of the members'
    class distributions: lengths are divided by their sum first, so that a member whose capsules are all long
    does not count more than the others. The share of a pair of classes is that of both, added.

    Args:
        members: the scores of each network.
        paired: in how many pairs each class is; 1 where the labels are single classes.

    Raises:
        DataError: there are no members, or they have scores for other images or classes.
    """
    if not members:
        raise DataError("an ensemble needs networks: give one or more")
    first = members[0]
    for other in members[1:]:
        if other.scores.shape != first.scores.shape or not np.array_equal(other.labels, first.labels):
            raise DataError(
                "the members of an ensemble have scores for other images or classes: score them on the same"
            )
    return Scored(paired * np.mean([member.shares for member in members], axis=0), first.labels)


class Ensemble(Network):
    """Several networks as one, whose scores are those of `ensemble_scores`, but for a factor with pairs.

    Args:
        members: one or more networks for the same images and classes; `architecture` is the first one's.
    """

    def __init__(self, members: Sequence[Network]) -> None:
        super().__init__(members[0].architecture)
        self.members, self.pair_table = nn.ModuleList(members), members[0].pair_table

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return the scores, without a reconstruction; `labels` are ignored."""
        return Output(self.scores(images))

    def scores(self, images: Tensor) -> Tensor:
        """Return the mean of the members' shares, [B, O], for images [B, C, H, W]."""
        members: list[Network] = list(self.members)  # type: ignore[arg-type]
        return torch.stack([shares(member.scores(images)) for member in members]).mean(0)
