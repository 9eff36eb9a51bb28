"""The capsule network of Sabour et al. 2017, as X-TrainCaps and FasTrCaps train it."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from paretocaps.errors import DataError
from paretocaps.models.architecture import Architecture
from paretocaps.models.capsules import lengths
from paretocaps.models.class_capsules import ClassCapsules
from paretocaps.models.complexity import decoder_widths
from paretocaps.models.convolution import convolution
from paretocaps.models.decoder import Decoder
from paretocaps.models.primary import PrimaryCapsules


@dataclass(frozen=True)
class Output:
    """What a network says about a batch.

    Attributes:
        lengths: [B, O], the class capsules' lengths, how sure it is that a class is there, 0 to 1.
        reconstruction: [B, C * H * W], pixels in [0, 1], or None without a decoder.
    """

    lengths: Tensor
    reconstruction: Tensor | None


@dataclass(frozen=True)
class Observation:
    """What happens inside a network for a batch, without gradients.

    Attributes:
        features: [B, K, H', W'], conv1's maps.
        capsules: [B, I, E], primary capsules; I counts types, then positions.
        couplings: [B, I, O], of the last iteration of routing.
        lengths: [B, O].
        decoder_units: activations [B, U] of the decoder's hidden layers; none without a decoder.
    """

    features: Tensor
    capsules: Tensor
    couplings: Tensor
    lengths: Tensor
    decoder_units: tuple[Tensor, ...]


class Convolution(nn.Module):
    """conv1: an unpadded convolution and a ReLU."""

    def __init__(self, channels: int, filters: int, kernel: tuple[int, int], stride: tuple[int, int]) -> None:
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(filters, *kernel, channels))
        self.bias = nn.Parameter(torch.empty(filters))

    def forward(self, images: Tensor) -> Tensor:
        """Return feature maps [B, K, H', W'] for images [B, C, H, W]."""
        return convolution(images, self.weight, self.bias, self.stride, rectify=True)


class CapsNet(nn.Module):
    """conv1, primary capsules, class capsules and a decoder; `build.build_network` initialises it.

    Args:
        architecture: what it is made of.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a, shape = architecture, architecture.geometry
        self.architecture = architecture
        self.conv1 = Convolution(a.channels, a.conv_channels, shape.kernel, shape.stride)
        self.primary = PrimaryCapsules(a.conv_channels, a.capsule_types, a.capsule_dim, shape.kernel)
        self.class_capsules = ClassCapsules(
            a.classes,
            a.class_dim,
            a.capsule_dim,
            a.matrices,
            a.routing_iterations,
            full_gradient=a.routing_gradient == "all",
        )
        self.decoder = None if a.decoder == "none" else Decoder(decoder_widths(a), a.class_dim)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return lengths and reconstructions; the decoder draws the true class or else the longest.

        Args:
            images: [B, C, H, W], floating point, in [0, 1].
            labels: [B], int64, given in training; None where they are not to be known.

        Raises:
            DataError: images of another shape than the architecture's.
        """
        poses = self._poses(images)
        length = lengths(poses)
        if self.decoder is None:
            return Output(length, None)
        chosen = length.argmax(1) if labels is None else labels
        return Output(length, self.decoder(poses, chosen))

    def scores(self, images: Tensor) -> Tensor:
        """Return the lengths [B, O] of the class capsules for images [B, C, H, W]; nothing is drawn.

        Raises:
            DataError: images of another shape than the architecture's.
        """
        return lengths(self._poses(images))

    def _poses(self, images: Tensor) -> Tensor:
        """Class capsules, [B, O, D]."""
        self._check(images)
        poses: Tensor = self.class_capsules(self.primary(self.conv1(images)))
        return poses

    @torch.no_grad()
    def observe(self, images: Tensor) -> Observation:
        """Return what happens inside for `images`, [B, C, H, W], as saliencies need it.

        Raises:
            DataError: images of another shape than the architecture's.
        """
        self._check(images)
        features = self.conv1(images)
        capsules = self.primary(features)
        poses = self.class_capsules(capsules)
        length = lengths(poses)
        hidden: tuple[Tensor, ...] = ()
        if self.decoder is not None:
            hidden = self.decoder.activations(poses, length.argmax(1))[:2]
        return Observation(features, capsules, self.class_capsules.couplings(capsules), length, hidden)

    def _check(self, images: Tensor) -> None:
        a = self.architecture
        if tuple(images.shape[1:]) != (a.channels, a.height, a.width):
            raise DataError(
                f"images of shape {tuple(images.shape)} do not fit this network:"
                f" it takes batches of {a.channels} x {a.height} x {a.width}"
            )
