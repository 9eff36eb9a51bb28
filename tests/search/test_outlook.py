"""What is learned from the trials of a study, read from its database."""

import numpy as np
import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps.domain.failure import Failure
from paretocaps.domain.forecast import EpochForecast, Forecast
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.space import Space
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.search.observer import Observer
from paretocaps.search.outlook import Outlook
from paretocaps.search.study_front import StudyFront
from paretocaps.storage.store import Store

SPACE = Space.parse({"rate": {"low": 0.0, "high": 1.0}, "kind": ["a", "b"]})


def told(choices):
    if choices.get("kind") == "none":
        raise UsageError("no such kind")
    epochs = tuple(EpochForecast(10, {"step": 1.0 + choices["rate"]}, final) for final in (False, True))
    return Forecast({"params": 7}, {"memory": 100.0}, epochs)


def measured(rate, device="cpu", factor=1.0, torch="", memory=None):
    epochs = tuple(
        EpochRecord(
            epoch=e,
            acc=0.4 * e + 0.1 * rate,
            seconds=factor * (1 + rate),
            time=factor * e * (1 + rate),
            wall=99.0,
            learning_rate=0.1,
        )
        for e in (1, 2)
    )
    where, last = Device(name=device, kind="cpu", torch=torch), epochs[-1]
    return Measurement(
        acc=last.acc,
        best_epoch=2,
        time=last.time,
        wall=99.0,
        params=7,
        memory=memory,
        device=where,
        epochs=epochs,
    )


@pytest.fixture
def outlook(storage):
    spec = StudySpec(study="s", objectives=("acc", "time"))
    with Store.open(storage, create=True) as store:
        store.create_study("s", spec.model_dump(mode="json"))
        yield Outlook(StudyFront(spec, parse_objectives("acc,time"), store, Observer()), SPACE, {}, 2, told)


def finish(outlook, count, first=0, *, learn=True, **how):
    trials = [
        FinishedTrial(first + n, {"rate": n / count, "kind": "ab"[n % 2]}, {0: measured(n / count, **how)})
        for n in range(count)
    ]
    fill_study(outlook.standing.store, "s", trials)
    outlook.standing.read([trial.number for trial in trials])
    if learn:
        outlook.learn(0)


def bounds(outlook, rate=0.45):
    choices = {"rate": rate, "kind": "a"}
    return outlook.bounds(choices, outlook.forecast(choices))


def test_without_trials_only_what_the_trainer_tells_is_known(outlook):
    outlook.learn(0)
    found = bounds(outlook)
    assert found.keys() == {"params", "memory"}
    assert [one.tolist() for one in found["params"]] == [[7], [7]]
    assert [one.tolist() for one in found["memory"]] == [[45.0], pytest.approx([165.0])]
    assert outlook.time_error == ""


def test_memory_is_known_to_a_tenth_of_what_finished_trials_needed(outlook):
    finish(outlook, 2, memory=50)
    assert bounds(outlook)["memory"].low == pytest.approx([45.0])
    finish(outlook, 1, first=2, memory=60)
    assert [one.tolist() for one in bounds(outlook)["memory"]] == [
        pytest.approx([45.0]),
        pytest.approx([66.0]),
    ]


def test_time_and_accuracy_are_bounded_for_the_epochs_that_may_be_best(outlook):
    finish(outlook, 40)
    found = bounds(outlook)
    assert found["time"].low == pytest.approx([0.9 * 2 * 1.45])  # known to a tenth at best
    assert found["time"].high == pytest.approx([1.1 * 2 * 1.45])
    assert len(found["acc"].high) == 1
    assert 0.845 <= found["acc"].high[0] < 0.95
    assert outlook.time_error.startswith("predicted times of trials that were left out: 0.0% off (median)")
    finish(outlook, 1, first=40, learn=False)
    assert outlook.time_error
    assert len(outlook.times) == 41  # the last ones, after which nothing was proposed, count, too


def test_times_are_those_of_the_latest_device_and_accuracies_of_all(outlook):
    finish(outlook, 40)
    finish(outlook, 6, first=40, device="faster", factor=0.1)
    found = bounds(outlook)
    assert found["time"].low == pytest.approx([0.5 * 0.1 * 2 * 1.45])  # few trials say how sure it is
    assert "acc" in found
    for trial in range(46, 56):  # two devices in turn: neither forgets
        finish(outlook, 1, first=trial, device=("cpu", "faster")[trial % 2], factor=(1.0, 0.1)[trial % 2])
    assert len(outlook.times) == 6 + 5
    assert "time" in bounds(outlook)


def test_failures_are_read_where_there_are_new_ones(outlook):
    finish(outlook, 10)
    store = outlook.standing.store
    for number in (20, 21, 22):
        store.start_trial("s", number, {"rate": 1.0, "kind": "ab"[number % 2]})
        store.fail_trial("s", number, Failure("the loss became nan in epoch 1: lower lr_max"))
    choices = {"rate": 1.0, "kind": "a"}
    assert not outlook.failing(choices, told(choices))
    outlook.learn(3)
    assert outlook.failing(choices, told(choices)).startswith("it would diverge as 3 trials did")


def test_choices_that_the_space_does_not_have_are_left_out_of_a_point(outlook):
    assert outlook.point({"rate": 0.5, "kind": "a", "other": 1}) == {"rate": 0.5, "kind": "a"}
    assert outlook.point({"rate": 1.5, "kind": "c"}) == {}
    assert outlook.forecast({"kind": "none"}) == Forecast()
    assert np.isfinite(outlook.accuracy.encoding.rows([{}])).all()


def test_another_version_of_torch_is_another_device(outlook):
    finish(outlook, 40, torch="2.13")
    finish(outlook, 6, first=40, torch="2.14", factor=0.1)
    assert bounds(outlook)["time"].low == pytest.approx([0.5 * 0.1 * 2 * 1.45])
    assert len(outlook.times) == 6
