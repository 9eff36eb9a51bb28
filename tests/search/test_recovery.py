import sqlite3
from contextlib import closing

import pytest
from filled_study import FinishedTrial, fill_study

import paretocaps.testing.probe as probe
from paretocaps import service
from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Measurement
from paretocaps.errors import ParetocapsError, TrainingError
from paretocaps.run_folder import RunFolder
from paretocaps.storage.store import Store


@pytest.mark.slow
def test_ctrl_c_saves_and_the_next_run_goes_on_with_the_same_trial(run, storage, monkeypatch):
    train, calls = probe.train, []

    def interrupted_at_the_third(job, on_epoch):
        calls.append(job.trial)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return train(job, on_epoch)

    monkeypatch.setattr(probe, "train", interrupted_at_the_third)
    with pytest.raises(service.Interrupted, match="continue with `paretocaps optimize --study s --storage"):
        run(trials=4)
    with Store.open(storage, create=False) as store:
        assert store.counts("s") == {
            "running": 0,
            "finished": 2,
            "failed": 0,
            "interrupted": 1,
            "stopped": 0,
            "rejected": 0,
        }
    summary, watcher = run(trials=4)
    assert summary.finished == 4
    assert [(number, attempt) for number, _, attempt, _ in watcher.started] == [(2, 2), (3, 1)]


class DriverDied(BaseException):
    """Stands for the driver's end: nothing catches it on the way out."""


def leave_open(run, monkeypatch, behind):
    """End a driver in the middle of trial 1, whose worker leaves what `behind` writes."""
    train = probe.train

    def die_in_trial_1(job, on_epoch):
        measurement = train(job, on_epoch)
        if job.trial == 1:
            behind(RunFolder(job.folder), measurement)
            raise DriverDied
        return measurement

    monkeypatch.setattr(probe, "train", die_in_trial_1)
    with pytest.raises(DriverDied):
        run(trials=3)
    monkeypatch.setattr(probe, "train", train)


@pytest.mark.slow
def test_a_measurement_taken_while_no_driver_lived_is_found(run, storage, monkeypatch):
    leave_open(run, monkeypatch, RunFolder.write_result)
    summary, watcher = run(trials=3)
    assert "trial 1 was measured while no driver ran: it is stored" in watcher.notices
    assert [number for number, *_ in watcher.started] == [2]
    assert summary.finished == 3
    with Store.open(storage, create=False) as store:
        assert len(store.trial("s", 1).attempts) == 1


@pytest.mark.slow
def test_a_failure_left_behind_ends_the_trial(run, storage, monkeypatch):
    leave_open(run, monkeypatch, lambda folder, _: folder.write_result(Failure("it broke")))
    summary, watcher = run(trials=3)
    assert watcher.failed == [(1, "it broke")]
    assert summary.finished == 3


@pytest.mark.slow
def test_nothing_left_behind_is_trained_again(run, storage, monkeypatch):
    leave_open(run, monkeypatch, lambda folder, _: None)
    _, watcher = run(trials=3)
    assert [(number, attempt) for number, _, attempt, _ in watcher.started] == [(1, 2), (2, 1)]
    with Store.open(storage, create=False) as store:
        states = [(attempt.key.attempt, attempt.state) for attempt in store.trial("s", 1).attempts]
    assert states == [(1, "failed"), (2, "finished")]


@pytest.mark.slow
def test_what_was_stored_but_not_told_is_told(run, storage, monkeypatch):
    """The driver dies between our transaction and Optuna's; what it would have removed goes, too."""
    from optuna import Study

    tell = Study.tell

    def die_at_trial_1(self, trial, *values, **options):
        if trial == 1:
            raise DriverDied
        return tell(self, trial, *values, **options)

    monkeypatch.setattr(Study, "tell", die_at_trial_1)
    with pytest.raises(DriverDied):
        run(trials=3)
    monkeypatch.setattr(Study, "tell", tell)
    with Store.open(storage, create=False) as store:
        checkpoint = RunFolder(store.trial("s", 1).attempts[0].folder).checkpoint
    checkpoint.touch()
    summary, watcher = run(trials=3)
    assert [number for number, *_ in watcher.started] == [2]
    assert summary.finished == 3
    assert not checkpoint.exists()


