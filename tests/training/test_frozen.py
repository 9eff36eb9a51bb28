from functools import partial

import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.evaluation.accuracy import judge
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning import eagle_eye
from paretocaps.models.trunks.mobilenet import MobileNetTrunk
from paretocaps.run_folder import RunFolder
from paretocaps.training import energy as energies
from paretocaps.training import frozen
from paretocaps.training import learner as learner_module
from paretocaps.training.energy import EpochEnergy
from paretocaps.training.frozen import FrozenFeatures
from paretocaps.training.learner import Learner
from paretocaps.training.stopwatch import Stopwatch
from paretocaps.training.train import train
from paretocaps.training.weights import load_weights, save_whole

CPU = torch.device("cpu")
CHOICES = Choices(family="backbone_caps", frozen=True, precision="fp32", batch_size=8)
JOB = {"family": "backbone_caps", "backbone": "mobilenet_v1", "image_size": 32, "primary_capsules": 4}


def images(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
    return DeviceLoader(ImageSet(pixels, torch.arange(count) % 3), CPU, seed=5)


def learner(choices=CHOICES, decoder="none"):
    shape = Architecture(
        height=32, width=32, channels=3, classes=3, family="backbone_caps", trunk="resnet18",
        capsule_types=2, decoder=decoder,
    )  # fmt: skip
    widths = tuple(width // 8 for width in shape.trunk_shape.widths)
    network = build_network(shape.model_copy(update={"trunk_channels": widths}), 0)
    network(next(images(8, 3).ordered(8))[0])  # statistics unlike a new network's
    network.freeze_trunk()
    return Learner(network, images(20), choices, CPU)


def test_a_frozen_trunk_stays_as_it_is_to_the_bit():
    made = learner()
    before = {name: value.clone() for name, value in made.network.trunk.state_dict().items()}
    head = made.network.primary.weight.clone()
    trained = {id(p) for group in made.optimizer.param_groups for p in group["params"]}
    assert not trained & {id(p) for p in made.network.trunk.parameters()}
    made.train_epoch(1, 8, [1e-3] * 3)
    assert made.network.training
    assert not any(layer.training for layer in made.network.trunk.modules())
    assert all(torch.equal(before[k], v) for k, v in made.network.trunk.state_dict().items())
    assert not torch.equal(head, made.network.primary.weight)


def test_training_on_cached_features_is_training_on_images():
    on_images, on_features = learner(), learner()
    validation = images(10, 1)
    kept = FrozenFeatures(on_features, on_features.loader, validation, 5, CHOICES)
    kept.fill(1)
    assert kept.kept
    assert on_features.loader.image_shape == (64, 1, 1)
    for epoch in (1, 2):
        losses = [one.train_epoch(epoch, 8, [1e-3] * 3) for one in (on_images, on_features)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    network, features = kept.validation()
    assert features.image_shape == (64, 1, 1)
    found, expected = judge(network, features.ordered(4)), judge(on_features.network, validation.ordered(4))
    assert found.acc == expected.acc
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    assert "features of 30 images were computed once" in kept.remarks[0]


@pytest.mark.parametrize(
    ("changes", "free", "message"),
    [
        ({"augment": "shift"}, 2**40, "augment=shift changes the images"),
        ({"decoder": "full"}, 2**40, "decoder=full draws the images"),
        ({}, 2 * 30 * 64 * 4 - 8, "would be more than half"),
    ],
)
def test_features_that_cannot_be_kept_are_computed_in_every_step(monkeypatch, changes, free, message):
    monkeypatch.setattr(frozen, "free_bytes", lambda device: free)
    choices = CHOICES.model_copy(update=changes)
    made = learner(choices, choices.decoder)
    kept = FrozenFeatures(made, made.loader, images(10), 5, choices)
    kept.fill(1)
    assert not kept.kept
    assert made.loader.image_shape == (3, 32, 32)
    assert kept.validation()[0] is made.network
    (remark,) = kept.remarks
    assert "computed in every step" in remark
    assert message in remark
    assert made.train_epoch(1, 8, [1e-3] * 3) > 0


def test_without_a_frozen_trunk_nothing_happens():
    made = learner()
    made.network.trunk_frozen = False
    kept = FrozenFeatures(made, made.loader, images(10), 5, CHOICES)
    kept.fill(1)
    assert kept.remarks == ()
    assert made.loader.image_shape == (3, 32, 32)


class Passes:
    """A clock and an energy meter that count the images that have passed through a learner's trunk."""

    def __init__(self, made, monkeypatch):
        self.seen = 0
        made.network.trunk.register_forward_pre_hook(self._count)
        made.stopwatch = Stopwatch(CPU, clock=self.joules)
        monkeypatch.setattr(frozen, "_BATCH", 10)  # so that a warm-up pass is charged as another one

    def _count(self, trunk, inputs):
        self.seen += len(inputs[0])

    def joules(self):
        return float(self.seen)


@pytest.mark.parametrize("augment", ["none", "shift"])
def test_every_pass_over_training_images_counts_as_time_and_energy(monkeypatch, augment):
    choices = CHOICES.model_copy(update={"augment": augment})
    made = learner(choices)
    passes = Passes(made, monkeypatch)
    energy = EpochEnergy(passes)
    kept = FrozenFeatures(made, made.loader, images(10), 5, choices, energy)
    kept.fill(1)
    for epoch in (1, 2):
        with energy.epoch(epoch):
            made.train_epoch(epoch, 10, [1e-3] * 2)
    if augment == "none":
        kept.fill(3)  # as after a pruning
        assert passes.seen == 2 * (20 + 10)  # the validation images, which do not count, too
    counted = {1: 20, 2: 0, 3: 20} if augment == "none" else {1: 20, 2: 20}
    assert made.stopwatch.seconds() == counted
    counting_memory = 0 if augment == "none" else 10  # by one more pass, on a CPU
    assert energy.state() == {**counted, 1: counted[1] + counting_memory}


def test_a_counter_is_read_before_it_wraps_around_within_a_long_pass(monkeypatch):
    made = learner(CHOICES)
    passes, read = Passes(made, monkeypatch), []
    monkeypatch.setattr(passes, "joules", lambda: read.append(passes.seen) or 0.0)
    monkeypatch.setattr(energies, "_OFTEN", -1.0)
    FrozenFeatures(made, made.loader, images(10), 5, CHOICES, EpochEnergy(passes)).fill(1)
    assert {10, 20} <= set(read)


def test_a_resumed_training_does_not_count_its_passes_again(monkeypatch):
    made = learner()
    Passes(made, monkeypatch)
    kept = FrozenFeatures(made, made.loader, images(10), 5, CHOICES)
    kept.fill(None)
    assert kept.kept
    assert made.stopwatch.seconds() == {}


@pytest.fixture
def counted(monkeypatch):
    """Trainings of a frozen MobileNetV1 whose clock counts the images that have passed through the trunk."""
    seen, forward = [0.0], MobileNetTrunk.forward

    def counting(trunk, images):
        seen[0] += len(images)
        return forward(trunk, images)

    monkeypatch.setattr(MobileNetTrunk, "forward", counting)
    monkeypatch.setattr(learner_module, "Stopwatch", partial(Stopwatch, clock=lambda: seen[0]))


@pytest.fixture
def few_candidates(monkeypatch):
    monkeypatch.setattr(eagle_eye, "CANDIDATES", 3)


@pytest.mark.slow
def test_a_whole_training_with_pruning_computes_its_features_twice(job, counted, few_candidates):
    asked = job(epochs=3, limit_train=60, pruning_ratio=0.5, pruning_start=0.4, frozen=True, **JOB)
    found = train(asked, lambda record: True)
    assert [record.seconds for record in found.epochs] == [60, 60, 0]
    assert not found.partial
    assert found.epochs[0].macs * 0.5 == pytest.approx(found.macs, rel=0.04)
    assert "the frozen trunk has random weights: give it a checkpoint" in found.remarks
    assert any("were computed 2 times" in remark for remark in found.remarks)
    network = load_weights(asked.folder / "weights.pt")
    assert sum(p.numel() for p in network.parameters()) == found.params
    assert network.architecture.trunk_channels


@pytest.mark.slow
def test_a_resumed_training_counts_its_passes_once(job, counted):
    kept = {"checkpoints": True, "checkpoint_every": 1e-6}
    asked = job(epochs=2, limit_train=60, frozen=True, **JOB).model_copy(update=kept)
    with pytest.raises(ZeroDivisionError):
        train(asked, lambda record: 1 / 0)
    found = train(asked, lambda record: True)
    assert [record.seconds for record in found.epochs] == [60, 0]
    assert not found.partial
    checkpoint = RunFolder(asked.folder).checkpoint
    content = torch.load(checkpoint, weights_only=True)
    del content["state"]["partial"]  # version 0.1 wrote no such key, and did not count the passes
    save_whole(checkpoint, content)
    assert train(asked, lambda record: True).partial


@pytest.mark.slow
def test_a_network_that_is_pruned_before_it_is_trained_has_its_features_computed_once(job, few_candidates):
    asked = job(epochs=1, limit_train=60, pruning_ratio=0.5, pruning_start=0.0, frozen=True, **JOB)
    asked = asked.model_copy(update={"checkpoints": True, "checkpoint_every": 1e-6})
    found = train(asked, lambda record: True)
    assert any("were computed once" in remark for remark in found.remarks)
    accs = [found.quantities[f"candidate_{number}"] for number in (1, 2, 3)]
    assert accs[int(found.quantities["candidate_chosen"]) - 1] == max(accs)
    (said,) = [remark for remark in found.remarks if remark.startswith("pruning took candidate ")]
    assert said.endswith(f"training images: {', '.join(f'{acc:.3f}' for acc in accs)}")
    (spent,) = [remark for remark in found.remarks if remark.endswith("which time and energy do not count")]
    resumed = train(asked, lambda record: True)
    assert spent in resumed.remarks
    assert resumed.quantities["candidate_chosen"] == found.quantities["candidate_chosen"]
    assert said in resumed.remarks


@pytest.mark.slow
def test_a_linear_probe_computes_its_features_once(job, counted):
    own = {**JOB, "family": "backbone_linear", "primary_capsules": 32}  # which has a meaning for capsules
    asked = job(epochs=3, limit_train=60, frozen=True, **own)
    found = train(asked, lambda record: True)
    assert [record.seconds for record in found.epochs] == [60, 0, 0]
    assert any("were computed once" in remark for remark in found.remarks)
    assert load_weights(asked.folder / "weights.pt").architecture.family == "backbone_linear"
