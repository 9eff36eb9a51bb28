import math

import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.domain.progress import WithProgress, unheard
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import UsageError
from paretocaps.evaluation.accuracy import Evaluator, accuracy
from paretocaps.evaluation.robustness import robustness
from paretocaps.models.complexity import multiply_adds, parameters
from paretocaps.run_folder import RunFolder
from paretocaps.training.learner import Learner
from paretocaps.training.train import train
from paretocaps.training.weights import load_weights

ADABATCH = {"batch_schedule": "adabatch", "first_batch": 10, "first_epochs": 1, "phase_epochs": 1}


def go_on(record):
    return True


def train_adabatch(job, **options):
    made = job(**options)
    return train(
        made.model_copy(update={"choices": {"primary_capsules": 4, "precision": "fp32", **ADABATCH}}), go_on
    )


def test_a_measurement_is_of_one_network_and_its_best_epoch(job):
    made = job(epochs=3)
    measurement = train(made, go_on)
    best = max(measurement.epochs, key=lambda record: (record.acc, -record.epoch))
    assert measurement.best_epoch == best.epoch
    assert (measurement.acc, measurement.time) == (best.acc, best.time)
    assert measurement.time == pytest.approx(sum(r.seconds for r in measurement.epochs[: best.epoch]))
    assert measurement.time < measurement.wall
    network = load_weights(made.folder / measurement.weights)
    shape = network.architecture
    assert (measurement.params, measurement.macs) == (parameters(shape), multiply_adds(shape))
    assert measurement.params == sum(p.numel() for p in network.parameters())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_memory_that_an_earlier_training_left_in_a_cycle_is_not_measured(job):
    made = job(epochs=1).model_copy(update={"device": "cuda:0"})
    first = train(made, go_on).memory
    left = [torch.zeros(64 << 20, device="cuda")]
    left.append(left)
    del left
    assert train(made, go_on).memory == pytest.approx(first, rel=0.05)


def test_the_kept_weights_are_the_best_epochs(job):
    made = job(epochs=3)
    measurement = train(made, go_on)
    network, splits = load_weights(made.folder / measurement.weights), load(made.data)
    assert accuracy(network, DeviceLoader(splits.validation, "cpu").ordered(64)) == measurement.acc
    assert accuracy(network, DeviceLoader(splits.test, "cpu").ordered(64)) == measurement.test_acc
    images = (measurement.validation_images, measurement.test_images)
    assert images == (len(splits.validation), len(splits.test))
    predictions = measurement.predictions
    assert predictions.acc == measurement.acc
    assert predictions.labels == tuple(splits.validation.labels.tolist())
    with torch.no_grad():
        best = network.eval().scores(splits.validation.images / 255).argmax(dim=1)
    assert predictions.classes == tuple(best.tolist())


