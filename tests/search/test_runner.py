import sqlite3
from collections import Counter
from contextlib import closing
from functools import partial

import numpy as np
import optuna
import pytest

import paretocaps.testing.probe as probe
from paretocaps.domain.failure import Failure
from paretocaps.domain.forecast import EpochForecast, Forecast
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.errors import FencedError, ParetocapsError, TrainingError, UsageError
from paretocaps.execution.executor import EXECUTORS, Outcome
from paretocaps.run_folder import RunFolder
from paretocaps.search import study
from paretocaps.search.interrupts import Interrupts
from paretocaps.search.observer import Observer
from paretocaps.storage.store import Store


@pytest.mark.slow
def test_a_study_gets_the_trials_it_asks_for_and_stores_its_front(run, storage):
    summary, watcher = run()
    assert (summary.finished, summary.failed, summary.exhausted) == (4, 0, False)
    assert [number for number, _ in watcher.finished] == [0, 1, 2, 3]
    with Store.open(storage, create=False) as store:
        stored = store.stored_front("s", summary.front.objectives, ["acc"])
    last = watcher.fronts[-1]
    assert list(stored.members) == [member.trial for member in last]
    assert (stored.hypervolume, stored.reference_point) == (last.hypervolume, last.reference_point)
    assert {member.trial for member in last} <= {0, 1, 2, 3}
    assert last.reference_point is None  # it waits for eight trials


def test_named_designs_go_first(run):
    _, watcher = run()
    assert watcher.started[0][3] == "slow"
    assert [design for *_, design in watcher.started[1:]] == [None] * 3


def test_without_designs_the_sampler_begins(run):
    _, watcher = run(designs=())
    assert {design for *_, design in watcher.started} == {None}


def test_a_study_keeps_one_tuning_for_all_its_trainings_on_a_device(run, storage, monkeypatch):
    jobs = []
    train = probe.train
    monkeypatch.setattr(probe, "train", lambda job, on_epoch: (jobs.append(job), train(job, on_epoch))[1])
    space = {"products": {"values": ["onednn", "torch"]}, "learning_rate": {"values": [0.1, 0.2]}}
    run(trials=3, designs=(), space=space, sampler="grid", repeats=2)
    with Store.open(storage, create=False) as store:
        attempts = [attempt for trial in store.trials("s") for attempt in trial.attempts]
        ((device, kept),) = store.tunings("s").items()
    assert len(attempts) == 6
    assert all(attempt.measurement.tunings == kept for attempt in attempts)
    assert {job.choices["products"] for job in jobs} == {"onednn", "torch"}
    assert [job.tunings for job in jobs] == [{}] + 5 * [{device: kept}]
    assert {job.trainings for job in jobs} == {6}


@pytest.mark.slow
def test_running_it_again_completes_it_and_nothing_more(run):
    run(trials=2)
    summary, watcher = run(trials=5)
    assert summary.finished == 5
    assert [number for number, *_ in watcher.started] == [2, 3, 4]
    _, nothing = run(trials=5)
    assert nothing.started == []


@pytest.mark.slow
def test_more_adds_to_what_there_is(run):
    run(trials=2)
    summary, _ = run(trials=None, more=3)
    assert summary.finished == 5


def test_repeats_train_every_trial_with_the_same_seeds_and_rank_their_mean(run, storage):
    _, watcher = run(trials=2, repeats=3, seed=7)
    assert [(trial, seed) for trial, seed, *_ in watcher.started] == [
        (t, s) for t in (0, 1) for s in (7, 8, 9)
    ]
    with Store.open(storage, create=False) as store:
        measured = [attempt.measurement for attempt in store.trial("s", 0).attempts]
    assert len(measured) == 3
    mean = sum(m.acc for m in measured) / 3
    assert dict(watcher.finished)[0]["acc"] == pytest.approx(mean)


