import re
from pathlib import Path

import pytest

from paretocaps import service
from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import canonical_choices
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.errors import DataError
from paretocaps.run_folder import RunFolder


@pytest.fixture
def trained(tmp_path):
    """Make the folder of a finished training."""

    def make(name, **choices):
        folder = tmp_path / name
        kept = canonical_choices(Choices, choices)
        job = TrainingJob(
            study="train", trial=0, trainer="capsnet", choices=kept, seed=3, data=DataSpec(), epochs=1,
            folder=folder,
        )  # fmt: skip
        record = EpochRecord(epoch=1, acc=0.5, seconds=1.0, time=1.0, wall=1.0, learning_rate=1e-3)
        measured = Measurement(
            acc=0.5, best_epoch=1, time=1.0, wall=1.0, params=9, epochs=(record,),
            device=Device(name="a card", kind="cpu"),
        )  # fmt: skip
        folder.mkdir()
        RunFolder(folder).write_job(job)
        RunFolder(folder).write_result(measured)
        return str(folder)

    return make


def test_trainings_are_written_beside_each_other_with_their_commands(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = service.write_run_report([trained("one"), trained("two", weight_sharing=True)])
    assert path.as_posix() == "reports/one-and-two.html"
    text = path.read_text(encoding="utf-8")
    assert "--set weight_sharing=true" in text
    assert "--dataset digits --epochs 1 --seed 3" in text
    assert str(tmp_path) not in text


def test_a_folder_without_a_finished_training_is_refused(tmp_path):
    with pytest.raises(DataError, match="no finished training in '.*': name a folder of `paretocaps train`"):
        service.write_run_report([str(tmp_path)])


@pytest.mark.parametrize(
    ("kept", "said"),
    [("proportional", ""), (None, " --limit-validation all"), (50, " --limit-validation 50")],
)
def test_the_validation_images_are_named_as_they_are_given(trained, tmp_path, monkeypatch, kept, said):
    monkeypatch.chdir(tmp_path)
    folder = RunFolder(Path(trained("one")))
    job = folder.job()
    data = DataSpec(name="digits", limit_train=100, limit_validation=kept)
    folder.write_job(job.model_copy(update={"data": data}))
    text = service.write_run_report([str(folder.path)]).read_text(encoding="utf-8")
    assert f"--limit-train 100{said} --" in re.sub(r"</?span>", "", text)
