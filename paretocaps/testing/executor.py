"""The contract of every executor, as a pytest class to subclass."""

import threading
from pathlib import Path
from typing import Any

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.progress import WithProgress, unheard
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import ParetocapsError
from paretocaps.execution.executor import EXECUTORS, Executor, OnJobEpoch, Outcome
from paretocaps.run_folder import RunFolder
from paretocaps.testing.plugin import plug_in, write_plugin
from paretocaps.testing.probe import TUNING_KEY

_STEP = "tenths of a second"  # what the trainer `probe` tells
_DESCRIPTORS = Path("/proc/self/fd")


class ExecutorContract:
    """Tests that hold for every executor; a subclass whose name starts with Test sets `executor_name`.

    Attributes:
        executor_name: its name in the registry; override the fixture `name` to test several executors.
    """

    executor_name: str

    @pytest.fixture
    def name(self) -> str:
        """Return the executor's name in the registry."""
        return self.executor_name

    @pytest.fixture
    def hears(self, name: str) -> bool:
        """Return whether the executor notices that a job is silent; none does that trains in this process."""
        return name != "inline"

    @pytest.fixture(autouse=True)
    def probe(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Register the trainers `probe` and `calibrated_probe` for this process and its workers."""
        found = "paretocaps.testing.probe"
        entries = {"probe": f"{found}:PROBE", "calibrated_probe": f"{found}:CALIBRATED_PROBE"}
        plug_in(
            monkeypatch,
            write_plugin(tmp_path / "plugin", "paretocaps-probe", {"paretocaps.trainers": entries}),
        )

    def test_trains(self, name: str, tmp_path: Path) -> None:
        """A job ends with a measurement of its epochs, which are reported in this thread, in order."""
        job, threads = make_job(tmp_path), set[int]()
        records: list[EpochRecord] = []

        def on_epoch(of: TrainingJob, record: EpochRecord) -> bool:
            assert of == job
            threads.add(threading.get_ident())
            records.append(record)
            return True

        with EXECUTORS.get(name)(["cpu"]) as executor:
            outcome = run(executor, job, on_epoch)
        assert outcome.job == job
        assert outcome.measurement is not None, outcome.failure
        assert outcome.measurement.epochs == tuple(records)
        assert [record.epoch for record in records] == [1, 2, 3]
        assert threads == {threading.get_ident()}

    def test_leaves_the_measurement(self, name: str, tmp_path: Path) -> None:
        """The measurement is written to the job's folder too, and no process trains there at the end."""
        job = make_job(tmp_path)
        with EXECUTORS.get(name)(["cpu"]) as executor:
            outcome = run(executor, job)
            assert RunFolder(job.folder).recover() == outcome.measurement
            assert RunFolder(job.folder).process() is None

    def test_times_come_with_a_calibration(self, name: str, tmp_path: Path) -> None:
        """If a time is measured, the trainer's reference step is timed, once for all jobs of a worker."""
        calibrations: list[float | None] = []
        with EXECUTORS.get(name)(["cpu"]) as executor:
            for number, measure in enumerate([("acc", "params"), ("acc", "time"), ("acc", "wall")]):
                job = make_job(tmp_path / str(number))
                changes = {"trainer": "calibrated_probe", "measure": measure}
                outcome = run(executor, job.model_copy(update=changes))
                assert outcome.measurement is not None, outcome.failure
                calibrations.append(outcome.measurement.device.calibration)
        assert calibrations[0] is None
        assert calibrations[1] == calibrations[2] is not None

    def test_stops_when_told(self, name: str, tmp_path: Path) -> None:
        """If `on_epoch` returns False, the job ends with a measurement of its epochs so far."""
        with EXECUTORS.get(name)(["cpu"]) as executor:
            outcome = run(executor, make_job(tmp_path), lambda job, record: record.epoch < 2)
        assert outcome.measurement is not None, outcome.failure
        assert [record.epoch for record in outcome.measurement.epochs] == [1, 2]

    def test_failure_is_an_outcome(self, name: str, tmp_path: Path) -> None:
        """A trainer's error becomes the outcome's failure, in the folder too; the next job is trained."""
        with EXECUTORS.get(name)(["cpu"]) as executor:
            failed = run(executor, make_job(tmp_path / "a", failure="the disk burnt"))
            after = run(executor, make_job(tmp_path / "b"))
        assert failed.failure == Failure("the disk burnt")
        assert RunFolder(failed.job.folder).recover() == failed.failure
        assert isinstance(after.measurement, Measurement)

    def test_progress_reaches_the_driver(self, name: str, tmp_path: Path) -> None:
        """What a trainer tells between its epochs is heard in this thread, at most once in a second."""
        told: list[tuple[int, str, int, int]] = []

        def on_progress(job: TrainingJob, what: str, done: int, total: int) -> None:
            told.append((threading.get_ident(), what, done, total))

        with EXECUTORS.get(name)(["cpu"]) as executor:
            run(executor, make_job(tmp_path, pause=0.5), WithProgress(go_on, on_progress))
        steps = [(thread, done) for thread, what, done, total in told if (what, total) == (_STEP, 5)]
        assert steps[0] == (threading.get_ident(), 0)
        assert len(steps) <= 2

    def test_the_driver_keeps_tunings(self, name: str, tmp_path: Path) -> None:
        """A tuning that a trainer measures goes to `on_epoch.tuned`, whose answer it takes."""
        told: list[tuple[str, str, Tuning]] = []

        def on_tuned(job: TrainingJob, device: str, key: str, tuning: Tuning) -> Tuning:
            told.append((device, key, tuning))
            return Tuning(threads=3)

        with EXECUTORS.get(name)(["cpu"]) as executor:
            keeping = WithProgress(go_on, unheard, on_tuned)
            measurement = run(executor, make_job(tmp_path, products="onednn"), keeping).measurement
        assert told == [("cpu, torch unknown", TUNING_KEY, Tuning(products="onednn"))]
        assert measurement is not None
        assert measurement.tunings == {TUNING_KEY: Tuning(threads=3)}

    def test_ends_a_silent_job(self, name: str, hears: bool, tmp_path: Path) -> None:
        """A job that is silent for `stall_timeout` fails, which may pass; the next one is trained."""
        if not hears:
            pytest.skip("this executor does not notice that a job is silent")
        with EXECUTORS.get(name)(["cpu"]) as executor:
            silent = make_job(tmp_path / "a", asleep=600.0)
            outcome = run(executor, silent.model_copy(update={"stall_timeout": 1.5}))
            after = run(executor, make_job(tmp_path / "b"))
        assert outcome.failure is not None
        assert outcome.failure.may_pass
        assert outcome.failure.reason.startswith("stalled: nothing was heard of the training for 1.5s after")
        assert RunFolder(outcome.job.folder).process() is None
        assert isinstance(after.measurement, Measurement)

    def test_a_job_that_tells_something_is_not_silent(self, name: str, hears: bool, tmp_path: Path) -> None:
        """A job that tells its progress more often than its `stall_timeout` is trained to its end."""
        if not hears:
            pytest.skip("this executor does not notice that a job is silent")
        job = make_job(tmp_path, pause=3.0).model_copy(update={"epochs": 1, "stall_timeout": 2.5})
        with EXECUTORS.get(name)(["cpu"]) as executor:
            assert run(executor, job).measurement is not None

    def test_ends_a_job_at_its_timeout(self, name: str, tmp_path: Path) -> None:
        """A job that trains for `trial_timeout` ends as a failure that does not pass."""
        job = make_job(tmp_path, pause=3.0).model_copy(update={"trial_timeout": 1.0})
        with EXECUTORS.get(name)(["cpu"]) as executor:
            failure = run(executor, job).failure
        assert failure is not None
        assert not failure.may_pass
        assert failure.reason.startswith("trial_timeout=1s was over after")
        assert failure.reason.endswith("train for fewer epochs")

    def test_unknown_trainer_is_an_outcome(self, name: str, tmp_path: Path) -> None:
        """The reason names a trainer that cannot be found."""
        with EXECUTORS.get(name)(["cpu"]) as executor:
            outcome = run(executor, make_job(tmp_path).model_copy(update={"trainer": "prob"}))
        assert outcome.failure is not None
        assert "unknown trainer 'prob': did you mean 'probe'?" in outcome.failure.reason

    def test_earlier_results_are_not_taken_for_new_ones(self, name: str, tmp_path: Path) -> None:
        """A job in a folder that was used before ends with its own result."""
        with EXECUTORS.get(name)(["cpu"]) as executor:
            run(executor, make_job(tmp_path))
            outcome = run(executor, make_job(tmp_path, failure="not this time"))
        assert outcome.failure == Failure("not this time")
        assert RunFolder(outcome.job.folder).recover() == outcome.failure

    def test_nothing_under_way(self, name: str) -> None:
        """Without a job, `wait` returns nothing at once."""
        with EXECUTORS.get(name)(["cpu"]) as executor:
            assert executor.wait(go_on) == []

    def test_capacity_is_kept(self, name: str, tmp_path: Path) -> None:
        """The executor runs as many jobs at once as its capacity, and refuses one more."""
        with EXECUTORS.get(name)(["cpu", "cpu"]) as executor:
            for number in range(executor.capacity):
                executor.submit(make_job(tmp_path / str(number)))
            with pytest.raises(ParetocapsError, match="wait for an outcome"):
                executor.submit(make_job(tmp_path / "more"))
            outcomes: list[Outcome] = []
            while ended := executor.wait(go_on):
                outcomes += ended
        assert len(outcomes) == executor.capacity
        assert all(outcome.measurement for outcome in outcomes)

    def test_abort_leaves_no_outcome(self, name: str, tmp_path: Path) -> None:
        """Aborted jobs have no outcome, and the executor can run further jobs."""
        with EXECUTORS.get(name)(["cpu"]) as executor:
            executor.submit(make_job(tmp_path / "a"))
            executor.abort()
            assert executor.wait(go_on) == []
            assert run(executor, make_job(tmp_path / "b")).measurement is not None

    @pytest.mark.parametrize("error", [KeyboardInterrupt, LookupError])
    def test_errors_of_the_driver_pass_through(
        self, name: str, tmp_path: Path, error: type[BaseException]
    ) -> None:
        """An error of `on_epoch` is raised in the driver; it is not a failure of the job."""

        def on_epoch(job: TrainingJob, record: EpochRecord) -> bool:
            raise error("of the driver")

        job = make_job(tmp_path)
        with EXECUTORS.get(name)(["cpu"]) as executor, pytest.raises(error, match="of the driver"):
            run(executor, job, on_epoch)
        assert RunFolder(job.folder).recover() is None

    @pytest.mark.skipif(not _DESCRIPTORS.exists(), reason="open files cannot be counted here")
    def test_leaves_nothing_open(self, name: str, tmp_path: Path) -> None:
        """After `close`, which may be called twice, no file is open and no thread is running."""
        run_and_close(name, make_job(tmp_path / "a"))
        before = len(list(_DESCRIPTORS.iterdir())), threading.active_count()
        run_and_close(name, make_job(tmp_path / "b"))
        assert (len(list(_DESCRIPTORS.iterdir())), threading.active_count()) == before


def make_job(folder: Path, **choices: Any) -> TrainingJob:
    """Return a fast job of 3 epochs for the trainer `probe` with these choices."""
    return TrainingJob(
        study="contract",
        trial=0,
        trainer="probe",
        choices=choices,
        seed=1,
        data=DataSpec(),
        epochs=3,
        folder=folder / "job",
    )


def go_on(job: TrainingJob, record: EpochRecord) -> bool:
    """Let every job continue."""
    return True


def run(executor: Executor, job: TrainingJob, on_epoch: OnJobEpoch = go_on) -> Outcome:
    """Submit `job` to an executor that runs no other job, and return its outcome."""
    executor.submit(job)
    (outcome,) = executor.wait(on_epoch)
    return outcome


def run_and_close(name: str, job: TrainingJob) -> None:
    """Run `job` in a new executor, which is then closed twice."""
    executor = EXECUTORS.get(name)(["cpu"])
    assert run(executor, job).measurement is not None
    executor.close()
    executor.close()