def test_the_same_seed_trains_the_same_and_another_one_does_not(job):
    losses = [[r.train_loss for r in train(job(seed=seed), go_on).epochs] for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.slow
def test_it_learns(job):
    measurement = train(job(epochs=5, limit_train=600, batch_size=25), go_on)
    losses = [record.train_loss for record in measurement.epochs]
    assert losses[-1] < 0.5 * losses[0]
    assert measurement.acc > 0.75


def test_it_tells_its_steps_and_the_images_that_it_evaluates(job):
    told = []
    train(job(epochs=2), WithProgress(go_on, lambda *progress: told.append(progress)))
    assert told[0] == ("starting", 0, 1)
    steps = [(what, done, of) for what, done, of in told if what.endswith(", step")]
    assert steps == [(f"epoch {epoch}, step", step, 2) for epoch in (1, 2) for step in (1, 2)]
    assert {of for what, done, of in told if what == "evaluating images"} == {144, 359}


def test_it_stops_when_it_is_told(job):
    seen = []
    measurement = train(job(epochs=4), lambda record: seen.append(record.epoch) or record.epoch < 2)
    assert seen == [1, 2]
    assert len(measurement.epochs) == 2


def test_it_ends_by_itself_when_validation_no_longer_improves(job):
    """With next to no learning rate nothing improves, but for the noise of it."""
    still = {"lr_max": 1e-12, "patience": 2}
    measurement = train(job(epochs=6, **still), go_on)
    losses = [record.val_loss for record in measurement.epochs]
    last = len(losses)
    assert last == losses.index(min(losses)) + 3 < 6
    assert (
        f"stopped after epoch {last} of 6: the validation loss did not improve for 2 epochs"
        in measurement.remarks
    )
    assert measurement.best_epoch <= last
    assert len(train(job(epochs=4, lr_max=1e-12), go_on).epochs) == 4


def test_patience_never_ends_a_training_before_it_has_pruned(job):
    choices = {"lr_max": 1e-12, "patience": 1, "pruning_ratio": 0.4, "pruning_start": 0.6}
    measurement = train(job(epochs=8, **choices), go_on)
    assert [record.network for record in measurement.epochs][:6] == [0, 0, 0, 0, 0, 1]
    assert len(measurement.epochs) < 8


@pytest.mark.slow
def test_the_validation_loss_falls_as_the_training_loss_does(job):
    records = train(job(epochs=4, limit_train=400, batch_size=25, decoder="none"), go_on).epochs
    assert records[-1].val_loss < records[0].val_loss
    assert records[-1].val_loss == pytest.approx(records[-1].train_loss, rel=0.6)


def test_batch_sizes_and_steps_follow_the_schedule(job):
    measurement = train_adabatch(job, epochs=3, limit_train=101)
    assert [(r.batch_size, r.steps) for r in measurement.epochs] == [(10, 11), (16, 7), (32, 4)]


def test_every_phase_has_a_tuning_and_a_kept_one_is_used(job):
    told = []
    growing = {"batch_schedule": "adabatch", "first_batch": 25, "first_epochs": 1, "adabatch_p": 5}
    asked = job(epochs=3)
    asked = asked.model_copy(update={"choices": {"primary_capsules": 4, "precision": "fp32", **growing}})
    first = train(asked, WithProgress(go_on, unheard, lambda *each: told.append(each) or each[-1]))
    assert first.tunings == {key: tuning for _, key, tuning in told}
    assert [key.split(", ")[1] for key in first.tunings] == ["25 images", "32 images"]
    assert {device for device, *_ in told} == {first.device.machine}
    kept = {key: Tuning(threads=1) for key in first.tunings}
    again = train(asked.model_copy(update={"tunings": {first.device.machine: kept}}), go_on)
    assert (again.tunings, again.retuned) == (kept, False)
    elsewhere = train(asked.model_copy(update={"tunings": {"another device": kept}}), go_on)
    assert elsewhere.tunings == first.tunings


def test_batch_size_one_trains(job):
    measurement = train(job(epochs=1, limit_train=12, batch_size=1), go_on)
    assert measurement.epochs[0].steps == 12


@pytest.mark.parametrize("sharing", [False, True])
@pytest.mark.parametrize(("decoder", "precision"), [("full", "bf16"), ("reduced", "fp32"), ("none", "bf16")])
def test_pruning_makes_a_smaller_network_and_goes_on(job, sharing, decoder, precision):
    choices = {"weight_sharing": sharing, "decoder": decoder, "precision": precision}
    whole = train(job(epochs=1, **choices), go_on)
    measurement = train(job(epochs=3, pruning_ratio=0.5, **choices), go_on)
    networks = [record.network for record in measurement.epochs]
    assert networks == [0, 1, 1]
    assert measurement.epochs[0].params == whole.params
    assert measurement.best_epoch > 1
    assert measurement.params == measurement.epochs[-1].params < whole.params
    assert 1 - measurement.macs / whole.macs == pytest.approx(0.5, abs=0.05)
    assert measurement.time > measurement.epochs[0].seconds


def test_memory_is_that_of_the_largest_steps(job):
    small, large = (train(job(epochs=1, batch_size=size), go_on).memory for size in (10, 50))
    assert 0 < small < large
    states = 4 * 4 * train(job(epochs=1), go_on).params
    assert small > states


def test_a_device_that_is_not_there_is_refused(job):
    if torch.cuda.device_count() > 7:
        pytest.skip("eight CUDA devices are here")
    with pytest.raises(UsageError, match="device 'cuda:7' does not exist here"):
        train(job().model_copy(update={"device": "cuda:7"}), go_on)


def test_threads_are_respected(job):
    assert train(job(epochs=1), go_on).device.threads == 1


def test_too_many_training_images_are_refused(job):
    with pytest.raises(UsageError, match="limit_train=5000 is more than"):
        train(job().model_copy(update={"data": DataSpec(limit_train=5000)}), go_on)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "augment"), [("fp32", "none"), ("bf16", "shift"), ("fp16", "crop"), ("bf16", "rotate")]
)
def test_every_precision_and_augmentation_trains(job, precision, augment):
    measurement = train(job(epochs=1, precision=precision, augment=augment), go_on)
    assert measurement.epochs[0].train_loss < 2.0


