"""The trainer as the driver sees it: quick to import."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.condition import Condition
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TrainerSpec


class SoftmaxChoices(ChoicesModel):
    """How to fit: step size in 1/step, images a step, pixels pooled, and the penalty on the weights."""

    step_size: Annotated[float, Field(gt=0.0, le=10.0)] = 0.5
    images_a_step: Annotated[int, Field(ge=1, le=512)] = 32
    pooling: Literal[1, 2, 4] = 1
    penalty: Literal["none", "l2", "l1"] = "none"
    strength: Annotated[float, Field(ge=0.0, le=1.0)] = 1e-3

    conditions: ClassVar[Mapping[str, Condition]] = {"strength": Condition.any_of("penalty", "l2", "l1")}


SPEC = TrainerSpec(
    name="softmax_digits",
    choices=SoftmaxChoices,
    space=Space.parse(
        {
            "step_size": {"low": 0.05, "high": 2.0, "log": True},
            "images_a_step": [8, 32, 128],
            "pooling": [1, 2, 4],
            "penalty": ["none", "l2", "l1"],
            "strength": {"low": 1e-5, "high": 1e-2, "log": True, "when": {"penalty": ["l2", "l1"]}},
        }
    ),
    train="softmax_digits.train:train",
    designs={"plain": {}, "pooled": {"pooling": 2}, "ridge": {"penalty": "l2", "strength": 1e-3}},
    description="softmax regression of the 8x8 digits with numpy",
)
