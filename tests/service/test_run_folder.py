import os

import pytest

from paretocaps.domain.job import CHECKPOINT, DataSpec, TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.errors import UsageError
from paretocaps.execution.recover import JOB, left_job, training_lock
from paretocaps.service.run_folder import EpochsFile, prepare


@pytest.fixture
def job(tmp_path):
    return TrainingJob(
        study="t",
        trial=0,
        trainer="probe",
        choices={},
        seed=0,
        data=DataSpec(),
        epochs=1,
        folder=tmp_path / "r",
    )


def test_a_new_folder_says_what_is_trained_in_it(job):
    assert prepare(job, resume=False, force=False, notice=pytest.fail) is None
    assert left_job(job.folder) == job
    notices = []
    assert prepare(job, resume=True, force=False, notice=notices.append) is None
    assert notices == [f"{job.folder} has no checkpoint yet: beginning with the first epoch"]


def test_force_leaves_nothing_of_the_earlier_training(job):
    job.folder.mkdir()
    ours = (CHECKPOINT, JOB, "measurement.json", "weights.pt", "epochs.csv", "failure.json")
    for name in (*ours, "notes.txt"):
        (job.folder / name).write_text("old")
    prepare(job, resume=False, force=True, notice=pytest.fail)
    assert {path.name for path in job.folder.iterdir()} == {JOB, "notes.txt"}


def test_weights_on_their_own_are_not_removed_unasked(job):
    job.folder.mkdir()
    (job.folder / "weights.pt").write_text("kept")
    with pytest.raises(UsageError, match="has an unfinished training: go on with it by --resume, begin anew"):
        prepare(job, resume=False, force=False, notice=pytest.fail)
    assert (job.folder / "weights.pt").read_text() == "kept"


def test_a_folder_that_is_trained_in_is_left_alone(job):
    with training_lock(job.folder), pytest.raises(UsageError, match=f"by process {os.getpid()}: wait"):
        prepare(job, resume=False, force=True, notice=pytest.fail)


def test_a_finished_training_that_says_not_what_it_was_is_refused(job):
    job.folder.mkdir()
    (job.folder / "measurement.json").write_text("{}")
    with pytest.raises(UsageError, match="what it trained is not known"):
        prepare(job, resume=True, force=False, notice=pytest.fail)


def test_the_table_of_epochs_is_begun_anew_and_settled(tmp_path):
    records = [EpochRecord(epoch=n, acc=0.5, seconds=1.0, time=n, wall=n) for n in (1, 2)]
    path = tmp_path / "epochs.csv"
    for _ in range(2):
        table = EpochsFile(path)
        for record in records:
            table.add(record)
        assert path.read_text().count("\n") == 3
    table.settle(tuple(record.model_copy(update={"time": 9.0}) for record in records))
    assert ",9.0," in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["epochs.csv"]
