"""The losses that networks are trained with: of classes, and a little of the reconstruction."""

from typing import Any, Literal, Protocol, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

PRESENT_MARGIN = 0.9
ABSENT_MARGIN = 0.1
ABSENT_WEIGHT = 0.5
RECONSTRUCTION_WEIGHT = 0.0005
_LEAST = 1e-12  # of a share whose logarithm is taken
LossName = Literal["margin", "spread", "cross_entropy"]
FIRST_SPREAD, LAST_SPREAD = 0.2, 0.9
"""The spread loss's margin rises from the first to the last in a training (Hinton et al. 2018, section 4)."""


class Scored(Protocol):
    """The input of a loss: lengths [B, O]; a reconstruction [B, C * H * W] and logits [B, O], or None."""

    @property
    def lengths(self) -> Tensor:
        """Lengths of the class capsules."""

    @property
    def reconstruction(self) -> Tensor | None:
        """The images that the decoder drew."""

    @property
    def logits(self) -> Tensor | None:
        """The scores of a network without capsules, before its softmax."""


def margin_loss(lengths: Tensor, labels: Tensor) -> Tensor:
    """Return the margin loss, the mean over the batch (Sabour et al. 2017, Eq. 4).

    The capsule of the right class should be longer than 0.9, and any other shorter than 0.1. Shortfalls are
    squared, and those of other classes count half.

    Args:
        lengths: [B, O].
        labels: [B], int64, or [B, 2] where two classes are in each image, which both count as right.
    """
    return cast(Tensor, _Margin.apply(lengths, labels))  # type: ignore[no-untyped-call]


def spread_loss(activations: Tensor, labels: Tensor, margin: float | Tensor) -> Tensor:
    """Return the spread loss, the mean over the batch (Hinton et al. 2018, Eq. 3).

    Every other class should be less active than the right one by at least the margin. Shortfalls are
    squared and summed over the classes. The paper raises the margin from 0.2 to 0.9 during the training.

    Args:
        activations: [B, O].
        labels: [B], int64, or [B, 2] where two classes are in each image: the mean over both, each of which
            is told from the classes that are not there.
        margin: above 0, at most 1.
    """
    if labels.dim() > 1:
        absent = (labels.unsqueeze(-1) != torch.arange(activations.shape[1], device=labels.device)).all(1)
        behind = activations.gather(1, labels).unsqueeze(2) - activations.unsqueeze(1)  # [B, 2, O]
        shortfalls = functional.relu(margin - behind).square() * absent.unsqueeze(1)
        return shortfalls.sum() / labels.numel()
    classes = torch.arange(activations.shape[1], device=activations.device)
    target = activations.gather(1, labels.unsqueeze(1))
    shortfalls = functional.relu(margin - (target - activations)).square()
    others = torch.where(labels.unsqueeze(1) == classes, 0.0, shortfalls)
    return others.sum() / len(activations)


def reconstruction_loss(reconstruction: Tensor, images: Tensor) -> Tensor:
    """Return 0.0005 times an image's sum of squared pixel errors, the mean over the batch.

    Args:
        reconstruction: [B, C * H * W].
        images: [B, C, H, W] in [0, 1].
    """
    images = images.flatten(1).to(reconstruction.dtype)
    return cast(Tensor, _Squares.apply(reconstruction, images))  # type: ignore[no-untyped-call]


def spread_margin(progress: float) -> float:
    """Return the spread loss's margin, which rises evenly from 0.2 to 0.9 with the `progress` in [0, 1]."""
    return FIRST_SPREAD + (LAST_SPREAD - FIRST_SPREAD) * min(max(progress, 0.0), 1.0)


def class_loss(
    scores: Tensor, labels: Tensor, loss: LossName = "margin", spread: float | Tensor = LAST_SPREAD
) -> Tensor:
    """Return the margin loss, the spread loss or the cross-entropy, the mean over the batch, a scalar.

    Args:
        scores: lengths or activations of the class capsules, or a softmax, [B, O].
        labels: [B], int64, or [B, 2] where two classes are in each image.
        loss: as `Choices.loss`, or "cross_entropy" for a softmax.
        spread: the spread loss's margin, see `spread_margin`.
    """
    if loss == "cross_entropy":
        return _likelihood_loss(scores.clamp_min(_LEAST).log(), labels)
    return spread_loss(scores, labels, spread) if loss == "spread" else margin_loss(scores, labels)


def capsnet_loss(
    output: Scored,
    images: Tensor,
    labels: Tensor,
    loss: LossName = "margin",
    spread: float | Tensor = LAST_SPREAD,
) -> Tensor:
    """Return the loss of the classes, plus that of the reconstruction where there is one; a scalar.

    Where there are logits, the loss of the classes is their cross-entropy, whatever `loss` is; with two
    classes in each image it is the mean of both.

    Args:
        output: what the network returned for `images` and `labels`.
        images: [B, C, H, W] in [0, 1].
        labels: [B], int64, or [B, 2] where two classes are in each image (`Network.classes_of`).
        loss: as `Choices.loss`.
        spread: the spread loss's margin, see `spread_margin`; it is a tensor where a captured graph has
            to see it change.
    """
    if output.logits is None:
        total = class_loss(output.lengths, labels, loss, spread)
    elif labels.dim() == 1:
        total = functional.cross_entropy(output.logits, labels)
    else:
        total = _likelihood_loss(output.logits.log_softmax(1), labels)
    if output.reconstruction is None:
        return total
    return total + reconstruction_loss(output.reconstruction, images)


def _likelihood_loss(logarithms: Tensor, labels: Tensor) -> Tensor:
    """Return the negative log-likelihood of labels [B] or [B, 2], the mean over them, from [B, O]."""
    if labels.dim() == 1:
        return functional.nll_loss(logarithms, labels)
    return -logarithms.gather(1, labels).mean()


class _Margin(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, lengths: Tensor, labels: Tensor) -> Tensor:
        """As `margin_loss`; only the gradient is kept."""
        present = labels.unsqueeze(-1) == torch.arange(lengths.shape[1], device=lengths.device)
        if labels.dim() > 1:
            present = present.any(1)
        shortfalls = torch.where(present, PRESENT_MARGIN - lengths, lengths - ABSENT_MARGIN).relu_()
        towards = torch.where(present, shortfalls * (-1 / ABSENT_WEIGHT), shortfalls)
        ctx.save_for_backward(towards)
        return (towards.abs() * shortfalls).sum() * (ABSENT_WEIGHT / len(lengths))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Gradient of the lengths."""
        (towards,) = ctx.saved_tensors
        return towards * (grad * (2 * ABSENT_WEIGHT / len(towards))), None


class _Squares(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, reconstruction: Tensor, images: Tensor) -> Tensor:
        """As `reconstruction_loss`."""
        errors = reconstruction - images
        ctx.save_for_backward(errors)
        return (errors * errors).sum() * (RECONSTRUCTION_WEIGHT / len(images))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Gradient of the reconstruction; the images have none."""
        (errors,) = ctx.saved_tensors
        return errors * (grad * (2 * RECONSTRUCTION_WEIGHT / len(errors))), None
