import pytest
import torch
from sklearn.metrics import accuracy_score

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.errors import DataError
from paretocaps.evaluation.accuracy import Evaluator, accuracy, judge
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.losses import margin_loss, spread_loss
from paretocaps.models.training_memory import images_of_pass


def test_accuracy_is_scikit_learns_whatever_the_batches():
    test = load(DataSpec()).test
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    loader = DeviceLoader(test, "cpu")
    with torch.no_grad():
        predicted = network(next(loader.ordered(len(test)))[0]).lengths.argmax(1)
    expected = accuracy_score(test.labels, predicted)
    for size in (len(test), 100, 7):
        assert abs(accuracy(network, loader.ordered(size)) - expected) < 1e-9


@pytest.mark.parametrize("loss", ["margin", "spread"])
def test_the_loss_is_that_of_the_scores_whatever_the_batches(loss):
    test = load(DataSpec()).test
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    loader = DeviceLoader(test, "cpu")
    with torch.no_grad():
        images, labels = next(loader.ordered(len(test)))
        lengths = network(images, labels).lengths
    expected = margin_loss(lengths, labels) if loss == "margin" else spread_loss(lengths, labels, 0.9)
    for size in (len(test), 100, 7):
        found = judge(network, loader.ordered(size), loss)
        assert found.loss == pytest.approx(expected.item(), rel=1e-5)
        assert found.acc == accuracy(network, loader.ordered(50))
    assert Evaluator(torch.device("cpu")).judge(network, loader, loss).loss == pytest.approx(
        found.loss, rel=1e-5
    )


def test_the_network_is_left_in_its_mode():
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    loader = DeviceLoader(load(DataSpec()).test, "cpu")
    for training in (True, False):
        network.train(training)
        accuracy(network, loader.ordered(100))
        assert network.training is training


def test_no_images_are_an_error():
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    with pytest.raises(DataError, match="no images"):
        accuracy(network, iter(()))


class _Hungry(CapsNet):
    """Runs out of memory for more than 60 images, and keeps count."""

    error: Exception = torch.OutOfMemoryError("CUDA out of memory")

    def scores(self, images):
        if len(images) > 60:
            raise self.error
        return super().scores(images)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("full"), MemoryError()])
def test_running_out_of_memory_halves_the_batches_and_says_so(error):
    made = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    loader = DeviceLoader(load(DataSpec()).test, "cpu")
    expected = accuracy(made, loader.ordered(50))
    hungry = _Hungry(made.architecture)
    hungry.load_state_dict(made.state_dict())
    hungry.error = error
    evaluator = Evaluator(torch.device("cpu"), batch_size=200)
    assert evaluator.accuracy(hungry, loader) == expected
    assert evaluator.batch_size == 50
    assert evaluator.remarks == [
        "out of memory evaluating 200 images at once: halved to 100",
        "out of memory evaluating 100 images at once: halved to 50",
    ]
    assert evaluator.accuracy(hungry, loader) == expected
    assert len(evaluator.remarks) == 2
    assert hungry.training


def test_large_maps_are_computed_of_fewer_images_at_once():
    made = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    loader = DeviceLoader(load(DataSpec()).test, "cpu")
    evaluator = Evaluator(torch.device("cpu"))
    evaluator.accuracy(made, loader)
    assert evaluator.batch_size == 256
    assert images_of_pass(architecture(Choices(), 28, 28, 1, 10)) >= 256
    large = architecture(Choices(family="backbone_caps", backbone="resnet18"), 224, 224, 3, 10)
    assert images_of_pass(large) == 2**29 // (8 * 64 * 112 * 112) == 83


def test_other_errors_and_memory_that_never_suffices_pass_through():
    made = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    loader = DeviceLoader(load(DataSpec()).test, "cpu")
    hungry = _Hungry(made.architecture)
    hungry.error = RuntimeError("shapes do not fit")
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        Evaluator(torch.device("cpu"), batch_size=200).accuracy(hungry, loader)
    hungry.scores = lambda images: (_ for _ in ()).throw(MemoryError())
    with pytest.raises(MemoryError):
        Evaluator(torch.device("cpu"), batch_size=4).accuracy(hungry, loader)
