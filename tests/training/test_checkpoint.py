import json
import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from paretocaps.data import device_loader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.domain.measurement import Device
from paretocaps.domain.progress import WithProgress, unheard
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import DataError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.training import checkpoint_writer
from paretocaps.training.checkpoint import (
    fingerprint,
    load_checkpoint,
    restore_random_states,
    save_checkpoint,
)
from paretocaps.training.device import describe_device
from paretocaps.training.stopwatch import Stopwatch
from paretocaps.training.train import train
from paretocaps.training.weights import load_weights

HERE = Device(name="the CPU", kind="cpu")


class Cut(Exception):
    """A training is cut off."""


def go_on(record):
    return True


def cut_after(epoch):
    def on_epoch(record):
        if record.epoch == epoch:
            raise Cut
        return True

    return on_epoch


@pytest.fixture(autouse=True)
def _every_epoch(monkeypatch):
    """Short epochs are kept too."""
    monkeypatch.setattr(checkpoint_writer, "APART", 0.0)


def kept(job, **changes):
    return job.model_copy(update={"checkpoints": True, "folder": job.folder.with_name("cut"), **changes})


def interrupted(job, *epochs):
    """Train `job` with a checkpoint an epoch, cut off after each of `epochs`; return the last measurement."""
    resumed = kept(job)
    for epoch in epochs:
        with pytest.raises(Cut):
            train(resumed, cut_after(epoch))
    return resumed, train(resumed, go_on)


def untimed(remarks):
    """Without those on the seconds, which differ."""
    return [
        remark for remark in remarks if not remark.startswith(("the machine", "step times", "the frozen"))
    ]


CHOICES = {
    "baseline": {},
    "pruned later": {"pruning_ratio": 0.5, "pruning_start": 0.75},
    "pruned before": {"pruning_ratio": 0.5, "pruning_start": 0.25},
    "growing batches": {
        "lr_policy": "warm_restarts",
        "cycle": "phase",
        "batch_schedule": "adabatch",
        "batch_size": 128,
        "first_batch": 10,
        "first_epochs": 1,
        "phase_epochs": 2,
        "augment": "shift",
    },
    "em with a spread loss": {"routing": "em", "routing_iterations": 2, "loss": "spread", "decoder": "none"},
    "ranger21": {"optimizer": "ranger21", "batch_size": 20},
    "fp16 in parts": {"precision": "fp16", "accumulate": 2, "batch_size": 10, "decoder": "none"},
}


@pytest.mark.slow
@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_an_interrupted_training_ends_at_the_same_weights(job, choices):
    made = job(epochs=4, **choices)
    whole = train(made, go_on)
    resumed, measured = interrupted(made, 2)
    assert_same(made, whole, resumed, measured)


WITHIN = {
    "augmented, growing batches": {
        "batch_schedule": "adabatch",
        "batch_size": 128,
        "first_batch": 10,
        "first_epochs": 1,
        "phase_epochs": 1,
        "augment": "shift",
    },
    "pruned before the epoch": {"pruning_ratio": 0.5, "pruning_start": 0.5, "batch_size": 20},
    "em with a spread loss": {
        "routing": "em",
        "routing_iterations": 2,
        "loss": "spread",
        "decoder": "none",
        "batch_size": 10,
        "accumulate": 2,
    },
}
FROZEN = {"family": "backbone_caps", "backbone": "mobilenet_v1", "frozen": True, "decoder": "none"}


@pytest.mark.slow
@pytest.mark.parametrize("choices", WITHIN.values(), ids=WITHIN)
def test_a_training_that_is_cut_off_within_an_epoch_ends_at_the_same_weights(job, choices, monkeypatch):
    monkeypatch.setattr(device_loader, "BLOCK_VALUES", 1)  # a block is one step
    made = job(epochs=2, **choices)
    whole = train(made, go_on)
    resumed = kept(made, checkpoint_every=1e-9)
    for written in (2, 2, 4):  # in the first epoch, again in it, and in the second
        with cut_after_writes(monkeypatch, written), pytest.raises(Cut):
            train(resumed, go_on)
    assert_same(made, whole, resumed, train(resumed, go_on))


