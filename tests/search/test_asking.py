from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import CheckedData
from paretocaps.run_folder import RunFolder
from paretocaps.search import asking as module
from paretocaps.search.asking import Asking
from paretocaps.search.checked_study import check_study
from paretocaps.search.interrupts import Interrupts
from paretocaps.search.observer import Observer
from paretocaps.search.opening import opened
from paretocaps.storage.store import Store


def measured(job, acc=0.5):
    record = EpochRecord(epoch=1, acc=acc, seconds=1.0, time=1.0, wall=1.0)
    device = Device(name="cpu", kind="cpu")
    return Measurement(acc=acc, best_epoch=1, time=1.0, wall=1.0, params=3, device=device, epochs=(record,))


class Study:
    """A study of the probe that is asked and told, in a database of its own."""

    def __init__(self, storage, interrupts=None, **options):
        self.spec = StudySpec(
            study="s",
            storage=storage,
            trainer="probe",
            executor="inline",
            objectives=("acc", "time"),
            **options,
        )
        self._interrupts = interrupts or Interrupts()

    def __enter__(self):
        self.store = Store.open(self.spec.storage, create=True)
        self._store = self.store.__enter__()
        self._opened = opened(
            check_study(self.spec), self._store, Observer(), CheckedData(), self._interrupts
        )
        self.asking = Asking(self._opened.__enter__())
        return self.asking

    def __exit__(self, *error):
        self.asking.close()
        self._opened.__exit__(None, None, None)
        self.store.__exit__(None, None, None)


def states(storage):
    with Store.open(storage, create=False) as store:
        return [trial.state for trial in store.trials("s")]


def test_trials_are_asked_for_until_there_are_enough_and_told_ones_are_finished(storage):
    with Study(storage, trials=2, repeats=2) as asking:
        jobs = [asking.ask() for _ in range(2)]
        assert [(job.trial, job.seed) for job in jobs] == [(0, 0), (0, 1)]
        assert jobs[0].folder.is_dir()
        for job in jobs:
            assert asking.tell(job, measured(job)) is None
        other = asking.ask()
        assert asking.tell(other, Failure("no luck")).reason == "no luck"
        assert other.choices != jobs[0].choices
        assert len(asking.asked) == 0
    assert states(storage) == ["finished", "failed"]


def test_what_was_not_told_is_asked_for_again_and_epochs_are_stored_at_once(storage):
    with Study(storage, trials=1) as asking:
        job = asking.ask()
        assert asking.heard(job, measured(job).epochs[0])
        with Store.open(storage, create=False) as store:
            assert [len(attempt.epochs) for attempt in store.trial("s", 0).attempts] == [1]
    assert states(storage) == ["interrupted"]
    with Study(storage, trials=1) as asking:
        again = asking.ask()
        assert (again.trial, again.attempt, again.choices) == (0, 2, job.choices)
        asking.tell(again, measured(again))
        assert asking.ask() is None
    assert states(storage) == ["finished"]


def test_what_was_told_lies_in_the_folder_of_its_training(storage):
    with Study(storage, trials=1) as asking:
        job = asking.ask()
        asking.tell(job, measured(job))
    folder = RunFolder(job.folder)
    assert folder.job().choices == job.choices
    assert folder.recover().acc == measured(job).acc


def test_nothing_is_asked_for_when_the_time_is_up(storage):
    now = [0.0]
    with Study(storage, Interrupts(60, clock=lambda: now[0]), trials=2) as asking:
        assert asking.ask() is not None
        now[0] = 61.0
        assert asking.ask() is None
        assert asking.runner.time_is_up.startswith("timeout=1m of the run was over")


def test_a_last_trial_that_fails_while_others_are_finished_is_replaced(storage):
    with Study(storage, trials=2) as asking:
        first, second = asking.ask(), asking.ask()
        asking.tell(first, measured(first))
        asking.tell(second, Failure("no luck"))
        third = asking.ask()
        assert third is not None
        asking.tell(third, measured(third))
        assert asking.ask() is None
    assert states(storage) == ["finished", "failed", "finished"]


def test_a_disk_that_is_full_for_a_moment_does_not_end_a_study(storage, monkeypatch):
    monkeypatch.setattr(module, "MOMENT", 0.0)
    with Study(storage, trials=1) as asking:
        room = asking.runner.results.room
        answers = iter([False, False, True])
        monkeypatch.setattr(room, "found", lambda: next(answers))
        assert asking.ask() is not None
        assert list(answers) == []


def test_the_job_tells_where_the_caller_trains(storage):
    with Study(storage, trials=1) as asking:
        assert Asking(asking.runner, "cuda:0").ask().device == "cuda:0"
