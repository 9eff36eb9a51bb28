"""A trainer that sleeps: its values follow from its one choice, and its trainings cost no processor.

The environment says how long an epoch takes (`SLOW_SECONDS`) and which file gets a line for each one
(`SLOW_LOG`). As long as there is a file `SLOW_HELD`, trials from number 25 on wait.
"""

import os
import time

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import OnEpoch, TrainerSpec

HELD = 25


class SlowChoices(ChoicesModel):
    width: int = 1


SLOW = TrainerSpec(
    name="slow",
    choices=SlowChoices,
    space=Space.parse({"width": {"low": 1, "high": 500}}),
    train="slow_trainer:train",
    designs={},
)


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    width = SlowChoices.model_validate(job.choices).width
    records = []
    for epoch in range(1, job.epochs + 1):
        time.sleep(float(os.environ["SLOW_SECONDS"]))
        while job.trial >= HELD and os.path.exists(os.environ.get("SLOW_HELD", "")):
            time.sleep(0.05)
        with open(os.environ["SLOW_LOG"], "a") as file:
            file.write(f"{job.study} {job.trial} {job.seed} {job.attempt} {epoch}\n")
        acc = width / 501 * epoch / job.epochs
        records.append(EpochRecord(epoch=epoch, acc=acc, seconds=width, time=width * epoch, wall=epoch))
        on_epoch(records[-1])
    return Measurement(
        acc=records[-1].acc,
        best_epoch=job.epochs,
        time=records[-1].time,
        wall=float(job.epochs),
        params=width,
        device=Device(name="made up", kind="cpu"),
        epochs=tuple(records),
    )