@pytest.mark.slow
def test_a_training_on_frozen_features_goes_on_within_an_epoch(job, monkeypatch):
    monkeypatch.setattr(device_loader, "BLOCK_VALUES", 1)
    made = job(epochs=1, **FROZEN)
    whole = train(made, go_on)
    resumed = kept(made, checkpoint_every=1e-9)
    with cut_after_writes(monkeypatch, 1), pytest.raises(Cut):
        train(resumed, go_on)
    assert_same(made, whole, resumed, train(resumed, go_on))


@contextmanager
def cut_after_writes(monkeypatch, count):
    written = []

    def write(*arguments):
        save_checkpoint(*arguments)
        written.append(1)
        if len(written) == count:
            raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_writer, "save_checkpoint", write)
        yield


def test_steps_that_were_taken_are_not_taken_again(job, monkeypatch):
    monkeypatch.setattr(device_loader, "BLOCK_VALUES", 1)
    made = kept(job(epochs=1, batch_size=10), checkpoint_every=1e-9)
    with cut_after_writes(monkeypatch, 3), pytest.raises(Cut):
        train(made, go_on)
    before, counted = load_checkpoint(made, load(made.data), HERE).state, {}
    lap = Stopwatch.lap

    def counting(self, epoch, steps=1, **options):
        counted[epoch] = counted.get(epoch, 0) + steps
        return lap(self, epoch, steps, **options)

    monkeypatch.setattr(Stopwatch, "lap", counting)
    measured = train(made, go_on)
    assert counted == {1: 7}
    assert measured.epochs[0].wall > before["wall"] > 0


def assert_same(made, whole, resumed, measured):
    """Assert that two trainings ended at the same network, by the same losses."""
    networks = [load_weights(one.folder / "weights.pt").state_dict() for one in (made, resumed)]
    assert networks[0].keys() == networks[1].keys()
    assert all(torch.equal(networks[0][name], networks[1][name]) for name in networks[0])
    timed = {"seconds", "time", "wall", "cpu_seconds"}
    epochs = [[r.model_dump(exclude=timed) for r in m.epochs] for m in (whole, measured)]
    assert epochs[0] == epochs[1]
    assert measured.predictions == whole.predictions
    assert (whole.acc, whole.test_acc, whole.memory) == (measured.acc, measured.test_acc, measured.memory)
    assert untimed(whole.remarks) == untimed(measured.remarks)


def test_a_training_can_be_interrupted_again_and_after_its_last_epoch(job):
    made = job(epochs=3)
    whole = train(made, go_on)
    resumed, measured = interrupted(made, 1, 2, 3)
    assert [r.train_loss for r in measured.epochs] == [r.train_loss for r in whole.epochs]
    assert (measured.acc, measured.predictions) == (whole.acc, whole.predictions)
    assert not list(resumed.folder.glob("*.part"))


def test_patience_counts_the_epochs_before(job):
    made = job(epochs=8, lr_max=1e-12, patience=2)
    whole = train(made, go_on)
    _, measured = interrupted(made, len(whole.epochs) - 1, len(whole.epochs))
    assert len(measured.epochs) == len(whole.epochs) < 8
    assert [remark for remark in measured.remarks if remark.startswith("stopped after")]


