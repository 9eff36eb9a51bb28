"""What every network is, whatever its family."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.initial_weights import draw_uniform
from paretocaps.models.standardise import standardise

Init = Literal["auto", "paper"]


@dataclass(frozen=True)
class Output:
    """What a network says about a batch.

    Attributes:
        lengths: [B, O], how sure it is that a class is there, 0 to 1: the class capsules' lengths, with em
            routing their activations, and of a network without capsules the softmax of its logits.
        reconstruction: [B, C * H * W], pixels in [0, 1], or None without a decoder.
        logits: [B, O], of a network without capsules, which is trained by their cross-entropy.
    """

    lengths: Tensor
    reconstruction: Tensor | None = None
    logits: Tensor | None = None


class Network(nn.Module, ABC):
    """Classifies images; rebuilt from its architecture and a state dict alone.

    Args:
        architecture: what it is made of.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture

    @abstractmethod
    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return what the network says about `images`; a decoder draws the true class or else the likeliest.

        Args:
            images: [B, C, H, W], floating point, in [0, 1].
            labels: [B], int64, given in training; None where they are not to be known.

        Raises:
            DataError: images of another shape than the architecture's.
        """

    @abstractmethod
    def scores(self, images: Tensor) -> Tensor:
        """Return how sure the network is of each class, [B, O] in [0, 1]; nothing is drawn.

        Raises:
            DataError: images of another shape than the architecture's.
        """

    def draw(self, generator: torch.Generator, init: Init = "auto") -> None:
        """Draw all weights, in place; here every child layer as torch draws it.

        Args:
            generator: the source of chance; no other is used.
            init: how, as the choice `init`; it says nothing of networks without capsules.
        """
        for layer in self.children():
            draw_uniform(layer, generator)

    trunk_frozen = False
    """Whether what comes before the primary capsules stays as it is."""

    def freeze_trunk(self) -> None:
        """Leave the deep trunk as it is from now on: its weights and the statistics it normalises by.

        Raises:
            UsageError: the family has no such trunk; so it is with all that follows for what it cannot do.
        """
        raise self._cannot("no trunk to freeze")

    def features(self, images: Tensor) -> Tensor:
        """Return the maps that the primary capsules read, [B, K, H', W'], for images [B, C, H, W]."""
        raise self._cannot("no primary capsules")

    def read(self, features: Tensor, labels: Tensor | None = None) -> Output:
        """Return what `forward` returns, from the `features` of the images."""
        raise self._cannot("no primary capsules")

    def read_scores(self, features: Tensor) -> Tensor:
        """Return what `scores` returns, from the `features` of the images."""
        raise self._cannot("no primary capsules")

    @property
    def why_not_drawn(self) -> str | None:
        """Why the network cannot draw what its class capsules say, in a sentence; None where it can."""
        return "This network has no class capsules of its own to draw from."

    def class_capsules_of(self, images: Tensor) -> Tensor:
        """Return the states [B, O, D] of the class capsules for images [B, C, H, W]."""
        raise self._cannot("no class capsules")

    def decode(self, capsules: Tensor, chosen: Tensor) -> Tensor:
        """Return pixels [B, C * H * W] in [0, 1], drawn from capsules [B, O, D] for chosen classes [B]."""
        raise self._cannot("no decoder")

    def _cannot(self, lack: str) -> UsageError:
        return UsageError(f"family={self.architecture.family} has {lack}")

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know about how this network is trained, a line each."""
        return ()

    def prepared(self, images: Tensor) -> Tensor:
        """Return `images` as the first layer reads them: resized, then standardised, where that is asked for.

        Bilinear; what becomes smaller is averaged over the pixels that a new one covers (antialiased).

        Raises:
            DataError: images of another shape than the architecture's.
        """
        a = self.architecture
        if tuple(images.shape[1:]) != (a.channels, a.height, a.width):
            raise DataError(
                f"images of shape {tuple(images.shape)} do not fit this network:"
                f" it takes batches of {a.channels} x {a.height} x {a.width}"
            )
        if a.input_size != (a.height, a.width):
            smaller = min(a.input_size) < min(a.height, a.width)
            images = functional.interpolate(images, a.input_size, mode="bilinear", antialias=smaller)
        return standardise(images) if a.standardise else images