@pytest.mark.slow
def test_a_trial_that_fails_has_its_reason_and_reaches_no_front(run, storage):
    fails = {"learning_rate": {"low": 0.01, "high": 1.0}, "failure": ["", "no luck"]}
    summary, watcher = run(space=fails, trials=6, designs=(), sampler="random")
    assert watcher.failed
    assert all("no luck" in reason for _, reason in watcher.failed)
    failed = {number for number, _ in watcher.failed}
    assert not failed & {member.trial for member in summary.front}
    assert summary.finished == 6
    with Store.open(storage, create=False) as store:
        record = store.trial("s", min(failed))
    assert record.state == "failed"
    assert "no luck" in record.reason


def test_a_training_that_takes_too_long_fails_with_the_reason(run, storage):
    with pytest.raises(
        ParetocapsError, match="only trial failed, the last reason: trial_timeout=0.2s was over"
    ):
        run(trials=1, trial_timeout="0.2s", fix={"pause": 1.0})
    with Store.open(storage, create=False) as store:
        (trial,) = store.trials("s")
    assert trial.state == "failed"
    assert trial.reason.startswith("trial_timeout=0.2s was over after epoch")


def test_a_run_ends_at_its_timeout_and_the_next_one_goes_on(run, storage, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(study, "Interrupts", partial(Interrupts, clock=lambda: now[0]))
    monkeypatch.setattr(Observer, "epoch", lambda self, job, record: now.__setitem__(0, 100.0))
    pause = {"pause": 0.1}
    summary, _ = run(trials=1, timeout="1m", fix=pause)
    assert summary.time_is_up.startswith("timeout=1m of the run was over: every finished trial is stored")
    assert summary.finished == 0
    with Store.open(storage, create=False) as store:
        assert "timeout" not in store.study("s").spec
        (trial,) = store.trials("s")
    assert (trial.state, trial.attempts[-1].reason) == ("interrupted", "timeout=1m of the run was over")
    summary, _ = run(trials=1, fix=pause)
    assert summary.finished == 1
    assert not summary.time_is_up
    with Store.open(storage, create=False) as store:
        (trial,) = store.trials("s")
    assert [attempt.reason for attempt in trial.attempts] == ["timeout=1m of the run was over", None]


def test_five_failures_in_a_row_end_the_run(run):
    with pytest.raises(ParetocapsError, match="5 trials in a row failed, the last reason: .*no luck"):
        run(space={"learning_rate": {"low": 0.01, "high": 1.0}, "failure": ["no luck"]}, trials=9, designs=())


def test_as_many_failures_as_trials_end_the_run(run):
    with pytest.raises(ParetocapsError, match="2 trials failed, the last reason"):
        run(space={"learning_rate": {"low": 0.01, "high": 1.0}, "failure": ["no luck"]}, trials=2, designs=())


@pytest.mark.slow
def test_a_measurement_without_an_objective_fails_the_trial(run):
    with pytest.raises(
        ParetocapsError,
        match="the study's only trial failed, the last reason: trainer 'probe' did not measure 'memory'",
    ):
        run(objectives="acc,memory", trials=1)


@pytest.mark.slow
def test_choices_are_not_tried_twice_and_a_small_space_ends(run):
    space = {"learning_rate": [0.1, 0.2, 0.4, 0.8]}
    summary, watcher = run(space=space, trials=9, designs=())
    assert summary.finished == 4
    assert summary.exhausted
    assert any("every point of the space was tried" in notice for notice in watcher.notices)
    rates = {member.choices["learning_rate"] for member in summary.front}
    assert rates <= {0.1, 0.2, 0.4, 0.8}


@pytest.mark.slow
def test_weights_are_kept_for_front_members_and_ensembles_only(run, storage, tmp_path, monkeypatch):
    train = probe.train

    def with_weights(job, on_epoch):
        measurement = train(job, on_epoch)
        (job.folder / "weights.pt").write_bytes(b"x")
        return measurement.model_copy(update={"weights": "weights.pt"})

    monkeypatch.setattr(probe, "train", with_weights)
    summary, watcher = run(trials=8, ensembles={"e": {"choices": {"learning_rate": 0.1}}})
    kept = {int(path.parts[-3].removeprefix("trial-")) for path in tmp_path.rglob("weights.pt")}
    with Store.open(storage, create=False) as store:
        front = store.stored_front("s", summary.front.objectives, ["acc"])
        trials = store.trials("s")
    members = {trial.number for trial in trials if trial.choices["learning_rate"] == 0.1}
    assert kept == members | set(front.members)
    assert len(kept) < 8
    (told,) = [notice for notice in watcher.notices if notice.startswith("ensemble 'e' was not measured")]
    assert "cannot be read" in told or "networks are trained" in told


@pytest.mark.slow
def test_a_space_in_which_everything_fails_is_an_error(run):
    space = {"learning_rate": [0.1, 0.2], "failure": ["no luck"]}
    with pytest.raises(ParetocapsError, match="every point of the space failed; the last reason: .*no luck"):
        run(space=space, trials=9, designs=())


class TwoPlaces:
    """An executor with two places that trains here: the second job starts before the first is told of."""

    capacity = 2

    def __init__(self, devices):
        self.jobs = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def submit(self, job):
        assert len(self.jobs) < 2, "more jobs than places"
        self.jobs.append(job)

    def wait(self, on_epoch, timeout=None):
        job = self.jobs.pop(0)
        try:
            return [Outcome(job, probe.train(job, lambda record: on_epoch(job, record)))]
        except TrainingError as error:
            return [Outcome(job, Failure(str(error)))]

    def abort(self):
        self.jobs.clear()


@pytest.mark.slow
def test_a_failed_seed_does_not_crowd_the_workers(run):
    if "two-places" not in EXECUTORS:
        EXECUTORS.register("two-places", TwoPlaces)
    space = {
        "learning_rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        "failure": {"values": ["no luck"], "when": {"learning_rate": [0.2, 0.5]}},
    }
    options = {"executor": "two-places", "sampler": "grid", "repeats": 2, "trials": 6, "designs": ()}
    summary, watcher = run(space=space, **options)
    assert (summary.finished, len(watcher.failed)) == (4, 2)


def test_what_the_trainer_tells_of_the_epochs_of_each_training_is_told(run, monkeypatch):
    _, watcher = run(trials=1)
    assert watcher.epochs_told_of == [(0, [], "cpu")]

    def forecaster(spec, data, epochs, ranks):
        return lambda choices: Forecast(epochs=(EpochForecast(10, {}), EpochForecast(5, {})))

    monkeypatch.setattr(TrainerSpec, "forecaster", forecaster)
    _, watcher = run(trials=2)
    assert watcher.epochs_told_of == [(1, [10, 5], "cpu")]


@pytest.mark.slow
def test_a_study_that_moves_to_another_device_says_so_and_keeps_both_fronts(run, storage, monkeypatch):
    train = probe.train

    def on(device):
        def measured(job, on_epoch):
            measurement = train(job, on_epoch)
            (job.folder / "weights.pt").write_bytes(b"x")
            place = measurement.device.model_copy(update={"name": device})
            return measurement.model_copy(update={"device": place, "weights": "weights.pt"})

        return measured

    monkeypatch.setattr(probe, "train", on("one"))
    run(trials=3)
    monkeypatch.setattr(probe, "train", on("two"))
    summary, watcher = run(trials=6)
    assert any("now measured on two, before on one" in notice for notice in watcher.notices)
    assert {member.trial for member in summary.front} <= {3, 4, 5}
    with Store.open(storage, create=False) as store:
        kept = {weights.key.trial for weights in store.weights_unused("s", keep=[])}
    assert kept & {0, 1, 2}
    assert kept & {3, 4, 5}


def test_a_space_without_an_allowed_design_is_an_error(run):
    with pytest.raises(UsageError, match="lr_min=0.0001 is above lr_max=5e-05"):
        run(
            trainer="capsnet",
            space="papers",
            fix={"lr_max": 5e-5, "lr_policy": "one_cycle"},
            designs=(),
            trials=1,
            limit_train=50,
        )


def test_a_loaded_device_is_a_notice_and_other_remarks_are_said_once(run, storage, monkeypatch):
    train, remarks = probe.train, ("eager attention",)

    def measured(job, on_epoch):
        found = train(job, on_epoch)
        loaded = job.trial == 1
        device = found.device.model_copy(update={"loaded": loaded})
        said = (*remarks, "steps spread") if loaded else remarks
        return found.model_copy(update={"device": device, "remarks": said})

    monkeypatch.setattr(probe, "train", measured)
    _, watcher = run(trials=3)
    assert watcher.notices == [
        "trial 0: eager attention",
        "trial 1 (trained on a loaded device): eager attention; steps spread",
    ]
    with Store.open(storage, create=False) as store:
        table = store.table("s", ["acc"])
    assert [table.flags(row) for row in range(3)] == [(), ("loaded",), ()]


@pytest.mark.slow
def test_trials_that_never_reach_an_accuracy_are_finished_and_not_ranked(run, storage):
    """The probe's accuracies are known: its median is a bound that some of its trials miss."""
    run(trials=6, epochs=3)
    with Store.open(storage, create=False) as store:
        bound = float(np.median(store.table("s", ["acc"]).column("acc")))
    name = f"time_to(acc={bound:.12g})"
    again, _ = run(study="reaching", objectives=["acc", name], trials=6, epochs=3)
    assert (again.finished, again.failed) == (6, 0)
    with Store.open(storage, create=False) as store:
        missed = np.isnan(store.table("reaching", [name]).values)
    assert 0 < missed.sum() < 6
    assert again.front.left_out[0].startswith(f"{missed.sum()} trial")
    assert again.front.left_out[0].endswith(f"left out: {name} was not reached by every seed")
    assert all(name in member.values for member in again.front)
    states = Counter(trial.state.name for trial in _told(storage, "reaching"))
    assert states == {"PRUNED": missed.sum(), "COMPLETE": 6 - missed.sum()}


def test_a_collapsed_trial_is_told_to_the_sampler_as_pruned(run, storage, monkeypatch):
    train = probe.train

    def measured(job, on_epoch):
        collapsed = job.trial == 1 or (job.trial == 2 and job.seed == 0)
        return train(job, on_epoch).model_copy(update={"collapsed": collapsed})

    monkeypatch.setattr(probe, "train", measured)
    summary, _ = run(trials=3, repeats=2)
    assert (summary.finished, summary.collapsed) == (3, 1)
    assert 1 not in [member.trial for member in summary.front]
    assert [trial.state.name for trial in _told(storage, "s")] == ["COMPLETE", "PRUNED", "COMPLETE"]
    with Store.open(storage, create=False) as store:
        flags = [store.table("s", ["acc"]).flags(row) for row in range(3)]
        assert store.trial("s", 2).attempts[0].measurement.collapsed
    assert flags == [(), ("collapsed",), ("partly collapsed",)]


def test_an_accuracy_that_is_never_reached_ends_with_an_empty_front(run, storage):
    summary, _ = run(objectives="acc,time_to(acc=1)", fix=["learning_rate=0.0001"], trials=1)
    assert (summary.finished, len(summary.front)) == (1, 0)
    assert "1 trial left out" in summary.front.left_out[0]


def _told(storage, study):
    return optuna.load_study(study_name=study, storage=storage).get_trials(deepcopy=False)


@pytest.mark.parametrize("ended", [True, False])
def test_a_driver_that_was_ended_leaves_no_checkpoint_of_a_trial_that_has_ended(
    run, storage, monkeypatch, ended
):
    folders = []

    def train(job, on_epoch):
        folders.append(RunFolder(job.folder))
        with closing(sqlite3.connect(storage.removeprefix("sqlite:///"))) as database:
            ((token,),) = database.execute("SELECT token FROM paretocaps_drivers").fetchall()
        with Store.open(storage, create=False) as store:
            if ended:
                store.fail_trial("s", job.trial, Failure("by another driver"))
            store.end_driver(token, "it was silent")
        folders[-1].checkpoint.write_text("of an epoch that nobody asked for")
        raise MemoryError

    monkeypatch.setattr(probe, "train", train)
    with pytest.raises(FencedError, match="it was silent"):
        run(trials=1)
    (folder,) = folders
    assert bool(folder.checkpoints) != ended
