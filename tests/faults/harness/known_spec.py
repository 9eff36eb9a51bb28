"""The trainer `known`, as a driver sees it."""

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TrainerSpec


class KnownChoices(ChoicesModel):
    x: float = 0.5
    width: int = 1


SPEC = TrainerSpec(
    name="known",
    choices=KnownChoices,
    space=Space.parse({"x": {"low": 0.0, "high": 1.0}, "width": [1, 2, 3, 4]}),
    train="harness.known_trainer:train",
)
