import torch
from sklearn.metrics import accuracy_score

from paretocaps.data.load import load
from paretocaps.data.loader import DeviceLoader
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.evaluation.accuracy import accuracy
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network


def test_accuracy_is_scikit_learns_whatever_the_batches():
    test = load(DataSpec()).test
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    loader = DeviceLoader(test, "cpu")
    with torch.no_grad():
        predicted = network(next(loader.ordered(len(test)))[0]).lengths.argmax(1)
    expected = accuracy_score(test.labels, predicted)
    for size in (len(test), 100, 7):
        assert abs(accuracy(network, loader.ordered(size)) - expected) < 1e-9


def test_the_network_is_left_in_its_mode():
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    loader = DeviceLoader(load(DataSpec()).test, "cpu")
    for training in (True, False):
        network.train(training)
        accuracy(network, loader.ordered(100))
        assert network.training is training


def test_no_images_are_no_accuracy():
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0)
    assert accuracy(network, iter(())) == 0.0