@pytest.mark.slow
def test_what_was_not_told_is_told_also_while_another_driver_runs(run, storage):
    run(trials=2)
    told = told_to_optuna(storage)
    with closing(sqlite3.connect(storage.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE trials SET state = 'RUNNING' WHERE number = 1")
        connection.execute("DELETE FROM trial_values WHERE trial_id = 2")
    assert told_to_optuna(storage)[1] is None
    with Store.open(storage, create=False) as store:
        store.register_driver("s", "other", "elsewhere", 1)
    run(trials=2)
    assert told_to_optuna(storage) == told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (MemoryError("no room for 2 GiB"), 2),
        (TrainingError("worker ended by signal 9: it says"), 1),
        (TrainingError("bad"), 1),
    ],
)
def test_a_design_that_failed_for_a_reason_that_may_pass_is_tried_once_more(run, monkeypatch, error, tries):
    train = probe.train

    def slow_fails(job, on_epoch):
        if job.choices["learning_rate"] == 0.01:
            raise error
        return train(job, on_epoch)

    monkeypatch.setattr(probe, "train", slow_fails)
    started, notices = [], []
    for trials in (2, 3, 4):
        _, watcher = run(trials=trials, retries=0)
        started += [design for *_, design in watcher.started]
        notices += [notice for notice in watcher.notices if "tried again" in notice]
    assert started.count("slow") == tries
    assert len(notices) == tries - 1


def seeds_of(storage, study="s"):
    """The finished seeds of every trial, by number."""
    with Store.open(storage, create=False) as store:
        return {
            trial.number: [one.key.seed for one in trial.attempts if one.state == "finished"]
            for trial in store.trials(study)
        }


def told_to_optuna(storage):
    import optuna

    return [trial.values for trial in optuna.load_study(study_name="s", storage=storage).trials]


@pytest.mark.slow
def test_finished_trials_get_the_seeds_that_they_lack(run, storage):
    before, _ = run(trials=2, seed=7)
    told = told_to_optuna(storage)
    with Store.open(storage, create=False) as store:
        here = store.trial("s", 0).attempts[0].measurement.device
        beaten = Measurement(acc=0, best_epoch=1, time=99, wall=99, params=9, device=here)
        fill_study(store, "s", [FinishedTrial(1000, {"another": True}, {7: beaten})])
    summary, watcher = run(trials=4, seed=7, more_repeats=1)
    on_front = [member.trial for member in before.front]
    first = [(trial, seed) for trial, seed, *_ in watcher.started]
    assert sorted(first[:2]) == [(0, 8), (1, 8)]
    assert first[0][0] in on_front
    assert first[2:] == [(2, 7), (2, 8)]
    assert seeds_of(storage) == {0: [7, 8], 1: [7, 8], 2: [7, 8], 1000: [7]}
    assert watcher.seeds == [(2, 2)]
    assert [(trial, seed) for trial, seed, _ in watcher.seed_values] == first[:2]
    assert all(member.seeds == 2 for member in summary.front)
    assert {member.trial: member.values for member in watcher.fronts[-1].answers()} == {
        member.trial: member.values for member in service.load_front("s", storage, require=())
    }
    assert told_to_optuna(storage)[:2] == told  # a finished trial cannot be told again
    _, again = run(trials=4, seed=7, more_repeats=1)
    assert again.started == []
    _, lower = run(trials=5, seed=7, more_repeats=0)
    assert [(trial, seed) for trial, seed, *_ in lower.started] == [(3, 7)]


