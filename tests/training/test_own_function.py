import json
from itertools import count

import numpy as np
import pytest

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.own_function import OwnFunction, keep
from paretocaps.domain.progress import WithProgress
from paretocaps.errors import DivergedError, TrainingError
from paretocaps.training.own_function import Report, train


@pytest.fixture
def run(tmp_path):
    """Train by a function, and return its measurement and the epochs that were told."""

    def run(function, epochs=3, stop_after=99, **job):
        told = []
        made = TrainingJob(
            study="s",
            trial=0,
            trainer=keep(OwnFunction(function)),
            choices={"c": 2},
            seed=5,
            data=DataSpec(name="digits"),
            epochs=epochs,
            folder=tmp_path,
            **job,
        )
        return train(made, lambda record: told.append(record) or len(told) < stop_after), told

    return run


def test_what_is_returned_is_the_measurement(run):
    def fit(choices, report):
        return {"acc": 0.5 * choices["c"] / 2, "params": 12, "f1": 0.25, "time": 3.0}

    measured, told = run(fit)
    assert (measured.acc, measured.params, measured.time) == (0.5, 12, 3.0)
    assert measured.quantities == {"f1": 0.25}
    assert [record.acc for record in measured.epochs] == [0.5]
    assert told == []  # nobody is asked whether a training goes on that has ended


def test_epochs_are_reported_and_may_end_early(run):
    def fit(choices, report):
        for epoch in range(report.epochs):
            if not report(acc=(epoch + 1) / 10, train_loss=1.0, seconds=2.0):
                break
        return {"params": 3}

    measured, told = run(fit, epochs=5, stop_after=2)
    assert (measured.acc, measured.best_epoch, measured.time, len(told)) == (0.2, 2, 4.0, 2)
    assert told[0].train_loss == 1.0


def test_params_may_be_reported_with_the_epochs(run):
    def fit(choices, report):
        for _ in range(report.epochs):
            report(acc=0.9, params=100)

    measured, _ = run(fit, measure=("acc", "params"))
    assert measured.params == 100

    def partly(choices, report):
        report(acc=0.5, params=100)
        report(acc=0.9)

    with pytest.raises(TrainingError, match="returned no 'params'"):
        run(partly, measure=("acc", "params"))


def test_preparation_is_apart_and_the_seconds_of_others_too(tmp_path):
    ticks = count(0, 10)
    job = TrainingJob(
        study="s", trial=0, trainer="x@1", choices={}, seed=0, data=DataSpec(), epochs=2, folder=tmp_path
    )
    report = Report(job, lambda record: True, clock=lambda: next(ticks))
    report.prepared()  # at 10
    report(acc=0.5)  # at 20
    assert (report.records[0].seconds, report.records[0].wall) == (10, 20)
    report(acc=0.6)  # from 30, after the answer, to 40
    assert (report.records[1].time, report.records[1].wall) == (20, 40)


def test_the_images_are_given_where_they_are_asked_for(run):
    def fit(choices, report, data):
        return {"acc": len(data.validation) / 1000, "params": data.classes}

    measured, _ = run(fit)
    assert (measured.acc, measured.params) == (0.144, 10)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (0.9, r"fit returned 0\.9: return a dictionary such as"),
        ({}, "fit reported no epoch and returned no 'acc'"),
        ({"acc": "good"}, "fit returned acc='good': give a number"),
        ({"acc": 0.9}, "fit returned no 'params', which the study needs"),
    ],
)
def test_what_is_missing_or_wrong_is_said(run, returned, message):
    def fit(choices, report):
        return returned

    with pytest.raises(TrainingError, match=message):
        run(fit, measure=("acc", "params"))


@pytest.mark.parametrize(
    ("reported", "error", "message"),
    [
        ({"acc": "good"}, TrainingError, r"report was given acc='good': give a number"),
        ({"acc": 97.0}, TrainingError, r"EpochRecord: acc=97\.0: it should be less than or equal to 1"),
        ({"acc": float("nan")}, DivergedError, "acc=nan is not a finite number: the training diverged"),
        ({"acc": 0.5, "learning_rate": float("inf")}, DivergedError, "learning_rate=inf is not a finite"),
        ({"acc": 0.5, "loss": 1.0}, TrainingError, r"report.loss=.*an epoch has .*return other numbers"),
    ],
)
def test_what_is_reported_wrongly_is_said(run, reported, error, message):
    def fit(choices, report):
        report(**reported)

    with pytest.raises(error, match=message):
        run(fit)


def test_progress_may_be_told_in_numbers_of_numpy(tmp_path):
    heard = []
    made = TrainingJob(
        study="s",
        trial=0,
        trainer="t",
        choices={},
        seed=0,
        data=DataSpec(name="digits"),
        epochs=1,
        folder=tmp_path,
    )
    report = Report(made, WithProgress(lambda record: True, lambda *told: heard.append(told)))
    report.progress("batches", np.int64(3), np.int32(9))
    assert json.loads(json.dumps(heard)) == [["batches", 3, 9]]


def test_a_number_that_no_database_holds_is_refused(run):
    with pytest.raises(TrainingError, match="params"):
        run(lambda choices, report: {"acc": 0.5, "params": 1e19})
