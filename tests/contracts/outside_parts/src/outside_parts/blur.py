"""A network that blurs images and reads them by linear layers: what paretocaps knows of it."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from paretocaps.domain.condition import Condition
from paretocaps.domain.families.family import Family, OwnChoice
from paretocaps.models.architecture import Architecture
from paretocaps.models.part import Part


def widths(architecture: Architecture) -> tuple[int, ...]:
    """Return the inputs of the linear layers, in order, and the outputs of the last one."""
    blur, hidden = int(architecture.own_choice("blur")), int(architecture.own_choice("hidden"))
    height, width = architecture.input_size
    inputs = architecture.channels * (height // blur) * (width // blur)
    return (inputs, *([hidden] if hidden else []), architecture.classes)


def parts(architecture: Architecture) -> list[Part]:
    """Return the linear layers; the blurring has no parameters, and its sums are not multiply-adds."""
    sizes = widths(architecture)
    return [
        Part(f"linear{number}", (inputs + 1) * outputs, inputs * outputs)
        for number, (inputs, outputs) in enumerate(pairwise(sizes), start=1)
    ]


TOY_BLUR = Family(
    name="toy_blur",
    description="linear layers on images blurred by means over squares of pixels",
    module="outside_parts.blur_network:BlurNetwork",
    parts="outside_parts.blur:parts",
    choices=(),
    own={
        "blur": OwnChoice(
            type=Annotated[int, Field(ge=1, le=4)],
            default=2,
            description="The side in pixels of the squares whose means are taken.",
        ),
        "hidden": OwnChoice(
            type=Annotated[int, Field(ge=0, le=256)],
            default=0,
            description="How many units a hidden layer has; with 0 there is none.",
        ),
        "bend": OwnChoice(
            type=Literal["relu", "tanh"],
            default="relu",
            description="What bends the values of the hidden layer.",
            when=Condition.above("hidden", 0),
        ),
    },
    loss="cross_entropy",
    smallest_side=4,
)
