"""Studies of an instant trainer with made-up curves, which goes on from its checkpoints."""

import json
import random
from typing import Annotated

import pytest
from pydantic import Field

from paretocaps import service
from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.course import Course
from paretocaps.domain.measurement import Device, EpochRecord, Measurement, best_epoch
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.run_folder import WEIGHTS, RunFolder
from paretocaps.search.observer import Observer
from paretocaps.search.stopping.curves import Curves, Training
from paretocaps.storage.store import Store

STEADY = Course()
TRAINED = []
"""(trial, seed, attempt, epoch) of every epoch that was trained."""
EVENTS = {}
"""What a test lets happen when so many epochs were trained."""


class PlayChoices(ChoicesModel):
    top: Annotated[float, Field(ge=0.0, le=1.0)] = 0.9
    speed: Annotated[float, Field(gt=0.0)] = 1.0
    size: Annotated[int, Field(ge=1)] = 10


def curve(job, epoch):
    choices = PlayChoices.model_validate(job.choices)
    noise = random.Random(f"{choices} {job.seed} {epoch}").gauss(0.0, 0.005)
    acc = min(1.0, max(0.0, choices.top * (1 - 2.0**-epoch) + noise))
    seconds = choices.speed
    return EpochRecord(
        epoch=epoch, acc=acc, seconds=seconds, time=seconds * epoch, wall=seconds * epoch, params=choices.size
    )


def train(job, on_epoch):
    checkpoint = RunFolder(job.folder).checkpoint
    kept = json.loads(checkpoint.read_text()) if checkpoint.exists() else []
    records = [EpochRecord.model_validate(record) for record in kept]
    go_on = all(on_epoch(record) for record in records)
    while go_on and len(records) < job.epochs:
        records.append(curve(job, len(records) + 1))
        TRAINED.append((job.trial, job.seed, job.attempt, records[-1].epoch))
        if (event := EVENTS.pop(len(TRAINED), None)) is not None:
            event()
        checkpoint.write_text(json.dumps([record.model_dump() for record in records]))
        go_on = on_epoch(records[-1])
    best = best_epoch(records)
    RunFolder(job.folder).weights.write_text("")
    return Measurement(
        acc=best.acc,
        best_epoch=best.epoch,
        time=best.time,
        wall=best.time,
        params=best.params,
        device=Device(name="made up", kind="cpu"),
        epochs=tuple(records),
        weights=WEIGHTS,
    )


PLAY = TrainerSpec(
    name="play",
    description="plays curves",
    choices=PlayChoices,
    space=Space.parse(
        {
            "size": [1, 2, 4],
            "speed": {"low": 0.5, "high": 4.0},
            "top": {"low": 0.5, "high": 1.0},
        }
    ),
    train="paretocaps.testing.probe:train",
    designs={"poor": {"top": 0.5, "speed": 4.0, "size": 4}},
)


class Watcher(Observer):
    """Keeps what it is told."""

    def __init__(self):
        self.stopped, self.finished, self.notices = [], [], []

    def trial_stopped(self, trial, reason):
        self.stopped.append((trial, reason))

    def trial_finished(self, trial, values):
        self.finished.append(trial)

    def notice(self, message):
        self.notices.append(message)


@pytest.fixture(autouse=True)
def _play(monkeypatch):
    monkeypatch.setattr("paretocaps.testing.probe.train", train)
    if "play" not in TRAINERS:
        TRAINERS.register("play", PLAY)
    TRAINED.clear()
    EVENTS.clear()


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


@pytest.fixture
def run(storage):
    """Run a study of the trainer inline; return its counts and what a watcher saw."""

    def run(more=None, **options):
        flags = {
            "study": "s",
            "storage": storage,
            "trainer": "play",
            "executor": "inline",
            "objectives": "acc,time,params",
            "sampler": "qmc",
            "designs": [],
            "trials": 9,
            "epochs": 5,
            "stop_early": "rungs",
            **options,
        }
        watcher = Watcher()
        service.optimize(
            {name: value for name, value in flags.items() if value is not None}, more=more, observer=watcher
        )
        with Store.open(storage, create=False) as store:
            return store.counts(flags["study"]), watcher

    return run


@pytest.fixture
def trained():
    return TRAINED


@pytest.fixture
def events():
    return EVENTS


@pytest.fixture
def store(storage):
    """A function that opens the store, to be closed by the caller."""
    return lambda: Store.open(storage, create=False)


@pytest.fixture
def objectives():
    return parse_objectives("acc,time,params")


@pytest.fixture
def asked():
    """A function that returns curves with points after one epoch, and the training of the last point."""

    def asked(points, *, epoch=2, epochs=8, course=STEADY, finals=None):
        curves = Curves()
        trainings = [Training(n, course, epoch, epochs, tuple(map(float, p))) for n, p in enumerate(points)]
        for training in trainings:
            curves.note(training)
        for number, point in (finals or {}).items():
            curves.finish(number, tuple(map(float, point)))
        return trainings[-1], curves

    return asked
