"""Trainers that break one clause of the contract each."""

import os
from itertools import cycle
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from paretocaps.domain.measurement import Measurement
from paretocaps.testing.probe import train


def _changed(measurement, **changes):
    return Measurement.model_construct(**dict(measurement) | changes)


def silent(job, on_epoch):
    return train(job, lambda record: True)


def two_stories(job, on_epoch):
    return train(job, lambda record: on_epoch(record.model_copy(update={"acc": 1.0})))


def deaf(job, on_epoch):
    def report(record):
        on_epoch(record)
        return True

    return train(job, report)


def last_epoch(job, on_epoch):
    measurement = train(job, on_epoch)
    last = measurement.epochs[-1]
    return _changed(measurement, acc=last.acc, best_epoch=last.epoch, time=last.time)


def time_of_all(job, on_epoch):
    measurement = train(job, on_epoch)
    return _changed(measurement, time=measurement.wall)


def time_of_one(job, on_epoch):
    measurement = train(job, lambda record: True)
    epochs = tuple(r.model_copy(update={"time": r.seconds}) for r in measurement.epochs)
    for record in epochs:
        on_epoch(record)
    return _changed(measurement, epochs=epochs)


def wall_too_small(job, on_epoch):
    return _changed(train(job, on_epoch), wall=0.0)


def unreadable(job, on_epoch):
    return _changed(train(job, on_epoch), params=-1)


def missing_weights(job, on_epoch):
    return _changed(train(job, on_epoch), weights="weights.pt")


def writes_beside(job, on_epoch):
    (job.folder.parent / "elsewhere.txt").write_text("here")
    return train(job, on_epoch)


def writes_where_it_stands(job, on_epoch):
    Path("log.txt").write_text("here")
    return train(job, on_epoch)


def writes_behind_the_hook(job, on_epoch):
    os.system("echo here > log.txt")
    return train(job, on_epoch)


SEEDS = cycle((1, 2))


def unseeded(job, on_epoch):
    return train(job.model_copy(update={"seed": next(SEEDS)}), on_epoch)


class Loose(BaseModel):
    """Choices that change, and take any name."""

    model_config = ConfigDict(extra="allow")
    learning_rate: float = 0.5


def always(choices, epochs, longer, facts):
    return ""
