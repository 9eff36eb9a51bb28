"""A ridge probe: a linear classifier in closed form, to judge features that no head was trained on yet.

Its products are in single precision at least, also where the caller's are in half: features have large means,
beside which their differences would be lost.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

PENALTY = 1e-2
"""The penalty on the squared weights, as a share of the features' mean squared length."""


@dataclass(frozen=True)
class RidgeProbe:
    """A linear map from features to the scores of classes.

    Attributes:
        weight: [D, O].
        mean: [D], the features' mean.
        shares: [O], the classes' shares of the images.
    """

    weight: Tensor
    mean: Tensor
    shares: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Return scores [B, O], about 1 for the right class and 0 for the others, for features [B, ...]."""
        with torch.autocast(features.device.type, enabled=False):
            return (features.flatten(1).to(self.weight) - self.mean) @ self.weight + self.shares


def fitted(features: Tensor, labels: Tensor, classes: int) -> RidgeProbe:
    """Return the probe of features [N, ...] with labels [N]: it maps them to one-hot labels."""
    with torch.autocast(features.device.type, enabled=False):
        centred, mean = _centred(features)
        targets, shares = _targets(labels, classes)
        gram, _ = _penalised_gram(centred)
        duals = torch.linalg.solve(gram, targets)
        return RidgeProbe(centred.T @ duals.to(centred), mean, shares.to(centred))


def accuracy(features: Tensor, labels: Tensor, classes: int) -> float:
    """Return the share of images that a probe of all the other images classifies rightly.

    With the inverse G of the penalised Gram matrix of N centred features, the penalty p and centred targets
    Y, the probe that was fitted without image n predicts Y_n - (G Y)_n / (G_nn - 1 / (N p)) for it, so that
    one inverse serves all images. The term 1 / (N p) leaves image n out of the means, too: centred features
    sum to 0, so that the others would betray its label wherever there are more features than images.

    Args:
        features: [N, ...].
        labels: [N], int64, below `classes`.
        classes: how many classes there are.
    """
    with torch.autocast(features.device.type, enabled=False):
        centred, _ = _centred(features)
        targets, shares = _targets(labels, classes)
        gram, penalty = _penalised_gram(centred)
        inverse = torch.linalg.inv(gram)
        own = inverse.diagonal() - 1 / (len(gram) * penalty)
        left_out = targets - inverse @ targets / own.unsqueeze(1)
    return float(((left_out + shares).argmax(1) == labels.cpu()).double().mean())


def _centred(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return the features minus their mean, [N, D], and the mean, [D], in single precision."""
    flat = features.flatten(1).float()
    mean = flat.mean(0)
    return flat - mean, mean


def _targets(labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Return the centred one-hot labels, [N, O], and their mean [O], in double precision on the CPU."""
    one_hot = functional.one_hot(labels.cpu(), classes).double()
    return one_hot - one_hot.mean(0), one_hot.mean(0)


def _penalised_gram(centred: Tensor) -> tuple[Tensor, float]:
    """Return the Gram matrix of centred features plus the penalty, [N, N], and the penalty.

    The matrix is in double precision and on the CPU.
    """
    gram = (centred @ centred.T).double().cpu()
    # a penalty above 0 even for features that are all alike
    penalty = PENALTY * max(float(gram.diagonal().mean()), 1e-12)
    return gram + penalty * torch.eye(len(gram), dtype=gram.dtype), penalty