@pytest.mark.slow
def test_trials_that_another_driver_finishes_meanwhile_get_the_seeds_that_they_lack(
    run, storage, monkeypatch
):
    train, once = probe.train, iter([True])

    def while_another_driver_runs(job, on_epoch):
        if next(once, False):
            run(trials=3, objectives="acc,params", more_repeats=0)
        return train(job, on_epoch)

    run(trials=2, objectives="acc,params")
    monkeypatch.setattr(probe, "train", while_another_driver_runs)
    _, watcher = run(trials=3, objectives="acc,params", more_repeats=1)
    assert seeds_of(storage) == {0: [0, 1], 1: [0, 1], 2: [0, 1]}
    assert watcher.seeds == [(2, 2), (1, 1)]


@pytest.mark.slow
def test_seeds_of_a_study_that_was_cut_off_are_completed_by_a_plain_run(run, storage, monkeypatch):
    train = probe.train
    run(trials=3)

    def die_in_trial_1(job, on_epoch):
        measurement = train(job, on_epoch)
        if (job.trial, job.seed) == (1, 2):
            RunFolder(job.folder).write_result(measurement)
            raise DriverDied
        return measurement

    monkeypatch.setattr(probe, "train", die_in_trial_1)
    with pytest.raises(DriverDied):
        run(trials=3, more_repeats=2)
    monkeypatch.setattr(probe, "train", train)
    with Store.open(storage, create=False) as store:
        assert store.counts("s")["finished"] == 3
    assert service.load_front("s", storage, require=()).members
    _, watcher = run(trials=3)
    assert "trial 1 was measured while no driver ran: it is stored" in watcher.notices
    assert all((trial, seed) != (1, 2) for trial, seed, *_ in watcher.started)
    assert set(map(tuple, seeds_of(storage).values())) == {(0, 1, 2)}


@pytest.mark.slow
def test_ctrl_c_while_seeds_are_added_leaves_trials_finished(run, storage, monkeypatch):
    train = probe.train
    run(trials=2)

    def interrupted(job, on_epoch):
        raise KeyboardInterrupt

    monkeypatch.setattr(probe, "train", interrupted)
    with pytest.raises(service.Interrupted):
        run(trials=2, more_repeats=1)
    with Store.open(storage, create=False) as store:
        assert store.counts("s")["finished"] == 2
        states = [one.state for trial in store.trials("s") for one in trial.attempts]
    assert sorted(states) == ["finished", "finished", "interrupted"]
    monkeypatch.setattr(probe, "train", train)
    run(trials=2)
    assert seeds_of(storage) == {0: [0, 1], 1: [0, 1]}


@pytest.mark.slow
def test_seeds_that_fail_leave_trials_their_values(run, storage, monkeypatch):
    run(trials=5)
    before = service.load_trials("s", storage).set_index("trial")
    train = probe.train

    def fails(job, on_epoch):
        if job.seed == 1 and job.trial != 3:
            raise TrainingError("it broke")
        return train(job, on_epoch)

    monkeypatch.setattr(probe, "train", fails)
    _, watcher = run(trials=5, more_repeats=1)
    assert sorted(watcher.seed_failures) == [(trial, 1, "it broke") for trial in (0, 1, 2, 4)]
    assert seeds_of(storage)[3] == [0, 1]
    _, watcher = run(trials=5)
    assert watcher.started == []
    assert "trial 0 has no seed 1, which failed: it broke" in watcher.notices
    monkeypatch.setattr(probe, "train", lambda job, on_epoch: probe.missing)
    with pytest.raises(ParetocapsError, match="5 trainings in a row failed, the last reason: .*missing"):
        run(trials=5, more_repeats=2)
    with Store.open(storage, create=False) as store:
        assert store.counts("s")["finished"] == 5
    after = service.load_trials("s", storage).set_index("trial")
    values = ["acc", "time", "params", "seeds"]
    assert after[values].drop(3).equals(before[values].drop(3))
