"""The jobs in training, with an executor that plays back what it is given."""

from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.tuning import DEFAULT, Tuning
from paretocaps.errors import UnavailableError
from paretocaps.execution.executor import Outcome
from paretocaps.run_folder import RunFolder
from paretocaps.search import jobs as module
from paretocaps.search.interrupts import Interrupts
from paretocaps.search.jobs import Jobs
from paretocaps.search.observer import Observer
from paretocaps.search.study_tunings import StudyTunings
from paretocaps.storage.patience import Patience

RECORD = EpochRecord(epoch=1, acc=0.5, seconds=1, time=1, wall=1)


class Clock:
    """A clock that only waiting moves."""

    now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Script:
    """An executor that speaks at given times: an epoch or the outcome of a job."""

    capacity = 2

    def __init__(self, clock, speeches):
        self.clock, self.speeches, self.answers = clock, sorted(speeches, key=lambda one: one[0]), []

    def submit(self, job):
        pass

    def wait(self, on_epoch, timeout=None):
        end = self.clock.now + timeout
        while self.speeches and self.speeches[0][0] <= end:
            moment, job, outcome = self.speeches.pop(0)
            self.clock.now = max(self.clock.now, moment)
            if outcome is not None:
                return [Outcome(job, outcome)]
            assert on_epoch(job, RECORD) is True
            self.answers.append(self.clock.now)
        self.clock.now = end
        return []


class Store:
    """Stores epochs, except before the database is back."""

    def __init__(self, clock, back=0.0):
        self.clock, self.back, self.epochs = clock, back, []
        self.patience = Patience(600, clock.sleep)

    def record_epochs(self, records):
        self.patience.ride(lambda: self._record(records))

    def _record(self, records):
        if self.clock.now < self.back:
            raise UnavailableError("away", "away")
        self.epochs += [(key, self.clock.now) for key, _ in records]


class Answers:
    """Lets every training go on but those in `stopped`, and keeps whether it might ask the database."""

    def __init__(self, *stopped):
        self.stopped, self.reachable = stopped, []

    def answer(self, job, record, *, reachable):
        self.reachable.append(reachable)
        return job.key not in self.stopped


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr("paretocaps.storage.patience.time.monotonic", clock.monotonic)
    return clock


def running(clock, store, *speeches):
    executor = Script(clock, speeches)
    watched = Observer(), Interrupts(clock=clock.monotonic)
    jobs = Jobs(executor, store, *watched, StudyTunings(store, "s"), Answers())
    for job in {id(job): job for _, job, _ in speeches}.values():
        jobs.submit(job)
    return jobs, executor


def test_epochs_are_stored_shortly_after_they_were_heard(clock):
    job = SimpleNamespace(key="a")
    jobs, _ = running(clock, Store(clock), (0.2, job, None), (0.9, job, Failure("x")))
    assert jobs.in_flight == 1
    assert list(jobs.ended()) == []
    assert jobs.store.epochs == [("a", 0.5)]
    assert [outcome.job for outcome in jobs.ended()] == [job]
    assert jobs.in_flight == 0


def test_workers_are_answered_at_once_while_the_database_is_away(clock):
    one, two = SimpleNamespace(key="one"), SimpleNamespace(key="two")
    speeches = [(0.1, one, None), (3.3, two, None), (7.0, one, Failure("x")), (30.5, two, None)]
    jobs, executor = running(clock, Store(clock, back=60), *speeches, (40.0, two, Failure("y")))
    assert jobs.in_flight == 2
    with jobs.riding():
        ended = list(jobs.ended())
    assert executor.answers == [0.1, 3.3, 30.5]
    assert [outcome.job.key for outcome in ended] == ["one", "two"]
    assert [key for key, _ in jobs.store.epochs] == ["one", "two", "two"]
    assert 60 <= jobs.store.epochs[0][1] < 66
    assert jobs.stopping.reachable == [True, False, False]  # nothing is decided that cannot be stored


def test_nothing_is_lost_when_the_patience_is_over(clock):
    job = SimpleNamespace(key="a")
    jobs, _ = running(clock, Store(clock, back=700), (0.2, job, None))
    with jobs.riding(), pytest.raises(UnavailableError):
        list(jobs.ended())
    clock.now = 700
    jobs.store_epochs()
    assert [key for key, _ in jobs.store.epochs] == ["a"]


def test_a_measurement_that_could_not_be_stored_is_left_in_its_folder(clock, tmp_path):
    measured = Measurement(acc=1, best_epoch=1, time=1, wall=1, params=1, device=Device(name="c", kind="cpu"))
    job = SimpleNamespace(key="a", folder=tmp_path)
    jobs, executor = running(clock, Store(clock), (0.2, job, measured))
    executor.abort = lambda: None
    for _ in jobs.ended():
        break  # it cannot be stored
    jobs.abort()
    assert RunFolder(tmp_path).recover() == measured
    assert jobs.in_flight == 0


def test_an_interrupt_ends_the_wait(clock):
    jobs, _ = running(clock, Store(clock, back=60), (0.2, SimpleNamespace(key="a"), None))
    jobs.interrupts.signals = 1
    with jobs.riding(), pytest.raises(KeyboardInterrupt):
        jobs.store.patience.pause(5)
    assert clock.now == 0


def test_an_executor_that_trains_in_this_process_lets_epochs_be_stored(clock):
    job = SimpleNamespace(key="a")
    store = Store(clock)
    jobs, _ = running(clock, store)
    jobs.on_epoch(job, RECORD)
    clock.now = 6.0
    jobs.on_epoch(job, RECORD)
    assert store.epochs == [("a", 6.0), ("a", 6.0)]
    store.back, clock.now = 100, 20.0
    jobs.on_epoch(job, RECORD)  # is tried once: the training goes on
    assert clock.now == 20.0


def test_the_store_sleeps_again_after_the_run(clock):
    jobs, _ = running(clock, Store(clock))
    with jobs.riding():
        pass
    assert jobs.store.patience.pause == clock.sleep


def test_a_tuning_is_kept_by_the_study_unless_the_database_is_away(clock):
    asked = []
    store = Store(clock)

    def keep(study, device, tunings):
        asked.append((study, device, tunings))
        if clock.now < store.back:
            raise UnavailableError("away", "away")
        return {"key": DEFAULT}

    store.keep_tunings = keep
    jobs, _ = running(clock, store)
    job, own = SimpleNamespace(study="s", trial=3), Tuning(products="onednn")
    said = jobs.observer.notice = Mock()
    assert jobs._on_tuned(job, "cpu", "key", own) == DEFAULT
    assert asked == [("s", "cpu", {"key": own})]
    said.assert_not_called()
    store.back = 100
    assert jobs._on_tuned(job, "cpu", "key", own) == own
    assert clock.now == 0
    said.assert_called_once_with(
        "trial 3 takes the tuning that it measured: the database is not there to ask"
    )
