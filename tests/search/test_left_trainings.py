import pytest

from paretocaps.domain.job import DataSpec, Origin, TrainingJob
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.run_folder import RunFolder
from paretocaps.search.left_trainings import LeftTraining, read_left, unknown_folders

ORIGIN = Origin(storage="/nowhere/x.db", identity="1", data="2")
CPU = Device(name="c", kind="cpu")
MEASUREMENT = Measurement(acc=0.5, best_epoch=1, time=1, wall=1, params=3, device=CPU)


@pytest.fixture
def left(tmp_path):
    """Make the folder of a measured training."""

    def left(place="trial-00000/seed-0-attempt-1", origin=ORIGIN, study="s"):
        folder = RunFolder(tmp_path / place)
        job = {"trainer": "probe", "choices": {}, "seed": 0, "data": DataSpec(), "epochs": 1}
        folder.write_job(TrainingJob(study=study, trial=0, folder=folder.path, origin=origin, **job))
        folder.write_result(MEASUREMENT)
        return folder

    return left


def test_measured_folders_that_are_not_known_are_found(left, tmp_path):
    known, unknown, running = (left(f"trial-0000{number}/seed-0-attempt-1") for number in range(3))
    running.measurement_file.unlink()
    (tmp_path / "link").symlink_to(known.path.parent)
    (tmp_path / "file").touch()
    assert unknown_folders(tmp_path, lambda: {known.path}) == [unknown.path]
    assert unknown_folders(tmp_path / "none", set) == []


def test_what_another_driver_trains_meanwhile_is_not_taken_for_unknown(left, tmp_path):
    known = left()

    def read():
        left("trial-00001/seed-0-attempt-1")
        return {known.path}

    assert unknown_folders(tmp_path, read) == []


def test_a_training_of_the_study_is_read(left):
    folder = left()
    assert read_left(folder.path, "s", ORIGIN) == LeftTraining(folder.path, folder.job(), MEASUREMENT)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"study": "t"}, "of another study"),
        ({"origin": None}, "of another study"),
        ({"origin": ORIGIN.model_copy(update={"identity": "0"})}, "made with other settings of the study"),
        ({"origin": ORIGIN.model_copy(update={"data": None})}, "made on other data"),
        (
            {"origin": ORIGIN.model_copy(update={"storage": "postgresql://h/d"})},
            "of the study of that name in postgresql://h/d",
        ),
    ],
)
def test_one_that_is_not_of_the_study_says_why(left, changes, why):
    assert read_left(left(**changes).path, "s", ORIGIN) == why


def test_one_of_another_database_is_left_to_it_while_that_exists(left, tmp_path):
    folder = left(origin=ORIGIN.model_copy(update={"storage": str(tmp_path / "y.db")}))
    assert isinstance(read_left(folder.path, "s", ORIGIN), LeftTraining)
    (tmp_path / "y.db").touch()
    assert read_left(folder.path, "s", ORIGIN) == f"of the study of that name in {tmp_path}/y.db"


def test_one_that_is_damaged_or_still_runs_says_so(left):
    folder = left()
    with folder.lock():
        assert read_left(folder.path, "s", ORIGIN) == "that still run"
    folder.job_file.write_text("{")
    damaged = "whose job or measurement is missing or cannot be read"
    assert read_left(folder.path, "s", ORIGIN) == damaged
    folder = left()
    folder.measurement_file.write_text("{")
    assert read_left(folder.path, "s", ORIGIN) == damaged


def test_a_training_that_was_stopped_early_is_no_whole_one(left):
    folder = left()
    folder.stopped_file.touch()
    assert read_left(folder.path, "s", ORIGIN) == "that were stopped early"
