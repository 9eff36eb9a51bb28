"""The structure of a network, as a frozen value that can be written as JSON."""

import operator
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from paretocaps.domain.choices import Choices
from paretocaps.domain.families.families import BASELINE as BASELINE_FAMILY
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import PLAIN, Family
from paretocaps.domain.job import Levels
from paretocaps.domain.pairs import pair_count, paired_classes
from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import BASELINE as BASELINE_ROUTING
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.domain.space import Scalar
from paretocaps.errors import DataError, UsageError
from paretocaps.models.geometry import Geometry, Size, geometry
from paretocaps.models.trunks.convolutions_shape import convolutions
from paretocaps.models.trunks.shape import TRUNKS, TrunkShape

Count = Annotated[int, Field(ge=1)]
LAYERS_A_BLOCK = 2


class Architecture(BaseModel):
    """The structure of a network, which its weights and this value alone rebuild.

    Attributes:
        height, width, channels: rows, columns and colour channels of the images.
        levels: the values of gray pixels of more than 8 bits that are read as 0 and 255; None where all
            training images had 8 bits.
        transposed: whether rows and columns of image files are exchanged before the network reads them.
        classes: how many classes there are, with one class capsule each.
        pairs: whether two classes are in each image, so that a label stands for a pair of them.
        family: the family's name in `domain.families`. A family without capsules uses only `image_size`,
            `standardise` and `own` of the attributes below.
        image_size: the side in pixels to which images are resized first; with None they keep their size.
        trunk: what comes before the primary capsules: "convolutions", or a name in `TRUNKS`.
        trunk_channels: output channels of each convolution of a trunk in `TRUNKS`; empty for full widths.
        blocks: how many pairs of capsule layers follow a first capsule layer and precede the class capsules;
            with 0 the primary capsules vote for the class capsules directly (Sabour et al. 2017).
        layer_capsules: capsules of the first capsule layer and of each layer in a block.
        gamma: the momentum.
        stem_convolutions: 2 adds a second convolution between conv1 and the primary one. The papers name
            such a network but do not describe that convolution: here it is 3x3 with conv1's channels,
            stride 1, zero padding that keeps the size of the maps, and a ReLU.
        standardise: whether each image is first given mean 0 and deviation 1 (see `standardise`).
        conv_channels: feature maps of conv1, and of the second convolution.
        capsule_types: maps of primary capsules; all capsules of a type come from one set of filters.
        capsule_dim, layer_dim, class_dim: numbers in the state of a primary capsule, of a capsule in the
            layers between, and of a class capsule.
        weight_sharing: whether the primary capsules of a type share their matrices.
        routing: the name in `ROUTINGS` of the routing that all layers use.
        decoder: "full" reads all class capsules, with all but one masked; "reduced" reads only that one;
            "none" means no decoder.
        decoder_units: widths of the decoder's two hidden layers.
        routing_iterations: iterations of routing by agreement.
        routing_gradient: which iterations training differentiates, "last" or "all" (see `agreement.route`).
        own: name and value of each choice that the family declares itself (`Family.own`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: Count
    width: Count
    channels: int
    classes: int
    levels: Levels | None = Field(default=None, exclude_if=operator.not_)
    transposed: bool = Field(default=False, exclude_if=operator.not_)
    pairs: bool = Field(default=False, exclude_if=operator.not_)
    family: str = BASELINE_FAMILY
    image_size: Count | None = None
    trunk: str = PLAIN
    trunk_channels: tuple[Count, ...] = ()
    blocks: Annotated[int, Field(ge=0)] = 0
    layer_capsules: Count = 32
    gamma: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.9
    stem_convolutions: Literal[1, 2] = 1
    standardise: bool = False
    conv_channels: Count = 256
    capsule_types: Count = 32
    capsule_dim: Count = 8
    layer_dim: Count = 8
    class_dim: Count = 16
    weight_sharing: bool = False
    decoder: Literal["full", "reduced", "none"] = "full"
    decoder_units: tuple[Count, Count] = (512, 1024)
    routing: str = BASELINE_ROUTING
    routing_iterations: Count = 3
    routing_gradient: Literal["last", "all"] = "last"
    own: tuple[tuple[str, Scalar], ...] = Field(default=(), exclude_if=operator.not_)

    @model_validator(mode="after")
    def _fits_images(self) -> Self:
        if self.channels < 1:
            raise DataError(f"images with {self.channels} channels cannot be classified: give 1 or more")
        if self.classes < 2:
            raise DataError(f"{self.classes} classes leave nothing to classify: give 2 or more")
        family = FAMILIES.get(self.family)
        if self.blocks < family.fewest_blocks:
            raise UsageError(
                f"blocks={self.blocks} is too few for family={self.family}:"
                f" give {family.fewest_blocks} or more"
            )
        ROUTINGS.get(self.routing)
        self._check_side(family)
        return self

    def _check_side(self, family: Family) -> None:
        """Refuse images that are too small for the first layers."""
        if family.has_capsules and self.trunk == PLAIN:
            geometry(*self.input_size)
        if min(self.input_size) < family.smallest_side:
            height, width = self.input_size
            raise DataError(
                f"images of {height}x{width} pixels are too small for family={self.family}:"
                f" set image_size to {family.smallest_side} or more"
            )

    @property
    def labels(self) -> int:
        """How many labels there are: one for each class, or for each pair of them."""
        return pair_count(self.classes) if self.pairs else self.classes

    @property
    def input_size(self) -> Size:
        """Rows and columns of the images that the first layer reads."""
        side = self.image_size
        return Size(self.height, self.width) if side is None else Size(side, side)

    @property
    def geometry(self) -> Geometry:
        """Kernels, strides and map sizes of the CapsNet papers' convolutions."""
        return geometry(*self.input_size)

    @property
    def trunk_shape(self) -> TrunkShape:
        """The sizes of all that comes before the primary capsules, and how these read it."""
        if self.trunk == PLAIN:
            widths = (self.conv_channels,) * self.stem_convolutions
            return convolutions(self.channels, self.input_size, widths)
        return _deep_trunk(self.trunk, self.channels, self.input_size, self.trunk_channels)

    @property
    def positions(self) -> int:
        """How many primary capsules a type has: the cells of its map."""
        return self.trunk_shape.primary.positions

    @property
    def capsules(self) -> int:
        """How many primary capsules there are: types times positions."""
        return self.capsule_types * self.positions

    @property
    def matrices(self) -> int:
        """How many matrices the primary capsules have per capsule that they vote for.

        There is one per primary capsule, or one per type with weight sharing.
        """
        return self.capsule_types if self.weight_sharing else self.capsules

    @property
    def layers(self) -> tuple[LayerShape, ...]:
        """The capsule layers' sizes in order: the first layer, those of the blocks, the class capsules."""
        width, dim = self.layer_capsules, self.layer_dim
        outputs = [(width, dim)] * (1 + LAYERS_A_BLOCK * self.blocks if self.blocks else 0)
        shapes, before = [], (self.capsules, self.capsule_dim, self.matrices)
        for after in (*outputs, (self.classes, self.class_dim)):
            inputs, in_dim, matrices = before
            shapes.append(LayerShape(inputs, after[0], in_dim, after[1], matrices))
            before = *after, after[0]
        return tuple(shapes)

    @property
    def class_bias(self) -> bool:
        """Whether the class capsules have a bias: family and routing must have one, and no blocks."""
        family, routing = FAMILIES.get(self.family), ROUTINGS.get(self.routing)
        return family.class_bias and self.blocks == 0 and routing.class_bias

    def own_choice(self, name: str) -> Scalar:
        """Return the value of a choice that the family declares itself; KeyError for any other choice."""
        return dict(self.own)[name]

    @property
    def pixels(self) -> int:
        """How many values an image has."""
        return self.height * self.width * self.channels

    @property
    def decoder_widths(self) -> tuple[int, int, int, int]:
        """The widths of the decoder: of its input, its two hidden layers and the image."""
        read = self.classes if self.decoder == "full" else 1
        return read * self.class_dim, *self.decoder_units, self.pixels