@pytest.mark.slow
def test_latencies_are_measured_where_they_are_asked_for(job):
    plain = train(job(epochs=1), go_on)
    parts = {name: value for name, value in plain.quantities.items() if name.endswith("_params")}
    assert sum(parts.values()) == plain.params
    assert set(plain.quantities) - set(parts) == {"flops", "bottleneck", "primary_capsules"}
    assert 5.5 * plain.macs < plain.quantities["flops"] < 6 * plain.macs
    found = train(job(epochs=1, measure=("acc", "latency", "latency_batch")), go_on).quantities
    assert set(found) - set(plain.quantities) == {"latency", "latency_batch"}
    assert 0 < found["latency_batch"] < found["latency"] < 1


@pytest.mark.slow
def test_robustness_is_measured_on_validation_images_where_it_is_asked_for(job):
    asked = job(epochs=1, measure=("acc", "robust"))
    found = train(asked, go_on).quantities
    network = load_weights(RunFolder(asked.folder).weights)
    images = DeviceLoader(load(asked.data).validation, "cpu")
    expected = robustness(network, images, Evaluator(torch.device("cpu"))).mean
    assert found["robust"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "ranger21"])
def test_every_optimiser_trains_through_a_change_of_batch_size_and_a_pruning(job, optimizer):
    choices = {"optimizer": optimizer, "standardise": True, "pruning_ratio": 0.4, "lr_max": 3e-3}
    schedule = {"batch_schedule": "adabatch", "first_batch": 4, "first_epochs": 2, "batch_size": 128}
    done = train(job(epochs=4, **choices, **schedule), go_on)
    assert [record.network for record in done.epochs] == [0, 1, 1, 1]
    assert [record.batch_size for record in done.epochs] == [4, 4, 16, 16]
    assert done.epochs[-1].train_loss < done.epochs[0].train_loss
    last = {"ranger21": 3e-5}.get(optimizer, 3e-3)
    assert done.epochs[-1].learning_rate == pytest.approx(last)
    assert done.memory > 4 * 4 * done.params


@pytest.mark.slow
def test_spread_loss_and_em_train_through_the_trainer(job):
    choices = {
        "family": "momentum_caps",
        "blocks": 1,
        "routing": "em",
        "loss": "spread",
        "routing_iterations": 2,
    }
    measurement = train(job(epochs=3, limit_train=200, batch_size=20, decoder="none", **choices), go_on)
    losses = [record.train_loss for record in measurement.epochs]
    assert all(loss == loss and loss < 10 for loss in losses)
    assert measurement.acc > 0.15


