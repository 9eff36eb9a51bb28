"""The base class of all networks, whatever their family."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.pairs import pairs_of
from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.initial_weights import initialise_uniform
from paretocaps.models.standardise import standardise

Init = Literal["auto", "paper"]

_UNIFORM = nn.Linear, nn.Conv1d, nn.Conv2d
_NORMALISING = nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm


@dataclass(frozen=True)
class Output:
    """The output of a network for a batch.

    Attributes:
        lengths: [B, O], the score of each class, 0 to 1: the class capsules' lengths, their activations with
            em routing, or the softmax of the logits of a network without capsules.
        reconstruction: [B, C * H * W], pixels in [0, 1], or None without a decoder.
        logits: [B, O], of a network without capsules, which is trained by their cross-entropy; else None.
    """

    lengths: Tensor
    reconstruction: Tensor | None = None
    logits: Tensor | None = None


class Network(nn.Module, ABC):
    """Classifies images; its architecture and a state dict alone rebuild it.

    Args:
        architecture: its structure.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.pair_table: Tensor | None
        pairs = torch.tensor(pairs_of(architecture.classes)) if architecture.pairs else None
        self.register_buffer("pair_table", pairs, persistent=False)

    @abstractmethod
    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return the network's output for `images`.

        Args:
            images: [B, C, H, W], floating point, in [0, 1].
            labels: [B], int64, of what a decoder reconstructs, which reads the capsules of `classes_of`; with
                None it takes the likeliest.

        Raises:
            DataError: the images have another shape than the architecture's.
        """

    @abstractmethod
    def scores(self, images: Tensor) -> Tensor:
        """Return the score of each class, [B, O] in [0, 1], without running a decoder.

        Raises:
            DataError: the images have another shape than the architecture's.
        """

    def classes_of(self, labels: Tensor) -> Tensor:
        """Return the class of each label, [B], or the two classes of each, [B, 2], where labels are pairs."""
        return labels if self.pair_table is None else self.pair_table[labels]

    def of_labels(self, scores: Tensor) -> Tensor:
        """Return the score of each label, [B, L], from those of the classes, [B, O].

        They are the same, but where labels are pairs: the best pair is that of the two best classes. Its
        score is the mean of theirs, or the sum of a softmax's, which is at most 1.
        """
        if self.pair_table is None:
            return scores
        first, second = self.pair_table.unbind(1)
        both = scores[:, first] + scores[:, second]
        return both if FAMILIES.get(self.architecture.family).loss == "cross_entropy" else both / 2

    def label_scores(self, images: Tensor) -> Tensor:
        """Return the score of each label, [B, L] in [0, 1], without running a decoder (see `scores`)."""
        return self.of_labels(self.scores(images))

    def initialise(self, generator: torch.Generator, init: Init = "auto") -> None:
        """Initialise all weights in place, here those of convolutions and linear layers as torch does.

        Normalisations start with weights of 1 and biases of 0.

        Args:
            generator: the only source of random numbers.
            init: the initialisation, as the choice `init`; networks without capsules ignore it.

        Raises:
            UsageError: the network has parameters of its own, or layers of other kinds.
        """
        for name, layer in self.named_modules():
            if isinstance(layer, _UNIFORM):
                initialise_uniform(layer, generator)
            elif isinstance(layer, _NORMALISING):
                layer.reset_parameters()
            elif list(layer.parameters(recurse=False)):
                part = f" for the {type(layer).__name__} {name!r}" if name else ""
                raise self._cannot(
                    f"no `initialise`{part}, whose weights have no usual initialisation: write one"
                )

    trunk_frozen = False
    """Whether training leaves what comes before the primary capsules unchanged."""

    def freeze_trunk(self) -> None:
        """Freeze the deep trunk: neither its weights nor its normalisation statistics change any more.

        Raises:
            UsageError: the network has no such trunk. The methods below likewise raise where a family lacks
                what they need.
        """
        trunk = dict(self.named_children()).get("trunk")
        if trunk is None:
            raise self._cannot("no trunk to freeze")
        self.trunk_frozen = True
        trunk.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """Set training or evaluation mode; a frozen trunk stays in evaluation mode."""
        super().train(mode)
        if self.trunk_frozen:
            self.get_submodule("trunk").eval()
        return self

    def features(self, images: Tensor) -> Tensor:
        """Return the maps that the part after the trunk reads, [B, K, H', W'], for images [B, C, H, W]."""
        raise self._cannot("no primary capsules")

    def read(self, features: Tensor, labels: Tensor | None = None) -> Output:
        """Return what `forward` returns, from the `features` of the images."""
        raise self._cannot("no primary capsules")

    def read_scores(self, features: Tensor) -> Tensor:
        """Return what `scores` returns, from the `features` of the images."""
        raise self._cannot("no primary capsules")

    @property
    def why_not_drawn(self) -> str | None:
        """Why the network cannot draw images from its class capsules, in a sentence; None where it can."""
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
        """What a user should know about the training of this network, one line each."""
        return ()

    def prepared(self, images: Tensor) -> Tensor:
        """Return `images` as the first layer reads them: resized and standardised by the architecture.

        Resizing is bilinear, with antialiasing where a side becomes smaller.

        Raises:
            DataError: the images have another shape than the architecture's.
        """
        a = self.architecture
        if tuple(images.shape[1:]) != (a.channels, a.height, a.width):
            raise DataError(
                f"images of shape {tuple(images.shape)} do not fit this network:"
                f" it takes batches of {a.channels} x {a.height} x {a.width}"
            )
        if a.input_size != (a.height, a.width):
            smaller = any(new < old for new, old in zip(a.input_size, (a.height, a.width), strict=True))
            images = functional.interpolate(images, a.input_size, mode="bilinear", antialias=smaller)
        return standardise(images) if a.standardise else images
