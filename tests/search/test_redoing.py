import sqlite3

import pytest
from filled_study import FinishedTrial, fill_study

import paretocaps.testing.probe as probe
from paretocaps import service
from paretocaps.domain.measurement import Measurement
from paretocaps.errors import TrainingError
from paretocaps.storage.store import Store


class DriverDied(BaseException):
    """Stands for the driver's end: nothing catches it on the way out."""


class Machine:
    """Trains as the probe does, and is loaded for as many trainings of each trial as `loaded` says."""

    def __init__(self, loaded, first=9.0, step=1.0):
        self.loaded, self.first, self.step = loaded, first, step
        self.trained = []

    def train(self, job, on_epoch):
        before = self.trained.count(job.trial)
        self.trained.append(job.trial)
        measured = PROBE(job, on_epoch)
        loaded = before < self.loaded.get(job.trial, 0)
        taken = 0.5 - before / 10 if loaded else 0.0
        device = measured.device.model_copy(update={"loaded": loaded, "taken": taken})
        # trial 0 is quick, trial 1 is right more often: both are on the front
        fit = {"acc": 0.90 + job.trial / 100, "time": self.first - self.step * before + 10 * job.trial}
        return measured.model_copy(update=fit | {"device": device})


PROBE = probe.train


@pytest.fixture
def on(monkeypatch):
    """Train on a machine from now on."""

    def on(machine):
        monkeypatch.setattr(probe, "train", machine.train)
        return machine

    return on


def kept(storage, trial):
    with Store.open(storage, create=False) as store:
        return [one.key.attempt for one in store.trial("s", trial).measured.values()]


def test_loaded_members_are_trained_again_until_they_are_quiet(run, storage, on):
    machine = on(Machine({1: 2}))
    summary, watcher = run(trials=2, redo_loaded=3)
    assert machine.trained == [0, 1, 1, 1]
    assert watcher.redone == [(1, 0, True), (1, 0, True)]
    assert "trained again, because something disturbed the device: trial 1" in watcher.notices
    assert kept(storage, 1) == [3]
    member = summary.front.members[0]
    assert (member.trial, member.values["time"], member.flags) == (1, 17.0, ())
    again = on(Machine({}))
    run(trials=2, redo_loaded=3)
    assert again.trained == []


def test_they_are_trained_again_as_often_as_was_said_and_the_quietest_stays(run, storage, on):
    machine = on(Machine({0: 9}))
    run(trials=1, redo_loaded=2)
    assert machine.trained == [0, 0, 0]
    assert kept(storage, 0) == [3]  # the least was taken from it
    more = on(Machine({0: 9}))
    _, watcher = run(trials=1, redo_loaded=3)
    assert more.trained == [0]
    assert watcher.redone == [(0, 0, False)]
    assert kept(storage, 0) == [3]


def test_who_is_not_on_the_front_or_ranked_without_times_is_left_alone(run, on):
    machine = on(Machine({0: 9, 1: 9}, step=0.0))
    run(trials=2, redo_loaded=1, require=["acc>=0.905"])
    assert machine.trained == [0, 1, 1]
    plain = on(Machine({0: 9}))
    run(study="other", objectives="acc,params", trials=1, redo_loaded=1)
    assert plain.trained == [0]


def test_trials_that_optuna_does_not_know_are_left_alone(run, storage, on):
    on(Machine({}))
    run(trials=1)
    with Store.open(storage, create=False) as store:
        device = store.trial("s", 0).attempts[0].measurement.device.model_copy(update={"loaded": True})
        best = Measurement(acc=1.0, best_epoch=1, time=0.1, wall=1.0, params=3, device=device)
        fill_study(store, "s", [FinishedTrial(7, {"another": True}, {0: best})])
    summary, watcher = run(trials=2, redo_loaded=1)
    assert summary.front.members[0].flags == ("loaded",)
    assert (watcher.started, watcher.redone) == ([], [])


def test_each_loaded_seed_is_trained_again(run, storage, on):
    machine = on(Machine({0: 2}))
    _, watcher = run(trials=1, repeats=3, redo_loaded=1)
    assert machine.trained == [0] * 5
    assert [seed for _, seed, _ in watcher.redone] == [0, 1]
    assert kept(storage, 0) == [2, 2, 1]


def test_a_failure_leaves_the_trial_its_values(run, storage, monkeypatch, on):
    on(Machine({0: 9}))
    run(trials=1)

    def fails(job, on_epoch):
        raise TrainingError("it broke")

    monkeypatch.setattr(probe, "train", fails)
    _, watcher = run(trials=1, redo_loaded=1)
    assert watcher.seed_failures == [(0, 0, "it broke")]
    assert kept(storage, 0) == [1]


def test_what_a_driver_that_died_had_begun_is_completed(run, storage, monkeypatch, on):
    machine = Machine({0: 1})

    def dies(job, on_epoch):
        if machine.trained:
            raise DriverDied
        return machine.train(job, on_epoch)

    monkeypatch.setattr(probe, "train", dies)
    with pytest.raises(DriverDied):
        run(trials=1, redo_loaded=1)
    assert service.load_front("s", storage).members[0].flags == ("loaded",)
    on(machine)
    run(trials=1)
    assert machine.trained == [0, 0]
    assert kept(storage, 0) == [3]


@pytest.mark.parametrize("further", [{"redo_loaded": 1}, {"more_repeats": 2}])
def test_no_other_driver_takes_a_trial_over_as_long_as_it_trains(run, storage, on, monkeypatch, further):
    machine, owned = on(Machine({0: 2})), []
    run(trials=1, repeats=2)

    def train(job, on_epoch):
        with sqlite3.connect(storage.removeprefix("sqlite:///")) as database:
            owned.extend(database.execute("SELECT driver IS NOT NULL FROM paretocaps_trials"))
        return machine.train(job, on_epoch)

    monkeypatch.setattr(probe, "train", train)
    run(trials=1, repeats=2, **further)
    assert owned == [(1,), (1,)]


def test_a_bound_on_time_decides_as_an_objective_does(run, storage, on):
    machine = on(Machine({1: 1}))
    run(trials=2, redo_loaded=1, objectives="acc,params", require=["time<=99"])
    assert machine.trained == [0, 1, 1]
