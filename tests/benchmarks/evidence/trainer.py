"""The trainer that plays a table back to the product, and the log of what it was asked to train."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from evidence.table import Played, Table
from pydantic import create_model

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.effect import Facts
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.progress import OnProgress
from paretocaps.domain.trainer import TRAINERS, CheckedData, OnEpoch, TrainerSpec
from paretocaps.run_folder import RunFolder
from paretocaps.training.spec import CAPSNET


@dataclass(frozen=True)
class Training:
    """One call of the trainer: the epochs `first` to `last`, counted from 1, which took `seconds`."""

    choices: Mapping[str, Any]
    seed: int
    first: int
    last: int
    seconds: float
    complete: bool


@dataclass
class _Playing:
    table: Table
    log: list[Training] = field(default_factory=list)


_PLAYING: dict[str, _Playing] = {}
"""What the trainers of this process play, by name; the empty one is that which is played."""


def plays(table: Table) -> tuple[str, list[Training]]:
    """Register a trainer of `table` in this process; return its name and its log, which grows."""
    name = "plays-" + table.name.replace("/", "-")
    if name not in _PLAYING:
        _PLAYING[name] = _Playing(table)
        known = {one.name for one in fields(TrainerSpec)}  # older versions have fewer
        spec = TrainerSpec(
            name=name,
            choices=_model(table),
            space=table.space,
            description=f"plays trainings of {table.name}",
            train="evidence.trainer:train",
            designs=table.designs,
            check="evidence.trainer:check",
            **{hook: function for hook, function in table.hooks.items() if hook in known},
        )
        TRAINERS.register(name, spec)
    _PLAYING[""] = _PLAYING[name]
    return name, replays(name, table)


def replays(name: str, table: Table) -> list[Training]:
    """Let a trainer play another table of the same space; return its log from there on."""
    playing = _PLAYING[name]
    playing.table, playing.log = table, []
    return playing.log


def _model(table: Table) -> type[ChoicesModel]:
    """Return the model of a table's choices."""
    fields: dict[str, Any] = {choice: (Any, value) for choice, value in table.choices.items()}

    class Choices(ChoicesModel):
        conditions = {one.name: one.when for one in table.space if one.when.parents}  # noqa: RUF012

    return create_model("PlayedChoices", __base__=Choices, **fields)


def course_of_nearest(choices: Mapping[str, Any], epochs: int, facts: Facts) -> Any:
    """Return the course of the recorded training that is played (the `Courses` protocol)."""
    return CAPSNET.course_of(_PLAYING[""].table.canonical(choices), epochs, facts)


def forecast_of_nearest(data: CheckedData, epochs: int, ranks: int) -> Any:
    """Return the forecasts of the recorded trainings that are played (the `Forecasting` protocol)."""
    table, forecaster = _PLAYING[""].table, CAPSNET.forecaster(data, epochs, ranks)
    return lambda choices: forecaster(table.canonical(choices))


def check(data: DataSpec, on_preparing: OnProgress | None = None) -> CheckedData:
    """Return what was found in the data of the table that is played, which are not read."""
    table = _PLAYING[""].table
    return CheckedData(facts=table.facts, reading=table.reading)


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Play a training back, from its checkpoint if it has one, until it ends or is stopped."""
    playing, folder = _PLAYING[job.trainer], RunFolder(job.folder)
    found = playing.table.played(job.choices, job.seed)
    before = json.loads(folder.checkpoint.read_text()) if folder.checkpoint.exists() else 0
    records = [_record(found, epoch) for epoch in range(1, before + 1)]
    for epoch in range(before + 1, len(found.acc) + 1):
        records.append(_record(found, epoch))
        if epoch < len(found.acc):
            folder.checkpoint.write_text(json.dumps(epoch))
        if not on_epoch(records[-1]):
            break
    last = len(records)
    seconds = sum(found.seconds[before:last])
    complete = last == len(found.acc)
    playing.log.append(Training(dict(job.choices), job.seed, before + 1, last, seconds, complete))
    acc, time, params = found.values(last)
    return Measurement(
        acc=acc,
        best_epoch=found.best(last) + 1,
        time=time,
        wall=records[-1].time,
        params=params,
        device=Device(name="a table", kind="cpu", torch="none"),
        epochs=tuple(records),
    )


def _record(found: Played, epoch: int) -> EpochRecord:
    seconds = sum(found.seconds[:epoch])
    return EpochRecord(
        epoch=epoch,
        steps=1,
        acc=found.acc[epoch - 1],
        seconds=found.seconds[epoch - 1],
        time=seconds,
        wall=seconds,
        params=found.params[epoch - 1],
        network=found.networks[epoch - 1],
    )
