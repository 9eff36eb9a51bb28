import csv
import json
from dataclasses import replace

import pytest
import torch

from paretocaps import service
from paretocaps.domain.trainer import TRAINERS
from paretocaps.domain.tuning import DEFAULT
from paretocaps.errors import TrainingError, UsageError
from paretocaps.models.pruning import eagle_eye
from paretocaps.service.train_options import TrainOptions
from paretocaps.service.training import TrainingWatcher, _ranks, train
from paretocaps.training import checkpoint_writer
from paretocaps.training.weights import load_weights

QUICK = ("primary_capsules=4", "precision=fp32", "batch_size=50")


class Watcher(TrainingWatcher):
    def __init__(self):
        self.told, self.notices, self.epochs = [], [], ()

    def started(self, job, name):
        self.told.append(name)

    def epochs_told(self, job, epochs):
        self.epochs = epochs

    def epoch(self, job, record):
        self.told.append(record.epoch)

    def notice(self, message):
        self.notices.append(message)

    def closed(self):
        self.told.append("closed")


def options(**given):
    return TrainOptions(**{"settings": QUICK, "limit_train": 100, "epochs": 2, "device": "cpu", **given})


def test_a_run_leaves_weights_measurement_epochs_and_checkpoint(folder, monkeypatch):
    monkeypatch.setattr(checkpoint_writer, "APART", 0.0)
    watcher = Watcher()
    run = train(options(design="ws", output="out"), watcher=watcher)
    assert watcher.told == ["ws", 1, 2, "closed"]
    assert [epoch.steps for epoch in watcher.epochs] == [2, 2]
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {
        *("weights.pt", "measurement.json", "epochs.csv", "checkpoint.pt", "job.json", "worker.lock")
    }
    assert run.weights.is_file()
    assert repr(run).startswith("<TrainedRun in out: acc 0.")
    assert json.loads((folder / "out" / "measurement.json").read_text())["acc"] == run.measurement.acc
    with (folder / "out" / "epochs.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["time"]) for row in rows] == [record.time for record in run.measurement.epochs]
    said = run.as_dict()
    assert said["choices"]["weight_sharing"] is True
    assert (said["weights"], said["epochs"], said["seed"]) == ("out/weights.pt", 2, 0)
    assert 0 <= said["acc_low"] < said["acc"] < said["acc_high"] <= 1
    assert 0 <= said["test_acc_low"] < said["test_acc"] < said["test_acc_high"] <= 1


def test_a_studys_trial_gives_choices_data_and_epochs(storage, folder):
    picked = service.pick_trial(storage, "s", best="acc")
    run = train(TrainOptions(device="cpu"), picked)
    job = run.job
    assert (job.trainer, job.choices, job.epochs) == ("probe", picked.choices, 2)
    assert (job.data, job.seed, str(job.folder)) == (picked.data, picked.seed, f"runs/s-trial-{picked.trial}")
    changed = train(TrainOptions(epochs=3, seed=7, settings=("learning_rate=0.25",), output="o"), picked)
    assert len(changed.measurement.epochs) == 3
    assert (changed.job.seed, changed.job.choices["learning_rate"]) == (7, 0.25)
    assert run.weights is None
    assert json.dumps(run.as_dict())
    kept = {"cpu, torch unknown": {"points, 1 image": DEFAULT}}
    assert train(TrainOptions(device="cpu", output="t"), replace(picked, tunings=kept)).job.tunings == kept


@pytest.mark.slow
def test_a_folder_is_gone_on_with_only_when_that_is_said(folder):
    first = train(options(output="out"))
    with pytest.raises(UsageError, match=r"out has a finished training: .*--resume.*--force.*--output"):
        train(options(output="out"))
    again = train(options(output="out", resume=True))
    assert (again.anew, again.measurement) == (False, first.measurement)
    with pytest.raises(UsageError, match=r"another training, seed=0 \(now 5\)"):
        train(options(output="out", resume=True, seed=5))
    assert train(options(output="out", force=True, seed=5)).anew


@pytest.mark.slow
def test_an_unfinished_training_goes_on_to_the_same_end(folder, monkeypatch):
    monkeypatch.setattr(checkpoint_writer, "APART", 0.0)  # these epochs are short

    class Stopped(Watcher):
        def epoch(self, job, record):
            super().epoch(job, record)
            if record.epoch == 2:
                raise KeyboardInterrupt

    whole = train(options(output="whole", epochs=3))
    with pytest.raises(
        service.Interrupted, match=r"interrupted in epoch 3 of 3: cut has a checkpoint; .* --resume"
    ) as interrupted:
        train(options(output="cut", epochs=3), watcher=Stopped())
    assert interrupted.value.exit_code == 130
    with pytest.raises(UsageError, match="cut has an unfinished training"):
        train(options(output="cut", epochs=3))
    watcher = Watcher()
    run = train(options(output="cut", epochs=3, resume=True), watcher=watcher)
    assert watcher.notices[-1] == "continuing from cut/checkpoint.pt"
    assert (run.weights.read_bytes()) == whole.weights.read_bytes()
    assert len((folder / "cut" / "epochs.csv").read_text().splitlines()) == 4
    assert not (folder / "cut" / "checkpoint-earlier.pt").exists()


def test_a_failed_training_says_why_in_a_line(folder):
    picked_choices = ("failure=the point fell off", "learning_rate=0.1")
    with pytest.raises(TrainingError, match="the point fell off"):
        train(TrainOptions(trainer="probe", settings=picked_choices, device="cpu"))
    fresh = train(TrainOptions(trainer="probe", device="cpu", epochs=1, resume=True, force=True))
    assert fresh.anew


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epochs": 0}, "epochs=0"),
        ({"limit_train": 0}, "limit_train=0"),
        ({"dataset": "digits", "data": "x"}, "give one of them"),
        ({"channels": 2}, "channels=2 is not allowed: it should be 1 or 3"),
        ({"corrupt": "x"}, "corrupt='x' is not allowed"),
        (
            {"checkpoint_every": "0"},
            "checkpoint_every='0' is not a duration above 0: write seconds, .* such as 90s, 10m",
        ),
        ({"ranks": 0}, "ranks=0 is not allowed: give 1 to 256"),
        ({"design": "hat"}, "unknown design 'hat'"),
        ({"trainer": "capsnte"}, "did you mean 'capsnet'"),
        ({"settings": ("lr=1",)}, "unknown choice 'lr'"),
        ({"data": "nowhere"}, "nowhere"),
        ({"device": "tpu"}, "device='tpu'"),
        ({"output": "file"}, "is a file"),
        ({"save_trunk": "half.pt"}, "save_trunk='half.pt' is not allowed: name a file .* .safetensors"),
        ({"save_trunk": "half.safetensors"}, "no backbone to save, use family=backbone_linear or"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_made(folder, given, message):
    (folder / "file").touch()
    with pytest.raises(UsageError, match=message):
        train(options(**given))
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_trial_and_a_design_contradict_each_other(storage, folder):
    picked = service.pick_trial(storage, "s", best="acc")
    with pytest.raises(UsageError, match="--design ws and trial"):
        train(options(design="ws"), picked)
    with pytest.raises(UsageError, match="leave out --trainer"):
        train(options(trainer="capsnet"), picked)


@pytest.mark.slow
def test_the_ranks_of_the_choices_are_those_that_train():
    trainer = TRAINERS.get("capsnet")
    assert _ranks(options(), trainer, {"ranks": 2}, 1) == 2
    assert _ranks(options(ranks=2), trainer, {"ranks": 0}, 1) == 2
    assert [_ranks(options(), trainer, {}, usual) for usual in (1, 2)] == [1, 2], "as in its study"
    with pytest.raises(UsageError, match="choice ranks=2, but ranks=3: give one number only"):
        _ranks(options(ranks=3), trainer, {"ranks": 2}, 1)


def test_torchrun_s_other_ranks_do_not_wait_where_nothing_is_left_to_train(folder, monkeypatch):
    first = train(options(output="out", ranks=2, epochs=1))
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    again = train(options(output="out", epochs=1, resume=True))
    assert (again.anew, again.measurement) == (False, first.measurement)


def test_torchrun_s_other_ranks_say_and_write_nothing(folder, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert not service.is_first_rank()
    with pytest.raises(UsageError, match="ranks=3, but torchrun started 2: leave out --ranks"):
        train(options(ranks=3))
    monkeypatch.setenv("RANK", "0")
    assert service.is_first_rank()
    with pytest.raises(UsageError, match="trainer 'probe' trains on one rank only"):
        train(TrainOptions(trainer="probe", device="cpu"))
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_a_backbone_that_was_pruned_once_is_saved_and_starts_other_trainings(folder, monkeypatch):
    monkeypatch.setattr(eagle_eye, "CANDIDATES", 2)
    backbone = ("family=backbone_caps", "backbone=resnet18", "image_size=32", "standardise=true")
    given = {"limit_train": 60, "epochs": 1, "save_trunk": "trunks/part.safetensors"}
    pruning = ("pruning_ratio=0.9", "pruning_start=0", "frozen=true")
    saved = train(options(settings=(*backbone, *pruning), output="first", **given))
    assert saved.as_dict()["trunk"] == "trunks/part.safetensors"
    again = train(options(settings=(*backbone, *pruning), output="first", resume=True, **given))
    assert (again.anew, again.trunk) == (False, saved.trunk)
    with pytest.raises(UsageError, match=r"part.safetensors' exists: replace it with --force"):
        train(options(settings=backbone, output="second", **given))
    reused = (*backbone, "frozen=true", f"checkpoint={saved.trunk}")
    assert service.describe(reused, image="8x8x1").macs == saved.measurement.macs
    second = train(options(settings=reused, output="second", limit_train=60, epochs=1))
    assert second.measurement.macs == saved.measurement.macs
    assert not [remark for remark in second.measurement.remarks if "standardise" in remark]
    first, last = (load_weights(run.weights).get_submodule("trunk").state_dict() for run in (saved, second))
    assert all(torch.equal(first[name], last[name]) for name in first)
