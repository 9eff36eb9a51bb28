import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import parameters, training_flops
from paretocaps.training.further_quantities import network_quantities

CPU = torch.device("cpu")


def measured(tmp_path, *measure, **choices):
    chosen = Choices(**choices)
    network = build_network(architecture(chosen, 8, 8, 1, 3), seed=0)
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (30, 1, 8, 8), dtype=torch.uint8, generator=generator)
    images = DeviceLoader(ImageSet(pixels, torch.arange(30) % 3), CPU)
    job = TrainingJob(
        study="s", trial=0, trainer="capsnet", choices={}, seed=0, data=DataSpec(), epochs=1, folder=tmp_path,
        measure=measure,
    )  # fmt: skip
    was_training = network.training
    found = network_quantities(network, job, chosen, images, Evaluator(CPU))
    assert network.training == was_training
    return network.architecture, found


@pytest.mark.parametrize("family", ["capsnet", "lenet5"])
def test_sizes_and_flops_are_always_there(tmp_path, family):
    shape, found = measured(tmp_path, family=family)
    assert found.pop("flops") == training_flops(shape)
    if family == "capsnet":
        assert found.pop("bottleneck") == shape.conv_channels
        assert found.pop("primary_capsules") == shape.capsules
    assert sum(found.values()) == parameters(shape)


@pytest.mark.slow
def test_what_is_costly_is_measured_where_it_is_asked_for(tmp_path):
    _, plain = measured(tmp_path, primary_capsules=2)
    asked = ("acc", "latency", "robust", "bottleneck_entropy")
    _, found = measured(tmp_path, *asked, primary_capsules=2)
    assert set(found) - set(plain) == {"latency", "robust", "bottleneck_entropy"}
    assert 0 <= found["bottleneck_entropy"] <= 1
    assert 0 <= found["robust"] <= 1


def test_a_network_without_capsules_has_no_bottleneck(tmp_path):
    assert "bottleneck_entropy" not in measured(tmp_path, "bottleneck_entropy", family="lenet5")[1]
