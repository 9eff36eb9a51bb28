import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.errors import TrainingError
from paretocaps.run_folder import RunFolder

HOLD = """
import sys
from pathlib import Path
from paretocaps.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).lock():
    print("locked", flush=True)
    sys.stdin.read()
"""
SECONDS = st.floats(0, 1e12)
RECORDS = st.builds(
    EpochRecord,
    epoch=st.just(1),
    acc=st.floats(0, 1),
    seconds=SECONDS,
    time=SECONDS,
    wall=SECONDS,
    learning_rate=st.floats(0, 1),
)
MEASUREMENTS = st.builds(
    Measurement,
    acc=st.floats(0, 1),
    best_epoch=st.integers(1, 9),
    time=SECONDS,
    wall=SECONDS,
    params=st.integers(0, 2**62),
    device=st.builds(Device, name=st.text(), kind=st.just("cpu"), threads=st.none() | st.integers(1, 64)),
    epochs=st.tuples(RECORDS),
    quantities=st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
)


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


@pytest.fixture
def holder(tmp_path):
    """Return another process that trains in `tmp_path`."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"locked\n"
        yield process
        process.kill()


@pytest.mark.slow
@given(MEASUREMENTS)
def test_a_measurement_comes_back_as_it_was(tmp_path_factory, measurement):
    folder = RunFolder(tmp_path_factory.mktemp("folder"))
    folder.write_result(measurement)
    again = folder.recover()
    assert again.model_dump_json() == measurement.model_dump_json()  # NaN equals no NaN
    assert os.listdir(folder.path) == ["measurement.json"]


@given(st.builds(Failure, st.text() | st.just("\udce4.png cannot be read"), st.booleans(), st.booleans()))
def test_a_failure_comes_back_as_it_was(tmp_path_factory, failure):
    folder = RunFolder(tmp_path_factory.mktemp("folder"))
    folder.write_result(failure)
    assert folder.recover() == failure


@pytest.mark.parametrize(
    ("partial", "remark", "expected"),
    [
        (None, "the frozen trunk's features of 240 images were computed once, in 3 s", True),
        (None, "the frozen trunk's features were computed in every step: augment=shift", False),
        (False, "the frozen trunk's features of 240 images were computed once, in 3 s", False),
    ],
)
def test_a_measurement_of_an_earlier_worker_lacks_the_pass_of_kept_features(
    folder, partial, remark, expected
):
    device = Device(name="cpu", kind="cpu")
    given = {} if partial is None else {"partial": partial}
    found = Measurement(
        acc=0.5, best_epoch=1, time=1, wall=2, params=3, device=device, remarks=(remark,), **given
    )
    folder.measurement_file.write_text(found.model_dump_json(exclude=set() if given else {"partial"}))
    assert folder.recover().partial == expected


def test_a_failure_of_an_earlier_version_comes_back(folder):
    folder.failure_file.write_text('{"reason": "no luck"}')
    assert folder.recover() == Failure("no luck")


def test_nothing_is_there(folder, tmp_path):
    assert folder.recover() is None
    never_made = RunFolder(tmp_path / "never-made")
    assert never_made.recover() is None
    assert never_made.process() is None
    assert never_made.job() is None


def test_a_write_that_was_cut_short_is_nothing(folder):
    (folder.path / "measurement.json.01234567.part").write_text('{"acc": 0.')
    assert folder.recover() is None


def test_a_file_that_cannot_be_read_says_so(folder):
    for content in ("[]", "3", "{}", "{"):
        folder.failure_file.write_text(content)
        assert folder.recover().reason.endswith("failure.json cannot be read: remove it and train again")
    folder.measurement_file.write_text('{"acc": 0.5}')
    assert folder.recover().reason.endswith(
        "measurement.json cannot be read (best_epoch): remove it and train again"
    )
    folder.measurement_file.write_text("acc")
    assert "(not JSON)" in folder.recover().reason


def test_a_measurement_outweighs_a_failure(folder):
    measurement = Measurement(
        acc=0.5, best_epoch=1, time=1, wall=2, params=3, device=Device(name="cpu", kind="cpu")
    )
    folder.write_result(measurement)
    folder.write_result(Failure("no"))
    assert folder.recover() == measurement


def filled(folder):
    own = folder.job_file, folder.measurement_file, folder.failure_file, folder.checkpoint, folder.weights
    for file in (*own, folder.epochs, folder.log, folder.lock_file, folder.path / "notes.txt"):
        file.write_text("old")
    (folder.path / "child").mkdir()
    return folder


def names(folder):
    return {path.name for path in folder.path.iterdir()}


def test_a_result_is_forgotten(folder):
    before = names(filled(folder))
    folder.forget_result()
    folder.forget_result()
    assert before - names(folder) == {"measurement.json", "failure.json", "worker.log"}


def test_a_training_is_forgotten_and_what_is_not_ours_stays(folder):
    filled(folder).forget()
    assert names(folder) == {"worker.lock", "notes.txt", "child"}


def test_of_a_failed_training_the_failure_and_the_log_stay(folder):
    filled(folder).clear_failed()
    assert names(folder) == {"failure.json", "worker.log", "worker.lock", "child"}


def test_the_lock_tells_who_trains(tmp_path):
    new = RunFolder(tmp_path / "new")
    with new.lock():
        assert new.process() == os.getpid()
    assert new.process() is None


@pytest.mark.slow
def test_the_lock_keeps_others_out(folder, holder):
    assert folder.process() == holder.pid
    with (
        pytest.raises(TrainingError, match=f"process {holder.pid} is training in"),
        folder.lock(),
    ):
        pass


def test_the_lock_ends_with_its_process(folder, holder):
    holder.kill()
    holder.wait()
    assert folder.lock_file.read_text() == str(holder.pid)
    assert folder.process() is None
    with folder.lock():
        assert folder.process() == os.getpid()


def test_asking_does_not_keep_a_training_out(folder, holder):
    holder.stdin.close()
    for _ in range(50):
        folder.process()
    assert holder.wait(60) == 0


def test_a_job_is_found_in_its_folder(tmp_path):
    folder = RunFolder(tmp_path / "new")
    job = TrainingJob(
        study="s",
        trial=0,
        trainer="t",
        choices={},
        seed=0,
        data=DataSpec(),
        epochs=1,
        folder=folder.path,
    )
    folder.write_job(job)
    assert folder.job() == job
    folder.job_file.write_text("{")
    assert folder.job() is None


def test_every_file_lies_in_the_folder(folder):
    values = [getattr(folder, name) for name, value in vars(RunFolder).items() if isinstance(value, property)]
    files = [value for value in values if not isinstance(value, tuple)]
    assert len(files) == 10
    assert {file.parent for file in [*files, folder.rank_log(1)]} == {folder.path}


def test_checkpoints_move_to_the_next_attempt_and_go_with_the_training(tmp_path):
    first, second = RunFolder(tmp_path / "1"), RunFolder(tmp_path / "2")
    assert not second.take_checkpoints(first)
    assert not second.path.exists()
    first.path.mkdir()
    first.checkpoint.write_text("last")
    first.earlier_checkpoint.write_text("before")
    assert second.take_checkpoints(first)
    assert first.checkpoints == ()
    assert [path.read_text() for path in second.checkpoints] == ["last", "before"]
    second.forget_checkpoints()
    assert list(second.path.iterdir()) == []


def test_a_checkpoint_is_copied_and_the_earlier_one_stays_where_it_is(tmp_path):
    source, own = RunFolder(tmp_path / "source"), RunFolder(tmp_path / "own")
    assert not own.copy_checkpoint(source)
    source.path.mkdir()
    source.checkpoint.write_text("last")
    source.earlier_checkpoint.write_text("earlier")
    assert own.copy_checkpoint(source)
    assert own.checkpoint.read_text() == "last"
    assert own.checkpoints == (own.checkpoint,)
    assert len(source.checkpoints) == 2


def test_checkpoints_move_to_another_disk_whole(tmp_path, monkeypatch):
    first, second = RunFolder(tmp_path / "1"), RunFolder(tmp_path / "2")
    first.path.mkdir()
    first.checkpoint.write_text("last")

    def rename(self, target, _rename=Path.rename):
        if self == first.checkpoint:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return _rename(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    assert second.take_checkpoints(first)
    assert (first.checkpoints, second.checkpoint.read_text()) == ((), "last")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    second.checkpoint.rename(first.path / "kept")
    (first.path / "kept").rename(first.path / first.checkpoint.name)
    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(OSError, match="No space left"):
        second.take_checkpoints(first)
    assert (first.checkpoint.read_text(), second.checkpoints) == ("last", ())
