"""A trainer that is fast everywhere: logistic regression on points of the plane, in plain Python.

The executor contract uses it, also with a reference step as `calibrated_probe`; as `judged_probe`, it keeps
its weights and judges them on test points. It imports nothing that takes long.
"""

import dataclasses
import json
import math
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, JudgedTest, Measurement, best_epoch
from paretocaps.domain.progress import OnProgress, OnTuned, progress_of, tuned_of, unheard
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import OnEpoch, TrainerSpec
from paretocaps.domain.tuning import Products, Tuning
from paretocaps.errors import TrainingError

_TRAINED, _VALIDATED, _TESTED = 200, 100, 50
_DEVICE = Device(name="cpu", kind="cpu", threads=1)
TUNING_KEY = "points, 1 image"
_Point = tuple[float, float, bool]


class ProbeChoices(ChoicesModel):
    """The choices: the step size, a message with which to fail after the first epoch, and seconds of silence.

    `asleep` is how long the trainer does nothing after its first epoch, and `pause` how long it works after
    every epoch, telling its progress. With `products`, it says before its first epoch that these are the
    fastest, and the measurement has those that its study keeps.
    """

    learning_rate: Annotated[float, Field(gt=0.0, le=10.0)] = 0.5
    failure: str = ""
    asleep: Annotated[float, Field(ge=0.0)] = 0.0
    pause: Annotated[float, Field(ge=0.0)] = 0.0
    products: Products | None = None


PROBE = TrainerSpec(
    name="probe",
    choices=ProbeChoices,
    space=Space.parse({"learning_rate": {"low": 0.01, "high": 1.0, "log": True}}),
    train="paretocaps.testing.probe:train",
    designs={"slow": {"learning_rate": 0.01}},
    description="logistic regression on points of the plane, for testing executors",
)

CALIBRATED_PROBE = dataclasses.replace(
    PROBE, name="calibrated_probe", calibrate="paretocaps.testing.probe:reference_step"
)


JUDGED_PROBE = dataclasses.replace(
    PROBE,
    name="judged_probe",
    train="paretocaps.testing.probe:train_kept",
    judge="paretocaps.testing.probe:judge",
)


def reference_step(device: str, threads: int | None) -> float:
    """Return the seconds of training on 200 fixed points (see `Calibrate`); `device` is ignored."""
    generator = random.Random(0)
    points = [_point(generator) for _ in range(_TRAINED)]
    return _epoch([0.0, 0.0, 0.0], points, rate=0.5)[1]


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Train a line that separates the points above a parabola from those below; see `Train`.

    Raises:
        TrainingError: the choice `failure` is set.
    """
    return _trained(job, on_epoch, [0.0, 0.0, 0.0])


def train_kept(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Train as `train` does, and keep the weights of the last epoch; see `Train`.

    Raises:
        TrainingError: the choice `failure` is set.
    """
    weights = [0.0, 0.0, 0.0]
    measurement = _trained(job, on_epoch, weights)
    path = job.folder / "weights.json"
    path.write_text(json.dumps(weights))
    update: dict[str, object] = {"weights": path.name}
    if job.test:
        tested = judge(job, path)
        update |= {"test_acc": tested.acc, "test_images": tested.images}
    return measurement.model_copy(update=update)


def judge(job: TrainingJob, weights: Path, on_progress: OnProgress = unheard) -> JudgedTest:
    """Return the share of 50 other points that kept weights separate rightly; see `Judge`."""
    on_progress("judging points", 0, _TESTED)
    generator = random.Random(f"test {job.data}")
    line = json.loads(weights.read_text())
    return JudgedTest(acc=_share(line, [_point(generator) for _ in range(_TESTED)]), images=_TESTED)


def _trained(job: TrainingJob, on_epoch: OnEpoch, weights: list[float]) -> Measurement:
    choices = ProbeChoices.model_validate(job.choices)
    tunings = _tunings(job, choices, tuned_of(on_epoch))
    generator = random.Random(job.seed)
    points = [_point(generator) for _ in range(_TRAINED + _VALIDATED)]
    started, trained = time.perf_counter(), 0.0
    records: list[EpochRecord] = []
    for epoch in range(1, job.epochs + 1):
        loss, seconds = _epoch(weights, points[:_TRAINED], choices.learning_rate)
        trained += seconds
        record = EpochRecord(
            epoch=epoch,
            steps=_TRAINED,
            learning_rate=choices.learning_rate,
            train_loss=loss,
            acc=_share(weights, points[_TRAINED:]),
            seconds=seconds,
            time=trained,
            wall=time.perf_counter() - started,
            params=3,
            macs=3,
        )
        records.append(record)
        go_on = on_epoch(record)
        time.sleep(choices.asleep if epoch == 1 else 0.0)
        _work(choices.pause, progress_of(on_epoch))
        if choices.failure:
            raise TrainingError(choices.failure)
        if not go_on:
            break
    return _measured(job, records, time.perf_counter() - started).model_copy(update={"tunings": tunings})


def _tunings(job: TrainingJob, choices: ProbeChoices, on_tuned: OnTuned) -> dict[str, Tuning]:
    if choices.products is None:
        return {}
    machine = _DEVICE.machine
    kept = job.tunings.get(machine, {}).get(TUNING_KEY)
    own = Tuning(products=choices.products)
    return {TUNING_KEY: kept or on_tuned(machine, TUNING_KEY, own)}


def _work(seconds: float, progress: OnProgress) -> None:
    for tenth in range(round(10 * seconds)):
        progress("tenths of a second", tenth, round(10 * seconds))
        time.sleep(0.1)


def _measured(job: TrainingJob, records: list[EpochRecord], wall: float) -> Measurement:
    best = best_epoch(records)
    return Measurement(
        acc=best.acc,
        best_epoch=best.epoch,
        time=best.time,
        wall=wall,
        params=best.params,
        macs=best.macs,
        validation_images=_VALIDATED,
        device=_DEVICE.model_copy(update={"shared": job.shared}),
        epochs=tuple(records),
    )


def _point(generator: random.Random) -> _Point:
    x, y = generator.uniform(-1, 1), generator.uniform(-1, 1)
    return x, y, y > 0.5 * x * x


def _score(weights: list[float], point: _Point) -> float:
    return weights[0] + weights[1] * point[0] + weights[2] * point[1]


def _share(weights: list[float], points: Sequence[_Point]) -> float:
    return sum((_score(weights, point) > 0) == point[2] for point in points) / len(points)


def _epoch(weights: list[float], points: list[_Point], rate: float) -> tuple[float, float]:
    started, loss = time.perf_counter(), 0.0
    for point in points:
        probability = 1 / (1 + math.exp(-_score(weights, point)))
        error = probability - point[2]
        loss -= math.log(max(1e-12, 1 - abs(error)))
        for index, value in enumerate((1.0, point[0], point[1])):
            weights[index] -= rate * error * value
    return loss / len(points), time.perf_counter() - started
