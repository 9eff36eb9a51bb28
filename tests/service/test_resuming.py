import os

import pytest

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.errors import UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.resuming import prepare


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
    assert RunFolder(job.folder).job() == job
    notices = []
    assert prepare(job, resume=True, force=False, notice=notices.append) is None
    assert notices == [f"{job.folder} has no checkpoint yet: starting with the first epoch"]


def test_force_leaves_nothing_of_the_earlier_training(job):
    job.folder.mkdir()
    ours = (
        "checkpoint.pt",
        "checkpoint-earlier.pt",
        "job.json",
        "measurement.json",
        "weights.pt",
        "epochs.csv",
        "failure.json",
    )
    for name in (*ours, "notes.txt"):
        (job.folder / name).write_text("old")
    prepare(job, resume=False, force=True, notice=pytest.fail)
    assert {path.name for path in job.folder.iterdir()} == {"job.json", "notes.txt"}


def test_weights_on_their_own_are_not_removed_unasked(job):
    job.folder.mkdir()
    (job.folder / "weights.pt").write_text("kept")
    with pytest.raises(UsageError, match="has an unfinished training: continue it with --resume, start anew"):
        prepare(job, resume=False, force=False, notice=pytest.fail)
    assert (job.folder / "weights.pt").read_text() == "kept"


def test_a_folder_that_is_trained_in_is_left_alone(job):
    with (
        RunFolder(job.folder).lock(),
        pytest.raises(UsageError, match=f"process {os.getpid()} is training in"),
    ):
        prepare(job, resume=False, force=True, notice=pytest.fail)


def test_a_finished_training_that_says_not_what_it_was_is_refused(job):
    job.folder.mkdir()
    (job.folder / "measurement.json").write_text("{}")
    with pytest.raises(UsageError, match="whose job is not known"):
        prepare(job, resume=True, force=False, notice=pytest.fail)


def test_the_earlier_checkpoint_alone_is_continued_from(job):
    job.folder.mkdir()
    RunFolder(job.folder).earlier_checkpoint.write_text("kept")
    notices = []
    prepare(job, resume=True, force=False, notice=notices.append)
    assert notices == [f"continuing from {job.folder / 'checkpoint-earlier.pt'}"]
    assert RunFolder(job.folder).checkpoints
