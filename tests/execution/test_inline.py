import os

import pytest

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.own_trainer import register_trainer
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.execution.inline import InlineExecutor
from paretocaps.testing.probe import train

seen = []


def train_here(job, on_epoch):
    seen.append((os.getpid(), job.device, job.threads, job.shared))
    return train(job, on_epoch)


def train_carelessly(job, on_epoch):
    def report(record):
        try:
            return on_epoch(record)
        except Exception:
            return True

    return train(job, report)


def register(function):
    target = f"{__name__}:{function.__name__}"
    register_trainer(TrainerSpec(function.__name__, ChoicesModel, Space(), target))
    return {"trainer": function.__name__}


def test_a_trainer_registered_in_this_process_trains_here(make_job):
    job = make_job().model_copy(update=register(train_here))
    with InlineExecutor(["cuda:1"]) as executor:
        executor.submit(job)
        (outcome,) = executor.wait(lambda *_: True)
    assert outcome.measurement is not None, outcome.failure
    assert outcome.job is job
    assert seen == [(os.getpid(), "cuda:1", None, False)]


def test_a_trainer_cannot_swallow_the_drivers_error(make_job):
    def on_epoch(job, record):
        raise OSError("the storage is full")

    executor = InlineExecutor()
    executor.submit(make_job().model_copy(update=register(train_carelessly)))
    with pytest.raises(OSError, match="the storage is full"):
        executor.wait(on_epoch)
    assert executor.wait(on_epoch) == [], "the job is over"


def train_until_a_signal(job, on_epoch):
    raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()  # as Python 3.11 does


def test_an_interrupt_that_python_made_an_error_of_is_no_failure(make_job):
    job = make_job().model_copy(update=register(train_until_a_signal))
    with InlineExecutor() as executor:
        executor.submit(job)
        with pytest.raises(KeyboardInterrupt):
            executor.wait(lambda *_: True)
    assert not (job.folder / "failure.json").exists()