@lru_cache(maxsize=64)
def _deep_trunk(name: str, channels: int, size: Size, widths: tuple[int, ...]) -> TrunkShape:
    """Return a trunk's sizes; they are cached, because a search for widths reads them hundreds of times."""
    return TRUNKS.get(name).shape(channels, size, widths)


def architecture(
    choices: Choices,
    height: int,
    width: int,
    channels: int,
    labels: int,
    levels: Levels | None = None,
    transposed: bool = False,
    pairs: bool = False,
) -> Architecture:
    """Return the unpruned architecture of `choices` for images of the given shape, read in the given way.

    There is a class for each label, or with `pairs` as many classes as have so many pairs.

    Where `image_size` is 0, images are resized by the family's rule (`Family.resizes`).

    Raises:
        DataError: the images, or `image_size`, are smaller than the family's smallest side (8 pixels for
            `capsnet`); there are no channels, or fewer than 2 classes.
    """
    family, state_dim = FAMILIES.get(choices.family), ROUTINGS.get(choices.routing).state_dim
    return Architecture(
        height=height,
        width=width,
        channels=channels,
        classes=paired_classes(labels) if pairs else labels,
        pairs=pairs,
        levels=levels,
        transposed=transposed,
        family=choices.family,
        image_size=choices.image_size or family.resized(min(height, width)),
        trunk=family.trunk_of(dict(choices)),
        blocks=choices.blocks,
        layer_capsules=choices.capsules,
        gamma=choices.gamma,
        stem_convolutions=choices.stem_convolutions,
        standardise=choices.standardise,
        capsule_dim=state_dim(8),
        layer_dim=state_dim(8),
        class_dim=state_dim(16),
        routing=choices.routing,
        capsule_types=choices.primary_capsules,
        weight_sharing=choices.weight_sharing,
        decoder=choices.decoder,
        routing_iterations=choices.routing_iterations,
        routing_gradient=choices.routing_gradient,
        own=tuple((name, getattr(choices, name, own.default)) for name, own in family.own.items()),
    )