def test_earlier_epochs_are_told_again_and_their_seconds_kept(job):
    made = kept(job(epochs=3))
    with pytest.raises(Cut):
        train(made, cut_after(2))
    before = [json.loads(record) for record in load_checkpoint(made, load(made.data), HERE).state["records"]]
    seen = []
    measured = train(made, lambda record: seen.append(record) or True)
    assert [record.epoch for record in seen] == [1, 2, 3]
    assert [record.wall for record in seen[:2]] == [record["wall"] for record in before]
    assert seen[2].wall > seen[1].wall
    assert measured.time <= sum(record.seconds for record in measured.epochs)
    stopped = train(made, lambda record: record.epoch < 2)
    assert len(stopped.epochs) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, r"seed=0 \(now 1\)"),
        ({"epochs": 5}, r"epochs=2 \(now 5\)"),
        ({"choices": {"primary_capsules": 4, "precision": "fp32"}}, r"batch_size=50 \(now None\)"),
        ({"data": DataSpec(limit_train=90)}, r"limit_train=100 \(now 90\)"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(job, change, message):
    made = kept(job())
    with pytest.raises(Cut):
        train(made, cut_after(1))
    with pytest.raises(UsageError, match=rf"of another training, {message}: remove it"):
        train(made.model_copy(update=change), go_on)
    assert train(made.model_copy(update={"device": "cpu", "attempt": 2}), go_on).best_epoch


def test_the_same_images_may_lie_elsewhere(job):
    made = kept(job(epochs=1))
    train(made, go_on)
    elsewhere = made.model_copy(update={"data": made.data.model_copy(update={"name": "digits-copy"})})
    assert load_checkpoint(elsewhere, load(made.data), HERE).state is not None
    with pytest.raises(UsageError, match=r"of another training, name='digits' \(now 'digits-copy'\)"):
        load_checkpoint(elsewhere, load(DataSpec(limit_train=90)), HERE)


def test_times_of_two_devices_do_not_add_up(job):
    made = kept(job(epochs=2, measure=("acc", "time")))
    with pytest.raises(Cut):
        train(made, cut_after(1))
    path = RunFolder(made.folder).checkpoint
    content = torch.load(path, weights_only=True)
    content["state"]["tunings"]["machine"] = "this CPU, torch 0.1"
    torch.save(content, path)
    untimed = load_checkpoint(made.model_copy(update={"measure": ("acc",)}), load(made.data), HERE)
    assert len(untimed.state["records"]) == 1
    measured = train(made, go_on)
    assert len(measured.epochs) == 2
    (remark,) = [remark for remark in measured.remarks if "this CPU, torch 0.1" in remark]
    assert remark.endswith("because what two devices measure does not add up: the training began anew")


def test_epochs_whose_energy_was_not_measured_are_trained_again(job):
    made = kept(job(epochs=2, measure=("acc",)))
    with pytest.raises(Cut):
        train(made, cut_after(1))
    wanted = made.model_copy(update={"measure": ("acc", "energy")})
    found = load_checkpoint(wanted, load(made.data), describe_device(torch.device("cpu")))
    assert found.state is None
    assert found.remarks == (
        "what was trained before was left, because its energy was not measured: the training began anew",
    )


def test_a_training_that_shared_its_device_once_did_so(job):
    made = kept(job(epochs=2, measure=("acc",)))
    with pytest.raises(Cut):
        train(made.model_copy(update={"shared": True}), cut_after(1))
    assert train(made, go_on).device.shared


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_taken(job):
    made = kept(job(epochs=3))
    with pytest.raises(Cut):
        train(made, cut_after(2))
    folder = RunFolder(made.folder)
    assert folder.checkpoints == (folder.checkpoint, folder.earlier_checkpoint)
    sound, splits = folder.checkpoint.read_bytes(), load(made.data)
    flipped = bytearray(sound)
    flipped[len(sound) // 2] ^= 1  # within a weight: torch reads it without a word
    for content in (b"", b"no checkpoint", sound[: len(sound) // 2], sound[:-1000], bytes(flipped)):
        folder.checkpoint.write_bytes(content)
        found = load_checkpoint(made, splits, HERE)
        assert len(found.state["records"]) == 1
        (remark,) = found.remarks
        assert re.fullmatch(
            r"checkpoint '.*checkpoint.pt' cannot be read \(.+\): .*the one before it", remark
        )
    measured = train(made, go_on)
    assert remark in measured.remarks
    assert [record.epoch for record in measured.epochs] == [1, 2, 3]


def test_without_a_whole_checkpoint_a_training_begins_anew(job):
    made = kept(job(epochs=2))
    with pytest.raises(Cut):
        train(made, cut_after(2))
    folder = RunFolder(made.folder)
    for path in folder.checkpoints:
        path.write_bytes(path.read_bytes()[:-1])
    whole, measured = train(job(epochs=2), go_on), train(made, go_on)
    assert [r.train_loss for r in measured.epochs] == [r.train_loss for r in whole.epochs]
    damaged = [remark for remark in measured.remarks if "cannot be read" in remark]
    assert len(damaged) == 2
    assert damaged[-1].endswith("the training began anew")


def test_a_kill_between_two_checkpoints_leaves_the_earlier_one(job):
    made = kept(job(epochs=2))
    with pytest.raises(Cut):
        train(made, cut_after(1))
    folder = RunFolder(made.folder)
    folder.checkpoint.rename(folder.earlier_checkpoint)
    found = load_checkpoint(made, load(made.data), HERE)
    assert len(found.state["records"]) == 1
    assert not found.remarks


def test_a_checkpoint_of_a_newer_version_is_refused(job):
    made = kept(job(epochs=2))
    with pytest.raises(Cut):
        train(made, cut_after(1))
    path = RunFolder(made.folder).checkpoint
    torch.save({**torch.load(path, weights_only=True), "format": 99}, path)
    with pytest.raises(DataError, match="is of a newer version \\(format 99, where this version writes 3\\)"):
        train(made, go_on)


def test_a_checkpoint_of_the_format_before_is_continued(job):
    made = kept(job(epochs=2))
    with pytest.raises(Cut):
        train(made, cut_after(1))
    path = RunFolder(made.folder).checkpoint
    content = torch.load(path, weights_only=True)
    state = content["state"]
    random = {"cpu": state.pop("random")["cpu"], "cuda": []}
    del state["wall"], state["learner"]["taken"], state["learner"]["losses"]
    job_text = json.loads(content["job"])
    del job_text["checkpoint_every"]
    torch.save({**content, "format": 1, "random": random, "job": json.dumps(job_text)}, path)
    whole, measured = train(job(epochs=2), go_on), train(made, go_on)
    assert [r.train_loss for r in measured.epochs] == [r.train_loss for r in whole.epochs]
    assert not [remark for remark in measured.remarks if "checkpoint" in remark]


def test_a_resumed_training_keeps_its_tunings(job):
    made = kept(job(epochs=3))
    with pytest.raises(Cut):
        train(made, WithProgress(cut_after(2), unheard, lambda *told: Tuning(threads=1)))
    measured = train(made, go_on)
    assert set(measured.tunings.values()) == {Tuning(threads=1)}
    assert not measured.retuned


def test_a_checkpoint_without_tunings_is_continued_and_marked(job):
    made = kept(job(epochs=3))
    with pytest.raises(Cut):
        train(made, cut_after(2))
    path = RunFolder(made.folder).checkpoint
    content = torch.load(path, weights_only=True)
    del content["state"]["tunings"]
    torch.save(content, path)
    measured = train(made, go_on)
    assert measured.retuned
    assert "the checkpoint is of an older version, which did not record how steps are computed" in (
        measured.remarks
    )


def test_random_states_are_restored(job):
    before = torch.get_rng_state()
    restore_random_states({"cpu": torch.Generator().manual_seed(7).get_state()}, torch.device("cpu"))
    try:
        assert torch.rand(1) == torch.rand(1, generator=torch.Generator().manual_seed(7))
    finally:
        torch.set_rng_state(before)


def test_other_images_of_the_same_name_are_noticed(job):
    splits = load(job().data)
    assert re.fullmatch(r"(\d+x1x8x8 [0-9a-f]{8}(, )?){3}", fingerprint(splits))
    assert fingerprint(splits) != fingerprint(load(DataSpec(limit_train=90)))
    for update in ({"levels": (0.0, 4095.0)}, {"anew": ("3 images are turned upright",)}):
        assert fingerprint(replace(splits, **update)) != fingerprint(splits)


def test_without_being_asked_there_is_no_checkpoint(job):
    made = job(epochs=1)
    train(made, go_on)
    assert [path.name for path in made.folder.iterdir()] == ["weights.pt"]


def test_a_longer_training_goes_on_from_a_shorter_one_as_if_it_had_trained_all_of_it(job, tmp_path):
    alone = train(job(epochs=4).model_copy(update={"folder": tmp_path / "alone"}), go_on)
    shorter = job(epochs=2).model_copy(update={"checkpoints": True, "keep_checkpoint": True})
    train(shorter, go_on)
    told = []
    longer = shorter.model_copy(update={"epochs": 4, "continued_from": 2, "folder": tmp_path / "longer"})
    assert RunFolder(longer.folder).copy_checkpoint(RunFolder(shorter.folder))
    continued = train(longer, lambda record: told.append(record.epoch) or True)
    assert told == [1, 2, 3, 4]
    assert [r.train_loss for r in continued.epochs] == [r.train_loss for r in alone.epochs]
    assert "its first 2 epochs are of a training of 2" in continued.remarks
    assert RunFolder(shorter.folder).checkpoint.exists()
    unasked = longer.model_copy(update={"continued_from": None, "folder": tmp_path / "unasked"})
    RunFolder(unasked.folder).copy_checkpoint(RunFolder(shorter.folder))
    with pytest.raises(UsageError, match=r"is of another training, epochs=2 \(now 4\)"):
        train(unasked, go_on)
