"""The numbers that the paper of AlexCapsNet and ResCapsNet implies, and those of LeNet5."""

import pytest

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import complexity, multiply_adds, parameters
from paretocaps.schedules.plan import build_plan


def mnist(family, **choices):
    return architecture(Choices(family=family, **choices), 28, 28, 1, 10)


@pytest.mark.parametrize(
    ("family", "expected"), [("alexnet_caps", 2_683_840), ("resnet_caps", 2_022_464), ("lenet5", 61_706)]
)
def test_parameters(family, expected):
    described = mnist(family)
    assert parameters(described) == expected
    assert sum(p.numel() for p in build_network(described, seed=0).parameters()) == expected


@pytest.mark.parametrize(("family", "plain", "routed"), [
    ("alexnet_caps", 10.5e6, 10.59e6), ("resnet_caps", 217.2e6, 218.2e6)
])  # fmt: skip
def test_multiply_adds_of_a_forward_pass(family, plain, routed):
    parts = {part.name: part.macs for part in complexity(mnist(family))}
    assert multiply_adds(mnist(family)) == pytest.approx(routed, rel=0.005)
    assert multiply_adds(mnist(family)) - parts["routing"] == pytest.approx(plain, rel=0.005)


def test_alexcapsnet_has_not_the_tens_of_millions_of_parameters_that_its_paper_says():
    assert {part.name: part.params for part in complexity(mnist("alexnet_caps"))} == {
        "trunk": 7808 + 307_392 + 663_936 + 884_992 + 590_080,
        "primary": 65_792,
        "class_capsules": 128 * 10 * 16 * 8,
        "routing": 0,
    }


def test_rescapsnet_keeps_the_biases_before_its_normalisations():
    trunk = complexity(mnist("resnet_caps"))[0]
    biases = 7 * 32
    assert trunk.params == 32 * 9 + 3 * (32 * 32 + 32 * 32 * 9) + biases + 7 * 2 * 32
    assert parameters(mnist("resnet_caps")) - biases == 2_022_240


@pytest.mark.parametrize(("family", "side", "capsules"), [
    ("alexnet_caps", 28, 32 * 2 * 2), ("resnet_caps", 78, 16 * 9 * 9)
])  # fmt: skip
def test_primary_capsules(family, side, capsules):
    described = mnist(family)
    assert (described.input_size, described.capsules) == ((side, side), capsules)
    assert (described.capsule_dim, described.class_dim, described.classes) == (8, 16, 10)
    assert not described.class_bias
    assert described.decoder == "none"


def test_they_are_trained_as_the_paper_says():
    choices = Choices(family="alexnet_caps", lr_policy="step_decay", batch_size=32)
    assert (choices.routing_iterations, choices.loss, choices.optimizer, choices.lr_max) == (
        3,
        "margin",
        "adam",
        1e-3,
    )
    assert [row.lr_first for row in build_plan(choices, 54_000, 6).rows()] == pytest.approx(
        [1e-3, 1e-3, 7e-4, 7e-4, 4.9e-4, 4.9e-4]
    )


def test_lenet5_layer_by_layer():
    assert {part.name: (part.params, part.macs) for part in complexity(mnist("lenet5"))} == {
        "conv1": (156, 117_600),
        "conv2": (2416, 240_000),
        "linear1": (48_120, 48_000),
        "linear2": (10_164, 10_080),
        "linear3": (850, 840),
    }
