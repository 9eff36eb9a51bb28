"""A trainer that takes no time, so that what remains is the driver's own work."""

import math
from typing import Literal

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import OnEpoch, TrainerSpec


class InstantChoices(ChoicesModel):
    """As many choices as the capsule networks' default space has."""

    lr_max: float = 1e-3
    lr_min: float = 1e-5
    weight_decay: float = 1e-4
    dropout: float = 0.0
    width: int = 32
    blocks: int = 1
    lr_policy: Literal["fixed", "exponential", "one_cycle"] = "fixed"
    optimizer: Literal["adam", "sgd"] = "adam"
    decoder: Literal["full", "reduced", "none"] = "full"
    weight_sharing: bool = False


SPACE = Space.parse(
    {
        "lr_max": {"low": 1e-4, "high": 1e-2, "log": True},
        "lr_min": {"low": 1e-6, "high": 1e-4, "log": True},
        "weight_decay": {"low": 1e-6, "high": 1e-2, "log": True},
        "dropout": {"low": 0.0, "high": 0.5},
        "width": {"low": 8, "high": 64},
        "blocks": {"low": 1, "high": 8},
        "lr_policy": ["fixed", "exponential", "one_cycle"],
        "optimizer": ["adam", "sgd"],
        "decoder": ["full", "reduced", "none"],
        "weight_sharing": [False, True],
    }
)
INSTANT = TrainerSpec(
    name="instant", choices=InstantChoices, space=SPACE, train="instant_trainer:train", designs={}
)


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Report one epoch, with made-up values that follow from the choices."""
    choices = InstantChoices.model_validate(job.choices)
    size = choices.width * choices.blocks * (1 + choices.dropout)
    acc = 1 - math.exp(-math.log(size) / 4 - abs(math.log10(choices.lr_max) + 3) / 9)
    seconds, params = size * (1 + choices.weight_decay * 50) / 100, round(1000 * size) + 1
    record = EpochRecord(epoch=1, steps=1, acc=acc, seconds=seconds, time=seconds, wall=seconds)
    on_epoch(record)
    return Measurement(
        acc=acc,
        best_epoch=1,
        time=seconds,
        wall=seconds,
        params=params,
        device=Device(name="made up", kind="cpu", torch="none"),
        epochs=(record,),
    )
