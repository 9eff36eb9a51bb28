import errno

import pytest

import paretocaps.testing.probe as probe
from paretocaps import service
from paretocaps.domain.failure import Failure
from paretocaps.errors import TrainingError
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
        assert store.counts("s") == {"running": 0, "finished": 2, "failed": 0, "interrupted": 1}
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
    """The driver dies between our transaction and Optuna's."""
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
    summary, watcher = run(trials=3)
    assert [number for number, *_ in watcher.started] == [2]
    assert summary.finished == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 2),
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
        _, watcher = run(trials=trials)
        started += [design for *_, design in watcher.started]
        notices += [notice for notice in watcher.notices if "tried again" in notice]
    assert started.count("slow") == tries
    assert len(notices) == tries - 1
