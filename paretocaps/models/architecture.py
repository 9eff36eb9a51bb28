"""What a capsule network is made of, as a frozen value that can be written down as JSON."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from paretocaps.domain.choices import Choices
from paretocaps.errors import DataError
from paretocaps.models.geometry import Geometry, geometry

Count = Annotated[int, Field(ge=1)]


class Architecture(BaseModel):
    """The structure of a capsule network; a network is rebuilt from it and its weights alone.

    Attributes:
        height, width, channels: the images, in pixels and colour channels.
        classes: how many classes they have, one class capsule each.
        conv_channels: feature maps of conv1.
        capsule_types: maps of primary capsules; all capsules of a type come from one set of filters.
        capsule_dim, class_dim: pose dimensions of primary and class capsules.
        weight_sharing: whether the capsules of a type share their matrices to the class capsules.
        decoder: "full" reads all class capsules, all but one masked; "reduced" reads only that
            one; "none" leaves the decoder out.
        decoder_units: widths of the decoder's two hidden layers.
        routing_iterations: iterations of routing by agreement.
        routing_gradient: which of them training differentiates, "last" or "all" (see `routing.route`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: Count
    width: Count
    channels: int
    classes: int
    conv_channels: Count = 256
    capsule_types: Count = 32
    capsule_dim: Count = 8
    class_dim: Count = 16
    weight_sharing: bool = False
    decoder: Literal["full", "reduced", "none"] = "full"
    decoder_units: tuple[Count, Count] = (512, 1024)
    routing_iterations: Count = 3
    routing_gradient: Literal["last", "all"] = "last"

    @model_validator(mode="after")
    def _fits_images(self) -> Self:
        geometry(self.height, self.width)
        if self.channels < 1:
            raise DataError(f"images with {self.channels} channels cannot be classified: give 1 or more")
        if self.classes < 2:
            raise DataError(f"{self.classes} classes leave nothing to classify: give 2 or more")
        return self

    @property
    def geometry(self) -> Geometry:
        """Kernels, strides and map sizes."""
        return geometry(self.height, self.width)

    @property
    def positions(self) -> int:
        """Capsules of one type: the cells of its map."""
        return self.geometry.primary.positions

    @property
    def capsules(self) -> int:
        """Primary capsules: types times positions."""
        return self.capsule_types * self.positions

    @property
    def matrices(self) -> int:
        """Matrices to each class capsule: one a primary capsule, or one a type where they are shared."""
        return self.capsule_types if self.weight_sharing else self.capsules

    @property
    def pixels(self) -> int:
        """Values of one image."""
        return self.height * self.width * self.channels


def architecture(choices: Choices, height: int, width: int, channels: int, classes: int) -> Architecture:
    """Return the unpruned architecture that `choices` ask for, for images of the given shape.

    Raises:
        DataError: images smaller than 8 pixels on a side, no channels, or fewer than 2 classes.
    """
    return Architecture(
        height=height,
        width=width,
        channels=channels,
        classes=classes,
        capsule_types=choices.primary_capsules,
        weight_sharing=choices.weight_sharing,
        decoder=choices.decoder,
        routing_iterations=choices.routing_iterations,
        routing_gradient=choices.routing_gradient,
    )
