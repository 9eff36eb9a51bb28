import json
import re
from dataclasses import replace

import pytest
import torch

from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.errors import DataError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.training.checkpoint import fingerprint, load_checkpoint
from paretocaps.training.train import train
from paretocaps.training.weights import load_weights


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
    return [remark for remark in remarks if not remark.startswith(("the machine", "step times"))]


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
    networks = [load_weights(one.folder / "weights.pt").state_dict() for one in (made, resumed)]
    assert networks[0].keys() == networks[1].keys()
    assert all(torch.equal(networks[0][name], networks[1][name]) for name in networks[0])
    timed = {"seconds", "time", "wall"}
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
    before = [json.loads(record) for record in load_checkpoint(made, load(made.data))["records"]]
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


def test_a_damaged_checkpoint_is_one_clear_line(job):
    made = kept(job(epochs=2))
    with pytest.raises(Cut):
        train(made, cut_after(1))
    path = RunFolder(made.folder).checkpoint
    whole = path.read_bytes()
    for content in (b"", b"no checkpoint", whole[: len(whole) // 2], whole[:-1000]):
        path.write_bytes(content)
        with pytest.raises(
            DataError, match=r"checkpoint '.*checkpoint.pt' cannot be read \(.*--force"
        ) as error:
            train(made, go_on)
        assert len(str(error.value).splitlines()) == 1
    path.write_bytes(whole)
    content = torch.load(path, weights_only=True)
    torch.save({**content, "format": 99}, path)
    with pytest.raises(DataError, match="format 99"):
        train(made, go_on)


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
