import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.domain.tuning import ConvolutionTuning, Tuning
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.losses import capsnet_loss
from paretocaps.models.tuned import convolutions_seen
from paretocaps.models.watched_operations import is_watched
from paretocaps.training.learner import Learner
from paretocaps.training.recorded import RecordedPass

CPU = torch.device("cpu")
BATCH = 4


def network_of(side=8, **choices):
    chosen = Choices(**{"batch_size": BATCH, **choices})
    return build_network(architecture(chosen, side, side, 1, 10), 0), chosen


def learner_of(tuning, side=8, **choices):
    network, chosen = network_of(side, **choices)
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (3 * BATCH + 1, 1, side, side), dtype=torch.uint8, generator=generator)
    labels = torch.randint(10, (len(images),), generator=generator)
    learner = Learner(network, DeviceLoader(ImageSet(images, labels), CPU), chosen, CPU)
    learner.enter_phase(BATCH)
    learner._step.tuning = tuning
    return learner


def trained(tuning, **choices):
    learner = learner_of(tuning, **choices)
    losses = [learner.train_epoch(epoch, BATCH, [1e-3] * 4) for epoch in (1, 2)]
    return losses, learner


def recorded_passes(learner):
    return [one for one in learner._step._recorded.values() if one is not None]


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"weight_sharing": True, "decoder": "reduced", "routing_gradient": "all"},
        {"routing": "em", "decoder": "none", "loss": "spread"},
        {"routing": "sda", "weight_decay": 0.01, "optimizer": "adamw"},
        {"family": "momentum_caps", "blocks": 1},
        {"family": "lenet5", "side": 28},
        {"precision": "bf16"},
    ],
    ids=str,
)
def test_a_training_with_recorded_passes_is_the_same_bit_for_bit(choices):
    precision = choices.get("precision", "fp32")
    small = {} if choices.get("family") == "lenet5" else {"primary_capsules": 4}
    losses, plain = trained(Tuning(precision=precision), **small, **choices)
    found, learner = trained(Tuning(precision=precision, recorded=True), **small, **choices)
    assert len(recorded_passes(learner)) == 1  # of whole batches; each epoch's last one is another
    assert found == losses
    states = zip(plain.network.state_dict().values(), learner.network.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in states)


@pytest.mark.parametrize("form", ["torch", "onednn", "spectral"])
def test_all_forms_of_convolutions_can_be_recorded(form):
    with convolutions_seen() as seen:
        learner_of(Tuning(), primary_capsules=4).step(torch.rand(1, 1, 8, 8), torch.tensor([1]), 0.0)
    forms = {"outputs": form, "image_gradient": form, "filter_gradient": form}
    convolutions = tuple(ConvolutionTuning(shape=one.shape, **forms) for one in seen)
    products = "onednn" if form == "onednn" else "torch"
    threads = 1 if form == "spectral" else None  # of several, each computes pieces that are not recorded
    tuning = Tuning(convolutions=convolutions, products=products, threads=threads)
    losses, _ = trained(tuning, primary_capsules=4)
    found, learner = trained(tuning.model_copy(update={"recorded": True}), primary_capsules=4)
    assert recorded_passes(learner)
    assert found == losses


def test_recording_changes_neither_network_nor_random_numbers():
    network, _ = network_of(32, family="resnet_caps", batch_size=2)
    network.train()
    images, labels = torch.rand(2, 1, 32, 32), torch.tensor([3, 4])
    before, state = [value.clone() for value in network.state_dict().values()], torch.random.get_rng_state()
    recorded = RecordedPass(network, loss_of, images, labels)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(map(torch.equal, network.state_dict().values(), before))
    recorded(images, labels)
    after = zip(network.state_dict().items(), before, strict=True)
    changed = {name for (name, value), old in after if not torch.equal(value, old)}
    assert changed == {name for name, _ in network.named_buffers()}  # as any pass changes the statistics


def loss_of(network, images, labels):
    return capsnet_loss(network(images, labels), images, labels)


def draws(network, images, labels):
    return loss_of(network, images + torch.rand(()), labels)


def depends_on_values(network, images, labels):
    found = loss_of(network, images, labels)
    return found * 2 if found > 0 else found


def changes_images(network, images, labels):
    return loss_of(network, images.mul_(0.5), labels)


def chooses_by_values(network, images, labels):
    found = network(images, labels).lengths
    return (found * found)[found > 0.1].sum()


@pytest.mark.parametrize("loss", [draws, depends_on_values, changes_images, chooses_by_values])
def test_a_pass_that_may_differ_from_one_to_the_next_is_not_recorded(loss):
    network, _ = network_of(primary_capsules=4)
    with pytest.raises(RuntimeError, match="not the same in each pass"):
        RecordedPass(network, loss, torch.rand(2, 1, 8, 8), torch.tensor([3, 4]))


def test_a_pass_that_computes_otherwise_where_it_is_recorded_is_not_recorded():
    def watched(network, images, labels):
        return loss_of(network, images, labels) * (2 if is_watched() else 1)

    network, _ = network_of(primary_capsules=4)
    with pytest.raises(RuntimeError, match="operations that are recorded have another result"):
        RecordedPass(network, watched, torch.rand(2, 1, 8, 8), torch.tensor([3, 4]))


class Foreign(torch.nn.Identity):
    """A module of another package."""


def test_networks_of_other_packages_take_plain_steps():
    learner = learner_of(Tuning(recorded=True), primary_capsules=4)
    learner.network.foreign = Foreign()
    assert learner.train_epoch(1, BATCH, [1e-3] * 4) == trained(Tuning(), primary_capsules=4)[0][0]
    assert not recorded_passes(learner)


def test_where_torch_cannot_record_steps_are_plain(monkeypatch):
    monkeypatch.delattr(torch.jit, "CompilationUnit")
    losses, learner = trained(Tuning(recorded=True), primary_capsules=4)
    assert not recorded_passes(learner)
    assert losses == trained(Tuning(), primary_capsules=4)[0]


def test_what_was_recorded_of_one_network_is_not_replayed_for_another():
    learner = learner_of(Tuning(recorded=True), primary_capsules=4)
    images, labels = learner.loader.first(BATCH)
    learner.step(images, labels, 0.0)
    other, _ = network_of(primary_capsules=2)
    learner._step.replace(other)
    learner._step.optimizer = torch.optim.SGD(other.parameters())
    learner.step(images, labels, 0.0)
    assert all(parameter.grad.shape == parameter.shape for parameter in other.parameters())


def test_a_parameter_that_is_no_longer_trained_gets_no_gradient():
    learner = learner_of(Tuning(recorded=True), primary_capsules=4)
    images, labels = learner.loader.first(BATCH)
    learner.step(images, labels, 0.0)
    frozen = next(learner.network.parameters()).requires_grad_(False)
    frozen.grad = None
    learner.step(images, labels, 0.0)
    assert frozen.grad is None


def test_parameters_have_gradients_of_their_own():
    class Summed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))

    Summed.__module__ = "paretocaps.summed"
    network = Summed()
    recorded = RecordedPass(
        network, lambda own, images, _: ((own.a + own.b) * images).sum(), torch.rand(2), torch.ones(1)
    )
    recorded(torch.rand(2), torch.ones(1))
    assert network.a.grad is not network.b.grad


def test_a_result_that_differs_is_refused(monkeypatch):
    network, _ = network_of(primary_capsules=4)
    monkeypatch.setattr(torch, "equal", lambda *_: False)
    with pytest.raises(RuntimeError, match="another result"):
        RecordedPass(network, loss_of, torch.rand(2, 1, 8, 8), torch.tensor([3, 4]))