@pytest.mark.slow
def test_a_chain_that_is_cut_says_so(job):
    measurement = train(job(epochs=1, family="momentum_caps", blocks=6, gamma=0.1), go_on)
    assert any("gamma=0.1" in remark for remark in measurement.remarks)


@pytest.mark.parametrize(("routing", "lr_max"), [("em", 0.1), ("rba", 3e-3)])
def test_a_training_that_answers_one_class_is_collapsed(job, routing, lr_max):
    measurement = train(job(epochs=1, limit_train=200, routing=routing, lr_max=lr_max, batch_size=20), go_on)
    assert measurement.collapsed == (lr_max == 0.1)
    said = [remark for remark in measurement.remarks if remark.startswith("collapsed: ")]
    assert len(said) == measurement.collapsed
    if measurement.collapsed:
        assert len(set(measurement.predictions.classes)) == 1
        assert "lower lr_max (`paretocaps lr-range` shows" in said[0]


def test_the_test_accuracy_after_every_epoch_is_recorded_and_not_told(job):
    made, told = job(seed=3), []
    plain = train(made, go_on)
    tested = train(
        made.model_copy(update={"test": False, "test_every_epoch": True}), lambda r: told.append(r) or True
    )
    assert [r.test_acc for r in plain.epochs] == [None, None]
    assert [r.test_acc for r in told] == [None, None]
    best = tested.epochs[tested.best_epoch - 1]
    assert best.test_acc == tested.test_acc == plain.test_acc
    assert tested.test_images == plain.test_images
    assert [r.train_loss for r in tested.epochs] == [r.train_loss for r in plain.epochs]


@pytest.mark.parametrize("family", ["capsnet", "lenet5"])
def test_a_pair_is_right_where_both_of_its_classes_are_told(job, family):
    made = job(epochs=2)
    choices = {**made.choices, "family": family} if family == "capsnet" else {"family": family}
    data = made.data.model_copy(update={"pairs": True})
    made = made.model_copy(update={"choices": choices, "data": data})
    measurement = train(made, go_on)
    network, splits = load_weights(made.folder / measurement.weights), load(made.data)
    labels = splits.validation.labels
    assert measurement.predictions.labels == tuple(labels.tolist())
    with torch.no_grad():
        best = network.eval().scores(splits.validation.images / 255).topk(2).indices.sort(dim=1).values
    right = (best == network.classes_of(labels)).all(dim=1)
    assert measurement.acc == pytest.approx(right.double().mean().item())
    assert measurement.acc == accuracy(network, DeviceLoader(splits.validation, "cpu").ordered(64))
    assert network.architecture.classes == 10
    assert max(measurement.predictions.classes) >= 10  # labels of pairs, not classes


def test_every_step_has_the_batch_and_the_rate_of_warmadabatch(job, monkeypatch):
    seen, real = [], Learner.train_epoch

    def watched(self, epoch, size, rates, *rest):
        seen.append((epoch, size, list(rates)))
        return real(self, epoch, size, rates, *rest)

    monkeypatch.setattr(Learner, "train_epoch", watched)
    rate = {"lr_policy": "warm_restarts", "cycle": "phase", "lr_max": 1e-3, "lr_min": 1e-4}
    choices = {"primary_capsules": 4, "precision": "fp32", **ADABATCH, **rate}
    found = train(job(epochs=3, limit_train=101).model_copy(update={"choices": choices}), go_on)
    assert [(epoch, size, len(rates)) for epoch, size, rates in seen] == [(1, 10, 11), (2, 16, 7), (3, 32, 4)]
    for _, _, rates in seen:  # each phase is one cycle: half a cosine from lr_max towards lr_min
        each = [1e-4 + 0.5 * 9e-4 * (1 + math.cos(math.pi * n / len(rates))) for n in range(len(rates))]
        assert rates == pytest.approx(each)
    assert [record.learning_rate for record in found.epochs] == [rates[-1] for *_, rates in seen]
