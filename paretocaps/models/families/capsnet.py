"""The capsule network of Sabour et al. 2017, and those with blocks of capsule layers (MoCapsNet)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import PLAIN
from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.chain import PlainChain
from paretocaps.models.decoder import Decoder
from paretocaps.models.geometry import SECOND_KERNEL
from paretocaps.models.initial_weights import capsule_stds, initialise_normal, initialise_uniform
from paretocaps.models.network import Init, Network, Output
from paretocaps.models.primary import PrimaryCapsules
from paretocaps.models.routings.base import CapsuleLayer, layer_class
from paretocaps.models.stem import Convolution
from paretocaps.models.trunks.layers import deep_trunk, initialise_trunk


@dataclass(frozen=True)
class Observation:
    """What happens inside a network for a batch, without gradients.

    Attributes:
        stem: [B, K, H', W'], the maps of each stem convolution, or only the last maps of a deep trunk;
            the last entry is the features.
        capsules: [B, I, E], the primary capsules; I counts types, then positions.
        presence: [B, I], how present each primary capsule is: its length, or the activation in its state.
        couplings: [B, I, J], the couplings of the primary capsules to the J capsules that they vote for, in
            the last iteration.
        reached: [B, J], how present these J capsules are; without blocks they are the class capsules.
        lengths: [B, O], how present the class capsules are.
        decoder_units: the activations [B, U] of the decoder's hidden layers; empty without a decoder.
    """

    stem: tuple[Tensor, ...]
    capsules: Tensor
    presence: Tensor
    couplings: Tensor
    reached: Tensor
    lengths: Tensor
    decoder_units: tuple[Tensor, ...]

    @property
    def features(self) -> Tensor:
        """The maps that the primary convolution reads, [B, K, H', W']."""
        return self.stem[-1]


class CapsNet(Network):
    """A trunk, primary capsules, capsule layers, class capsules and a decoder.

    The trunk is one or two convolutions, as in the CapsNet papers, or one of `trunks.shape.TRUNKS`.

    Without blocks the primary capsules vote for the class capsules (Sabour et al. 2017). With blocks, the
    primary capsules are followed by a first capsule layer, the blocks and the class capsules (MoCapsNet,
    Figure 1).

    Args:
        architecture: its structure.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        a, shape = architecture, architecture.trunk_shape
        self.routing = ROUTINGS.get(a.routing)
        if a.trunk == PLAIN:
            self.conv1 = Convolution(a.channels, a.conv_channels, shape.kernel, a.geometry.stride)
            if a.stem_convolutions == 2:
                self.conv2 = Convolution(a.conv_channels, a.conv_channels, SECOND_KERNEL, same=True)
        else:
            self.trunk = deep_trunk(a.trunk, shape)
        self.primary = PrimaryCapsules(
            shape.channels,
            a.capsule_types,
            a.capsule_dim,
            shape.kernel,
            shape.stride,
            squashed=self.routing.squashed,
        )
        *hidden, last = a.layers
        if hidden:
            self.capsule_layer = self._layer(hidden[0])
            chain: type[PlainChain] = FAMILIES.resolve(a.family, FAMILIES.get(a.family).chain)
            self.blocks = chain.of(a, [self._layer(shape) for shape in hidden[1:]])
        self.class_capsules = self._layer(last, bias=a.class_bias)
        self.decoder = None if a.decoder == "none" else Decoder(a.decoder_widths, a.class_dim)

    @property
    def stem(self) -> list[Convolution]:
        """The one or two convolutions before the primary one; none where there is a deep trunk."""
        if self.architecture.trunk != PLAIN:
            return []
        return [self.conv1, self.conv2] if self.architecture.stem_convolutions == 2 else [self.conv1]

    @property
    def capsule_layers(self) -> list[CapsuleLayer]:
        """All capsule layers, in order; the first one routes the primary capsules."""
        hidden = [self.capsule_layer, *self.blocks.layers] if self.architecture.blocks else []
        return [*hidden, self.class_capsules]

    def initialise(self, generator: torch.Generator, init: Init = "auto") -> None:
        """Initialise all weights as `models.initial_weights` describes (see `Network.initialise`).

        Args:
            generator: the source of random numbers.
            init: "auto" as described there; "paper" initialises all capsule layers from N(0, 0.01), as
                MoCapsNet states, and on a backbone from N(0, 0.1), as the published code for pruned backbones
                does (`Family.paper_std`). em's layers start about the identity in both cases, as no paper has
                them; the paper of the hybrids does not state it. The bias of 0.1 in the code for pruned
                backbones is omitted, because these layers have no bias here.
        """
        a = self.architecture
        linear = [] if self.decoder is None else list(self.decoder.layers)
        for layer in (*self.stem, self.primary, *linear):
            initialise_uniform(layer, generator)
        if a.trunk != PLAIN:
            initialise_trunk(self.trunk, a.trunk_shape, generator)
            initialise_normal(self.primary, generator)
        skips = bool(a.blocks) and self.blocks.SKIPS
        paper = [FAMILIES.get(a.family).paper_std] * len(a.layers)
        stds = capsule_stds(a, skips=skips) if init == "auto" else paper
        for capsules, std in zip(self.capsule_layers, stds, strict=True):
            capsules.initialise(generator, std)
        if self.routing.skip_scale != 1 and skips and init == "auto":
            with torch.no_grad():
                for capsules in self.capsule_layers[1:-1]:
                    capsules.weight.mul_(self.routing.skip_scale)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know about the training of this network, one line each."""
        return self.blocks.remarks if self.architecture.blocks else ()

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Output:
        """Return lengths and reconstructions (see `Network.forward`)."""
        return self.read(self.features(images), labels)

    def read(self, features: Tensor, labels: Tensor | None = None) -> Output:
        """Return what `forward` returns, from the features [B, K, H', W'] of the images."""
        classes = self._classes(features)
        length = self._presence(classes)
        if self.decoder is None:
            return Output(length, None)
        chosen = self.of_labels(length).argmax(1) if labels is None else labels
        return Output(length, self.decoder(classes, self.classes_of(chosen)))

    def scores(self, images: Tensor) -> Tensor:
        """Return the lengths of the class capsules, [B, O] (see `Network.scores`)."""
        return self.read_scores(self.features(images))

    def read_scores(self, features: Tensor) -> Tensor:
        """Return what `scores` returns, from the features [B, K, H', W'] of the images."""
        return self._presence(self._classes(features))

    def features(self, images: Tensor) -> Tensor:
        """Return the maps that the primary capsules read, [B, K, H', W'], for images [B, C, H, W].

        Raises:
            DataError: the images have another shape than the architecture's.
        """
        return self._maps(images)[-1]

    def class_capsules_of(self, images: Tensor) -> Tensor:
        """Return the states [B, O, D] of the class capsules for images [B, C, H, W].

        Raises:
            DataError: the images have another shape than the architecture's.
        """
        return self._classes(self.features(images))

    @property
    def why_not_drawn(self) -> str | None:
        """Why the network cannot draw images from its class capsules, in a sentence; None where it can."""
        if self.decoder is None:
            return "This network has no decoder: train one with decoder=full or decoder=reduced for pictures."
        return None

    def decode(self, capsules: Tensor, chosen: Tensor) -> Tensor:
        """Return pixels [B, C * H * W] in [0, 1], drawn from capsules [B, O, D] for chosen classes [B].

        Raises:
            UsageError: the network has no decoder.
        """
        if self.decoder is None:
            raise UsageError("this network draws nothing: it was built with decoder=none")
        pixels: Tensor = self.decoder(capsules, chosen)
        return pixels

    def capsule_scores(self, capsules: Tensor) -> Tensor:
        """Return the scores, [B, O], for primary capsules [B, I, E]."""
        return self._presence(self._after_first(self.capsule_layers[0](capsules)))

    @torch.no_grad()
    def observe(self, images: Tensor) -> Observation:
        """Return what happens inside the network for `images`, [B, C, H, W], as saliencies need it.

        Raises:
            DataError: the images have another shape than the architecture's.
        """
        maps = self._maps(images)
        capsules: Tensor = self.primary(maps[-1])
        first = self.capsule_layers[0]
        reached: Tensor = first(capsules)
        classes = self._after_first(reached)
        length = self._presence(classes)
        hidden: tuple[Tensor, ...] = ()
        if self.decoder is not None:
            chosen = self.classes_of(self.of_labels(length).argmax(1))
            hidden = self.decoder.activations(classes, chosen)[:2]
        return Observation(
            stem=tuple(maps),
            capsules=capsules,
            presence=self._presence(capsules),
            couplings=first.couplings(capsules),
            reached=self._presence(reached),
            lengths=length,
            decoder_units=hidden,
        )

    def _maps(self, images: Tensor) -> list[Tensor]:
        """Return the maps of each convolution of the stem, or the last maps of a deep trunk."""
        seen = self.prepared(images)
        if self.architecture.trunk != PLAIN:
            return [self.trunk(seen)]
        maps: list[Tensor] = []
        for layer in self.stem:
            maps.append(layer(maps[-1] if maps else seen))
        return maps

    def _classes(self, features: Tensor) -> Tensor:
        """Return the class capsules, [B, O, D]."""
        return self._after_first(self.capsule_layers[0](self.primary(features)))

    def _after_first(self, states: Tensor) -> Tensor:
        """Return the class capsules, [B, O, D], for the states that the first capsule layer returns."""
        if not self.architecture.blocks:
            return states
        classes: Tensor = self.class_capsules(self.blocks(states))
        return classes

    def _presence(self, states: Tensor) -> Tensor:
        return self.class_capsules.scores(states)

    def _layer(self, shape: LayerShape, *, bias: bool = False) -> CapsuleLayer:
        a = self.architecture
        return layer_class(self.routing)(shape, a.routing_iterations, gradient=a.routing_gradient, bias=bias)
